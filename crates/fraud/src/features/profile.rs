//! What is kept of one key.

use super::bucket::Buckets;
use serde::{Deserialize, Serialize};

/// How many different others a profile keeps apart. Beyond it the one seen longest ago is forgotten, and counts stay at this.
pub(super) const OTHERS: usize = 32;

/// Another key that was seen together with this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Other {
    /// Its hash.
    pub hash: u64,
    /// When it was seen last.
    pub at: i64,
    /// The number of its kind.
    pub kind: u8,
    /// Whether something went on with both, or a person said that it should have.
    pub trusted: bool,
}

/// What is kept of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profile {
    /// Sums over time.
    pub buckets: Buckets,
    /// Others seen with it.
    pub others: Vec<Other>,
    /// When something went on with it first; 0: never.
    pub first: i64,
    /// When it was seen last; what is forgotten first when room is short.
    pub last: i64,
    /// The amount before.
    pub last_amount: i64,
    /// How many events without those known to be fraud, over all time.
    pub clean_count: u32,
    /// The sum of their amounts.
    pub clean_sum: i64,
    /// How many labels say fraud, over all time.
    pub frauds: u32,
    /// When the last known fraud happened.
    pub last_fraud: i64,
    /// Frauds known without a genuine event known in between, the latest run.
    pub streak: u32,
    /// When that run began.
    pub streak_start: i64,
    /// Those of the run whose amount was ordinary: not explained by the amount.
    pub streak_ordinary: u32,
    /// When the first of those happened.
    pub ordinary_start: i64,
    /// Genuine events known since the last known fraud.
    pub good_since: u32,
}

impl Profile {
    /// Adds an event; `stopped`: it did not go on.
    pub(super) fn add(&mut self, at: i64, amount: i64, unusual: bool, stopped: bool) {
        self.last = self.last.max(at);
        self.last_amount = amount;
        if !stopped {
            if self.first == 0 {
                self.first = at;
            }
            self.clean_count = self.clean_count.saturating_add(1);
            self.clean_sum = self.clean_sum.saturating_add(amount);
        }
        self.buckets.add(at, amount, unusual);
    }

    /// Remembers that another key was seen with it.
    pub(super) fn meet(&mut self, kind: u8, hash: u64, at: i64, trusted: bool) {
        if let Some(o) = self.others.iter_mut().find(|o| o.hash == hash && o.kind == kind) {
            o.at = o.at.max(at);
            o.trusted |= trusted;
            return;
        }
        let other = Other { hash, at, kind, trusted };
        let same = self.others.iter().filter(|o| o.kind == kind).count();
        if same < OTHERS {
            self.others.push(other);
        } else if let Some(oldest) = self.others.iter_mut().filter(|o| o.kind == kind).min_by_key(|o| o.at) {
            *oldest = other;
        }
    }

    /// Takes what became known of an event.
    pub(super) fn label(&mut self, at: i64, amount: i64, ordinary: bool, fraud: bool) {
        if !fraud {
            if self.frauds > 0 && at >= self.last_fraud {
                self.good_since = self.good_since.saturating_add(1);
                self.streak = 0;
                self.streak_ordinary = 0;
            }
            return;
        }
        self.clean_count = self.clean_count.saturating_sub(1);
        self.clean_sum = self.clean_sum.saturating_sub(amount);
        self.label_stopped(at, ordinary);
    }

    /// Takes that an event that was stopped was fraud.
    pub(super) fn label_stopped(&mut self, at: i64, ordinary: bool) {
        self.buckets.mark(at, ordinary);
        self.frauds = self.frauds.saturating_add(1);
        self.last_fraud = self.last_fraud.max(at);
        self.good_since = 0;
        if self.streak == 0 {
            self.streak_start = at;
        }
        self.streak = self.streak.saturating_add(1);
        if ordinary {
            if self.streak_ordinary == 0 {
                self.ordinary_start = at;
            }
            self.streak_ordinary = self.streak_ordinary.saturating_add(1);
        }
    }
}
