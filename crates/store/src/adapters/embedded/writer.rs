//! The one writer: judges what is queued, writes it as one group, then answers.

use super::block::{self, BlockWriter};
use super::commits::{self, CommitsWriter, Digest, chain, sha};
use super::entries::{Fetch, insert_block, last_entry};
use super::error::writing;
use super::index::{EntryIndex, Point};
use super::names::Names;
use super::past::{Past, Pending};
use super::rows::{self, Checked};
use super::state;
use super::undo::{self, Undo};
use crate::{Answer, Commit, CommitError, Committed, Job, JobChange};
use pmts_kernel::{Clock, Principal, Timestamp};
use pmts_ledger::{AccountState, ApplyError, EntityCode, Entry, Machine, Position, RefusedTransfer};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};

/// What a caller queues.
pub(super) struct Request {
    pub(super) commits: Vec<Commit>,
    pub(super) reply: oneshot::Sender<Vec<Result<Committed, CommitError>>>,
}

/// Where the chain of commits stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) commit: u64,
    pub(super) hash: Vec<u8>,
    pub(super) events: i64,
    pub(super) answers: i64,
    pub(super) account_changes: i64,
    pub(super) periods: i64,
    pub(super) refusals: i64,
}

/// What the engine counts.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) groups: AtomicU64,
    pub(super) commits: AtomicU64,
}

/// The writer's side of the engine.
pub(super) struct Writer {
    pub(super) db: Connection,
    pub(super) machine: Machine,
    pub(super) head: Head,
    pub(super) index: Arc<EntryIndex>,
    pub(super) names: Arc<Names>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) counters: Arc<Counters>,
    pub(super) group_max: usize,
    pub(super) resident_accounts: usize,
    undo: Undo,
    stopped: Option<String>,
    disk_was_full: bool,
    checked: Checked,
    /// The group that is being written: its entries, and what is not yet in a row.
    pending: Pending,
    highest: state::Highest,
    block: BlockWriter,
    commits: CommitsWriter,
    facts: Vec<u8>,
    changed: Vec<u8>,
    nothing: Digest,
}

type Outcome = Result<Committed, CommitError>;

impl Writer {
    /// A writer that goes on from what is recorded.
    pub(super) fn resume(
        db: Connection,
        (index, names): (Arc<EntryIndex>, Arc<Names>),
        clock: Arc<dyn Clock>,
        counters: Arc<Counters>,
        group_max: usize,
        resident_accounts: usize,
        undo: Undo,
    ) -> rusqlite::Result<Self> {
        let (machine, head) = recorded(&db, &index, &names)?;
        Ok(Self {
            db,
            machine,
            head,
            index,
            names,
            clock,
            counters,
            group_max,
            resident_accounts,
            undo,
            stopped: None,
            disk_was_full: false,
            checked: Checked::default(),
            pending: Pending::default(),
            highest: state::Highest::default(),
            block: BlockWriter::default(),
            commits: CommitsWriter::default(),
            facts: Vec::new(),
            changed: Vec::new(),
            nothing: sha(&[]),
        })
    }

    /// Serves requests until every sender is gone.
    pub(super) fn run(mut self, mut queue: mpsc::UnboundedReceiver<Request>) {
        while let Some(first) = queue.blocking_recv() {
            let mut count = first.commits.len();
            let mut group = vec![first];
            while count < self.group_max
                && let Ok(next) = queue.try_recv()
            {
                count += next.commits.len();
                group.push(next);
            }
            self.group(group);
        }
    }

    fn group(&mut self, group: Vec<Request>) {
        let mut replies = Vec::with_capacity(group.len());
        let mut commits = Vec::with_capacity(group.len());
        for request in group {
            replies.push((request.commits.len(), request.reply));
            commits.extend(request.commits);
        }
        let mut outcomes =
            self.write(&commits).unwrap_or_else(|error| vec![Err(error); commits.len()]).into_iter();
        for (n, reply) in replies {
            // A caller that no longer waits has given up on the answer, not on the commit.
            let _ = reply.send(outcomes.by_ref().take(n).collect());
        }
        self.machine.trim(self.resident_accounts / 16, self.resident_accounts);
    }

    /// Judges and writes a group. `Err`: nothing of it is there (or it is not known), for the same reason.
    fn write(&mut self, commits: &[Commit]) -> Result<Vec<Outcome>, CommitError> {
        if let Some(why) = &self.stopped {
            return Err(CommitError::Stopped(why.clone()));
        }
        self.index.wait_for_room().map_err(CommitError::Unavailable)?;
        if self.disk_was_full {
            // The log holds far more space than the main file will need for the same content: move it before anything is
            // added to it. If there is no room even for that, the attempt below says so.
            let _ = self.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        let mut result = self.attempt(commits);
        if result == Err(CommitError::DiskFull) && !self.disk_was_full {
            let _ = self.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
            result = self.attempt(commits);
        }
        self.disk_was_full = result == Err(CommitError::DiskFull);
        result
    }

    fn attempt(&mut self, commits: &[Commit]) -> Result<Vec<Outcome>, CommitError> {
        let before = self.head.commit;
        self.pending.clear();
        match self.try_write(commits) {
            Ok(outcomes) => {
                if self.head.commit != before {
                    let reach = Point {
                        commit: self.head.commit,
                        hash: self.head.hash.clone(),
                        sequence: self.machine.last_sequence(),
                        answer: self.head.answers.cast_unsigned(),
                    };
                    self.index.append(self.pending.entries(), &self.pending.answers(), reach);
                    self.counters.groups.fetch_add(1, Ordering::Relaxed);
                    self.counters.commits.fetch_add(self.head.commit - before, Ordering::Relaxed);
                }
                Ok(outcomes)
            }
            Err((error, committing)) => {
                let (error, stop) = writing(&error, committing);
                let _ = self.db.execute_batch("ROLLBACK");
                self.block.clear();
                self.commits.clear();
                // Memory never runs ahead of the disk: it is built anew from what is recorded.
                match recorded(&self.db, &self.index, &self.names) {
                    Ok((machine, head)) => (self.machine, self.head) = (machine, head),
                    Err(e) => self.stopped = Some(e.to_string()),
                }
                if stop {
                    self.stopped = Some(error.to_string());
                }
                Err(error)
            }
        }
    }

    fn try_write(&mut self, commits: &[Commit]) -> Result<Vec<Outcome>, (rusqlite::Error, bool)> {
        let early = |e| (e, false);
        self.db.execute_batch("BEGIN IMMEDIATE").map_err(early)?;
        let start = self.head.commit;
        let mut outcomes = Vec::with_capacity(commits.len());
        // One moment for the whole group, all of which had come by then: what expires meanwhile expires in one commit.
        let now = self.clock.now();
        for commit in commits {
            self.expire(commit.journal().expires_until(now)).map_err(early)?;
            outcomes.push(self.unit(commit, now).map_err(early)?);
        }
        insert_block(&self.db, &mut self.checked, &mut self.block).map_err(early)?;
        self.insert_commits().map_err(early)?;
        self.undo.prune(&self.db, now).map_err(early)?;
        let end = if self.head.commit == start { "ROLLBACK" } else { "COMMIT" };
        self.db.execute_batch(end).map_err(|e| (e, true))?;
        Ok(outcomes)
    }

    /// Expires what is due, as a commit of its own.
    fn expire(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        if !self.machine.is_due(now) {
            return Ok(());
        }
        let mut past =
            Past { db: &self.db, index: &self.index, names: &self.names, pending: &mut self.pending };
        let expired = self.machine.expire(now, &mut past)?;
        if expired.is_empty() {
            return Ok(());
        }
        self.pack(&expired)?;
        let time = expired.last().map_or(now, |e| e.time);
        self.seal(&Principal::system("expiry"), time)
    }

    /// One commit: all rules are judged before its first row is written.
    fn unit(&mut self, commit: &Commit, now: Timestamp) -> rusqlite::Result<Outcome> {
        if let Err(error) = commit.check_shape() {
            return Ok(Err(error));
        }
        if let Some(answer) = &commit.answer
            && let Some(first) = self.answered(answer)?
        {
            return Ok(Err(CommitError::Answered(Box::new(first))));
        }
        let mut old_keys = Vec::with_capacity(commit.records.len());
        for write in &commit.records {
            let (found, keys) = self.highest.version(&self.db, write.kind, write.id)?;
            if found != write.expected {
                return Ok(Err(CommitError::Conflict {
                    kind: write.kind,
                    id: write.id,
                    expected: write.expected,
                    found,
                }));
            }
            old_keys.push(keys);
        }
        let opened_before = self.machine.last_account();
        let mut past =
            Past { db: &self.db, index: &self.index, names: &self.names, pending: &mut self.pending };
        let applied = match self.machine.apply(commit.journal(), now, &mut past) {
            Ok(applied) => applied,
            Err(ApplyError::History(error)) => return Err(error),
            Err(ApplyError::Refused(refused)) => {
                self.mark_refused(&commit.by, now, &refused)?;
                return Ok(Err(CommitError::Refused(refused)));
            }
        };
        let seq = self.next_commit();
        self.write_accounts(&applied.accounts, opened_before, seq)?;
        for period in &applied.periods {
            self.write_period(*period, seq)?;
        }
        self.pack(&applied.entries)?;
        for (write, keys) in commit.records.iter().zip(&old_keys) {
            self.highest.written(write.kind, write.id);
            if write.expected > 0 {
                undo::keep_record(&self.db, &mut self.checked, (write.kind, write.id), seq, now)?;
            }
            let sum = state::write_record(&self.db, &mut self.checked, write, keys, seq)?;
            self.state_changed(sum);
        }
        for event in &commit.events {
            self.head.events += 1;
            let sum = state::insert_event(&self.db, &mut self.checked, event, self.head.events, seq)?;
            self.state_changed(sum);
        }
        for job in &commit.jobs {
            let (JobChange::Put(Job { id, .. }) | JobChange::Done(id)) = job;
            undo::keep_job(&self.db, &mut self.checked, *id, seq, now)?;
            let sum = state::write_job(&self.db, &mut self.checked, job, seq)?;
            self.state_changed(sum);
        }
        if let Some(answer) = &commit.answer {
            self.head.answers += 1;
            let number = self.head.answers;
            let sum = state::insert_answer(&self.db, &mut self.checked, answer, number, seq)?;
            self.pending.answer(answer, number.cast_unsigned());
            self.state_changed(sum);
        }
        let time = applied.entries.last().map_or(commit.at.unwrap_or(now), |e| e.time);
        self.seal(&commit.by, time)?;
        Ok(Ok(Committed {
            sequence: self.head.commit,
            time,
            entries: applied.entries,
            repeated: applied.repeated,
        }))
    }

    /// The answer stored for a key, in this group or before.
    fn answered(&self, answer: &Answer) -> rusqlite::Result<Option<Answer>> {
        if let Some(seq) = self.pending.answered(&answer.scope, &answer.key) {
            return state::answer_at(&self.db, seq);
        }
        state::answer(&self.db, &self.index, &answer.scope, &answer.key)
    }

    /// Openings first, then changes: the order in which a verification reads them back.
    fn write_accounts(
        &mut self,
        accounts: &[AccountState],
        opened_before: u64,
        seq: i64,
    ) -> rusqlite::Result<()> {
        for account in accounts.iter().filter(|a| a.number > opened_before) {
            let sum = rows::insert_account(&self.db, &mut self.checked, account, seq)?;
            self.fact(sum);
        }
        for account in accounts.iter().filter(|a| a.number <= opened_before) {
            self.head.account_changes += 1;
            let number = self.head.account_changes;
            let sum = rows::insert_account_change(&self.db, &mut self.checked, account, number, seq)?;
            self.fact(sum);
        }
        Ok(())
    }

    fn write_period(&mut self, period: (EntityCode, Option<i32>), seq: i64) -> rusqlite::Result<()> {
        self.head.periods += 1;
        let sum = rows::insert_period(&self.db, &mut self.checked, period, self.head.periods, seq)?;
        self.fact(sum);
        Ok(())
    }

    /// Marks a refused id, as a commit of its own, so that the id stays refused.
    fn mark_refused(
        &mut self,
        by: &Principal,
        now: Timestamp,
        refused: &RefusedTransfer,
    ) -> rusqlite::Result<()> {
        let Some(id) = refused.marked_id() else { return Ok(()) };
        self.head.refusals += 1;
        let seq = self.next_commit();
        let sum =
            state::insert_refusal(&self.db, &mut self.checked, id, &refused.reason, self.head.refusals, seq)?;
        self.fact(sum);
        self.seal(by, now)
    }

    fn next_commit(&self) -> i64 {
        (self.head.commit + 1).cast_signed()
    }

    fn fact(&mut self, sum: i64) {
        self.facts.extend_from_slice(&sum.to_le_bytes());
    }

    fn state_changed(&mut self, sum: i64) {
        self.changed.extend_from_slice(&sum.to_le_bytes());
    }

    /// Packs the entries of the commit that is being written into blocks.
    fn pack(&mut self, entries: &[Entry]) -> rusqlite::Result<()> {
        for entry in entries {
            if self.block.count == block::MOST {
                insert_block(&self.db, &mut self.checked, &mut self.block)?;
            }
            let sum = self.block.push(entry, self.head.commit + 1, &mut self.checked);
            self.facts.extend_from_slice(&sum.to_le_bytes());
        }
        self.pending.extend(entries);
        Ok(())
    }

    /// Ends a commit: chained to the one before, with the facts and the state it has gathered.
    fn seal(&mut self, by: &Principal, time: Timestamp) -> rusqlite::Result<()> {
        if self.commits.count == commits::MOST {
            self.insert_commits()?;
        }
        let seq = self.head.commit + 1;
        let facts = sha(&self.facts);
        let state = (!self.changed.is_empty()).then(|| sha(&self.changed));
        let hash =
            chain(&self.head.hash, seq, time, by.as_str(), &facts, state.as_ref().unwrap_or(&self.nothing));
        self.commits.push(seq, time, by.as_str(), state.as_ref());
        self.facts.clear();
        self.changed.clear();
        self.head.commit = seq;
        self.head.hash.clear();
        self.head.hash.extend_from_slice(&hash);
        Ok(())
    }

    fn insert_commits(&mut self) -> rusqlite::Result<()> {
        let hash: Digest = self.head.hash.as_slice().try_into().unwrap_or_default();
        self.commits.insert(&self.db, &mut self.checked, &hash)
    }
}

/// The state of things as recorded: where the ledger's machine and the chain go on.
fn recorded(db: &Connection, index: &EntryIndex, names: &Names) -> rusqlite::Result<(Machine, Head)> {
    let (sequence, time) = last_entry(db)?;
    let count = |table: &str, column: &str| {
        db.query_row(&format!("SELECT coalesce(max({column}), 0) FROM {table}"), [], |r| r.get::<_, i64>(0))
    };
    let refused: Option<[u8; 16]> = db.query_row(
        "SELECT max(id) FROM refusals WHERE id < x'40000000000000000000000000000000'",
        [],
        |r| r.get(0),
    )?;
    let position = Position {
        sequence,
        time,
        accounts: count("accounts", "number")?.cast_unsigned(),
        highest_id: index.highest_id()?.max(refused.map_or(0, u128::from_be_bytes)),
        periods: super::reader::periods(db)?,
    };
    let mut open = Vec::new();
    let mut fetch = Fetch::new(db, names);
    for sequence in index.open_reservations()? {
        open.extend(fetch.at(sequence)?.map(|e| e.transfer));
    }
    let (commit, hash) = commits::head(db)?;
    let head = Head {
        commit,
        hash,
        events: count("events", "seq")?,
        answers: count("answers", "seq")?,
        account_changes: count("account_changes", "seq")?,
        periods: count("periods", "seq")?,
        refusals: count("refusals", "seq")?,
    };
    Ok((Machine::resume(position, open), head))
}
