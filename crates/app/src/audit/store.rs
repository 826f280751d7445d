//! A store that writes a row of the audit into every commit of a privileged action.

use super::row::{AuditRow, Change, Head};
use crate::hex::sha256;
use async_trait::async_trait;
use pmts_kernel::{Clock, Timestamp};
use pmts_ledger::{
    AccountChange, AccountFilter, AccountId, AccountPage, AccountState, Balance, DayQuery, DayTotal,
    EntityCode, Entry, HistoryPage, HistoryQuery, RolledUp, Statement, StatementQuery, TransferId,
    TrialBalance,
};
use pmts_store::{
    Answer, Commit, CommitError, Committed, Job, JobClaim, ListPage, ListQuery, Record, RecordedEvent, Store,
    StoreError, StoreExt, Stored, VerifyReport, Write,
};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Records that nobody writes but by a privileged action: whoever does it.
const ALWAYS: [&str; 3] = ["api_key", "vault_keys", "aml_case_keys"];

/// Records that people write by privileged actions; the platform itself writes some of them, too, which is none.
const BY_PEOPLE: [&str; 17] = [
    "aml_hit",
    "aml_rules",
    "aml_scenarios",
    "aml_sealed",
    "operation",
    "own_account",
    "payout_batch",
    "risk_appeal",
    "risk_bulk",
    "risk_case",
    "risk_in_force",
    "risk_list_entry",
    "risk_report",
    "risk_review",
    "risk_rules",
    "seller",
    "webhook_endpoint",
];

/// Records that customers' payments write as well: by hand is what the command line does.
const BY_HAND: [&str; 1] = ["operation"];

/// All kinds of records that rows of the audit tell of.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    ALWAYS.into_iter().chain(BY_PEOPLE)
}

/// So often the end of the chain is read again when other nodes were faster.
const TRIES: u32 = 100;

/// A [`Store`] over another one. What it adds is in the same commit as what it tells of: neither is there without the other.
pub struct AuditedStore {
    inner: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// The end of the chain as far as it is known.
    head: Mutex<Option<Head>>,
}

impl AuditedStore {
    /// Over that store.
    pub fn new(inner: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock, head: Mutex::new(None) }
    }

    async fn audited(&self, commit: Commit, changes: Vec<Change>) -> Result<Committed, CommitError> {
        // One after another: their rows are.
        let mut known = self.head.lock().await;
        let mut left = TRIES;
        loop {
            let head = match known.take() {
                Some(head) => head,
                None => head(&*self.inner).await.map_err(|e| CommitError::Unavailable(e.to_string()))?,
            };
            let row = AuditRow::after(&head, self.clock.now(), commit.by.clone(), changes.clone());
            let mut with = commit.clone();
            with.records.push(Write::put(&row, 0)?);
            match self.inner.commit(with).await {
                Ok(done) => {
                    *known = Some(row.head());
                    return Ok(done);
                }
                // Another node was faster.
                Err(CommitError::Conflict { kind: AuditRow::KIND, .. }) if left > 0 => left -= 1,
                Err(CommitError::Unknown(why)) => return Err(CommitError::Unknown(why)),
                Err(refused) => {
                    *known = Some(head);
                    return Err(refused);
                }
            }
        }
    }
}

/// The end of the chain that a store keeps.
pub(super) async fn head(store: &dyn Store) -> Result<Head, StoreError> {
    let query = ListQuery { newest_first: true, limit: 1, ..ListQuery::all(AuditRow::KIND) };
    let (mut last, _) = store.list_typed::<AuditRow>(query).await?;
    Ok(last.pop().map(|row| row.value.head()).unwrap_or_default())
}

/// What of a commit is told; nothing: it is no privileged action.
fn changes(commit: &Commit) -> Vec<Change> {
    let by = commit.by.as_str();
    let hand = by.starts_with("user:");
    let people = hand || by.starts_with("key:");
    let told = |w: &&Write| {
        ALWAYS.contains(&w.kind)
            || people && BY_PEOPLE.contains(&w.kind) && (hand || !BY_HAND.contains(&w.kind))
    };
    let records = commit.records.iter().filter(told).map(|w| Change {
        kind: w.kind.to_owned(),
        id: format!("{:032x}", w.id),
        version: w.expected.saturating_add(1),
        content: w.body.as_ref().map(|body| sha256(body.as_bytes())),
    });
    let periods = commit.accounts.iter().filter_map(|change| match change {
        AccountChange::SetPeriod { entity, closed_through } => Some(Change {
            kind: "ledger_period".to_owned(),
            id: entity.0.to_string(),
            version: 0,
            content: closed_through.map(|day| day.to_string()),
        }),
        _ => None,
    });
    records.chain(periods).collect()
}

#[async_trait]
impl Store for AuditedStore {
    async fn commit_many(&self, commits: Vec<Commit>) -> Vec<Result<Committed, CommitError>> {
        if commits.iter().all(|commit| changes(commit).is_empty()) {
            return self.inner.commit_many(commits).await;
        }
        let mut results = Vec::with_capacity(commits.len());
        let mut plain = Vec::new();
        for commit in commits {
            let changes = changes(&commit);
            if changes.is_empty() {
                plain.push(commit);
                continue;
            }
            if !plain.is_empty() {
                results.extend(self.inner.commit_many(std::mem::take(&mut plain)).await);
            }
            results.push(self.audited(commit, changes).await);
        }
        if !plain.is_empty() {
            results.extend(self.inner.commit_many(plain).await);
        }
        results
    }

    async fn read(&self, kind: &'static str, id: u128) -> Result<Option<Stored>, StoreError> {
        self.inner.read(kind, id).await
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        self.inner.list(query).await
    }

    async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError> {
        self.inner.answer(scope, key).await
    }

    async fn jobs_due(&self, at: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.inner.jobs_due(at, limit).await
    }

    async fn claim_jobs(&self, claim: JobClaim) -> Result<Vec<Job>, StoreError> {
        self.inner.claim_jobs(claim).await
    }

    async fn hold_jobs(
        &self,
        holder: u128,
        jobs: Vec<u128>,
        until: Timestamp,
    ) -> Result<Vec<u128>, StoreError> {
        self.inner.hold_jobs(holder, jobs, until).await
    }

    async fn events(&self, after: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.events(after, limit).await
    }

    async fn events_before(&self, before: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.events_before(before, limit).await
    }

    async fn job_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.inner.job_counts().await
    }

    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        self.inner.verify().await
    }

    fn group_counts(&self) -> (u64, u64) {
        self.inner.group_counts()
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountState>, StoreError> {
        self.inner.account(id).await
    }

    async fn entry(&self, id: TransferId) -> Result<Option<Entry>, StoreError> {
        self.inner.entry(id).await
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.entries(after, limit).await
    }

    async fn balance_at(&self, id: AccountId, at: Timestamp) -> Result<Option<Balance>, StoreError> {
        self.inner.balance_at(id, at).await
    }

    async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, StoreError> {
        self.inner.balance_on(id, day).await
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.inner.history(query).await
    }

    async fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Result<Vec<RolledUp>, StoreError> {
        self.inner.rolled_up(id, at).await
    }

    async fn day_totals(&self, query: DayQuery) -> Result<Vec<DayTotal>, StoreError> {
        self.inner.day_totals(query).await
    }

    async fn statement(&self, query: StatementQuery) -> Result<Option<Statement>, StoreError> {
        self.inner.statement(query).await
    }

    async fn accounts(&self, filter: AccountFilter) -> Result<AccountPage, StoreError> {
        self.inner.accounts(filter).await
    }

    async fn periods(&self) -> Result<Vec<(EntityCode, i32)>, StoreError> {
        self.inner.periods().await
    }

    async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, StoreError> {
        self.inner.trial_balance(at).await
    }
}
