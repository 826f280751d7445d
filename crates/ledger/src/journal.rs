//! A journal: what is asked of the ledger in one piece.

use crate::{AccountChange, AccountId, Transfer};
use pmts_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// How two numbers must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// Found ≥ wanted.
    AtLeast,
    /// Found ≤ wanted.
    AtMost,
    /// Found = wanted.
    Equal,
}

impl Comparison {
    /// Whether `found` stands so to `wanted`.
    pub const fn holds(self, found: i64, wanted: i64) -> bool {
        match self {
            Self::AtLeast => found >= wanted,
            Self::AtMost => found <= wanted,
            Self::Equal => found == wanted,
        }
    }
}

/// What must be true of an account for a journal to be applied. Conditions are judged after the account changes of the
/// journal and before its transfers; they are not recorded. Amounts are in minor units of the account's currency, in the
/// direction of its normal side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Condition {
    /// The account was touched by exactly so many transfers: nothing happened since it was read.
    Version {
        /// Which account.
        account: AccountId,
        /// Its version.
        version: u64,
    },
    /// The posted balance stands so.
    Net {
        /// Which account.
        account: AccountId,
        /// How it must stand to `minor`.
        is: Comparison,
        /// The amount.
        minor: i64,
    },
    /// What is available (net less all that is reserved against it) stands so.
    Available {
        /// Which account.
        account: AccountId,
        /// How it must stand to `minor`.
        is: Comparison,
        /// The amount.
        minor: i64,
    },
    /// At the end of an effective day the account held exactly this: a balance assertion.
    HeldOn {
        /// Which account.
        account: AccountId,
        /// The day, in days since 1970-01-01.
        day: i32,
        /// Posted balance of all entries effective on that day or before.
        minor: i64,
    },
}

impl Condition {
    /// The account it is about.
    pub const fn account(&self) -> AccountId {
        match self {
            Self::Version { account, .. }
            | Self::Net { account, .. }
            | Self::Available { account, .. }
            | Self::HeldOn { account, .. } => *account,
        }
    }
}

/// Everything asked of the ledger in one piece: applied whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Journal {
    /// Accounts opened or changed, before all else.
    pub accounts: Vec<AccountChange>,
    /// What must be true then.
    pub conditions: Vec<Condition>,
    /// The transfers, in order.
    pub transfers: Vec<Transfer>,
    /// Import of history: the moment at which it is recorded, after the last entry and not in the future. `None`: now.
    pub at: Option<Timestamp>,
}

impl Journal {
    /// A journal of transfers alone.
    pub fn of(transfers: Vec<Transfer>) -> Self {
        Self { transfers, ..Self::default() }
    }

    /// A journal of account changes, then transfers.
    pub fn new(accounts: Vec<AccountChange>, transfers: Vec<Transfer>) -> Self {
        Self { accounts, transfers, ..Self::default() }
    }

    /// The same as references.
    pub fn parts(&self) -> JournalParts<'_> {
        JournalParts {
            accounts: &self.accounts,
            conditions: &self.conditions,
            transfers: &self.transfers,
            at: self.at,
        }
    }
}

impl From<Vec<Transfer>> for Journal {
    fn from(transfers: Vec<Transfer>) -> Self {
        Self::of(transfers)
    }
}

/// A journal that lies in pieces somewhere else.
#[derive(Debug, Clone, Copy, Default)]
pub struct JournalParts<'a> {
    /// See [`Journal::accounts`].
    pub accounts: &'a [AccountChange],
    /// See [`Journal::conditions`].
    pub conditions: &'a [Condition],
    /// See [`Journal::transfers`].
    pub transfers: &'a [Transfer],
    /// See [`Journal::at`].
    pub at: Option<Timestamp>,
}
