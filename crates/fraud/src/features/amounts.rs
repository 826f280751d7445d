//! How usual an amount is among all.

use serde::{Deserialize, Serialize};

/// Steps in which an amount doubles.
const FINE: u32 = 16;

/// Counts of amounts in steps of about a twenty-fifth, so that the rank of an amount costs little and no memory grows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Amounts {
    counts: Vec<u64>,
    total: u64,
}

impl Amounts {
    /// Counts an amount. Those below zero count as zero.
    pub(super) fn add(&mut self, amount: i64) {
        let step = step(amount);
        if self.counts.len() <= step {
            self.counts.resize(step + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(step) {
            *count = count.saturating_add(1);
        }
        self.total = self.total.saturating_add(1);
    }

    /// How many were counted.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How many of a million are in a step above this amount's.
    pub(super) fn rank(&self, amount: i64) -> i64 {
        let above: u64 = self.counts.iter().skip(step(amount) + 1).sum();
        let rank = u128::from(above) * 1_000_000 / u128::from(self.total.max(1));
        i64::try_from(rank).unwrap_or(i64::MAX)
    }
}

fn step(amount: i64) -> usize {
    let amount = u64::try_from(amount).unwrap_or(0);
    if amount < u64::from(FINE) {
        return usize::try_from(amount).unwrap_or(0);
    }
    let power = amount.ilog2();
    let within = (amount >> (power - FINE.ilog2())) & u64::from(FINE - 1);
    usize::try_from(u64::from((power - FINE.ilog2() + 1) * FINE) + within).unwrap_or(0)
}
