//! The twin in memory: the same rules, nothing survives the process.

use crate::lease::{Leases, ids_of};
use crate::{
    Answer, Commit, CommitError, Committed, Job, JobChange, JobClaim, ListPage, ListQuery, RecordedEvent,
    Store, StoreError, Stored,
};
use async_trait::async_trait;
use pmts_kernel::{Clock, Timestamp};
use pmts_ledger::adapters::memory::Books;
use pmts_ledger::{
    AccountFilter, AccountId, AccountPage, AccountState, ApplyError, Balance, DayQuery, DayTotal, EntityCode,
    Entry, HistoryPage, HistoryQuery, Machine, RolledUp, Statement, StatementQuery, TransferId, TrialBalance,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A store in memory.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    leases: Leases,
}

/// Version, body and keys of a record.
type Kept = (u64, String, Vec<(&'static str, String)>);

#[derive(Default)]
struct Inner {
    machine: Machine,
    books: Books,
    commits: u64,
    records: BTreeMap<(&'static str, u128), Kept>,
    answers: HashMap<(String, String), Answer>,
    jobs: BTreeMap<u128, Job>,
    events: Vec<RecordedEvent>,
}

impl MemoryStore {
    /// An empty store that takes its times from `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, inner: Mutex::default(), leases: Leases::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// All jobs due at a moment, earliest first.
    fn due(&self, at: Timestamp) -> Vec<Job> {
        let mut due: Vec<Job> = self.jobs.values().filter(|j| j.due <= at).cloned().collect();
        due.sort_by_key(|j| (j.due, j.id));
        due
    }

    fn commit(&mut self, commit: Commit, now: Timestamp) -> Result<Committed, CommitError> {
        commit.check_shape()?;
        let Ok(expired) = self.machine.expire(commit.journal().expires_until(now), &mut &mut self.books);
        if !expired.is_empty() {
            self.books.record(vec![], &expired);
            self.commits += 1;
        }
        if let Some(answer) =
            commit.answer.as_ref().and_then(|a| self.answers.get(&(a.scope.clone(), a.key.clone())))
        {
            return Err(CommitError::Answered(Box::new(answer.clone())));
        }
        for w in &commit.records {
            let found = self.records.get(&(w.kind, w.id)).map_or(0, |r| r.0);
            if found != w.expected {
                return Err(CommitError::Conflict { kind: w.kind, id: w.id, expected: w.expected, found });
            }
        }
        let applied = match self.machine.apply(commit.journal(), now, &mut &mut self.books) {
            Ok(applied) => applied,
            Err(ApplyError::Refused(refused)) => {
                if let Some(id) = refused.marked_id() {
                    self.books.refuse(id, refused.reason.clone());
                    self.commits += 1;
                }
                return Err(CommitError::Refused(refused));
            }
        };
        self.books.record(applied.accounts, &applied.entries);
        self.commits += 1;
        for w in commit.records {
            match w.body {
                Some(body) => self.records.insert((w.kind, w.id), (w.expected + 1, body, w.keys)),
                None => self.records.remove(&(w.kind, w.id)),
            };
        }
        for event in commit.events {
            self.events.push(RecordedEvent {
                sequence: self.events.len() as u64 + 1,
                commit: self.commits,
                event,
            });
        }
        for job in commit.jobs {
            match job {
                JobChange::Put(job) => self.jobs.insert(job.id, job),
                JobChange::Done(id) => self.jobs.remove(&id),
            };
        }
        if let Some(answer) = commit.answer {
            self.answers.insert((answer.scope.clone(), answer.key.clone()), answer);
        }
        let time = applied.entries.last().map_or(now, |e| e.time);
        Ok(Committed { sequence: self.commits, time, entries: applied.entries, repeated: applied.repeated })
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit_many(&self, commits: Vec<Commit>) -> Vec<Result<Committed, CommitError>> {
        let now = self.clock.now();
        let mut inner = self.lock();
        let one = |commit: Commit| {
            let changed: Vec<u128> = ids_of(&commit.jobs).collect();
            let done = inner.commit(commit, now)?;
            self.leases.changed(&changed);
            Ok(done)
        };
        commits.into_iter().map(one).collect()
    }

    async fn read(&self, kind: &'static str, id: u128) -> Result<Option<Stored>, StoreError> {
        Ok(self.lock().records.get(&(kind, id)).map(|(version, body, _)| Stored {
            id,
            version: *version,
            body: body.clone(),
        }))
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        let inner = self.lock();
        let beyond = |id: u128| query.after.is_none_or(|a| if query.newest_first { id < a } else { id > a });
        let mut wanted: Vec<Stored> = inner
            .records
            .range((query.kind, 0)..=(query.kind, u128::MAX))
            .filter(|((_, id), (_, _, keys))| {
                beyond(*id) && query.key.as_ref().is_none_or(|k| keys.contains(k))
            })
            .map(|((_, id), (version, body, _))| Stored { id: *id, version: *version, body: body.clone() })
            .collect();
        if query.newest_first {
            wanted.reverse();
        }
        let more = wanted.len() > query.page_size();
        wanted.truncate(query.page_size());
        let next = wanted.last().filter(|_| more).map(|s| s.id);
        Ok(ListPage { records: wanted, next })
    }

    async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError> {
        Ok(self.lock().answers.get(&(scope.to_owned(), key.to_owned())).cloned())
    }

    async fn jobs_due(&self, at: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        let mut due = self.lock().due(at);
        due.truncate(limit);
        Ok(due)
    }

    async fn claim_jobs(&self, claim: JobClaim) -> Result<Vec<Job>, StoreError> {
        let inner = self.lock();
        Ok(self.leases.claim(&claim, inner.due(claim.due)))
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
        Ok(self.lock().events.iter().filter(|e| e.sequence > after).take(limit).cloned().collect())
    }

    async fn events_before(&self, before: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        Ok(self.lock().events.iter().rev().filter(|e| e.sequence < before).take(limit).cloned().collect())
    }

    async fn job_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut counts = BTreeMap::new();
        for job in self.lock().jobs.values() {
            *counts.entry(job.kind.clone()).or_insert(0) += 1;
        }
        Ok(counts.into_iter().collect())
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountState>, StoreError> {
        Ok(self.lock().books.account(id).cloned())
    }

    async fn entry(&self, id: TransferId) -> Result<Option<Entry>, StoreError> {
        Ok(self.lock().books.entry(id).cloned())
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        Ok(self.lock().books.entries(after).take(limit).cloned().collect())
    }

    async fn balance_at(&self, id: AccountId, at: Timestamp) -> Result<Option<Balance>, StoreError> {
        Ok(self.lock().books.balance_at(id, at))
    }

    async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, StoreError> {
        Ok(self.lock().books.balance_on(id, day))
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        Ok(self.lock().books.history(&query))
    }

    async fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Result<Vec<RolledUp>, StoreError> {
        Ok(self.lock().books.rolled_up(id, at))
    }

    async fn day_totals(&self, query: DayQuery) -> Result<Vec<DayTotal>, StoreError> {
        Ok(self.lock().books.day_totals(&query))
    }

    async fn statement(&self, query: StatementQuery) -> Result<Option<Statement>, StoreError> {
        Ok(self.lock().books.statement(&query))
    }

    async fn accounts(&self, filter: AccountFilter) -> Result<AccountPage, StoreError> {
        Ok(self.lock().books.accounts(&filter))
    }

    async fn periods(&self) -> Result<Vec<(EntityCode, i32)>, StoreError> {
        Ok(self.lock().machine.position().periods)
    }

    async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, StoreError> {
        Ok(self.lock().books.trial_balance(at))
    }
}
