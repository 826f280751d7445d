//! An account emptied and closed.

use crate::error::codes;
use crate::{AccountChange, AccountId, AccountState, Journal, Side, Transfer, TransferCode, TransferId};
use pmts_kernel::{CodeInfo, Coded};
use pmts_money::Money;

/// Moves all an account holds to another and closes it, in one journal. What comes in between reading the account and
/// posting the journal is moved too; if something is held by then, nothing happens. If the transfer lowers the other account
/// too (a seller paid out of the bank), that must hold as much: see [`crate::TransferKind::PostUpTo`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    account: AccountState,
    to: AccountId,
    code: TransferCode,
}

/// The account cannot be emptied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// Something is reserved on the account: post or void it first.
    #[error("something is reserved on account {0}")]
    Reserved(AccountId),
    /// The account stands below zero: somebody has to pay in first.
    #[error("account {account} stands at {net}")]
    BelowZero {
        /// Which account.
        account: AccountId,
        /// Where it stands, minor units.
        net: i64,
    },
    /// An account cannot be emptied into itself.
    #[error("account {0} would be emptied into itself")]
    SameAccount(AccountId),
}

impl Coded for SweepError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Reserved(_) => &codes::SWEEP_RESERVED,
            Self::BelowZero { .. } => &codes::SWEEP_BELOW_ZERO,
            Self::SameAccount(_) => &codes::SWEEP_SAME_ACCOUNT,
        }
    }
}

impl Sweep {
    /// Empties `account`, as it was just read, into `to`, which has the same currency.
    ///
    /// # Errors
    /// [`SweepError`].
    pub fn new(account: &AccountState, to: AccountId, code: TransferCode) -> Result<Self, SweepError> {
        let (id, net) = (account.account.id, account.net_minor());
        if id == to {
            return Err(SweepError::SameAccount(id));
        }
        if account.balance.debits_reserved != 0 || account.balance.credits_reserved != 0 {
            return Err(SweepError::Reserved(id));
        }
        if net < 0 {
            return Err(SweepError::BelowZero { account: id, net });
        }
        Ok(Self { account: account.clone(), to, code })
    }

    /// Its journal. An account that is empty is closed without a transfer. A floor above zero is lifted, the ceiling stays.
    pub fn journal(&self, id: TransferId) -> Journal {
        let account = &self.account.account;
        let lifted = account.floor.filter(|floor| *floor > 0).map(|_| AccountChange::SetLimits {
            id: account.id,
            floor: Some(0),
            ceiling: account.ceiling,
        });
        let (debit, credit) = match account.side {
            Side::Credit => (account.id, self.to),
            Side::Debit => (self.to, account.id),
        };
        let all = Money::new(i64::MAX, account.currency);
        let sweep =
            (self.account.net_minor() > 0).then(|| Transfer::post_up_to(id, debit, credit, all, self.code));
        let accounts = lifted.into_iter().chain([AccountChange::Close(account.id)]).collect();
        Journal::new(accounts, sweep.into_iter().collect())
    }
}
