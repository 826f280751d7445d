//! The engine on Postgres: any number of nodes on one database, rows that people query.
//!
//! ```text
//! callers ──▶ queue ──▶ writer: one group = one transaction under the head row ──▶ answers
//! readers ──▶ a few connections, shared
//! ```
//!
//! The head row orders the groups of all nodes, so commits and entries are numbered without gaps. The tables and views are
//! in `migrations`; `docs/adr/0013-postgres-groups.md` tells why it is so.

mod accounts;
mod batch;
mod behind;
mod columns;
mod days;
mod documents;
mod entries;
mod error;
mod judge;
mod leases;
mod load;
mod options;
mod reader;
mod records;
mod schema;
mod session;
mod spans;
mod value;
mod verify;
mod writer;

pub use options::PostgresOptions;

use crate::{
    Answer, Commit, CommitError, Committed, Job, JobClaim, ListPage, ListQuery, RecordedEvent, Store,
    StoreError, Stored, VerifyReport,
};
use async_trait::async_trait;
use error::Trouble;
use pmts_kernel::{SystemClock, SystemIds, Timestamp};
use pmts_ledger::{
    AccountFilter, AccountId, AccountPage, AccountState, Balance, DayQuery, DayTotal, EntityCode, Entry,
    HistoryPage, HistoryQuery, RolledUp, Statement, StatementQuery, TransferId, TrialBalance,
};
use reader::Readers;
use session::{Address, Session};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};
use writer::{Request, Writer};

/// What the engine counts.
#[derive(Debug, Default)]
struct Counters {
    groups: AtomicU64,
    commits: AtomicU64,
    retries: AtomicU64,
    losses: AtomicU64,
    resolved: AtomicU64,
}

/// What a node has met since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PostgresCounts {
    /// Groups written.
    pub groups: u64,
    /// Transactions begun again because another came in between.
    pub retries: u64,
    /// Times the connection was lost, or could not be made, with certainty that nothing was written.
    pub losses: u64,
    /// Groups whose answer to COMMIT was lost and that were looked up.
    pub resolved: u64,
}

/// A store in a Postgres database.
pub struct PostgresStore {
    address: Address,
    queue: mpsc::UnboundedSender<Request>,
    readers: Readers,
    counters: Arc<Counters>,
}

impl PostgresStore {
    /// Connects to `url` (`postgres://user@host:port/name?sslmode=require`), brings the tables to the latest schema and
    /// starts the writer of this node on the current tokio runtime.
    ///
    /// `sslmode` is `disable`, `prefer` (the default), `require`, `verify-ca` or `verify-full`; wherever TLS is used,
    /// certificate and host name are verified, by the system's roots or those in the file `sslrootcert`.
    ///
    /// # Errors
    /// [`StoreError`]: unusable address, server away, schema of a later program.
    pub async fn open(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let address = Address::parse(url)?;
        schema::migrate(&connect(&address).await?).await?;
        let readers = Readers::new(address.clone(), options.readers, options.patience);
        let counters = Arc::new(Counters::default());
        // Ids of groups: no two nodes may ever use the same.
        let ids = Arc::new(SystemIds::new(Arc::new(SystemClock)));
        let (queue, requests) = mpsc::unbounded_channel();
        tokio::spawn(Writer::new(address.clone(), options, ids, counters.clone()).run(requests));
        Ok(Self { address, queue, readers, counters })
    }

    /// Brings the tables of `url` to the latest schema and gives the numbers of the migrations that were run.
    ///
    /// # Errors
    /// As [`PostgresStore::open`].
    pub async fn migrate(url: &str) -> Result<Vec<i32>, StoreError> {
        schema::migrate(&connect(&Address::parse(url)?).await?).await
    }

    /// Reads all rows and checks them: numbers without gaps, times, that every balance is the sum of its entries, that
    /// debits equal credits. It takes one snapshot, so commits go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read; what is wrong with the data is in the report.
    pub async fn verify(&self) -> Result<VerifyReport, StoreError> {
        let session = Session::for_reports(&self.address).await.map_err(Trouble::not_read)?;
        verify::verify(&session).await.map_err(Trouble::not_read)
    }

    /// What this node has met since it was opened.
    pub fn counts(&self) -> PostgresCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PostgresCounts {
            groups: read(&self.counters.groups),
            retries: read(&self.counters.retries),
            losses: read(&self.counters.losses),
            resolved: read(&self.counters.resolved),
        }
    }
}

async fn connect(address: &Address) -> Result<Arc<Session>, StoreError> {
    Session::open(address, &[]).await.map_err(Trouble::not_read)
}

#[async_trait]
impl Store for PostgresStore {
    async fn commit_many(&self, commits: Vec<Commit>) -> Vec<Result<Committed, CommitError>> {
        let count = commits.len();
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Request { commits, reply }).is_err() {
            return vec![Err(CommitError::Stopped("the writer has ended".into())); count];
        }
        // The writer answers every request it took; if it is gone, what it was doing is not known.
        answer.await.unwrap_or_else(|_| vec![Err(CommitError::Unknown("the writer has ended".into())); count])
    }

    async fn read(&self, kind: &'static str, id: u128) -> Result<Option<Stored>, StoreError> {
        self.readers.record(kind, id).await
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        self.readers.list(&query).await
    }

    async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError> {
        self.readers.answer(scope, key).await
    }

    async fn jobs_due(&self, at: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.readers.jobs_due(at, limit).await
    }

    async fn claim_jobs(&self, claim: JobClaim) -> Result<Vec<Job>, StoreError> {
        self.readers.claim_jobs(&claim).await
    }

    async fn hold_jobs(
        &self,
        holder: u128,
        jobs: Vec<u128>,
        until: Timestamp,
    ) -> Result<Vec<u128>, StoreError> {
        self.readers.hold_jobs(holder, &jobs, until).await
    }

    async fn events(&self, after: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.readers.events(after, limit).await
    }

    async fn events_before(&self, before: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.readers.events_before(before, limit).await
    }

    async fn job_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.readers.job_counts().await
    }

    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        PostgresStore::verify(self).await
    }

    fn group_counts(&self) -> (u64, u64) {
        (self.counters.groups.load(Ordering::Relaxed), self.counters.commits.load(Ordering::Relaxed))
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountState>, StoreError> {
        self.readers.account(id).await
    }

    async fn entry(&self, id: TransferId) -> Result<Option<Entry>, StoreError> {
        self.readers.entry(id).await
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.readers.entries(after, limit).await
    }

    async fn balance_at(&self, id: AccountId, at: Timestamp) -> Result<Option<Balance>, StoreError> {
        self.readers.balance_at(id, at).await
    }

    async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, StoreError> {
        self.readers.balance_on(id, day).await
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.readers.history(&query).await
    }

    async fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Result<Vec<RolledUp>, StoreError> {
        self.readers.rolled_up(id, at).await
    }

    async fn day_totals(&self, query: DayQuery) -> Result<Vec<DayTotal>, StoreError> {
        self.readers.day_totals(&query).await
    }

    async fn statement(&self, query: StatementQuery) -> Result<Option<Statement>, StoreError> {
        self.readers.statement(&query).await
    }

    async fn accounts(&self, filter: AccountFilter) -> Result<AccountPage, StoreError> {
        self.readers.accounts(&filter).await
    }

    async fn periods(&self) -> Result<Vec<(EntityCode, i32)>, StoreError> {
        self.readers.periods().await
    }

    async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, StoreError> {
        self.readers.trial_balance(at).await
    }
}
