//! Transfers: the only way money moves between accounts.

use crate::{AccountId, Metadata};
use pmts_kernel::{Timestamp, typed_id};
use pmts_money::Money;
use serde::{Deserialize, Serialize};

typed_id! {
    /// A transfer.
    pub struct TransferId("xfer");
}

/// Why money moves: the business event, by number. What the numbers mean is the user's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransferCode(pub u16);

/// What a transfer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TransferKind {
    /// Moves the amount now.
    Post,
    /// Holds the amount on both accounts until it is posted or voided, or the moment comes.
    Reserve {
        /// When it lapses by itself. `None`: never.
        expires: Option<Timestamp>,
    },
    /// Moves the amount, at most what was reserved, and lets go of the rest.
    PostReserved {
        /// The reservation.
        reservation: TransferId,
    },
    /// Lets go of the whole reservation; the amount is that of the reservation.
    Void {
        /// The reservation.
        reservation: TransferId,
    },
    /// Moves as much as is there, at most `most`: what an account that it lowers holds above zero and above its floor,
    /// what fits under the ceiling of one that it raises. Recorded with the amount that moved.
    PostUpTo {
        /// At most so much, in minor units.
        most: i64,
    },
    /// Takes back a posted transfer, whole and at most once: the same amount between the same accounts, sides exchanged.
    /// Its id is [`reversal_id`] of the original.
    Reverse {
        /// The transfer that was wrong.
        original: TransferId,
    },
}

/// One movement from `debit` to `credit`. Immutable once recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Unique for ever, and the key of idempotency. Time-ordered ids are much faster to store than random ones.
    pub id: TransferId,
    /// What it does.
    pub kind: TransferKind,
    /// The account debited.
    pub debit: AccountId,
    /// The account credited.
    pub credit: AccountId,
    /// How much, in minor units of its currency; from 1.
    pub amount: Money,
    /// Why.
    pub code: TransferCode,
    /// What it belongs to, opaque to the ledger: the id of a payment. 0: nothing.
    pub reference: u128,
    /// The day it counts for, in days since 1970-01-01 (UTC), in an open period. `None`: the day it is recorded.
    pub effective_day: Option<i32>,
    /// Texts that can be searched for.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl Transfer {
    fn new(
        id: TransferId,
        kind: TransferKind,
        debit: AccountId,
        credit: AccountId,
        amount: Money,
        code: TransferCode,
    ) -> Self {
        Self {
            id,
            kind,
            debit,
            credit,
            amount,
            code,
            reference: 0,
            effective_day: None,
            metadata: Metadata::default(),
        }
    }

    /// Moves `amount` now.
    pub fn post(
        id: TransferId,
        debit: AccountId,
        credit: AccountId,
        amount: Money,
        code: TransferCode,
    ) -> Self {
        Self::new(id, TransferKind::Post, debit, credit, amount, code)
    }

    /// Reserves `amount` until it is resolved.
    pub fn reserve(
        id: TransferId,
        debit: AccountId,
        credit: AccountId,
        amount: Money,
        code: TransferCode,
    ) -> Self {
        Self::new(id, TransferKind::Reserve { expires: None }, debit, credit, amount, code)
    }

    /// Posts a reservation, in full or in part: `self` with a lower amount posts that and lets go of the rest.
    pub fn post_reserved(id: TransferId, reserved: &Self, amount: Money, code: TransferCode) -> Self {
        let kind = TransferKind::PostReserved { reservation: reserved.id };
        Self {
            reference: reserved.reference,
            ..Self::new(id, kind, reserved.debit, reserved.credit, amount, code)
        }
    }

    /// Lets go of a reservation.
    pub fn void(id: TransferId, reserved: &Self, code: TransferCode) -> Self {
        let kind = TransferKind::Void { reservation: reserved.id };
        Self {
            reference: reserved.reference,
            ..Self::new(id, kind, reserved.debit, reserved.credit, reserved.amount, code)
        }
    }

    /// Moves as much as is there, at most `most`.
    pub fn post_up_to(
        id: TransferId,
        debit: AccountId,
        credit: AccountId,
        most: Money,
        code: TransferCode,
    ) -> Self {
        Self::new(id, TransferKind::PostUpTo { most: most.minor() }, debit, credit, most, code)
    }

    /// Takes back a recorded transfer whole.
    pub fn reverse(original: &Self, code: TransferCode) -> Self {
        let kind = TransferKind::Reverse { original: original.id };
        Self {
            reference: original.reference,
            ..Self::new(
                reversal_id(original.id),
                kind,
                original.credit,
                original.debit,
                original.amount,
                code,
            )
        }
    }

    /// The same transfer, a reservation that lapses at `at`.
    pub fn expiring(mut self, at: Timestamp) -> Self {
        if let TransferKind::Reserve { expires } = &mut self.kind {
            *expires = Some(at);
        }
        self
    }

    /// The same transfer, counting for a day (days since 1970-01-01).
    pub fn effective_on(mut self, day: i32) -> Self {
        self.effective_day = Some(day);
        self
    }

    /// The same transfer with metadata.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Whether it asks for the same as a recorded transfer, whose amount may be less than was asked for.
    pub fn same_request(&self, recorded: &Self) -> bool {
        if matches!(self.kind, TransferKind::PostUpTo { .. })
            && self.amount.currency() == recorded.amount.currency()
        {
            Self { amount: recorded.amount, ..self.clone() } == *recorded
        } else {
            self == recorded
        }
    }

    /// The same transfer, belonging to `reference`.
    pub fn with_reference(mut self, reference: u128) -> Self {
        self.reference = reference;
        self
    }
}

/// Ids from here on are the ledger's own: expiries and reversals.
pub(crate) const OWN_IDS: u128 = 1 << 126;

/// The id of the transfer that takes `original` back: the original's with the second highest bit set, which no time-ordered
/// id has before the year 4199. So there can be only one.
pub const fn reversal_id(original: TransferId) -> TransferId {
    TransferId::from_raw(original.raw() | 1 << 126)
}

/// The id of the entry that records the expiry of a reservation: the reservation's with the highest bit set, which no
/// time-ordered id has before the year 6429.
pub const fn expiry_id(reservation: TransferId) -> TransferId {
    TransferId::from_raw(reservation.raw() | 1 << 127)
}
