//! The score of two names.

use super::pairing::{How, Pairing};
use crate::aml::names::{Name, PartyKind, Role, Token};

/// A score: 1,000 is the same name.
pub const SCORE_MAX: u16 = 1_000;

/// The score from which two names are taken for one, as shipped.
pub const HIT: u16 = 750;

/// How alike two names are, and what was taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Likeness {
    pub(crate) score: u16,
    /// Taken off for letters that differ.
    pub(crate) letters: u16,
    /// Taken off for words that only one of them has.
    pub(crate) missing: u16,
    /// Taken off because each has a word that the other lacks.
    pub(crate) conflict: u16,
    /// Taken off for words in another order, where order says who is meant.
    pub(crate) order: u16,
    /// Taken off for other legal forms.
    pub(crate) form: u16,
    /// What the matched words say, in hundredths of an ordinary word.
    pub(crate) evidence: u16,
    /// The weight that only the first, only the second has.
    pub(crate) extra: (u16, u16),
    /// Hundredths of an error in all.
    pub(crate) errors: u16,
}

/// Compares two names.
pub(crate) fn likeness(a: &Name, b: &Name) -> Likeness {
    if a.is_empty() || b.is_empty() {
        return Likeness::default();
    }
    // One order, so that it does not matter which name is the first.
    let (a, b) = if a.comes_after(b) { (b, a) } else { (a, b) };
    judge(a, b, &Pairing::new(a, b))
}

pub(crate) fn judge(a: &Name, b: &Name, pairing: &Pairing) -> Likeness {
    let is_person = a.kind == PartyKind::Person && b.kind == PartyKind::Person;
    let mut letters = 0_u32;
    let mut errors = 0_u32;
    let mut evidence = 0_u32;
    for pair in pairing.pairs() {
        let (x, y) = (run(a, pair.a), run(b, pair.b));
        letters += size(x).max(size(y));
        errors += u32::from(pair.cost);
        let mut weight = weigh(x).min(weigh(y));
        let (x, y) = (x[0].script, y[0].script);
        if pair.how != How::Same && x != y && (x.is_vague() || y.is_vague()) {
            // What is heard only roughly says less.
            weight = weight * if x.is_rough() || y.is_rough() { 7 } else { 9 } / 10;
        }
        evidence += match pair.how {
            How::Acronym => 60,
            How::Initial => weight.min(30),
            _ => weight,
        };
    }
    let extra_a = left(a, pairing.left_a);
    let extra_b = left(b, pairing.left_b);
    let whole = evidence + extra_a.max(extra_b);
    if evidence == 0 {
        return Likeness::default();
    }
    let both = hard(a, pairing.left_a).min(hard(b, pairing.left_b));
    let letters_off = errors * 300 / allowed(letters);
    let conflict = if is_person {
        320 * both.min(55) / 55 + 260 * both / whole
    } else {
        320 * both.min(30) / 30 + 260 * both / whole
    };
    let (numbers_a, numbers_b) = (numbers(a, pairing.left_a), numbers(b, pairing.left_b));
    let lopsided = if is_person {
        // A number is no surname: it does not stand against a word that the other name lacks.
        (extra_a - numbers_a).abs_diff(extra_b - numbers_b) + numbers_a.abs_diff(numbers_b)
    } else {
        extra_a.abs_diff(extra_b)
    };
    let steep = match (is_person, a.kind) {
        (true, _) => 545,
        (_, PartyKind::Company) => 1_300,
        _ => 950,
    };
    let mut missing = steep * lopsided / (evidence + lopsided);
    // One word of several is not enough, unless it is all there is.
    if evidence < 150 && lopsided >= 60 && is_person {
        missing += 300 * (150 - evidence) / 150;
    }
    let form = if a.forms != 0 && b.forms != 0 && a.forms & b.forms == 0 { 20 } else { 0 };
    let order = if is_person && is_turned(a, b, pairing) { 320 } else { 0 };
    let off = letters_off + conflict + missing + form + order;
    let cut = |n: u32| u16::try_from(n.min(u32::from(SCORE_MAX))).unwrap_or(SCORE_MAX);
    Likeness {
        score: SCORE_MAX - cut(off),
        letters: cut(letters_off),
        missing: cut(missing),
        conflict: cut(conflict),
        order: cut(order),
        form: cut(form),
        evidence: cut(evidence),
        extra: (cut(extra_a), cut(extra_b)),
        errors: cut(errors),
    }
}

/// Whether son and father have changed places: `A bin B` is not `B bin A`, though `bin B A` is `A bin B`.
fn is_turned(a: &Name, b: &Name, pairing: &Pairing) -> bool {
    let son = |name: &Name, from: u8, to: u8| {
        let between = name.tokens.get(usize::from(from) + 1..usize::from(to)).unwrap_or_default();
        matches!(between, [t] if SON.contains(&t.letters.as_slice()))
    };
    let singles = || pairing.pairs().iter().filter(|p| p.a.1 == 1 && p.b.1 == 1);
    singles().any(|p| {
        singles().any(|q| p.a.0 < q.a.0 && p.b.0 > q.b.0 && son(a, p.a.0, q.a.0) && son(b, q.b.0, p.b.0))
    })
}

/// Words that say whose child one is.
const SON: [&[u8]; 7] = [b"bin", b"ben", b"ibn", b"bint", b"ould", b"bn", b"Wld"];

/// The hundredths of an error at which names of so many letters are no longer taken for one.
fn allowed(letters: u32) -> u32 {
    match letters {
        0..=3 => 90,
        4 => 110,
        5 => 135,
        6 => 170,
        7 => 205,
        8..=10 => 230,
        11..=24 => 240,
        _ => 240 + (letters - 24).min(20) * 5,
    }
}

fn run(name: &Name, (from, count): (u8, u8)) -> &[Token] {
    let from = usize::from(from);
    &name.tokens[from..from + usize::from(count)]
}

fn size(words: &[Token]) -> u32 {
    words.iter().map(|t| u32::try_from(t.letters.len()).unwrap_or(0)).sum()
}

fn weigh(words: &[Token]) -> u32 {
    words.iter().map(|t| u32::from(t.weight)).sum()
}

fn left(name: &Name, bits: u32) -> u32 {
    let words = name.tokens.iter().enumerate();
    words
        .filter(|(i, t)| bits & 1 << i != 0 && t.role != Role::Particle)
        .map(|(_, t)| u32::from(t.weight))
        .sum()
}

/// The numbers of what is left.
fn numbers(name: &Name, bits: u32) -> u32 {
    let words = name.tokens.iter().enumerate();
    words
        .filter(|(i, t)| bits & 1 << i != 0 && t.role == Role::Number)
        .map(|(_, t)| u32::from(t.weight))
        .sum()
}

/// What is left without particles, titles and numbers: two names conflict only in words.
fn hard(name: &Name, bits: u32) -> u32 {
    let words = name.tokens.iter().enumerate();
    words
        .filter(|(i, t)| bits & 1 << i != 0 && matches!(t.role, Role::Word | Role::Initial))
        .map(|(_, t)| u32::from(t.weight))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_against_no_surname() {
        let score = |a: &str, b: &str| {
            let name = |text| Name::new(text, PartyKind::Person);
            likeness(&name(a), &name(b)).score
        };
        // "JOHN 40" is an alias on a list: it must not hit everybody who is called John.
        assert!(score("John Smith", "JOHN 40") < HIT);
        assert!(score("Juan Perez", "Juan 23") < HIT);
        assert_eq!(score("John 40", "JOHN 40"), SCORE_MAX);
    }
}
