//! The ledger's face: what a team that takes this crate alone talks to.

use crate::{
    AccountId, AccountState, Balance, ChartCode, DayQuery, DayTotal, Entry, HistoryPage, HistoryQuery,
    Journal, LedgerError, Owner, RolledUp, Statement, StatementQuery, TransferId, TrialBalance,
};
use async_trait::async_trait;
use pmts_kernel::Timestamp;

/// What a journal led to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posted {
    /// The entries recorded, in order. Empty when there were no transfers, or when it was a repeat.
    pub entries: Vec<Entry>,
    /// The whole journal was recorded before with the same content; nothing changed now.
    pub repeated: bool,
}

/// Which accounts to list.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    /// Only this line of the chart.
    pub chart: Option<ChartCode>,
    /// Only this owner.
    pub owner: Option<Owner>,
    /// Only accounts with a number above this: the cursor of the page before.
    pub after: Option<u64>,
    /// At most so many; 0 = 1000.
    pub limit: usize,
}

/// A page of accounts in order of opening.
#[derive(Debug, Clone, Default)]
pub struct AccountPage {
    /// The accounts with their balances now.
    pub accounts: Vec<AccountState>,
    /// Cursor for the next page, if there may be more.
    pub next: Option<u64>,
}

/// A ledger.
///
/// # Contract
/// * A journal is applied whole or not at all; once `post` has returned `Ok`, every read sees it.
/// * Concurrent journals give the result of some one order; times and sequences of entries follow that order.
/// * Limits hold whatever the concurrency.
/// * Ids: see [`crate::Refusal`]; a repeat with the same content is `Ok` with `repeated`.
/// * An error other than `Unknown` means that nothing was recorded, but for the mark on a refused id.
/// * Reservations past their time are expired before the next journal is judged.
///
/// The public suite `contract::ledger` (feature `contract`) checks all of it.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Applies a journal.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn post(&self, journal: Journal) -> Result<Posted, LedgerError>;

    /// An account with its balance now.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] when it cannot be read; so for all reads.
    async fn account(&self, id: AccountId) -> Result<Option<AccountState>, LedgerError>;

    /// The recorded entry of a transfer id.
    ///
    /// # Errors
    /// As above.
    async fn entry(&self, id: TransferId) -> Result<Option<Entry>, LedgerError>;

    /// The balance of an account after the last entry at or before `at`. `None`: no such account.
    ///
    /// # Errors
    /// As above.
    async fn balance_at(&self, id: AccountId, at: Timestamp) -> Result<Option<Balance>, LedgerError>;

    /// The posted balance of an account from all entries effective on a day (days since 1970-01-01) or before, in minor
    /// units in the direction of its normal side. `None`: no such account.
    ///
    /// # Errors
    /// As above.
    async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, LedgerError>;

    /// A page of entries by account, reference or metadata.
    ///
    /// # Errors
    /// As above.
    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, LedgerError>;

    /// The sums of an account and all accounts under it, now or after the last entry at or before a moment, one row a
    /// currency. Empty: no such account.
    ///
    /// # Errors
    /// As above.
    async fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Result<Vec<RolledUp>, LedgerError>;

    /// What was posted by effective day, entity, line of the chart and currency, in this order.
    ///
    /// # Errors
    /// As above.
    async fn day_totals(&self, query: DayQuery) -> Result<Vec<DayTotal>, LedgerError>;

    /// A page of an account's entries, oldest first, with opening and closing balance. `None`: no such account.
    ///
    /// # Errors
    /// As above.
    async fn statement(&self, query: StatementQuery) -> Result<Option<Statement>, LedgerError>;

    /// A page of accounts.
    ///
    /// # Errors
    /// As above.
    async fn accounts(&self, filter: AccountFilter) -> Result<AccountPage, LedgerError>;

    /// The balances of all accounts by currency and line of the chart, now or after the last entry at or before a moment.
    ///
    /// # Errors
    /// As above.
    async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, LedgerError>;
}
