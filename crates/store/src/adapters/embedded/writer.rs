//! The one writer: judges what is queued, writes it as one group, then answers.

use super::error::writing;
use super::index::{EntryIndex, Point};
use super::rows::{self, Checked, blob};
use super::state;
use crate::{Commit, CommitError, Committed};
use aws_lc_rs::digest::{SHA256, digest};
use pmts_kernel::{Clock, Principal, Timestamp};
use pmts_ledger::{
    AccountId, AccountState, ApplyError, Balance, Entry, History, Known, Machine, Position, Refusal,
    RefusedTransfer, TransferId,
};
use rusqlite::{Connection, OptionalExtension, params};
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
    pub(super) account_changes: i64,
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
    pub(super) clock: Arc<dyn Clock>,
    pub(super) counters: Arc<Counters>,
    pub(super) group_max: usize,
    pub(super) resident_accounts: usize,
    stopped: Option<String>,
    disk_was_full: bool,
    checked: Checked,
}

type Outcome = Result<Committed, CommitError>;

impl Writer {
    /// A writer that goes on from what is recorded.
    pub(super) fn resume(
        db: Connection,
        index: Arc<EntryIndex>,
        clock: Arc<dyn Clock>,
        counters: Arc<Counters>,
        group_max: usize,
        resident_accounts: usize,
    ) -> rusqlite::Result<Self> {
        let (machine, head) = recorded(&db, &index)?;
        let checked = Checked::default();
        Ok(Self {
            db,
            machine,
            head,
            index,
            clock,
            counters,
            group_max,
            resident_accounts,
            stopped: None,
            disk_was_full: false,
            checked,
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
        self.machine.trim(self.resident_accounts);
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
        let mut entries = Vec::new();
        match self.try_write(commits, &mut entries) {
            Ok(outcomes) => {
                if self.head.commit != before {
                    let reach = Point {
                        commit: self.head.commit,
                        hash: self.head.hash.clone(),
                        sequence: self.machine.position().sequence,
                    };
                    self.index.append(&entries, reach);
                    self.counters.groups.fetch_add(1, Ordering::Relaxed);
                    self.counters.commits.fetch_add(self.head.commit - before, Ordering::Relaxed);
                }
                Ok(outcomes)
            }
            Err((error, committing)) => {
                let (error, stop) = writing(&error, committing);
                let _ = self.db.execute_batch("ROLLBACK");
                // Memory never runs ahead of the disk: it is built anew from what is recorded.
                match recorded(&self.db, &self.index) {
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

    fn try_write(
        &mut self,
        commits: &[Commit],
        entries: &mut Vec<Entry>,
    ) -> Result<Vec<Outcome>, (rusqlite::Error, bool)> {
        let early = |e| (e, false);
        self.db.execute_batch("BEGIN IMMEDIATE").map_err(early)?;
        let start = self.head.commit;
        let mut outcomes = Vec::with_capacity(commits.len());
        for commit in commits {
            let now = self.clock.now();
            self.expire(now, entries).map_err(early)?;
            outcomes.push(self.unit(commit, now, entries).map_err(early)?);
        }
        let end = if self.head.commit == start { "ROLLBACK" } else { "COMMIT" };
        self.db.execute_batch(end).map_err(|e| (e, true))?;
        Ok(outcomes)
    }

    /// Expires what is due, as a commit of its own.
    fn expire(&mut self, now: Timestamp, all: &mut Vec<Entry>) -> rusqlite::Result<()> {
        if self.machine.next_expiry().is_none_or(|at| at > now) {
            return Ok(());
        }
        let expired = self.machine.expire(now, &mut Past { db: &self.db, index: &self.index })?;
        let mut facts = Vec::new();
        self.insert_entries(&expired, &mut facts)?;
        self.seal(&Principal::system("expiry"), now, &facts, &[])?;
        all.extend(expired);
        Ok(())
    }

    /// One commit: all rules are judged before its first row is written.
    fn unit(&mut self, commit: &Commit, now: Timestamp, all: &mut Vec<Entry>) -> rusqlite::Result<Outcome> {
        if let Err(error) = commit.check_shape() {
            return Ok(Err(error));
        }
        if let Some(answer) = &commit.answer
            && let Some(first) = state::answer(&self.db, &answer.scope, &answer.key)?
        {
            return Ok(Err(CommitError::Answered(Box::new(first))));
        }
        let mut old_keys = Vec::with_capacity(commit.records.len());
        for write in &commit.records {
            let (found, keys) = state::version(&self.db, write.kind, write.id)?;
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
        let opened_before = self.machine.position().accounts;
        let applied = match self.machine.apply(
            &commit.accounts,
            &commit.transfers,
            now,
            &mut Past { db: &self.db, index: &self.index },
        ) {
            Ok(applied) => applied,
            Err(ApplyError::History(error)) => return Err(error),
            Err(ApplyError::Refused(refused)) => {
                self.mark_refused(&commit.by, now, &refused)?;
                return Ok(Err(CommitError::Refused(refused)));
            }
        };
        let seq = self.next_commit();
        let (mut facts, mut changed) = (Vec::new(), Vec::new());
        // Openings first, then changes: the order in which a verification reads them back.
        let (opened, altered): (Vec<_>, Vec<_>) =
            applied.accounts.iter().partition(|a| a.number > opened_before);
        for account in opened.into_iter().chain(altered) {
            let sum = if account.number > opened_before {
                rows::insert_account(&self.db, &mut self.checked, account, seq)?
            } else {
                self.head.account_changes += 1;
                rows::insert_account_change(
                    &self.db,
                    &mut self.checked,
                    account,
                    self.head.account_changes,
                    seq,
                )?
            };
            facts.extend_from_slice(&sum.to_le_bytes());
        }
        self.insert_entries(&applied.entries, &mut facts)?;
        for (write, keys) in commit.records.iter().zip(&old_keys) {
            changed.push(state::write_record(&self.db, &mut self.checked, write, keys, seq)?);
        }
        for event in &commit.events {
            self.head.events += 1;
            changed.push(state::insert_event(&self.db, &mut self.checked, event, self.head.events, seq)?);
        }
        for job in &commit.jobs {
            changed.push(state::write_job(&self.db, &mut self.checked, job, seq)?);
        }
        if let Some(answer) = &commit.answer {
            changed.push(state::insert_answer(&self.db, &mut self.checked, answer, seq)?);
        }
        let changed: Vec<u8> = changed.iter().flat_map(|sum| sum.to_le_bytes()).collect();
        let time = applied.entries.last().map_or(now, |e| e.time);
        self.seal(&commit.by, time, &facts, &changed)?;
        all.extend_from_slice(&applied.entries);
        Ok(Ok(Committed {
            sequence: self.head.commit,
            time,
            entries: applied.entries,
            repeated: applied.repeated,
        }))
    }

    /// Marks a refused id, as a commit of its own, so that the id stays refused.
    fn mark_refused(
        &mut self,
        by: &Principal,
        now: Timestamp,
        refused: &RefusedTransfer,
    ) -> rusqlite::Result<()> {
        let Some(id) = refused.transfer.filter(|_| refused.reason.marks_id()) else { return Ok(()) };
        self.head.refusals += 1;
        let seq = self.next_commit();
        let sum =
            state::insert_refusal(&self.db, &mut self.checked, id, &refused.reason, self.head.refusals, seq)?;
        self.seal(by, now, &sum.to_le_bytes(), &[])
    }

    fn next_commit(&self) -> i64 {
        (self.head.commit + 1).cast_signed()
    }

    fn insert_entries(&mut self, entries: &[Entry], facts: &mut Vec<u8>) -> rusqlite::Result<()> {
        let seq = self.next_commit();
        for entry in entries {
            let sum = rows::insert_entry(&self.db, &mut self.checked, entry, seq)?;
            facts.extend_from_slice(&sum.to_le_bytes());
        }
        Ok(())
    }

    /// Ends a commit: its row, chained to the one before.
    fn seal(&mut self, by: &Principal, time: Timestamp, facts: &[u8], state: &[u8]) -> rusqlite::Result<()> {
        let seq = self.head.commit + 1;
        let (facts, state) = (digest(&SHA256, facts), digest(&SHA256, state));
        let hash = chain(&self.head.hash, seq, time, by.as_str(), facts.as_ref(), state.as_ref());
        let mut insert = self.db.prepare_cached("INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?)")?;
        insert.execute(params![
            seq.cast_signed(),
            time.as_micros(),
            by.as_str(),
            facts.as_ref(),
            state.as_ref(),
            hash
        ])?;
        self.head.commit = seq;
        self.head.hash = hash;
        Ok(())
    }
}

/// The hash of a commit: SHA-256 over the hash before it and all it is.
pub(super) fn chain(
    before: &[u8],
    seq: u64,
    time: Timestamp,
    by: &str,
    facts: &[u8],
    state: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(192);
    for part in
        [before, &seq.to_le_bytes(), &time.as_micros().to_le_bytes(), by.as_bytes(), &[0], facts, state]
    {
        bytes.extend_from_slice(part);
    }
    digest(&SHA256, &bytes).as_ref().to_vec()
}

/// The state of things as recorded: where the ledger's machine and the chain go on.
fn recorded(db: &Connection, index: &EntryIndex) -> rusqlite::Result<(Machine, Head)> {
    let last = db
        .query_row("SELECT seq, time FROM transfers ORDER BY seq DESC LIMIT 1", [], |r| {
            Ok((r.get::<_, i64>(0)?, r.get(1)?))
        })
        .optional()?;
    let (sequence, time) = last.unwrap_or_default();
    let highest = |sql: &str| -> rusqlite::Result<u128> {
        let id = db.query_row(sql, [], |r| r.get::<_, Option<[u8; 16]>>(0))?;
        Ok(id.map_or(0, u128::from_be_bytes))
    };
    let highest_transfer =
        highest("SELECT max(id) FROM transfers WHERE id < x'80000000000000000000000000000000'")?;
    let position = Position {
        sequence: sequence.cast_unsigned(),
        time: Timestamp::from_micros(time),
        accounts: db
            .query_row("SELECT coalesce(max(number), 0) FROM accounts", [], |r| r.get::<_, i64>(0))?
            .cast_unsigned(),
        highest_id: highest_transfer.max(highest("SELECT max(id) FROM refusals")?),
    };
    let mut open = Vec::new();
    for sequence in index.open_reservations()? {
        open.extend(rows::entry_at(db, sequence)?.map(|e| e.transfer));
    }
    let head = db
        .query_row("SELECT seq, hash FROM commits ORDER BY seq DESC LIMIT 1", [], |r| {
            Ok((r.get::<_, i64>(0)?, r.get::<_, Vec<u8>>(1)?))
        })
        .optional()?
        .unwrap_or_default();
    let count = |table: &str| {
        db.query_row(&format!("SELECT coalesce(max(seq), 0) FROM {table}"), [], |r| r.get::<_, i64>(0))
    };
    let head = Head {
        commit: head.0.cast_unsigned(),
        hash: head.1,
        events: count("events")?,
        account_changes: count("account_changes")?,
        refusals: count("refusals")?,
    };
    Ok((Machine::resume(position, open), head))
}

/// The past as the machine asks for it: what is recorded, and what this group has written so far.
struct Past<'a> {
    db: &'a Connection,
    index: &'a EntryIndex,
}

impl History for Past<'_> {
    type Error = rusqlite::Error;

    fn account(&mut self, id: AccountId) -> Result<Option<AccountState>, Self::Error> {
        account_state(self.db, self.index, id, u64::MAX >> 1)
    }

    fn transfer(&mut self, id: TransferId) -> Result<Option<Known>, Self::Error> {
        if let Some(entry) = rows::entry_of(self.db, id.raw())? {
            return Ok(Some(Known::Recorded(entry.transfer)));
        }
        let mut select = self.db.prepare_cached("SELECT reason FROM refusals WHERE id = ?")?;
        let reason: Option<String> = select.query_row([blob(id.raw())], |r| r.get(0)).optional()?;
        let damaged = |e: serde_json::Error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, e.into())
        };
        reason.map(|r| serde_json::from_str::<Refusal>(&r).map(Known::Refused).map_err(damaged)).transpose()
    }
}

/// An account with its balance after its last entry at or before a sequence. In the writer this asks only for accounts
/// that no commit of the open group has touched: those are in memory.
pub(super) fn account_state(
    db: &Connection,
    index: &EntryIndex,
    id: AccountId,
    until: u64,
) -> rusqlite::Result<Option<AccountState>> {
    let Some((account, number)) = rows::account_of(db, id)? else { return Ok(None) };
    let (balance, version) = balance_until(db, index, number, until)?;
    Ok(Some(AccountState { account, number, balance, version }))
}

/// Balance and version of an account after its last entry at or before a sequence.
pub(super) fn balance_until(
    db: &Connection,
    index: &EntryIndex,
    number: u64,
    until: u64,
) -> rusqlite::Result<(Balance, u64)> {
    let Some(sequence) = index.last(number, until)? else { return Ok((Balance::default(), 0)) };
    let entry = rows::entry_at(db, sequence)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let leg = if entry.debit.number == number { entry.debit } else { entry.credit };
    Ok((leg.after, leg.version))
}
