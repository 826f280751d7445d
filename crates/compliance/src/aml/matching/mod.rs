//! How alike two names are: a score from 0 to 1,000, and why.
//!
//! 1. `pairing`: which word stands for which. Same letters first, then words written together, words that are alike
//!    (`words`, by a weighted edit distance), nicknames and translations, initials, numbers, first letters of all words.
//! 2. `compare`: what is taken off for letters that differ, words that only one name has, and words that each has and the other lacks.
//!
//! The score is symmetric, needs no list, and is the same for a pair and in a screening.

mod compare;
mod costs;
mod distance;
mod pairing;
mod texts;
mod why;
mod words;

pub use compare::{HIT, SCORE_MAX};
pub use pairing::How;
pub use texts::{ComparedTexts, compare_texts};
pub use why::{MatchedWords, TakenOff, Why};

pub(crate) use compare::likeness;

use super::names::Name;

/// The score of two names, 0 to [`SCORE_MAX`]. From [`HIT`] on they are taken for one.
pub fn score(a: &Name, b: &Name) -> u16 {
    likeness(a, b).score
}
