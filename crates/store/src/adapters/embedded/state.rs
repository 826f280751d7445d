//! Rows of the state: records, answers, jobs, events; and the marks of refused ids.

use super::index::{EntryIndex, answer_key};
use super::rows::{Checked, blob, id};
use crate::{Answer, Job, JobChange, RecordedEvent, Stored, Write};
use pmts_kernel::{Event, EventId, Timestamp};
use pmts_ledger::{Refusal, TransferId};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

fn damaged(what: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, what.into())
}

/// For each kind an id that no record of it exceeds: a record above it is new without a look.
#[derive(Debug, Default)]
pub(super) struct Highest(Vec<(&'static str, u128)>);

impl Highest {
    /// Version and keys of a record as it stands; version 0: there is none.
    pub(super) fn version(
        &mut self,
        db: &Connection,
        kind: &'static str,
        id: u128,
    ) -> rusqlite::Result<(u64, String)> {
        let highest = match self.0.iter().find(|(k, _)| *k == kind) {
            Some((_, highest)) => *highest,
            None => {
                let mut select = db.prepare_cached("SELECT max(id) FROM records WHERE kind = ?")?;
                let highest: Option<[u8; 16]> = select.query_row([kind], |r| r.get(0))?;
                let highest = highest.map_or(0, u128::from_be_bytes);
                self.0.push((kind, highest));
                highest
            }
        };
        if id > highest {
            return Ok((0, NO_KEYS.into()));
        }
        version(db, kind, id)
    }

    /// Remembers that a record is written.
    pub(super) fn written(&mut self, kind: &str, id: u128) {
        if let Some((_, highest)) = self.0.iter_mut().find(|(k, _)| *k == kind) {
            *highest = id.max(*highest);
        }
    }
}

/// A record without keys, as its row says it.
const NO_KEYS: &str = "[]";

fn version(db: &Connection, kind: &str, id: u128) -> rusqlite::Result<(u64, String)> {
    let mut select = db.prepare_cached("SELECT version, keys FROM records WHERE kind = ? AND id = ?")?;
    let found = select
        .query_row(params![kind, blob(id)], |r| Ok((r.get::<_, i64>(0)?.cast_unsigned(), r.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or((0, NO_KEYS.into())))
}

/// Writes or deletes a record and its keys; gives a checksum for the commit's digest.
pub(super) fn write_record(
    db: &Connection,
    c: &mut Checked,
    write: &Write,
    old_keys: &str,
    commit: i64,
) -> rusqlite::Result<i64> {
    let keys = if write.body.is_some() && !write.keys.is_empty() {
        serde_json::to_string(&write.keys).map_err(|e| damaged(e.to_string()))?
    } else {
        NO_KEYS.into()
    };
    if keys != old_keys {
        let old: Vec<(String, String)> =
            serde_json::from_str(old_keys).map_err(|e| damaged(e.to_string()))?;
        let new: &[(&'static str, String)] = if write.body.is_some() { &write.keys } else { &[] };
        for (name, key) in old.iter().filter(|(n, k)| !new.iter().any(|(name, key)| n == name && k == key)) {
            db.prepare_cached("DELETE FROM record_keys WHERE kind = ? AND name = ? AND key = ? AND id = ?")?
                .execute(params![write.kind, name, key, blob(write.id)])?;
        }
        for (name, key) in new.iter().filter(|(n, k)| !old.iter().any(|(name, key)| n == name && k == key)) {
            db.prepare_cached("INSERT OR IGNORE INTO record_keys VALUES (?, ?, ?, ?)")?.execute(params![
                write.kind,
                name,
                key,
                blob(write.id)
            ])?;
        }
    }
    let version = (write.expected + 1).cast_signed();
    let sum =
        record_checksum(c, write.kind, write.id, version, commit, write.body.as_deref().unwrap_or(""), &keys);
    match &write.body {
        None => db.prepare_cached("DELETE FROM records WHERE kind = ? AND id = ?")?.execute(params![write.kind, blob(write.id)])?,
        Some(body) if write.expected == 0 => {
            db.prepare_cached("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![write.kind, blob(write.id), version, commit, body, keys, sum])?
        }
        Some(body) => db
            .prepare_cached("UPDATE records SET version = ?3, commit_seq = ?4, body = ?5, keys = ?6, checksum = ?7 WHERE kind = ?1 AND id = ?2")?
            .execute(params![write.kind, blob(write.id), version, commit, body, keys, sum])?,
    };
    Ok(sum)
}

fn record_checksum(
    c: &mut Checked,
    kind: &str,
    id: u128,
    version: i64,
    commit: i64,
    body: &str,
    keys: &str,
) -> i64 {
    c.text(kind).id(id).int(version).int(commit).text(body).text(keys).sum()
}

/// What every query of records selects; [`record`] reads and checks it. The table is `r`.
pub(super) const SELECT_RECORD: &str =
    "SELECT r.kind, r.id, r.version, r.commit_seq, r.body, r.keys, r.checksum FROM records r";

/// Reads a row of [`SELECT_RECORD`].
pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let (id, version, commit, sum): (u128, i64, i64, i64) =
        (id(row, 1)?, row.get(2)?, row.get(3)?, row.get(6)?);
    let (kind, body, keys) = (row.get_ref(0)?.as_str()?, row.get::<_, String>(4)?, row.get_ref(5)?.as_str()?);
    if record_checksum(&mut Checked::default(), kind, id, version, commit, &body, keys) != sum {
        return Err(damaged(format!("record {kind} {id:032x} does not match its checksum")));
    }
    Ok(Stored { id, version: version.cast_unsigned(), body })
}

fn answer_checksum(c: &mut Checked, a: &Answer, commit: i64) -> i64 {
    c.text(&a.scope).text(&a.key).int(commit).text(&a.fingerprint).text(&a.body).sum()
}

pub(super) fn insert_answer(
    db: &Connection,
    c: &mut Checked,
    a: &Answer,
    seq: i64,
    commit: i64,
) -> rusqlite::Result<i64> {
    let sum = answer_checksum(c, a, commit);
    db.prepare_cached("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        seq,
        commit,
        a.scope,
        a.key,
        a.fingerprint,
        a.body,
        sum
    ])?;
    Ok(sum)
}

/// Reads and checks a row of `answers`.
pub(super) fn answer_row(row: &Row<'_>) -> rusqlite::Result<Answer> {
    let answer = Answer { scope: row.get(2)?, key: row.get(3)?, fingerprint: row.get(4)?, body: row.get(5)? };
    if answer_checksum(&mut Checked::default(), &answer, row.get(1)?) != row.get::<_, i64>(6)? {
        return Err(damaged(format!(
            "the answer to {} {} does not match its checksum",
            answer.scope, answer.key
        )));
    }
    Ok(answer)
}

/// The answer stored at a place.
pub(super) fn answer_at(db: &Connection, seq: u64) -> rusqlite::Result<Option<Answer>> {
    let mut select = db.prepare_cached("SELECT * FROM answers WHERE seq = ?")?;
    select.query_row([seq.cast_signed()], answer_row).optional()
}

/// The stored answer to a key: where it lies, the index knows.
pub(super) fn answer(
    db: &Connection,
    index: &EntryIndex,
    scope: &str,
    key: &str,
) -> rusqlite::Result<Option<Answer>> {
    let Some(seq) = index.answer(answer_key(scope, key))? else { return Ok(None) };
    let found = answer_at(db, seq)?.ok_or_else(|| damaged(format!("answer {seq} is missing")))?;
    Ok(Some(found).filter(|a| a.scope == scope && a.key == key))
}

fn job_checksum(c: &mut Checked, j: &Job, commit: i64) -> i64 {
    c.id(j.id).int(commit).text(&j.kind).int(j.due.as_micros()).int(i64::from(j.attempts)).text(&j.body).sum()
}

/// Adds, replaces or removes a job; gives a checksum for the commit's digest.
pub(super) fn write_job(
    db: &Connection,
    c: &mut Checked,
    change: &JobChange,
    commit: i64,
) -> rusqlite::Result<i64> {
    match change {
        JobChange::Put(j) => {
            let sum = job_checksum(c, j, commit);
            let mut put = db.prepare_cached("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?)")?;
            put.execute(params![blob(j.id), commit, j.kind, j.due.as_micros(), j.attempts, j.body, sum])?;
            Ok(sum)
        }
        JobChange::Done(id) => {
            db.prepare_cached("DELETE FROM jobs WHERE id = ?")?.execute([blob(*id)])?;
            Ok(c.id(*id).int(commit).sum())
        }
    }
}

/// Reads and checks a row of `jobs`.
pub(super) fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let job = Job {
        id: id(row, 0)?,
        kind: row.get(2)?,
        due: Timestamp::from_micros(row.get(3)?),
        attempts: row.get(4)?,
        body: row.get(5)?,
    };
    if job_checksum(&mut Checked::default(), &job, row.get(1)?) != row.get::<_, i64>(6)? {
        return Err(damaged(format!("job {:032x} does not match its checksum", job.id)));
    }
    Ok(job)
}

fn event_checksum(c: &mut Checked, e: &Event, data: &str, seq: i64, commit: i64) -> i64 {
    c.int(seq)
        .int(commit)
        .id(e.id.raw())
        .text(&e.kind)
        .text(&e.object)
        .int(e.sequence.cast_signed())
        .int(e.at.as_micros())
        .text(data)
        .sum()
}

pub(super) fn insert_event(
    db: &Connection,
    c: &mut Checked,
    e: &Event,
    seq: i64,
    commit: i64,
) -> rusqlite::Result<i64> {
    let data = e.data.to_string();
    let sum = event_checksum(c, e, &data, seq, commit);
    let mut insert = db.prepare_cached("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    insert.execute(params![
        seq,
        commit,
        blob(e.id.raw()),
        e.kind,
        e.object,
        e.sequence.cast_signed(),
        e.at.as_micros(),
        data,
        sum
    ])?;
    Ok(sum)
}

/// Reads and checks a row of `events`.
pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<RecordedEvent> {
    let (seq, commit, data): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(7)?);
    let event = Event {
        id: EventId::from_raw(id(row, 2)?),
        kind: row.get(3)?,
        object: row.get(4)?,
        sequence: row.get::<_, i64>(5)?.cast_unsigned(),
        at: Timestamp::from_micros(row.get(6)?),
        data: serde_json::from_str(&data).map_err(|e| damaged(e.to_string()))?,
    };
    if event_checksum(&mut Checked::default(), &event, &data, seq, commit) != row.get::<_, i64>(8)? {
        return Err(damaged(format!("event {seq} does not match its checksum")));
    }
    Ok(RecordedEvent { sequence: seq.cast_unsigned(), commit: commit.cast_unsigned(), event })
}

fn refusal_checksum(c: &mut Checked, id: u128, reason: &str, seq: i64, commit: i64) -> i64 {
    c.int(seq).int(commit).id(id).text(reason).sum()
}

/// Appends the mark of a refused id.
pub(super) fn insert_refusal(
    db: &Connection,
    c: &mut Checked,
    id: TransferId,
    reason: &Refusal,
    seq: i64,
    commit: i64,
) -> rusqlite::Result<i64> {
    let reason = serde_json::to_string(reason).map_err(|e| damaged(e.to_string()))?;
    let sum = refusal_checksum(c, id.raw(), &reason, seq, commit);
    db.prepare_cached("INSERT INTO refusals VALUES (?, ?, ?, ?, ?)")?.execute(params![
        seq,
        commit,
        blob(id.raw()),
        reason,
        sum
    ])?;
    Ok(sum)
}

/// Reads and checks a row of `refusals`: its commit and checksum.
pub(super) fn refusal(row: &Row<'_>) -> rusqlite::Result<(i64, i64)> {
    let (seq, commit, sum): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(4)?);
    if refusal_checksum(&mut Checked::default(), id(row, 2)?, row.get_ref(3)?.as_str()?, seq, commit) != sum {
        return Err(damaged(format!("refusal {seq} does not match its checksum")));
    }
    Ok((commit, sum))
}
