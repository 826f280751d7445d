//! Why two names have the score they have, for a person to read.

use super::compare::{Likeness, judge};
use super::pairing::{How, Pairing};
use crate::aml::names::{Name, Role, Token};
use serde::Serialize;

/// A word of one name that was taken for a word of the other. Words are shown as they are compared: in small Latin letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatchedWords {
    /// In the first name; several words if they are written together in the other.
    pub first: String,
    /// In the second name.
    pub second: String,
    /// Why they are taken for each other.
    pub how: How,
    /// How much they differ, in hundredths of a typing error.
    pub errors: u16,
}

/// What was taken off the full score, each 0 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TakenOff {
    /// Letters and sounds that differ.
    pub letters: u16,
    /// Words that only one of the names has.
    pub missing: u16,
    /// Each name has a word that the other lacks.
    pub conflict: u16,
    /// Father and son have changed places.
    pub order: u16,
    /// The legal forms of the companies differ.
    pub form: u16,
}

/// Why two names have the score they have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// Words that were found in both.
    pub words: Vec<MatchedWords>,
    /// Words that only the first name has.
    pub only_first: Vec<String>,
    /// Words that only the second name has.
    pub only_second: Vec<String>,
    /// What the words found in both say, in hundredths of an ordinary word: common names, titles and particles say less.
    pub evidence: u16,
    /// What was taken off the full score.
    pub taken_off: TakenOff,
}

impl Why {
    /// Compares two names and tells why.
    pub fn of(a: &Name, b: &Name) -> (u16, Self) {
        if a.is_empty() || b.is_empty() {
            return (
                0,
                Self {
                    words: vec![],
                    only_first: shown(a, u32::MAX),
                    only_second: shown(b, u32::MAX),
                    evidence: 0,
                    taken_off: TakenOff::default(),
                },
            );
        }
        if a.comes_after(b) {
            let (score, why) = Self::of(b, a);
            return (score, why.turned());
        }
        let pairing = Pairing::new(a, b);
        let Likeness { score, letters, missing, conflict, order, form, evidence, .. } = judge(a, b, &pairing);
        let words = pairing
            .pairs()
            .iter()
            .map(|pair| MatchedWords {
                first: run(a, pair.a),
                second: run(b, pair.b),
                how: pair.how,
                errors: pair.cost,
            })
            .collect();
        let taken_off = TakenOff { letters, missing, conflict, order, form };
        (
            score,
            Self {
                words,
                only_first: shown(a, pairing.left_a),
                only_second: shown(b, pairing.left_b),
                evidence,
                taken_off,
            },
        )
    }
}

impl Why {
    /// The same with the names changed over.
    fn turned(mut self) -> Self {
        for words in &mut self.words {
            std::mem::swap(&mut words.first, &mut words.second);
        }
        std::mem::swap(&mut self.only_first, &mut self.only_second);
        self
    }
}

fn text(token: &Token) -> String {
    String::from_utf8_lossy(token.letters.as_slice()).to_ascii_lowercase()
}

fn run(name: &Name, (from, count): (u8, u8)) -> String {
    let words = name.tokens.iter().skip(usize::from(from)).take(usize::from(count));
    words.map(text).collect::<Vec<_>>().join(" ")
}

/// The words of these places, without particles.
fn shown(name: &Name, places: u32) -> Vec<String> {
    let words = name.tokens.iter().enumerate();
    words.filter(|(i, t)| places & 1 << i != 0 && t.role != Role::Particle).map(|(_, t)| text(t)).collect()
}
