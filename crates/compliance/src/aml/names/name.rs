//! A name, made ready to be compared: cut into words, each with its letters, sounds, role and weight.

use super::letters::Letters;
use super::script::Script;
use super::words::{Groups, Words};
use super::{sounds, translit};

/// What kind of party bears the name. The words in it mean different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartyKind {
    /// A natural person.
    Person,
    /// A company, bank, organisation, authority.
    Company,
    /// A ship.
    Vessel,
    /// An aircraft.
    Aircraft,
}

impl PartyKind {
    /// Its name in lists and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Company => "company",
            Self::Vessel => "vessel",
            Self::Aircraft => "aircraft",
        }
    }
}

/// What a word does in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Word,
    /// `al`, `bin`, `van`: comes and goes.
    Particle,
    /// `Dr`, `Haji`.
    Title,
    /// A single letter.
    Initial,
    /// Digits, roman numerals, number words.
    Number,
}

/// One word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) letters: Letters,
    pub(crate) sounds: Letters,
    /// Bits of the letters, and of the sounds' skeleton.
    pub(crate) mask: u32,
    pub(crate) skeleton_mask: u32,
    pub(crate) role: Role,
    pub(crate) script: Script,
    /// How much the word says, of a hundred.
    pub(crate) weight: u16,
    pub(crate) groups: Groups,
    /// Characters of Chinese and Korean words, one byte each; empty otherwise.
    pub(crate) native: Letters,
    /// Of the characters themselves.
    pub(crate) native_hash: u64,
}

/// Words of a name that are compared. More are left out.
pub(crate) const TOKENS_MAX: usize = 24;

/// The most characters of a text that are read.
const TEXT_MAX: usize = 600;

/// A name ready to be compared. Making one takes a few microseconds; comparing two less.
#[derive(Debug, Clone)]
pub struct Name {
    pub(crate) tokens: Vec<Token>,
    /// Families of legal forms in it, a bit each.
    pub(crate) forms: u16,
    pub(crate) script: Script,
    pub(crate) kind: PartyKind,
}

/// A word before its role is known.
struct Raw {
    from: usize,
    to: usize,
    script: Script,
    aside: bool,
    dotted: bool,
    native: Letters,
    native_hash: u64,
}

impl Name {
    /// Makes a name ready. Any text will do; of a very long one the head is read.
    pub fn new(text: &str, kind: PartyKind) -> Self {
        let mut letters = Vec::with_capacity(text.len() + 16);
        let raw = cut(text, kind, &mut letters);
        let words = Words::get();
        let is_org = kind != PartyKind::Person;
        let mut name = Self { tokens: Vec::with_capacity(raw.len()), forms: 0, script: Script::Latin, kind };
        let mut at = 0;
        while at < raw.len() && name.tokens.len() + 2 < TOKENS_MAX {
            let word = &raw[at];
            if is_org && kind == PartyKind::Company {
                let rest = raw[at..].iter().map(|r| sounds::without_article(&letters[r.from..r.to]));
                if let Some((family, count)) = words.form(word.script == Script::Latin, rest) {
                    // A name that is nothing but a form is that word.
                    if raw.len() > count {
                        name.forms |= 1 << family.min(15);
                        at += count;
                        continue;
                    }
                }
            }
            at += 1;
            name.push(&letters[word.from..word.to], word, words);
        }
        if kind == PartyKind::Person {
            name.promote();
        }
        name.script = name.tokens.iter().map(|t| t.script).find(|s| *s != Script::Latin).unwrap_or_default();
        name
    }

    /// Whether a legal form of companies was found in it.
    pub fn has_form(&self) -> bool {
        self.forms != 0
    }

    /// An order of names, for what must not depend on which comes first.
    pub(crate) fn comes_after(&self, other: &Self) -> bool {
        match self.tokens.len().cmp(&other.tokens.len()) {
            std::cmp::Ordering::Equal => {
                let pairs = self.tokens.iter().zip(&other.tokens);
                let first = pairs
                    .map(|(a, b)| {
                        (a.letters.as_slice(), a.native_hash).cmp(&(b.letters.as_slice(), b.native_hash))
                    })
                    .find(|order| order.is_ne());
                first == Some(std::cmp::Ordering::Greater)
            }
            order => order.is_gt(),
        }
    }

    /// Whether nothing of it can be compared: it has no letters or digits.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    fn push(&mut self, word: &[u8], raw: &Raw, words: &Words) {
        let mut word = word;
        if raw.script == Script::Abjad {
            let bare = sounds::without_article(word);
            if bare.len() < word.len() {
                self.article(raw.script);
                word = bare;
            } else if let Some(rest) = word.strip_prefix(b"EbdAl").filter(|rest| rest.len() >= 3) {
                // Abdal...: a servant of one of the names of God, in one word or three.
                self.push(b"Ebd", raw, words);
                self.article(raw.script);
                word = rest;
            }
        }
        let mut token = Token::of(word, Role::Word, 100, raw.script);
        (token.native, token.native_hash) = (raw.native, raw.native_hash);
        if let Some(digits) = words.number(word).filter(|_| self.kind != PartyKind::Person) {
            token = Token::of(digits.as_bytes(), Role::Number, 100, raw.script);
        } else if word.iter().all(u8::is_ascii_digit) || self.kind != PartyKind::Person && is_roman(word) {
            token.role = Role::Number;
        } else if self.kind == PartyKind::Person {
            let known = words.person(word);
            token.groups = known.groups;
            if known.is_particle && self.tokens.is_empty() && known.groups[0] != 0 {
                // Ben at the head of a name is a given name.
                token.weight = 50;
            } else if known.is_particle && word.len() > 1 {
                (token.role, token.weight) = (Role::Particle, 2);
            } else if known.is_title {
                (token.role, token.weight) = (Role::Title, 10);
            } else if word.len() == 1 {
                (token.role, token.weight) = (Role::Initial, 30);
            } else if known.weight > 0 {
                token.weight = known.weight;
            } else if word.len() == 2 {
                token.weight = 65;
            }
        } else {
            let known = words.org(word);
            token.groups[0] = known.group;
            if known.is_vessel && self.kind == PartyKind::Vessel {
                (token.role, token.weight) = (Role::Title, 5);
            } else if known.weight > 0 {
                token.weight = known.weight;
            } else if words.person(word).is_particle {
                (token.role, token.weight) = (Role::Particle, 2);
            }
        }
        if token.role == Role::Number {
            // The first of a series may go without its number, the others do not.
            let first = matches!(token.letters.as_slice(), b"1" | b"i");
            token.weight = if first || self.kind != PartyKind::Company { 40 } else { 90 };
        }
        if raw.aside {
            token.weight /= 3;
        }
        self.tokens.push(token);
    }
}

impl Name {
    /// A title or particle may be a family name: King, Pope, De. It is one at the end of a name, or if the name has too few words
    /// without it.
    fn promote(&mut self) {
        let after: [&[u8]; 8] = [b"akhund", b"AXWnd", b"jr", b"sr", b"junior", b"senior", b"phd", b"khan"];
        let words = self.tokens.iter().filter(|t| matches!(t.role, Role::Word | Role::Initial)).count();
        let Some((last, head)) = self.tokens.split_last_mut() else { return };
        let is_last = last.role == Role::Title && !after.contains(&last.letters.as_slice());
        if (is_last || words < 2)
            && !head.is_empty()
            && matches!(last.role, Role::Title | Role::Particle)
            && last.weight > 0
        {
            (last.role, last.weight) = (Role::Word, 60);
        } else if words < 2
            && let Some(first) = head.first_mut().filter(|t| t.role == Role::Title)
        {
            (first.role, first.weight) = (Role::Word, 40);
        }
    }

    /// The article of Arabic.
    fn article(&mut self, script: Script) {
        self.tokens.push(Token::of(b"al", Role::Particle, 0, script));
    }
}

impl Token {
    fn of(word: &[u8], role: Role, weight: u16, script: Script) -> Self {
        let letters = Letters::new(word);
        let sounds = if script == Script::Abjad { sounds::of_abjad(word) } else { sounds::of(word) };
        Self {
            letters,
            sounds,
            mask: letters.mask(),
            skeleton_mask: sounds::skeleton(sounds.as_slice()).mask(),
            role,
            script,
            weight,
            groups: [0; 4],
            native: Letters::EMPTY,
            native_hash: 0,
        }
    }
}

fn is_roman(word: &[u8]) -> bool {
    word.len() <= 5 && word.iter().all(|b| matches!(b, b'i' | b'v' | b'x')) && !word.is_empty()
}

/// Cuts a text into words. Their letters are put into `letters`.
fn cut(text: &str, kind: PartyKind, letters: &mut Vec<u8>) -> Vec<Raw> {
    let mut words: Vec<Raw> = Vec::with_capacity(8);
    let mut open: Option<Raw> = None;
    let (mut depth, mut small) = (0_u32, 0_usize);
    let close = |open: &mut Option<Raw>, letters: &[u8], words: &mut Vec<Raw>| {
        if let Some(mut word) = open.take() {
            word.to = letters.len();
            if word.to > word.from && words.len() < 4 * TOKENS_MAX {
                words.push(word);
            }
        }
    };
    for c in text.chars().take(TEXT_MAX) {
        match part(c) {
            Part::Joined => continue,
            Part::Break => {
                if c == '.'
                    && let Some(word) = &mut open
                {
                    word.dotted = true;
                }
                close(&mut open, letters, &mut words);
                match c {
                    '(' | '[' | '（' => depth = depth.saturating_add(1),
                    ')' | ']' | '）' => depth = depth.saturating_sub(1),
                    '&' => {
                        let from = letters.len();
                        letters.extend_from_slice(b"and");
                        open = Some(raw(from, Script::Latin, depth > 0));
                        close(&mut open, letters, &mut words);
                    }
                    _ => {}
                }
                continue;
            }
            Part::Letter => {}
        }
        let script = if c.is_ascii() { Script::Latin } else { Script::of(c) };
        // A capital after small letters begins a word, and so does a change between Latin and another script.
        let turns = open.as_ref().is_some_and(|word| {
            (word.script != script
                && (word.script == Script::Latin || script == Script::Latin)
                && !is_mark(c))
                || (c.is_uppercase() && small >= 3)
        });
        if turns {
            close(&mut open, letters, &mut words);
        }
        small = if c.is_lowercase() { small + 1 } else { 0 };
        let word = open.get_or_insert_with(|| {
            small = usize::from(c.is_lowercase());
            raw(letters.len(), script, depth > 0)
        });
        if matches!(script, Script::Han | Script::Hangul) {
            word.native.push((c as u32).wrapping_mul(0x9e37_79b1).to_be_bytes()[0] | 1);
            word.native_hash = (word.native_hash ^ u64::from(c as u32)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        translit::push(c, script, letters);
    }
    close(&mut open, letters, &mut words);
    // A name that stands in brackets as a whole has nothing beside it.
    if words.iter().all(|w| w.aside) {
        words.iter_mut().for_each(|w| w.aside = false);
    }
    if kind != PartyKind::Person {
        join_dotted(&mut words, letters);
    }
    words
}

fn raw(from: usize, script: Script, aside: bool) -> Raw {
    Raw { from, to: from, script, aside, dotted: false, native: Letters::EMPTY, native_hash: 0 }
}

/// `S.A.R.L.` is one word: single letters with dots, one after the other, are joined.
fn join_dotted(words: &mut Vec<Raw>, letters: &[u8]) {
    let single = |word: &Raw| word.to - word.from == 1 && !letters[word.from].is_ascii_digit();
    let mut at = 0;
    while at < words.len() {
        let begins = single(&words[at]);
        // The letters of neighbours lie side by side.
        while begins && at + 1 < words.len() && words[at].dotted && single(&words[at + 1]) {
            (words[at].to, words[at].dotted) = (words[at + 1].to, words[at + 1].dotted);
            words.remove(at + 1);
        }
        at += 1;
    }
}

enum Part {
    Letter,
    Joined,
    Break,
}

fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36f)
}

fn part(c: char) -> Part {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Part::Letter,
        '\''
        | '`'
        | '´'
        | '’'
        | '‘'
        | '‛'
        | 'ʹ'..='˿'
        | '\u{200b}'..='\u{200f}'
        | '\u{ad}'
        | '\u{feff}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' => Part::Joined,
        _ if c.is_ascii() => Part::Break,
        _ if c.is_alphanumeric() || is_mark(c) => Part::Letter,
        // Signs of vowels and silence in the scripts of India and beyond.
        '\u{900}'..='\u{10ff}' | '\u{1700}'..='\u{18ff}' | '\u{64b}'..='\u{65f}' | '\u{591}'..='\u{5c7}' => {
            Part::Letter
        }
        _ => Part::Break,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, kind: PartyKind) -> String {
        let name = Name::new(text, kind);
        name.tokens
            .iter()
            .map(|t| String::from_utf8_lossy(t.letters.as_slice()).into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn names_of_many_scripts_are_cut_into_latin_words() {
        for (text, expected) in [
            ("CHU MYO'NG", "chu myong"),
            ("Jean-Claude Juncker", "jean claude juncker"),
            ("J.-C. Juncker", "j c juncker"),
            ("Nicușor DAN", "nicusor dan"),
            ("Владимир Путин", "vladimir putin"),
            ("김정은", "kimjongun"),
            ("习近平", "xijinping"),
            ("صدام حسين التكريتي", "sdAm hsYn al tkrYtY"),
            ("SergeiLavrov", "sergei lavrov"),
            ("McDonald LeBron", "mcdonald lebron"),
            ("Jin Tiesan (金铁三)", "jin tiesan jintiesan"),
            ("", ""),
            ("!?", ""),
        ] {
            assert_eq!(words(text, PartyKind::Person), expected, "{text}");
        }
    }

    #[test]
    fn forms_of_companies_are_taken_out() {
        for (text, expected) in [
            ("Bowne Global Solutions, S.A.R.L.", "bowne global solutions"),
            ("A.B.C. Company", "abc"),
            ("OOO \"БАЙ\"", "bay"),
            ("AT&T Inc.", "at and t"),
            ("SiemensAG", "siemens"),
            ("Company", "company"),
            ("First International Bank", "1 international bank"),
            ("Blackstone Partners IV L.P.", "blackstone partners iv"),
            ("BP p.l.c.", "bp"),
        ] {
            assert_eq!(words(text, PartyKind::Company), expected, "{text}");
        }
    }
}
