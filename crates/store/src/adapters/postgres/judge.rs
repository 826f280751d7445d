//! A group of commits judged one after the other, in memory, on what was loaded for them.

use super::accounts::{AccountRow, BalanceRow, ChangeRow, LimitsRow, PeriodChangeRow};
use super::batch::Batch;
use super::documents::{AnswerRow, CommitRow, EventRow, RefusalRow};
use super::entries::{MetadataRow, ReservationRow, TransferRow, expires, resolves};
use super::load::{Head, Missing, Past};
use super::records::RecordOverlay;
use super::value::{Day, Id, Time};
use crate::{Commit, CommitError, Committed, Job, JobChange};
use pmts_kernel::{Principal, Timestamp};
use pmts_ledger::{
    AccountChange, AccountId, AccountState, ApplyError, Entry, EntryKind, Machine, RefusedTransfer,
    TransferId,
};
use std::collections::{HashMap, HashSet};

pub(super) type Outcome = Result<Committed, CommitError>;

/// A group being judged.
pub(super) struct Judge<'a> {
    machine: &'a mut Machine,
    pub(super) past: Past,
    start: Head,
    head: Head,
    batch: Batch,
    first_time: Option<Timestamp>,
    /// The version at which the group found each account that it touched.
    touched: HashMap<AccountId, u64>,
    opened: HashMap<AccountId, u64>,
    limited: HashSet<AccountId>,
    reserved: HashMap<TransferId, (u64, Option<Timestamp>)>,
    periods: HashMap<i32, Option<i32>>,
    records: RecordOverlay,
    jobs: HashMap<u128, Option<(Job, u64)>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(machine: &'a mut Machine, head: Head, past: Past) -> Self {
        Self {
            machine,
            past,
            start: head,
            head,
            batch: Batch::default(),
            first_time: None,
            touched: HashMap::new(),
            opened: HashMap::new(),
            limited: HashSet::new(),
            reserved: HashMap::new(),
            periods: HashMap::new(),
            records: RecordOverlay::default(),
            jobs: HashMap::new(),
        }
    }

    /// Judges one commit, after what expires before it.
    ///
    /// # Errors
    /// What must be loaded first; then the commit is judged again.
    pub(super) fn commit(&mut self, commit: &Commit, now: Timestamp) -> Result<Outcome, Missing> {
        self.expire(commit.journal().expires_until(now))?;
        self.unit(commit, now)
    }

    /// Expires what is due, as a commit of its own.
    fn expire(&mut self, now: Timestamp) -> Result<(), Missing> {
        let expired = self.machine.expire(now, &mut &mut self.past)?;
        if expired.is_empty() {
            return Ok(());
        }
        self.head.commit += 1;
        self.entries(&expired);
        self.seal(&Principal::system("expiry"), now);
        Ok(())
    }

    fn unit(&mut self, commit: &Commit, now: Timestamp) -> Result<Outcome, Missing> {
        if let Err(error) = commit.check_shape().and_then(|()| check_range(commit)) {
            return Ok(Err(error));
        }
        if let Some(answer) = &commit.answer
            && let Some(first) = self.past.answers.get(&answer.scope).and_then(|s| s.get(&answer.key))
        {
            return Ok(Err(CommitError::Answered(Box::new(first.clone()))));
        }
        for write in &commit.records {
            let found = self.records.version(&self.past, write);
            if found != write.expected {
                let (kind, id, expected) = (write.kind, write.id, write.expected);
                return Ok(Err(CommitError::Conflict { kind, id, expected, found }));
            }
        }
        let opened_before = self.machine.last_account();
        let past = &mut &mut self.past;
        let applied = match self.machine.apply(commit.journal(), now, past) {
            Ok(applied) => applied,
            Err(ApplyError::History(missing)) => return Err(missing),
            Err(ApplyError::Refused(refused)) => {
                self.mark_refused(&commit.by, now, &refused);
                return Ok(Err(CommitError::Refused(refused)));
            }
        };
        self.head.commit += 1;
        let number = self.head.commit;
        self.entries(&applied.entries);
        for state in &applied.accounts {
            if state.number > opened_before {
                self.opened.insert(state.account.id, number);
                self.past.opened(&state.account);
            } else {
                self.batch.changes.push(ChangeRow::of(state, number));
                self.limited.insert(state.account.id);
                // What its entries did to its version is noted already.
                self.touched.entry(state.account.id).or_insert(state.version);
            }
        }
        for (entity, closed_through) in &applied.periods {
            let entity = i32::from(entity.0);
            self.periods.insert(entity, *closed_through);
            let (commit_number, closed_through) = (number.cast_signed(), closed_through.map(Day));
            self.batch.period_changes.push(PeriodChangeRow { commit_number, entity, closed_through });
        }
        for write in &commit.records {
            self.records.write(&self.past, write, number);
        }
        for event in &commit.events {
            self.head.events += 1;
            self.batch.events.push(EventRow {
                sequence: self.head.events.cast_signed(),
                commit_number: number.cast_signed(),
                id: Id(event.id.raw()),
                kind: event.kind.clone(),
                object: event.object.clone(),
                object_sequence: event.sequence.cast_signed(),
                at: Time(event.at),
                data: event.data.to_string(),
            });
        }
        for change in &commit.jobs {
            match change {
                JobChange::Put(job) => self.jobs.insert(job.id, Some((job.clone(), number))),
                JobChange::Done(id) => self.jobs.insert(*id, None),
            };
        }
        if let Some(answer) = &commit.answer {
            self.past.answered(answer.clone());
            self.batch.answers.push(AnswerRow {
                scope: answer.scope.clone(),
                key: answer.key.clone(),
                commit_number: number.cast_signed(),
                fingerprint: answer.fingerprint.clone(),
                body: answer.body.clone(),
            });
        }
        let time = applied.entries.last().map_or(now, |e| e.time);
        self.seal(&commit.by, time);
        Ok(Ok(Committed { sequence: number, time, entries: applied.entries, repeated: applied.repeated }))
    }

    /// Marks a refused id, as a commit of its own, so that the id stays refused.
    fn mark_refused(&mut self, by: &Principal, now: Timestamp, refused: &RefusedTransfer) {
        let Some(id) = refused.marked_id() else { return };
        // A refusal is made of ids and numbers: it always has a text form.
        let reason = serde_json::to_string(&refused.reason).unwrap_or_default();
        self.head.commit += 1;
        let commit_number = self.head.commit.cast_signed();
        self.batch.refusals.push(RefusalRow { id: Id(id.raw()), commit_number, reason });
        self.past.refused(id, refused.reason.clone());
        self.seal(by, now);
    }

    fn seal(&mut self, by: &Principal, time: Timestamp) {
        self.batch.commits.push(CommitRow {
            number: self.head.commit.cast_signed(),
            time: Time(time),
            principal: by.as_str().to_owned(),
        });
    }

    fn entries(&mut self, entries: &[Entry]) {
        for e in entries {
            self.batch.transfers.push(TransferRow::of(e, self.head.commit));
            for (id, leg) in [(e.transfer.debit, e.debit), (e.transfer.credit, e.credit)] {
                self.touched.entry(id).or_insert(leg.version - 1);
            }
            match e.kind {
                EntryKind::Reserved => {
                    self.reserved.insert(e.transfer.id, (e.sequence, expires(&e.transfer)));
                }
                EntryKind::Posted => {}
                EntryKind::ReservationPosted
                | EntryKind::ReservationVoided
                | EntryKind::ReservationExpired => {
                    if let Some(id) = resolves(&e.transfer)
                        && self.reserved.remove(&id).is_none()
                    {
                        self.batch.resolved.push(Id(id.raw()));
                    }
                }
            }
            for (key, value) in e.transfer.metadata.pairs() {
                let (key, value) = (key.clone(), value.clone());
                self.batch.metadata.push(MetadataRow { key, value, sequence: e.sequence.cast_signed() });
            }
            self.past.recorded(e);
            self.first_time.get_or_insert(e.time);
        }
    }

    /// What is to be written. `None`: nothing.
    pub(super) fn close(mut self, group: Id) -> Option<Batch> {
        if self.head.commit == self.start.commit {
            return None;
        }
        let position = self.machine.position();
        let mut touched: Vec<(&AccountState, u64)> = self
            .touched
            .iter()
            .filter(|(id, _)| !self.opened.contains_key(id))
            .filter_map(|(id, version)| Some((self.machine.resident(*id)?, *version)))
            .collect();
        // In the order of their numbers: whoever else locks account rows can do the same.
        touched.sort_unstable_by_key(|(state, _)| state.number);
        for (state, expected) in touched {
            if self.limited.contains(&state.account.id) {
                self.batch.limits.push(LimitsRow::of(state, expected));
            } else {
                self.batch.balances.push(BalanceRow::of(state, expected));
            }
        }
        let mut opened: Vec<(&AccountState, u64)> = self
            .opened
            .iter()
            .filter_map(|(id, commit)| Some((self.machine.resident(*id)?, *commit)))
            .collect();
        opened.sort_unstable_by_key(|(state, _)| state.number);
        for (state, commit) in opened {
            self.batch.accounts.push(AccountRow::of(state, commit));
        }
        for (id, (sequence, expires)) in self.reserved {
            let (id, sequence) = (Id(id.raw()), sequence.cast_signed());
            self.batch.reservations.push(ReservationRow { id, sequence, expires: expires.map(Time) });
        }
        self.records.close(&mut self.batch);
        for (id, job) in self.jobs {
            self.batch.job(id, job);
        }
        for (entity, closed_through) in self.periods {
            self.batch.period(entity, closed_through);
        }
        let before = self.start;
        self.batch.end(
            before,
            Head {
                sequence: position.sequence,
                time: position.time,
                import_after: self.machine.import_after(),
                accounts: position.accounts,
                highest_id: position.highest_id,
                group,
                ..self.head
            },
            self.first_time,
        );
        Some(self.batch)
    }
}

/// Times and days that the database cannot hold.
fn check_range(commit: &Commit) -> Result<(), CommitError> {
    let transfers = &commit.transfers;
    let times = transfers.iter().filter_map(expires);
    let due = commit.jobs.iter().filter_map(|j| if let JobChange::Put(j) = j { Some(j.due) } else { None });
    let fits = times.chain(due).chain(commit.events.iter().map(|e| e.at)).all(Time::fits);
    let closed = commit.accounts.iter().filter_map(|change| match change {
        AccountChange::SetPeriod { closed_through, .. } => *closed_through,
        _ => None,
    });
    if fits && transfers.iter().filter_map(|t| t.effective_day).chain(closed).all(Day::fits) {
        Ok(())
    } else {
        Err(CommitError::Malformed("a time or day is beyond what the database can hold".into()))
    }
}
