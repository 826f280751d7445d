//! Records, answers, jobs, events and refused ids: rows and how they are read.

use super::columns::columns;
use super::error::Damage;
use super::value::{Id, Time};
use crate::{Answer, Job, RecordedEvent, Stored};
use pmts_kernel::{Event, EventId};
use pmts_ledger::{Refusal, TransferId};
use tokio_postgres::Row;

columns! {
    /// A record that is new.
    RecordRow, RecordColumns in "records" {
        kind: &'static str => "text",
        id: Id => "uuid",
        version: i64 => "bigint",
        commit_number: i64 => "bigint",
        keys: String => "text",
        body: String => "text",
    }
}

columns! {
    /// A record that was read at version `expected`.
    RecordUpdateRow, RecordUpdateColumns in "records" {
        kind: &'static str => "text",
        id: Id => "uuid",
        expected: i64 => "bigint",
        version: i64 => "bigint",
        commit_number: i64 => "bigint",
        keys: String => "text",
        body: String => "text",
    }
}

columns! {
    /// A record that is deleted.
    RecordDeleteRow, RecordDeleteColumns in "records" {
        kind: &'static str => "text",
        id: Id => "uuid",
    }
}

columns! {
    /// A key under which a record is listed.
    KeyRow, KeyColumns in "record_keys" {
        kind: &'static str => "text",
        name: String => "text",
        key: String => "text",
        id: Id => "uuid",
    }
}

columns! {
    /// The answer to an idempotency key.
    AnswerRow, AnswerColumns in "answers" {
        scope: String => "text",
        key: String => "text",
        commit_number: i64 => "bigint",
        fingerprint: String => "text",
        body: String => "text",
    }
}

columns! {
    /// A job.
    JobRow, JobColumns in "jobs" {
        id: Id => "uuid",
        commit_number: i64 => "bigint",
        kind: String => "text",
        due: Time => "timestamptz",
        attempts: i64 => "bigint",
        body: String => "text",
    }
}

columns! {
    /// An event of the outbox.
    EventRow, EventColumns in "events" {
        sequence: i64 => "bigint",
        commit_number: i64 => "bigint",
        id: Id => "uuid",
        kind: String => "text",
        object: String => "text",
        object_sequence: i64 => "bigint",
        at: Time => "timestamptz",
        data: String => "text",
    }
}

columns! {
    /// The mark of a refused id.
    RefusalRow, RefusalColumns in "refusals" {
        id: Id => "uuid",
        commit_number: i64 => "bigint",
        reason: String => "text",
    }
}

columns! {
    /// A commit.
    CommitRow, CommitColumns in "commits" {
        number: i64 => "bigint",
        time: Time => "timestamptz",
        principal: String => "text",
    }
}

/// Updates records. Another version than the expected one becomes -1, which the table refuses.
pub(super) fn update_records() -> String {
    format!(
        "UPDATE records AS r SET version = CASE WHEN r.version = n.expected THEN n.version ELSE -1 END,
         commit_number = n.commit_number, keys = n.keys, body = n.body
         FROM {} WHERE r.kind = n.kind AND r.id = n.id",
        RecordUpdateColumns::unnest()
    )
}

/// Deletes records.
pub(super) fn delete_records() -> String {
    format!(
        "DELETE FROM records AS r USING {} WHERE r.kind = n.kind AND r.id = n.id",
        RecordDeleteColumns::unnest()
    )
}

/// Deletes keys of records.
pub(super) fn delete_keys() -> String {
    format!(
        "DELETE FROM record_keys AS k USING {} WHERE k.kind = n.kind AND k.name = n.name AND k.key = n.key AND k.id = n.id",
        KeyColumns::unnest()
    )
}

/// Adds or replaces jobs. Whoever held one before holds it no more.
pub(super) fn put_jobs() -> String {
    format!(
        "{} ON CONFLICT (id) DO UPDATE SET commit_number = excluded.commit_number, kind = excluded.kind,
         due = excluded.due, attempts = excluded.attempts, body = excluded.body, holder = NULL, held_until = NULL",
        JobColumns::insert()
    )
}

/// Reads id, version, body.
pub(super) fn record(row: &Row) -> Result<Stored, Damage> {
    let version = u64::try_from(row.try_get::<_, i64>(1)?).map_err(|_| Damage::of("a negative version"))?;
    Ok(Stored { id: row.try_get::<_, Id>(0)?.0, version, body: row.try_get(2)? })
}

/// Reads scope, key, fingerprint, body.
pub(super) fn answer(row: &Row) -> Result<Answer, Damage> {
    Ok(Answer {
        scope: row.try_get(0)?,
        key: row.try_get(1)?,
        fingerprint: row.try_get(2)?,
        body: row.try_get(3)?,
    })
}

/// Reads id, kind, due, attempts, body.
pub(super) fn job(row: &Row) -> Result<Job, Damage> {
    Ok(Job {
        id: row.try_get::<_, Id>(0)?.0,
        kind: row.try_get(1)?,
        due: row.try_get::<_, Time>(2)?.0,
        attempts: u32::try_from(row.try_get::<_, i64>(3)?)
            .map_err(|_| Damage::of("attempts out of range"))?,
        body: row.try_get(4)?,
    })
}

/// Reads sequence, commit, id, kind, object, its sequence, time, data.
pub(super) fn event(row: &Row) -> Result<RecordedEvent, Damage> {
    let event = Event {
        id: EventId::from_raw(row.try_get::<_, Id>(2)?.0),
        kind: row.try_get(3)?,
        object: row.try_get(4)?,
        sequence: row.try_get::<_, i64>(5)?.cast_unsigned(),
        at: row.try_get::<_, Time>(6)?.0,
        data: serde_json::from_str(row.try_get(7)?).map_err(|e| Damage::of(&e.to_string()))?,
    };
    Ok(RecordedEvent {
        sequence: row.try_get::<_, i64>(0)?.cast_unsigned(),
        commit: row.try_get::<_, i64>(1)?.cast_unsigned(),
        event,
    })
}

/// Reads id, reason.
pub(super) fn refusal(row: &Row) -> Result<(TransferId, Refusal), Damage> {
    let reason = serde_json::from_str(row.try_get(1)?).map_err(|e| Damage::of(&e.to_string()))?;
    Ok((TransferId::from_raw(row.try_get::<_, Id>(0)?.0), reason))
}
