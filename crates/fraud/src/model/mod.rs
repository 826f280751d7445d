//! Gradient-boosted trees: trained here, written as JSON, scored with whole numbers only.
//!
//! A model is a sum: a start and one leaf of each tree, in millionths of log odds. So a score is exact and the same on every
//! machine, and the contributions of the features add up to it to the last digit. Training uses floating point: no
//! amount passes through it (ADR 0018).

mod flat;
mod grow;
#[cfg(test)]
mod laws;
mod metrics;
mod train;
mod trees;

pub use metrics::{Metrics, Ranked, metrics, reliability};
pub use train::{TrainOptions, Training, train};
pub use trees::{Contribution, Model, Node, Tree, probability};
