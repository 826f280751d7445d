//! Fraud: what the past says about a step of a payment, and what is done about it. Decides and does no IO; asks no clock.
//!
//! ```text
//! facts ─▶ features (History) ─┬─▶ model ─▶ score ─┐
//!                              └─▶ rules ──────────┼─▶ decision: allow, step_up, review, block ─▶ explained in words
//!                        lists ────────────────────┘
//! ```
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`features`] | [`features::History`]: profiles of keys over time, and the feature vector computed from them |
//! | [`model`] | trees: trained, scored, explained, measured |
//! | [`rules`] | the expression language, rules, versions, the starting set |
//! | `lists` | [`Lists`]: allow, review, block |
//! | `decision` | [`decide`], [`Decision`], [`FailPolicy`] |
//! | [`people`] | reviews, cases, bulk actions, appeals |
//! | [`explain`] | a decision in words |
//! | `screen` | the ports [`FraudScreen`] and [`Scorer`], and [`MemoryScreen`]; [`contract`] is their suite |
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod contract;
pub mod explain;
pub mod features;
pub mod model;
pub mod people;
pub mod rules;

mod decision;
mod error;
mod facts;
mod key;
#[cfg(test)]
mod laws;
mod lists;
mod screen;

pub use decision::{Action, DecidedBy, Decision, FailPolicy, Listed, Thresholds, decide};
pub use error::{FraudError, codes};
pub use facts::{Facts, Step, Value};
pub use key::{Key, KeyKind};
pub use lists::{Entry, ListKind, Lists};
pub use screen::{FraudScreen, InForce, MemoryScreen, Score, Scorer};
