//! What is recorded of a transfer: the row that is kept for ever.

use crate::{AccountId, Balance, Transfer};
use pmts_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// What an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EntryKind {
    /// Money moved.
    Posted,
    /// Money was reserved.
    Reserved,
    /// A reservation was posted, in full or in part.
    ReservationPosted,
    /// A reservation was voided.
    ReservationVoided,
    /// A reservation expired by itself.
    ReservationExpired,
}

/// One side of an entry after it was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// The account's number.
    pub number: u64,
    /// Its sums after this entry.
    pub after: Balance,
    /// Its version after this entry: 1 for its first.
    pub version: u64,
}

/// A recorded transfer with the balances it led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the ledger: 1, 2, 3 ... without gaps.
    pub sequence: u64,
    /// When the writer recorded it; strictly increasing over all entries.
    pub time: Timestamp,
    /// What happened.
    pub kind: EntryKind,
    /// The transfer. Of an expiry: the reservation's content under its own id ([`crate::expiry_id`]).
    pub transfer: Transfer,
    /// The debited account after it.
    pub debit: Leg,
    /// The credited account after it.
    pub credit: Leg,
}

impl Entry {
    /// The leg of `account` and whether it is the debit side.
    pub fn leg(&self, account: AccountId) -> Option<(&Leg, bool)> {
        if self.transfer.debit == account {
            Some((&self.debit, true))
        } else if self.transfer.credit == account {
            Some((&self.credit, false))
        } else {
            None
        }
    }

    /// The day it counts for, in days since 1970-01-01: its own, else the day it was recorded (UTC).
    pub fn effective_day(&self) -> i32 {
        // Times lie within 292,000 years of 1970.
        #[allow(clippy::cast_possible_truncation)]
        let recorded = self.time.as_micros().div_euclid(86_400_000_000) as i32;
        self.transfer.effective_day.unwrap_or(recorded)
    }

    /// What it moved, in minor units: 0 if it only reserved or let go.
    pub fn posted_minor(&self) -> i64 {
        match self.kind {
            EntryKind::Posted | EntryKind::ReservationPosted => self.transfer.amount.minor(),
            EntryKind::Reserved | EntryKind::ReservationVoided | EntryKind::ReservationExpired => 0,
        }
    }

    /// Whether it counts against velocity limits: a post or a reservation made.
    pub fn counts_for_velocity(&self) -> bool {
        matches!(self.kind, EntryKind::Posted | EntryKind::Reserved)
    }
}
