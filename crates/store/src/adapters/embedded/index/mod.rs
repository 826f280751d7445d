//! Which entries an account, an id, a reference or a pair of metadata has: the only way history is found.
//!
//! A table in the main file keyed by account would cost every commit scattered page writes, so the index lies in a file
//! of its own, `index.db`, and is built behind the commit: the newest entries are kept in memory (the *tail*); when the
//! tail is full it is sealed, and a thread writes it out as a sorted *run* of packed pages; eight runs of a level are
//! merged into one of the next. Reads merge runs and tail, so they are never stale; if the thread falls behind, the writer
//! waits. The file can be deleted: it is built anew from the main file at the next opening. With each account's entries
//! lie its sums after the last of them, so that the balance now needs no entry. Beside the runs the file keeps which
//! reservations are open, what was posted by day, and which entries count for another day than they were recorded on.

mod build;
mod days;
mod file;
mod filter;
mod inspect;
mod merge;
mod page;
mod run;
mod tail;

use super::names::Names;
use crate::StoreError;
use merge::Walk;
use pmts_ledger::{Balance, Entry};
use run::{Found, Run};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use tail::Batch;

pub(super) use file::FILE;
pub(super) use inspect::inspect;

/// So many times the size of a batch in memory, and the writer waits for the index.
const WAIT_AT: usize = 4;

/// How far a batch reaches: the last commit in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) commit: u64,
    pub(super) hash: Vec<u8>,
    pub(super) sequence: u64,
    /// The last stored answer.
    pub(super) answer: u64,
}

/// What is indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// By account number.
    Accounts,
    /// By transfer id.
    Ids,
    /// By reference.
    References,
    /// By [`metadata_key`].
    Metadata,
    /// Stored answers by [`answer_key`]; the sequences are those of the answers.
    Answers,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Accounts, Self::Ids, Self::References, Self::Metadata, Self::Answers];

    fn number(self) -> i64 {
        self as i64 + 1
    }

    /// A key has one sequence.
    fn is_unique(self) -> bool {
        matches!(self, Self::Ids | Self::Answers)
    }

    fn from_number(n: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.number() == n)
    }
}

/// The key of a pair of metadata: a hash, so what is found by it is compared with the pair itself.
pub(super) fn metadata_key(key: &str, value: &str) -> u128 {
    xxhash_rust::xxh3::xxh3_128(format!("{key}={value}").as_bytes())
}

/// The key of a stored answer: a hash, as above.
pub(super) fn answer_key(scope: &str, key: &str) -> u128 {
    let mut bytes = Vec::with_capacity(scope.len() + key.len() + 1);
    bytes.extend_from_slice(scope.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(key.as_bytes());
    xxhash_rust::xxh3::xxh3_128(&bytes)
}

/// An entry seen from one of its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LegOf {
    pub(super) sequence: u64,
    pub(super) version: u64,
    pub(super) after: Balance,
}

/// The last leg of an account.
#[derive(Debug, Clone, Copy)]
pub(super) enum Last {
    /// With its sums.
    Known(LegOf),
    /// Its sums are in the entry of this sequence.
    InEntry(u64),
}

/// Sequences `first..=last`.
pub(super) type Range = (u64, u64);

#[derive(Default)]
struct Tail {
    active: Batch,
    sealed: Option<Arc<Batch>>,
    failing: Option<String>,
    closing: bool,
}

/// The runs of each kind, oldest first.
type Runs = [Vec<Arc<Run>>; 5];

/// The index of one data directory.
pub(super) struct EntryIndex {
    dir: PathBuf,
    path: PathBuf,
    tail: Mutex<Tail>,
    changed: Condvar,
    runs: RwLock<Arc<Runs>>,
    readers: Mutex<Vec<Connection>>,
    names: Arc<Names>,
    /// Entries in memory before a batch is sealed.
    seal_at: usize,
    /// How many walks over all runs are under way.
    walks: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A run's page was deleted while it was read: the runs have changed, and the question is asked again.
struct Gone;

impl EntryIndex {
    /// Opens the index of `main`, or makes it anew if it is missing, damaged or of another history, and reads the entries
    /// it does not hold yet.
    pub(super) fn open(
        dir: &Path,
        main: &Connection,
        instance: &str,
        names: Arc<Names>,
        seal_at: usize,
    ) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let (runs, reach) = file::open_or_create(dir, main, instance)?;
        let index = Self {
            dir: dir.to_owned(),
            path,
            tail: Mutex::default(),
            changed: Condvar::new(),
            runs: RwLock::new(Arc::new(runs)),
            readers: Mutex::default(),
            names,
            seal_at: seal_at.max(1),
            walks: AtomicUsize::new(0),
        };
        index.catch_up(main, reach).map_err(|e| match super::error::reading(&e) {
            StoreError::Engine(_) => super::error::opening(&index.path, e),
            // What is damaged is in the main file: the index is only read into memory here.
            typed => typed,
        })?;
        Ok(index)
    }

    /// Adds the entries and the answers (key and sequence) of a group that is durable; `reach` is its last commit.
    pub(super) fn append(&self, entries: &[Entry], answers: &[(u128, u64)], reach: Point) {
        let mut tail = lock(&self.tail);
        for entry in entries {
            tail.active.push(entry);
        }
        for (key, sequence) in answers {
            tail.active.push_answer(*key, *sequence);
        }
        tail.active.reach = reach;
        if tail.active.len() >= self.seal_at && tail.sealed.is_none() {
            tail.sealed = Some(Arc::new(std::mem::take(&mut tail.active)));
            self.changed.notify_all();
        }
    }

    /// Waits until the index has caught up enough for the writer to go on.
    ///
    /// # Errors
    /// Why the index cannot be written.
    pub(super) fn wait_for_room(&self) -> Result<(), String> {
        let mut tail = lock(&self.tail);
        while tail.active.len() >= WAIT_AT * self.seal_at && tail.sealed.is_some() {
            if let Some(why) = &tail.failing {
                return Err(why.clone());
            }
            tail = self
                .changed
                .wait_timeout(tail, std::time::Duration::from_secs(1))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        Ok(())
    }

    /// Lets the thread end after what it is writing.
    pub(super) fn close(&self) {
        lock(&self.tail).closing = true;
        self.changed.notify_all();
    }

    fn runs(&self) -> Arc<Runs> {
        self.runs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_runs(&self, change: impl FnOnce(&mut Runs)) {
        let mut runs = self.runs.write().unwrap_or_else(PoisonError::into_inner);
        let mut new = Runs::clone(&runs);
        change(&mut new);
        *runs = Arc::new(new);
    }

    /// Asks the runs of a kind, and again if they changed meanwhile.
    fn ask<T>(
        &self,
        kind: Kind,
        mut ask: impl FnMut(&Connection, &[Arc<Run>]) -> rusqlite::Result<Result<T, Gone>>,
    ) -> rusqlite::Result<T> {
        self.with_reader(|db| {
            // A run disappears only after its successor is in place; so once is nearly always enough.
            for _ in 0..100 {
                let runs = self.runs();
                if let Ok(answer) = ask(db, &runs[kind as usize])? {
                    return Ok(answer);
                }
            }
            Err(run::damaged("a page of the index is missing"))
        })
    }

    /// The last entry of an account at or before a sequence.
    pub(super) fn last(&self, account: u64, until: u64) -> rusqlite::Result<Option<Last>> {
        // The newest first: what is asked for is nearly always the last one. The tail is read before the runs: what moves
        // from one to the other meanwhile is seen in either.
        {
            let tail = lock(&self.tail);
            let batches = [Some(&tail.active), tail.sealed.as_deref()];
            let leg =
                batches.into_iter().flatten().find_map(|b| b.legs_of(account).find(|l| l.sequence <= until));
            if let Some(leg) = leg {
                return Ok(Some(Last::Known(leg)));
            }
        }
        self.ask(Kind::Accounts, |db, runs| {
            let key = u128::from(account);
            for run in runs.iter().rev().filter(|r| r.first_sequence <= until && r.may_hold(key)) {
                match run.last(db, key, until)? {
                    None => return Ok(Err(Gone)),
                    Some(None) => {}
                    Some(Some(Found::Leg(leg))) => return Ok(Ok(Some(Last::Known(leg)))),
                    Some(Some(Found::Sequence(s))) => return Ok(Ok(Some(Last::InEntry(s)))),
                }
            }
            Ok(Ok(None))
        })
    }

    /// The entry of a transfer id. `often`: more such questions are to come.
    pub(super) fn id(&self, id: u128, often: bool) -> rusqlite::Result<Option<u64>> {
        {
            let mut tail = lock(&self.tail);
            let active = if often { tail.active.id_often(id) } else { tail.active.id(id) };
            if let Some(sequence) = active.or_else(|| tail.sealed.as_ref().and_then(|b| b.id(id))) {
                return Ok(Some(sequence));
            }
        }
        self.unique(Kind::Ids, id)
    }

    /// The sequence of the stored answer of an [`answer_key`].
    pub(super) fn answer(&self, key: u128) -> rusqlite::Result<Option<u64>> {
        {
            let tail = lock(&self.tail);
            let batches = [Some(&tail.active), tail.sealed.as_deref()];
            if let Some(sequence) = batches.into_iter().flatten().find_map(|b| b.answer(key)) {
                return Ok(Some(sequence));
            }
        }
        self.unique(Kind::Answers, key)
    }

    /// The sequence of a key that has one, from the runs.
    fn unique(&self, kind: Kind, key: u128) -> rusqlite::Result<Option<u64>> {
        // Mostly it is in none of them, and no connection is needed to say so.
        if !self.runs()[kind as usize].iter().any(|r| r.may_hold(key)) {
            return Ok(None);
        }
        self.ask(kind, |db, runs| {
            for run in runs.iter().rev().filter(|r| r.may_hold(key)) {
                let mut found = None;
                let there = run.items(db, kind, key, u64::MAX, |item| {
                    found = item.sequences.first().copied();
                    false
                })?;
                if !there {
                    return Ok(Err(Gone));
                }
                if found.is_some() {
                    return Ok(Ok(found));
                }
            }
            Ok(Ok(None))
        })
    }

    /// The highest transfer id there is, the ledger's own left out; 0: none.
    pub(super) fn highest_id(&self) -> rusqlite::Result<u128> {
        let own = 1u128 << 126;
        let in_tail = {
            let tail = lock(&self.tail);
            [tail.sealed.as_deref(), Some(&tail.active)]
                .into_iter()
                .flatten()
                .flat_map(|b| b.ids().map(|(id, _)| id).filter(|id| *id < own))
                .max()
        };
        let in_runs = self.ask(Kind::Ids, |db, runs| {
            let mut highest = 0;
            for run in runs {
                if run.last_key < own {
                    highest = highest.max(run.last_key);
                    continue;
                }
                // The ledger's own ids lie at the end: the last one before them is on one of the pages there.
                let there = run.items_below(db, Kind::Ids, own, |item| highest = highest.max(item.key))?;
                if !there {
                    return Ok(Err(Gone));
                }
            }
            Ok(Ok(highest))
        })?;
        Ok(in_runs.max(in_tail.unwrap_or(0)))
    }

    /// The sequences of a key within a range, at most `limit`, oldest or newest first.
    pub(super) fn page(
        &self,
        kind: Kind,
        key: u128,
        (from, until): Range,
        limit: usize,
        newest_first: bool,
    ) -> rusqlite::Result<Vec<u64>> {
        let wanted = |s: &u64| (from..=until).contains(s);
        let (tail_from, mut in_tail) = self.in_tail(kind, key);
        in_tail.retain(wanted);
        let mut found = Vec::new();
        if newest_first {
            found.extend(in_tail.iter().rev().take(limit));
            if found.len() == limit {
                return Ok(found);
            }
        }
        let in_runs = self.ask(kind, |db, runs| {
            let mut sequences: Vec<u64> = Vec::new();
            let wanted_runs =
                |r: &&Arc<Run>| r.first_sequence <= until && r.last_sequence >= from && r.may_hold(key);
            let ordered: Vec<&Arc<Run>> = if newest_first {
                runs.iter().rev().filter(wanted_runs).collect()
            } else {
                runs.iter().filter(wanted_runs).collect()
            };
            let need = limit - found.len();
            for run in ordered {
                if sequences.len() >= need {
                    break;
                }
                let wanted = |s: &&u64| wanted(s) && **s < tail_from;
                let there = if newest_first {
                    run.items_back(db, kind, key, until, |item| {
                        sequences.extend(item.sequences.iter().rev().filter(wanted));
                        sequences.len() < need && item.sequences.first().is_some_and(|s| *s > from)
                    })?
                } else {
                    run.items(db, kind, key, from, |item| {
                        sequences.extend(item.sequences.iter().filter(wanted));
                        sequences.len() < need && item.sequences.last().is_some_and(|s| *s < until)
                    })?
                };
                if !there {
                    return Ok(Err(Gone));
                }
            }
            sequences.truncate(need);
            Ok(Ok(sequences))
        })?;
        found.extend(in_runs);
        if !newest_first {
            found.extend(in_tail);
            found.truncate(limit);
        }
        Ok(found)
    }

    /// The sequences of a key in the tail, oldest first, and the first sequence of the tail.
    fn in_tail(&self, kind: Kind, key: u128) -> (u64, Vec<u64>) {
        let tail = lock(&self.tail);
        let batches = [tail.sealed.as_deref(), Some(&tail.active)];
        let mut found = Vec::new();
        let mut first = u64::MAX;
        for batch in batches.into_iter().flatten().filter(|b| b.has_entries()) {
            first = first.min(batch.first);
            let pairs = |pairs: &[(u128, u64)]| -> Vec<u64> {
                pairs.iter().filter(|(k, _)| *k == key).map(|(_, s)| *s).collect()
            };
            match kind {
                Kind::Accounts => {
                    let start = found.len();
                    let number = u64::try_from(key).unwrap_or(0);
                    found.extend(batch.legs_of(number).map(|l| l.sequence));
                    found[start..].reverse();
                }
                Kind::Ids => found.extend(batch.id(key)),
                Kind::References => found.extend(pairs(&batch.references)),
                Kind::Metadata => found.extend(pairs(&batch.metadata)),
                Kind::Answers => found.extend(batch.answer(key)),
            }
        }
        (first, found)
    }

    /// Hands out the sums of every account that has entries, in order of their numbers: after its last entry.
    pub(super) fn each_balance(
        &self,
        each: &mut dyn FnMut(u64, &Balance) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut newest: Vec<(u64, Balance)> = Vec::new();
        // While this is counted up no page is deleted; a run that is not in the set taken below is not read.
        self.walks.fetch_add(1, Ordering::SeqCst);
        let runs = {
            let tail = lock(&self.tail);
            for batch in [Some(&tail.active), tail.sealed.as_deref()].into_iter().flatten() {
                let legs = batch.accounts().into_iter();
                newest.extend(legs.filter_map(|n| Some((n, batch.legs_of(n).next()?.after))));
            }
            self.runs()
        };
        // Stable: of the two batches the newer one, which came first, stays first.
        newest.sort_by_key(|(number, _)| *number);
        newest.dedup_by_key(|(number, _)| *number);
        let mut newest = newest.into_iter().peekable();
        let result = self.with_reader(|db| {
            let mut walk = Walk::new(db, Kind::Accounts, &runs[Kind::Accounts as usize])?;
            let mut next = walk.next(db)?;
            loop {
                let in_runs = next.as_ref().map(|i| u64::try_from(i.key).unwrap_or(u64::MAX));
                let in_tail = newest.peek().map(|(number, _)| *number);
                let Some(number) = [in_runs, in_tail].into_iter().flatten().min() else { return Ok(()) };
                let mut balance = Balance::default();
                while let Some(item) = next.as_ref().filter(|i| i.key == u128::from(number)) {
                    balance = item.after;
                    next = walk.next(db)?;
                }
                if in_tail == Some(number) {
                    balance = newest.next().map_or(balance, |(_, b)| b);
                }
                each(number, &balance)?;
            }
        });
        self.walks.fetch_sub(1, Ordering::SeqCst);
        result
    }

    fn with_reader<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let pooled = lock(&self.readers).pop();
        let db = pooled.map_or_else(|| file::open(&self.path), Ok)?;
        let result = read(&db);
        lock(&self.readers).push(db);
        result
    }
}
