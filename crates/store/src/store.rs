//! The port: what every engine offers.

use crate::{
    Answer, Commit, CommitError, Committed, Job, JobClaim, ListPage, ListQuery, Record, RecordedEvent,
    StoreError, Stored, VerifyReport, Versioned,
};
use async_trait::async_trait;
use pmts_kernel::Timestamp;
use pmts_ledger::{
    AccountFilter, AccountId, AccountPage, AccountState, Balance, DayQuery, DayTotal, EntityCode, Entry,
    HistoryPage, HistoryQuery, RolledUp, Statement, StatementQuery, TransferId, TrialBalance,
};

/// A store.
///
/// # Contract
/// * A commit is written whole or not at all. When `commit` has returned `Ok` it is durable, and every read sees it.
/// * Rules are judged in this order: shape, answer, record versions, then those of the
///   journal ([`pmts_ledger::Refusal`]). The first broken one is the error; nothing of the commit is written then, but for the
///   mark on a transfer id that the ledger refused.
/// * Commits have numbers without gaps, in the order in which they took effect; entries follow that order.
/// * `commit_many` is so many commits of their own, written together where possible: each has its own result.
/// * `Unknown` is the only error after which the commit may be there.
/// * A claimed job is given to nobody else before its lease ends. A lease ends at its time, and when a commit puts the job
///   again or removes it. Leases keep work from being done twice as a rule; they are no promise: whoever does a job commits
///   what came of it under the versions that it read.
///
/// The public suite `contract::store` (feature `contract`) checks it.
#[async_trait]
pub trait Store: Send + Sync {
    /// Writes commits, each whole or not at all, in order.
    async fn commit_many(&self, commits: Vec<Commit>) -> Vec<Result<Committed, CommitError>>;

    /// Writes one commit.
    ///
    /// # Errors
    /// [`CommitError`].
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.commit_many(vec![commit])
            .await
            .pop()
            .unwrap_or_else(|| Err(CommitError::Unknown("the engine gave no answer".into())))
    }

    /// A record.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read; so for all reads.
    async fn read(&self, kind: &'static str, id: u128) -> Result<Option<Stored>, StoreError>;

    /// A page of records.
    ///
    /// # Errors
    /// As above.
    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError>;

    /// The stored answer to a key.
    ///
    /// # Errors
    /// As above.
    async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError>;

    /// Jobs due at a moment, earliest first, at most `limit`.
    ///
    /// # Errors
    /// As above.
    async fn jobs_due(&self, at: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError>;

    /// Takes jobs that are due, of the wanted kinds, and held by nobody: earliest first, at most `limit`. They are held for
    /// the claim's holder until its end.
    ///
    /// # Errors
    /// As above. Then some may be held nevertheless, until the end of the claim.
    async fn claim_jobs(&self, claim: JobClaim) -> Result<Vec<Job>, StoreError>;

    /// Moves the end of the leases that `holder` has of these jobs to `until`, and gives those jobs. A moment that is over
    /// gives them back. Jobs that it does not have, or no more, are left out.
    ///
    /// # Errors
    /// As above.
    async fn hold_jobs(
        &self,
        holder: u128,
        jobs: Vec<u128>,
        until: Timestamp,
    ) -> Result<Vec<u128>, StoreError>;

    /// Events after a position of the outbox, in order, at most `limit`.
    ///
    /// # Errors
    /// As above.
    async fn events(&self, after: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Events before a position of the outbox, newest first, at most `limit`; before `u64::MAX`: the latest.
    ///
    /// # Errors
    /// As above.
    async fn events_before(&self, before: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError>;

    /// How many jobs of each kind there are, due or not, by kind.
    ///
    /// # Errors
    /// As above.
    async fn job_counts(&self) -> Result<Vec<(String, u64)>, StoreError>;

    /// Reads everything back and checks it. What is wrong is in the report.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read at all.
    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        Err(StoreError::Engine("this store cannot be verified".into()))
    }

    /// How many durable writes and commits this process has made since it opened the store: their ratio is the size of a
    /// group. (0, 0): not counted.
    fn group_counts(&self) -> (u64, u64) {
        (0, 0)
    }

    /// An account with its balance now.
    ///
    /// # Errors
    /// As above.
    async fn account(&self, id: AccountId) -> Result<Option<AccountState>, StoreError>;

    /// The recorded entry of a transfer.
    ///
    /// # Errors
    /// As above.
    async fn entry(&self, id: TransferId) -> Result<Option<Entry>, StoreError>;

    /// Entries after a sequence, in order, at most `limit`: the whole journal, page by page.
    ///
    /// # Errors
    /// As above.
    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// The balance of an account after the last entry at or before a moment. `None`: no such account.
    ///
    /// # Errors
    /// As above.
    async fn balance_at(&self, id: AccountId, at: Timestamp) -> Result<Option<Balance>, StoreError>;

    /// The posted balance of an account from all entries effective on a day (days since 1970-01-01) or before, in minor
    /// units in the direction of its normal side. `None`: no such account.
    ///
    /// # Errors
    /// As above.
    async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, StoreError>;

    /// A page of entries by account, reference or metadata.
    ///
    /// # Errors
    /// As above.
    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError>;

    /// The sums of an account and all accounts under it, now or after the last entry at or before a moment, one row a
    /// currency. Empty: no such account.
    ///
    /// # Errors
    /// As above.
    async fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Result<Vec<RolledUp>, StoreError>;

    /// What was posted by effective day, entity, line of the chart and currency, in this order.
    ///
    /// # Errors
    /// As above.
    async fn day_totals(&self, query: DayQuery) -> Result<Vec<DayTotal>, StoreError>;

    /// A page of an account's history, oldest first. `None`: no such account.
    ///
    /// # Errors
    /// As above.
    async fn statement(&self, query: StatementQuery) -> Result<Option<Statement>, StoreError>;

    /// A page of accounts.
    ///
    /// # Errors
    /// As above.
    async fn accounts(&self, filter: AccountFilter) -> Result<AccountPage, StoreError>;

    /// The last closed day (days since 1970-01-01) of each entity that has closed days, by entity.
    ///
    /// # Errors
    /// As above.
    async fn periods(&self) -> Result<Vec<(EntityCode, i32)>, StoreError>;

    /// The balances of all accounts by currency and line of the chart, now or after the last entry at or before a moment.
    ///
    /// # Errors
    /// As above.
    async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, StoreError>;
}

/// Conveniences over any store.
#[async_trait]
pub trait StoreExt: Store {
    /// A record in its type.
    ///
    /// # Errors
    /// [`StoreError`], also when the content does not have the type's shape.
    async fn get<R: Record>(&self, id: u128) -> Result<Option<Versioned<R>>, StoreError> {
        self.read(R::KIND, id).await?.map(typed).transpose()
    }

    /// A page of records in their type, and the cursor of the next.
    ///
    /// # Errors
    /// As above.
    async fn list_typed<R: Record>(
        &self,
        query: ListQuery,
    ) -> Result<(Vec<Versioned<R>>, Option<u128>), StoreError> {
        let page = self.list(query).await?;
        Ok((page.records.into_iter().map(typed).collect::<Result<_, _>>()?, page.next))
    }
}

impl<S: Store + ?Sized> StoreExt for S {}

fn typed<R: Record>(stored: Stored) -> Result<Versioned<R>, StoreError> {
    let value = serde_json::from_str(&stored.body).map_err(|source| StoreError::Shape {
        kind: R::KIND,
        id: stored.id,
        source,
    })?;
    Ok(Versioned { version: stored.version, value })
}
