//! Counts, hash and sums of a batch or a file: what control records repeat.

use super::codes::Direction;

/// What was counted and summed. Amounts in cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// Entries and addenda.
    pub(super) count: u64,
    /// Sum of the first eight digits of the receiving banks' numbers, all digits.
    pub(super) hash: u64,
    pub(super) debit: u64,
    pub(super) credit: u64,
}

impl Totals {
    /// Counts an entry. Saturates: totals that large are refused in any control record.
    pub(super) fn entry(&mut self, rdfi: u64, direction: Option<Direction>, cents: u64) {
        self.count += 1;
        self.hash = self.hash.saturating_add(rdfi);
        match direction {
            Some(Direction::Debit) => self.debit = self.debit.saturating_add(cents),
            Some(Direction::Credit) => self.credit = self.credit.saturating_add(cents),
            None => {}
        }
    }

    /// Adds those of a batch.
    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.hash = self.hash.saturating_add(other.hash);
        self.debit = self.debit.saturating_add(other.debit);
        self.credit = self.credit.saturating_add(other.credit);
    }

    /// The last ten digits of the hash: what control records hold.
    pub(super) const fn hash10(&self) -> u64 {
        self.hash % 10_000_000_000
    }
}
