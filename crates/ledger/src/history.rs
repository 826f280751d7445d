//! What the machine may ask of the past.

use crate::{AccountId, AccountState, Refusal, Side, Taken, Transfer, TransferId};
use pmts_kernel::Timestamp;

/// What became of a transfer id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It was recorded with this content.
    Recorded(Transfer),
    /// It was refused, for this reason, and stays refused.
    Refused(Refusal),
}

/// The port through which the machine loads what it does not hold in memory.
///
/// # Contract
/// Answers reflect every entry that was handed out and kept, nothing else. The machine asks only for accounts and ids it
/// does not know already.
pub trait History {
    /// Why the past could not be read.
    type Error;

    /// An account with its balance after its last entry.
    ///
    /// # Errors
    /// When the past cannot be read.
    fn account(&mut self, id: AccountId) -> Result<Option<AccountState>, Self::Error>;

    /// What became of a transfer id.
    ///
    /// # Errors
    /// When the past cannot be read.
    fn transfer(&mut self, id: TransferId) -> Result<Option<Known>, Self::Error>;

    /// What one side of an account took at or after a moment: its posts and the reservations made, in full.
    ///
    /// # Errors
    /// When the past cannot be read.
    fn taken_since(&mut self, id: AccountId, side: Side, since: Timestamp) -> Result<Taken, Self::Error>;

    /// The posted balance of an account from all entries effective on a day (days since 1970-01-01) or before, in the
    /// direction of its normal side.
    ///
    /// # Errors
    /// When the past cannot be read.
    fn net_on(&mut self, id: AccountId, day: i32) -> Result<i64, Self::Error>;
}
