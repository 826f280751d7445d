//! What a step wants written, and what it gets back.

use crate::{CommitError, Record};
use pmts_kernel::{Event, Principal, Timestamp};
use pmts_ledger::{AccountChange, Condition, Entry, JournalParts, Transfer};
use serde::{Deserialize, Serialize};

/// A write of one record. A write names the version it read; a mismatch is a conflict and the step is decided again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The kind of record ([`Record::KIND`]).
    pub kind: &'static str,
    /// Which one.
    pub id: u128,
    /// The version that was read; 0: it must not exist.
    pub expected: u64,
    /// The new content as JSON text; `None` deletes it.
    pub body: Option<String>,
    /// Keys under which lists find it: (index, key).
    pub keys: Vec<(&'static str, String)>,
}

impl Write {
    /// Writes `record`, which was read at version `expected` (0: it is new).
    ///
    /// # Errors
    /// [`CommitError::Malformed`] if it cannot be written as JSON.
    pub fn put<R: Record>(record: &R, expected: u64) -> Result<Self, CommitError> {
        let body =
            serde_json::to_string(record).map_err(|e| CommitError::Malformed(format!("{}: {e}", R::KIND)))?;
        Ok(Self { kind: R::KIND, id: record.record_id(), expected, body: Some(body), keys: record.keys() })
    }
}

/// The stored answer to an idempotency key. At most one per scope and key, ever: a second commit with the same key is
/// refused with [`CommitError::Answered`], which carries the first answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Tenant, mode and endpoint, or any other name space.
    pub scope: String,
    /// The caller's key.
    pub key: String,
    /// Fingerprint of the request: the same key with another fingerprint is another request.
    pub fingerprint: String,
    /// The answer, JSON text.
    pub body: String,
}

/// Work to be done later, at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Unique: usually the id of what it is about.
    pub id: u128,
    /// What to do.
    pub kind: String,
    /// Not before this moment.
    pub due: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What the worker needs to know, JSON text.
    pub body: String,
}

/// A change to the list of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobChange {
    /// Adds the job or replaces the one with its id.
    Put(Job),
    /// Removes it; nothing if it is gone.
    Done(u128),
}

/// Everything one step changes: written whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Who caused it.
    pub by: Principal,
    /// Accounts opened or changed, before the transfers.
    pub accounts: Vec<AccountChange>,
    /// What must be true of accounts then.
    pub conditions: Vec<Condition>,
    /// One journal.
    pub transfers: Vec<Transfer>,
    /// Import of history: the moment at which it is recorded, after the last entry and not in the future. `None`: now.
    pub at: Option<Timestamp>,
    /// Records written.
    pub records: Vec<Write>,
    /// Events told to the outside.
    pub events: Vec<Event>,
    /// Jobs added and removed.
    pub jobs: Vec<JobChange>,
    /// The answer to an idempotency key.
    pub answer: Option<Answer>,
}

impl Commit {
    /// An empty commit.
    pub fn by(by: Principal) -> Self {
        Self {
            by,
            accounts: vec![],
            conditions: vec![],
            transfers: vec![],
            at: None,
            records: vec![],
            events: vec![],
            jobs: vec![],
            answer: None,
        }
    }

    /// Most of anything in one commit: transfers, accounts, conditions, records, events or jobs.
    pub const MOST: usize = 10_000;
    /// Longest body of a record, event, job or answer, in bytes.
    pub const LONGEST_BODY: usize = 1 << 20;
    /// Longest name: the key or index of a record, the scope or key of an answer, the kind of a job, the kind or object of
    /// an event. In bytes.
    pub const LONGEST_NAME: usize = 1_000;

    /// Its journal.
    pub fn journal(&self) -> JournalParts<'_> {
        JournalParts {
            accounts: &self.accounts,
            conditions: &self.conditions,
            transfers: &self.transfers,
            at: self.at,
        }
    }

    /// Judges the shape, before any state.
    pub(crate) fn check_shape(&self) -> Result<(), CommitError> {
        let malformed = |what: &str| Err(CommitError::Malformed(what.to_owned()));
        let counts = [
            self.accounts.len(),
            self.conditions.len(),
            self.transfers.len(),
            self.records.len(),
            self.events.len(),
            self.jobs.len(),
        ];
        if counts.iter().any(|n| *n > Self::MOST) {
            return malformed("more than 10000 changes of a kind in one commit");
        }
        let bodies =
            self.records.iter().filter_map(|w| w.body.as_ref()).chain(self.answer.iter().map(|a| &a.body));
        if bodies
            .chain(
                self.jobs.iter().filter_map(|j| if let JobChange::Put(j) = j { Some(&j.body) } else { None }),
            )
            .any(|b| b.len() > Self::LONGEST_BODY)
        {
            return malformed("a body is longer than 1 MiB");
        }
        self.check_texts()?;
        for (i, write) in self.records.iter().enumerate() {
            if self.records[..i].iter().any(|w| (w.kind, w.id) == (write.kind, write.id)) {
                return malformed("a record is written twice in one commit");
            }
        }
        Ok(())
    }
}

impl Commit {
    /// Texts are bounded where they are looked up by, and hold no zero byte: not every engine could keep it.
    fn check_texts(&self) -> Result<(), CommitError> {
        let (mut names, mut texts): (Vec<&str>, Vec<&str>) = (vec![], vec![]);
        for w in &self.records {
            names.push(w.kind);
            names.extend(w.keys.iter().flat_map(|(name, key)| [*name, key.as_str()]));
            texts.extend(w.body.as_deref());
        }
        for job in &self.jobs {
            if let JobChange::Put(job) = job {
                names.push(&job.kind);
                texts.push(&job.body);
            }
        }
        for event in &self.events {
            names.extend([event.kind.as_str(), event.object.as_str()]);
        }
        if let Some(a) = &self.answer {
            names.extend([a.scope.as_str(), a.key.as_str()]);
            texts.extend([a.fingerprint.as_str(), a.body.as_str()]);
        }
        if names.iter().any(|n| n.len() > Self::LONGEST_NAME) {
            return Err(CommitError::Malformed("a name or key is longer than 1000 bytes".to_owned()));
        }
        if names.iter().chain(&texts).any(|t| t.as_bytes().contains(&0)) {
            return Err(CommitError::Malformed("a text holds a zero byte".to_owned()));
        }
        Ok(())
    }
}

/// What a commit led to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committed {
    /// Number of the commit: 1, 2, 3 ... without gaps.
    pub sequence: u64,
    /// When it was recorded.
    pub time: Timestamp,
    /// The ledger entries it led to.
    pub entries: Vec<Entry>,
    /// Its journal was recorded before with the same content; everything else in it was written now.
    pub repeated: bool,
}

/// An event as it lies in the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// Position in the outbox: 1, 2, 3 ...
    pub sequence: u64,
    /// The commit that told it.
    pub commit: u64,
    /// The event.
    pub event: Event,
}
