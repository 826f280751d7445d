//! Features: what the past says about a step. One definition for training and for deciding.
//!
//! ```text
//! facts ─▶ History::features ─▶ rules, model        then History::record, and History::label when something becomes known
//! ```

mod amounts;
mod bucket;
mod globe;
mod history;
#[cfg(test)]
mod laws;
mod names;
mod outcomes;
mod profile;
mod profiles;

pub use history::{History, HistoryOptions, Recorded};
pub use names::{MISSING, PER_KEY, index, meaning, names};
pub use outcomes::FOLLOWS;
pub use outcomes::Outcome;
