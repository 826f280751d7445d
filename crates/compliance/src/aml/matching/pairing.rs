//! Which word of one name stands for which of the other.

use super::words;
use crate::aml::names::{Name, PartyKind, Role, Token};

/// The most words of a name; see `names`.
pub(crate) const WORDS_MAX: usize = 32;

/// Why a word is taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// The same letters.
    Same,
    /// Written or heard alike.
    Alike,
    /// A nickname, another spelling, or a word of the same meaning.
    Known,
    /// A letter for a word that begins with it.
    Initial,
    /// Written in one word here, in several there.
    Joined,
    /// First letters of all words.
    Acronym,
}

/// One word for one, or for several that follow each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) a: (u8, u8),
    pub(crate) b: (u8, u8),
    pub(crate) how: How,
    /// In hundredths of an error.
    pub(crate) cost: u16,
}

/// All pairs, and which words are left.
pub(crate) struct Pairing {
    pairs: [Pair; WORDS_MAX],
    len: usize,
    pub(crate) left_a: u32,
    pub(crate) left_b: u32,
}

const NONE: Pair = Pair { a: (0, 0), b: (0, 0), how: How::Same, cost: 0 };

/// What words written together may cost to be found before words that are alike.
const SURE: u16 = 20;
/// What a nickname or translation costs.
const KNOWN: u16 = 45;
/// What a letter for a word costs.
const INITIAL: u16 = 70;
/// What first letters for all words cost.
const ACRONYM: u16 = 180;

impl Pairing {
    pub(crate) fn pairs(&self) -> &[Pair] {
        &self.pairs[..self.len]
    }

    pub(crate) fn new(name_a: &Name, name_b: &Name) -> Self {
        let (a, b) = (&name_a.tokens[..], &name_b.tokens[..]);
        let is_person = name_a.kind == PartyKind::Person && name_b.kind == PartyKind::Person;
        // Names of several short words: a syllable may be heard quite otherwise.
        let words = |words: &[Token]| words.iter().filter(|t| t.role == Role::Word).count();
        let short = is_person && words(a).min(words(b)) >= 3;
        let all = |words: &[Token]| (1_u32 << words.len()) - 1;
        let mut pairing = Self { pairs: [NONE; WORDS_MAX], len: 0, left_a: all(a), left_b: all(b) };
        pairing.same(a, b);
        if pairing.left_a != 0 && pairing.left_b != 0 {
            pairing.joined(a, b, false, SURE);
            pairing.joined(b, a, true, SURE);
            pairing.alike(a, b, short);
            pairing.joined(a, b, false, u16::MAX);
            pairing.joined(b, a, true, u16::MAX);
        }
        if pairing.left_a != 0 && pairing.left_b != 0 {
            pairing.initials(a, b, false);
            pairing.initials(b, a, true);
            pairing.numbers(a, b);
            pairing.acronym(a, b, false);
            pairing.acronym(b, a, true);
        }
        pairing
    }

    fn take(&mut self, a: (usize, usize), b: (usize, usize), how: How, cost: u16) {
        for i in a.0..a.0 + a.1 {
            self.left_a &= !(1 << i);
        }
        for j in b.0..b.0 + b.1 {
            self.left_b &= !(1 << j);
        }
        let small =
            |run: (usize, usize)| (u8::try_from(run.0).unwrap_or(0), u8::try_from(run.1).unwrap_or(0));
        if self.len < WORDS_MAX {
            self.pairs[self.len] = Pair { a: small(a), b: small(b), how, cost };
            self.len += 1;
        }
    }

    /// The same letters, at the same place first: a name may have a word twice.
    fn same(&mut self, a: &[Token], b: &[Token]) {
        let equal = |x: &Token, y: &Token| {
            x.mask == y.mask
                && x.letters == y.letters
                && (x.native_hash == y.native_hash || x.native_hash == 0 || y.native_hash == 0)
        };
        for (i, (x, y)) in a.iter().zip(b).enumerate() {
            if equal(x, y) {
                self.take((i, 1), (i, 1), How::Same, 0);
            }
        }
        for (i, x) in a.iter().enumerate() {
            if self.left_a & 1 << i == 0 {
                continue;
            }
            if let Some(j) = (0..b.len())
                .filter(|j| self.left_b & 1 << j != 0 && equal(x, &b[*j]))
                .min_by_key(|j| (i.abs_diff(*j), usize::MAX - j))
            {
                self.take((i, 1), (j, 1), How::Same, 0);
            }
        }
    }

    /// Alike or known, the nearest first.
    fn alike(&mut self, a: &[Token], b: &[Token], short: bool) {
        let mut found = [(0_u32, 0_usize, 0_usize, 0_u16, How::Alike); 64];
        let mut count = 0;
        for (i, x) in a.iter().enumerate().filter(|(i, x)| self.left_a & 1 << i != 0 && compares(x)) {
            for (j, y) in b.iter().enumerate().filter(|(j, y)| self.left_b & 1 << j != 0 && compares(y)) {
                let known = x.groups.iter().any(|g| *g != 0 && y.groups.contains(g));
                // A number stands for itself.
                let alike = if x.role == Role::Number || y.role == Role::Number {
                    None
                } else if x.role == Role::Initial || y.role == Role::Initial {
                    words::letter_lost(x, y)
                } else {
                    words::cost(x, y, short)
                };
                let (cost, how) = match (alike, known) {
                    (Some(cost), true) => (cost.min(KNOWN), How::Alike),
                    (Some(cost), false) => (cost, How::Alike),
                    (None, true) => (KNOWN, How::Known),
                    (None, false) => continue,
                };
                let letters = x.letters.len() + y.letters.len();
                let rank = u32::from(cost) * 1_000 / u32::try_from(letters).unwrap_or(1).max(1);
                if count < found.len() {
                    found[count] = (rank, i, j, cost, how);
                    count += 1;
                }
            }
        }
        let found = &mut found[..count];
        found.sort_unstable_by_key(|(rank, i, j, ..)| (*rank, i + j, i.abs_diff(*j)));
        for (_, i, j, cost, how) in found {
            if self.left_a & 1 << *i != 0 && self.left_b & 1 << *j != 0 {
                self.take((*i, 1), (*j, 1), *how, *cost);
            }
        }
    }

    /// Words of `many` that follow each other and are one word of `one`. With `turned`, `one` is the first name.
    fn joined(&mut self, many: &[Token], one: &[Token], turned: bool, most: u16) {
        if self.left_a == 0 || self.left_b == 0 {
            return;
        }
        for (j, word) in one.iter().enumerate() {
            let (left_many, left_one) =
                if turned { (self.left_b, self.left_a) } else { (self.left_a, self.left_b) };
            if left_one & 1 << j == 0 || word.letters.len() < 2 || word.role == Role::Number {
                continue;
            }
            // A run may take in a particle that stands for itself elsewhere, but no word that does.
            let free = |i: usize| left_many & 1 << i != 0;
            let mut best: Option<(u16, usize, usize)> = None;
            for from in 0..many.len() {
                for count in 2..=4 {
                    let Some(run) = many.get(from..from + count) else { break };
                    let ok = (from..from + count).all(free) && run.iter().any(compares);
                    if !ok {
                        break;
                    }
                    let parts: [&Token; 4] =
                        [&run[0], &run[1], run.get(2).unwrap_or(&run[0]), run.get(3).unwrap_or(&run[0])];
                    let parts = &parts[..count];
                    let mut cost = words::joined_cost(parts, word);
                    if cost.is_none() && count == 2 {
                        cost = words::joined_cost(&[parts[1], parts[0]], word).filter(|cost| *cost <= SURE);
                    }
                    if cost.is_none() && word.letters.len() == count && count == 2 && word.role == Role::Word
                    {
                        // JC for Jean-Claude.
                        let firsts = parts.iter().zip(word.letters.as_slice());
                        let all = firsts
                            .clone()
                            .all(|(p, l)| p.letters.as_slice().first() == Some(l) && p.role == Role::Word);
                        cost = all.then_some(INITIAL);
                    }
                    if let Some(cost) = cost
                        && cost <= most
                        && best.is_none_or(|(least, ..)| cost < least)
                    {
                        best = Some((cost, from, count));
                    }
                }
            }
            if let Some((cost, from, count)) = best {
                let cost = cost + 5;
                if turned {
                    self.take((j, 1), (from, count), How::Joined, cost);
                } else {
                    self.take((from, count), (j, 1), How::Joined, cost);
                }
            }
        }
    }

    fn initials(&mut self, letters: &[Token], words: &[Token], turned: bool) {
        for (i, initial) in letters.iter().enumerate().filter(|(_, t)| t.role == Role::Initial) {
            let (left_i, left_w) =
                if turned { (self.left_b, self.left_a) } else { (self.left_a, self.left_b) };
            if left_i & 1 << i == 0 {
                continue;
            }
            let begins = |t: &Token| {
                t.role == Role::Word
                    && !t.script.is_vague()
                    && t.letters.as_slice().first() == initial.letters.as_slice().first()
            };
            let Some(j) = (0..words.len()).find(|j| left_w & 1 << j != 0 && begins(&words[*j])) else {
                continue;
            };
            if turned {
                self.take((j, 1), (i, 1), How::Initial, INITIAL);
            } else {
                self.take((i, 1), (j, 1), How::Initial, INITIAL);
            }
        }
    }

    /// A number for another: one error, whatever they are.
    fn numbers(&mut self, a: &[Token], b: &[Token]) {
        for (i, number) in a.iter().enumerate().filter(|(_, t)| t.role == Role::Number) {
            if self.left_a & 1 << i == 0 {
                continue;
            }
            if let Some(j) = (0..b.len()).find(|j| self.left_b & 1 << j != 0 && b[*j].role == Role::Number) {
                let changed = words::digits_apart(number, &b[j]);
                self.take((i, 1), (j, 1), How::Alike, changed);
            }
        }
    }

    /// First letters of all words that are left.
    fn acronym(&mut self, short: &[Token], long: &[Token], turned: bool) {
        let (left_s, left_l) = if turned { (self.left_b, self.left_a) } else { (self.left_a, self.left_b) };
        let mut firsts = [0_u8; WORDS_MAX];
        let mut count = 0;
        for (_, word) in
            long.iter().enumerate().filter(|(j, t)| left_l & 1 << j != 0 && t.role != Role::Particle)
        {
            if let Some(first) = word.letters.as_slice().first() {
                firsts[count] = *first;
                count += 1;
            }
        }
        let all = (1_u32 << long.len()) - 1;
        if !(3..=8).contains(&count) || left_l != all {
            return;
        }
        let found = (0..short.len())
            .find(|i| left_s & 1 << i != 0 && short[*i].letters.as_slice() == &firsts[..count]);
        if let Some(i) = found {
            if turned {
                self.take((0, long.len()), (i, 1), How::Acronym, ACRONYM);
            } else {
                self.take((i, 1), (0, long.len()), How::Acronym, ACRONYM);
            }
        }
    }
}

fn compares(token: &Token) -> bool {
    matches!(token.role, Role::Word | Role::Title | Role::Number | Role::Initial)
}
