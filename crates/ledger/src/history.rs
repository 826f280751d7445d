//! What the machine may ask of the past.

use crate::{AccountId, AccountState, Refusal, Transfer, TransferId};

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
}
