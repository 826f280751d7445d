//! The embedded engine: one directory, one process, SQLite as the trusted container.
//!
//! ```text
//! callers ──▶ queue ──▶ writer thread: judge, append rows, one durable write a group ──▶ answers
//!                          └──▶ tail of the index ──▶ index thread ──▶ index.db
//! readers ──▶ pool of read-only connections, merged with the tail
//! checkpoint thread: moves the write-ahead log into the main file, off the commit path
//! ```

mod archive;
mod backup;
mod balances;
mod block;
mod checkpoint;
mod codec;
mod commits;
mod entries;
mod error;
mod index;
mod inspect;
mod names;
mod past;
mod reader;
mod restore;
mod rows;
mod schema;
mod state;
mod undo;
mod upgrade;
mod verify;
mod wal;
mod writer;

pub use archive::ArchiveReport;
pub use backup::BackupReport;
pub use restore::{RestoreReport, Until};
pub use verify::VerifyReport;

use crate::lease::{Leases, ids_of};
use crate::{
    Answer, Commit, CommitError, Committed, Job, JobClaim, ListPage, ListQuery, RecordedEvent, Store,
    StoreError, Stored,
};
use async_trait::async_trait;
use checkpoint::Checkpointer;
use index::EntryIndex;
use names::Names;
use pmts_kernel::{Clock, IdSource, SystemClock, SystemIds, Timestamp};
use pmts_ledger::{
    AccountFilter, AccountId, AccountPage, AccountState, Balance, DayQuery, DayTotal, EntityCode, Entry,
    HistoryPage, HistoryQuery, RolledUp, Statement, StatementQuery, TransferId, TrialBalance,
};
use reader::Readers;
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use undo::Undo;
use writer::{Counters, Request, Writer};

/// How the engine is run.
#[derive(Clone)]
pub struct EmbeddedOptions {
    /// Where times come from.
    pub clock: Arc<dyn Clock>,
    /// About so many accounts stay in memory, and of those at rest (zero, nothing reserved) a sixteenth of it; the others are
    /// loaded when a commit names them. An account takes some hundred bytes.
    pub resident_accounts: usize,
    /// At most so many commits are written together.
    pub group_max: usize,
    /// So many entries (or answers) are kept in memory before they go to the index file in one piece; from four times as
    /// many on commits wait for it.
    pub index_batch: usize,
    /// How long records and jobs are kept as they were before they were overwritten: so far back a directory, or a copy of it,
    /// can be put.
    pub undo_for: Duration,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            resident_accounts: 1_000_000,
            group_max: 8_192,
            index_batch: 50_000,
            undo_for: Duration::from_secs(7 * 86_400),
        }
    }
}

/// A store in one directory.
pub struct EmbeddedStore {
    dir: PathBuf,
    queue: Option<mpsc::UnboundedSender<Request>>,
    readers: Arc<Readers>,
    index: Arc<EntryIndex>,
    counters: Arc<Counters>,
    leases: Leases,
    checkpointer: Option<Checkpointer>,
    writer: Option<JoinHandle<()>>,
    indexer: Option<JoinHandle<()>>,
    lock: File,
}

impl EmbeddedStore {
    /// Opens the directory; makes it if it is not there. One process owns it until the store is dropped.
    ///
    /// # Errors
    /// [`StoreError`]: in use, of another format, not writable, full, damaged.
    pub fn open(dir: impl AsRef<Path>, options: EmbeddedOptions) -> Result<Self, StoreError> {
        let dir = dir.as_ref().to_owned();
        make_dir(&dir)?;
        let lock = lock_dir(&dir)?;
        let new_instance = || format!("{:032x}", SystemIds::new(Arc::new(SystemClock)).next_id());
        let db = schema::open_writer(&dir, new_instance)?;
        let failed = |e: rusqlite::Error| match error::reading(&e) {
            StoreError::Engine(_) => error::opening(&dir.join(schema::FILE), e),
            typed => typed,
        };
        let instance = schema::instance(&db).map_err(failed)?;
        let names = Arc::new(Names::default());
        let index = Arc::new(EntryIndex::open(&dir, &db, &instance, names.clone(), options.index_batch)?);
        let counters = Arc::new(Counters::default());
        let writer = Writer::resume(
            db,
            (index.clone(), names.clone()),
            options.clock,
            counters.clone(),
            options.group_max.max(1),
            options.resident_accounts.max(1),
            Undo::new(options.undo_for),
        )
        .map_err(failed)?;
        let (queue, requests) = mpsc::unbounded_channel();
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.into())
                .spawn(body)
                .map_err(|e| StoreError::Engine(format!("no thread: {e}")))
        };
        let for_index = index.clone();
        let indexer = Some(spawn("pmts-index", Box::new(move || for_index.build()))?);
        let writer = Some(spawn("pmts-writer", Box::new(move || writer.run(requests)))?);
        let checkpointer = Some(Checkpointer::start(&dir)?);
        let readers = Arc::new(Readers::new(dir.clone(), index.clone(), names));
        let leases = Leases::default();
        let queue = Some(queue);
        Ok(Self { dir, queue, readers, index, counters, leases, checkpointer, writer, indexer, lock })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads all of a directory that is not in use and looks for anything wrong with any of its files, also if it cannot be
    /// opened: beyond [`EmbeddedStore::verify`], what has no checksum is made anew and compared, the structure of the files is
    /// checked, and a log that was left is read frame by frame. It changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read at all or is in use; what is wrong with the data is in the report.
    pub fn inspect(dir: &Path) -> Result<VerifyReport, StoreError> {
        inspect::inspect(dir)
    }

    /// Copies the data directory `from` into the directory `to`, which is made or empty: the state after one commit, whole,
    /// read back and checked. The directory may be in use, also by another process. Keys that lie in it are not copied.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Occupied`] if `to` is not empty, [`StoreError::Damaged`] if the copy is not well.
    pub fn backup(from: &Path, to: &Path) -> Result<BackupReport, StoreError> {
        backup::backup(from, to)
    }

    /// Makes the data directory `to`, which is not there or empty, from a copy, as it was after the commit that `until` says.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::TooEarly`] if what was overwritten since then is no longer known.
    pub fn restore(from: &Path, to: &Path, until: Until) -> Result<RestoreReport, StoreError> {
        restore::restore(from, to, until)
    }

    /// Moves the entries recorded up to the end of a day (days since 1970-01-01) out of the main file of a directory that is
    /// not in use, into `archive.db` beside it; every read finds them there. The books of every entity must be closed through
    /// that day; without a day it is the last for which they are. Entries of the last `keep` before `now` stay, and what they
    /// can be put back to; to go back further an earlier copy is needed.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::PeriodOpen`] if books are open, [`StoreError::InUse`].
    pub fn archive(
        dir: &Path,
        through: Option<i32>,
        keep: Duration,
        now: Timestamp,
    ) -> Result<ArchiveReport, StoreError> {
        archive::archive(dir, through, keep, now)
    }

    /// Reads every row of the main file and checks it: checksums, the hash chain, sequences and times, that every balance
    /// follows from the entries before it, that debits equal credits. Of the state (records, answers, jobs, events) the
    /// checksums are checked, not that none is missing: what was overwritten cannot be digested again.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read at all; what is wrong with the data is in the report.
    pub async fn verify(&self) -> Result<VerifyReport, StoreError> {
        self.readers.read(verify::verify).await
    }
}

impl EmbeddedStore {
    /// Those of the jobs taken just now that are still as they were read: between the reading and the taking another may
    /// have done them.
    async fn unchanged(
        &self,
        claim: &JobClaim,
        taken: Vec<Job>,
        look: usize,
    ) -> Result<Vec<Job>, StoreError> {
        let there = self.jobs_due(claim.due, look).await?;
        let there: HashMap<u128, Job> = there.into_iter().map(|job| (job.id, job)).collect();
        let (same, other): (Vec<Job>, Vec<Job>) =
            taken.into_iter().partition(|job| there.get(&job.id) == Some(job));
        self.leases.hold(claim.holder, &other.iter().map(|job| job.id).collect::<Vec<_>>(), claim.now);
        Ok(same)
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        // The writer ends when its queue is empty; only then the index may end, since the writer may wait for it.
        self.queue = None;
        for thread in [self.writer.take(), self.indexer.take()].into_iter().flatten() {
            // A panic of the thread was printed when it happened; there is nothing to add here.
            let _ = thread.join();
            self.index.close();
        }
        self.checkpointer = None;
        // Said aloud: a child that this process is just starting may hold a copy of the file for a moment.
        let _ = self.lock.unlock();
    }
}

fn make_dir(dir: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|e| error::file(dir, &e))
}

fn lock_dir(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join("lock");
    let mut lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| error::file(&path, &e))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(dir.to_owned())),
        Err(TryLockError::Error(e)) => return Err(error::file(&path, &e)),
    }
    // For people who look for the owner; the lock itself is the kernel's and goes with the process.
    lock.set_len(0)
        .and_then(|()| writeln!(lock, "{}", std::process::id()))
        .map_err(|e| error::file(&path, &e))?;
    Ok(lock)
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn commit_many(&self, commits: Vec<Commit>) -> Vec<Result<Committed, CommitError>> {
        let count = commits.len();
        let stopped = |why: &str| CommitError::Stopped(why.to_owned());
        let jobs: Vec<(usize, Vec<u128>)> = commits
            .iter()
            .enumerate()
            .filter(|(_, commit)| !commit.jobs.is_empty())
            .map(|(n, commit)| (n, ids_of(&commit.jobs).collect()))
            .collect();
        let (reply, answer) = oneshot::channel();
        let sent = self.queue.as_ref().is_some_and(|q| q.send(Request { commits, reply }).is_ok());
        if !sent {
            return vec![Err(stopped("the writer has ended")); count];
        }
        // The writer answers every request it took; if it is gone, what it was doing is not known.
        let ended = |_| vec![Err(CommitError::Unknown("the writer has ended".into())); count];
        let results = answer.await.unwrap_or_else(ended);
        for (n, ids) in jobs {
            if results.get(n).is_some_and(Result::is_ok) {
                self.leases.changed(&ids);
            }
        }
        results
    }

    async fn read(&self, kind: &'static str, id: u128) -> Result<Option<Stored>, StoreError> {
        self.readers.point(|v| reader::record(v.db, kind, id))
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        self.readers.read(move |v| reader::list(v.db, &query)).await
    }

    async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError> {
        self.readers.point(|v| reader::answer(v, scope, key))
    }

    async fn jobs_due(&self, at: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.readers.read(move |v| reader::jobs_due(v.db, at, limit)).await
    }

    async fn claim_jobs(&self, mut claim: JobClaim) -> Result<Vec<Job>, StoreError> {
        let mut taken = Vec::new();
        // Those that are held or of other kinds lie between those that are wanted.
        let mut look = claim.limit.saturating_add(self.leases.count());
        while claim.limit > 0 {
            let due = self.jobs_due(claim.due, look).await?;
            let seen = due.len();
            let more = self.leases.claim(&claim, due);
            claim.limit -= more.len();
            taken.extend(more);
            if seen < look {
                break;
            }
            look = look.saturating_mul(4);
        }
        if taken.is_empty() { Ok(taken) } else { self.unchanged(&claim, taken, look).await }
    }

    async fn hold_jobs(
        &self,
        holder: u128,
        jobs: Vec<u128>,
        until: Timestamp,
    ) -> Result<Vec<u128>, StoreError> {
        Ok(self.leases.hold(holder, &jobs, until))
    }

    async fn events(&self, after: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.readers.read(move |v| reader::events(v.db, after, limit)).await
    }

    async fn events_before(&self, before: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.readers.read(move |v| reader::events_before(v.db, before, limit)).await
    }

    async fn job_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.readers.read(move |v| reader::job_counts(v.db)).await
    }

    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        EmbeddedStore::verify(self).await
    }

    fn group_counts(&self) -> (u64, u64) {
        (self.counters.groups.load(Ordering::Relaxed), self.counters.commits.load(Ordering::Relaxed))
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountState>, StoreError> {
        self.readers.point(|v| reader::account(v, id))
    }

    async fn entry(&self, id: TransferId) -> Result<Option<Entry>, StoreError> {
        self.readers.point(|v| reader::entry(v, id))
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.readers.read(move |v| reader::entries(v, after, limit)).await
    }

    async fn balance_at(&self, id: AccountId, at: Timestamp) -> Result<Option<Balance>, StoreError> {
        self.readers.read(move |v| reader::balance_at(v, id, at)).await
    }

    async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, StoreError> {
        self.readers.read(move |v| reader::balance_on(v, id, day)).await
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.readers.read(move |v| reader::history(v, &query)).await
    }

    async fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Result<Vec<RolledUp>, StoreError> {
        self.readers.read(move |v| reader::rolled_up(v, id, at)).await
    }

    async fn day_totals(&self, query: DayQuery) -> Result<Vec<DayTotal>, StoreError> {
        self.readers.read(move |v| reader::day_totals(v, &query)).await
    }

    async fn statement(&self, query: StatementQuery) -> Result<Option<Statement>, StoreError> {
        self.readers.read(move |v| reader::statement(v, &query)).await
    }

    async fn accounts(&self, filter: AccountFilter) -> Result<AccountPage, StoreError> {
        self.readers.read(move |v| reader::accounts(v, &filter)).await
    }

    async fn periods(&self) -> Result<Vec<(EntityCode, i32)>, StoreError> {
        self.readers.read(|v| reader::periods(v.db)).await
    }

    async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, StoreError> {
        self.readers.read(move |v| reader::trial_balance(v, at)).await
    }
}
