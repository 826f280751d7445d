//! Traffic with money laundering in it: ordinary life of customers and sellers, and among it patterns of every typology, labelled.
//!
//! All follows from the seed. Amounts, spans of time and how much the launderers mix with others can be adjusted. It is made up:
//! what finds these patterns need not find real ones.
//!
//! ```
//! use pmts_sandbox::laundering::{Traffic, TrafficConfig};
//!
//! let traffic = Traffic::generate(&TrafficConfig { customers: 100, ..TrafficConfig::default() });
//! assert!(traffic.facts.windows(2).all(|w| w[0].at() <= w[1].at()), "in order of time");
//! assert!(traffic.patterns.iter().any(|p| p.typology == "structuring"));
//! ```

mod making;
mod ordinary;
mod patterns;
mod random;
#[cfg(test)]
mod tests;

pub use patterns::TYPOLOGIES;

use making::Making;
use pmts_compliance::aml::monitor::Fact;

/// What traffic is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficConfig {
    /// Everything follows from it.
    pub seed: u64,
    /// For how many days. At least 100: a dormant account needs time to rest.
    pub days: i64,
    /// How many ordinary people; there is a seller for every twenty, a landlord, collector or employer for every forty.
    pub customers: u64,
    /// How many patterns of each typology.
    pub patterns_each: u64,
    /// Amounts of the patterns, in percent of what is usual. Those that stay below a legal threshold are not changed.
    pub amount_pct: i64,
    /// Spans of time of the patterns, in percent of what is usual.
    pub window_pct: i64,
    /// How many of a pattern's members live an ordinary life besides, in percent.
    pub mixing_pct: u64,
}

impl Default for TrafficConfig {
    /// Seed 1, 120 days, 2,000 people, 20 patterns each; amounts and spans as usual, half of the members mixed.
    fn default() -> Self {
        Self {
            seed: 1,
            days: 120,
            customers: 2_000,
            patterns_each: 20,
            amount_pct: 100,
            window_pct: 100,
            mixing_pct: 50,
        }
    }
}

/// A pattern that was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// One of [`TYPOLOGIES`].
    pub typology: &'static str,
    /// The ids of its movements.
    pub movements: Vec<String>,
}

/// Traffic with labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// What happened, in order of time.
    pub facts: Vec<Fact>,
    /// What of it is laundering.
    pub patterns: Vec<Pattern>,
}

impl Traffic {
    /// Makes it.
    pub fn generate(config: &TrafficConfig) -> Self {
        let mut making = Making::new(config);
        ordinary::life(&mut making);
        for typology in TYPOLOGIES {
            for _ in 0..config.patterns_each {
                patterns::put(&mut making, typology);
            }
        }
        making.done()
    }
}
