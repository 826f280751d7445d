//! A store seen as a stand-alone ledger: commits with empty records.

use crate::{Commit, CommitError, Store, StoreError};
use async_trait::async_trait;
use pmts_kernel::{Principal, Timestamp};
use pmts_ledger::{
    AccountFilter, AccountId, AccountPage, AccountState, Balance, DayQuery, DayTotal, Entry, HistoryPage,
    HistoryQuery, Journal, Ledger, LedgerError, Posted, RolledUp, Statement, StatementQuery, TransferId,
    TrialBalance,
};
use std::sync::Arc;

/// The ledger of a store.
pub struct StoreLedger {
    store: Arc<dyn Store>,
    by: Principal,
}

impl StoreLedger {
    /// Posts to `store` in the name of `by`.
    pub fn new(store: Arc<dyn Store>, by: Principal) -> Self {
        Self { store, by }
    }
}

fn unreadable(error: StoreError) -> LedgerError {
    LedgerError::Unavailable(error.to_string())
}

#[async_trait]
impl Ledger for StoreLedger {
    async fn post(&self, journal: Journal) -> Result<Posted, LedgerError> {
        let Journal { accounts, conditions, transfers, at } = journal;
        let commit = Commit { accounts, conditions, transfers, at, ..Commit::by(self.by.clone()) };
        match self.store.commit(commit).await {
            Ok(done) => Ok(Posted { entries: done.entries, repeated: done.repeated }),
            Err(CommitError::Refused(refused)) => Err(LedgerError::Refused(refused)),
            Err(CommitError::Unknown(why)) => Err(LedgerError::Unknown(why)),
            Err(other) => Err(LedgerError::Unavailable(other.to_string())),
        }
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountState>, LedgerError> {
        self.store.account(id).await.map_err(unreadable)
    }

    async fn entry(&self, id: TransferId) -> Result<Option<Entry>, LedgerError> {
        self.store.entry(id).await.map_err(unreadable)
    }

    async fn balance_at(&self, id: AccountId, at: Timestamp) -> Result<Option<Balance>, LedgerError> {
        self.store.balance_at(id, at).await.map_err(unreadable)
    }

    async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, LedgerError> {
        self.store.balance_on(id, day).await.map_err(unreadable)
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, LedgerError> {
        self.store.history(query).await.map_err(unreadable)
    }

    async fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Result<Vec<RolledUp>, LedgerError> {
        self.store.rolled_up(id, at).await.map_err(unreadable)
    }

    async fn day_totals(&self, query: DayQuery) -> Result<Vec<DayTotal>, LedgerError> {
        self.store.day_totals(query).await.map_err(unreadable)
    }

    async fn statement(&self, query: StatementQuery) -> Result<Option<Statement>, LedgerError> {
        self.store.statement(query).await.map_err(unreadable)
    }

    async fn accounts(&self, filter: AccountFilter) -> Result<AccountPage, LedgerError> {
        self.store.accounts(filter).await.map_err(unreadable)
    }

    async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, LedgerError> {
        self.store.trial_balance(at).await.map_err(unreadable)
    }
}
