//! What records and jobs were before they were overwritten or removed, so that a directory can be put back to a moment.
//!
//! Facts, events and answers are only ever added: to go back, what was added is removed. Records and jobs are overwritten; so
//! each overwriting or removal keeps the row that was there, in the same transaction. A new row needs nothing: it has the
//! number of its commit. Rows older than is asked for are deleted again, a few at a time, and the last of those marks how
//! far one can go back (`undo_from` in `meta`).

use super::rows::{Checked, blob, damaged};
use pmts_kernel::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::time::Duration;

/// The tables. `until`: the commit that overwrote the row; `at`: when. `seal` is the row's own checksum, turned by that of
/// the two, so that it needs not be read when it is copied.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS undo_records (
  seq INTEGER PRIMARY KEY, until INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, id BLOB NOT NULL,
  version INTEGER NOT NULL, commit_seq INTEGER NOT NULL, body TEXT NOT NULL, keys TEXT NOT NULL,
  checksum INTEGER NOT NULL, seal INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS undo_jobs (
  seq INTEGER PRIMARY KEY, until INTEGER NOT NULL, at INTEGER NOT NULL, id BLOB NOT NULL, commit_seq INTEGER NOT NULL,
  kind TEXT NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL, body TEXT NOT NULL,
  checksum INTEGER NOT NULL, seal INTEGER NOT NULL
) STRICT;
";

/// Both tables, with the columns that are the row as it was.
pub(super) const IMAGES: [(&str, &str); 2] = [
    ("undo_records", "kind, id, version, commit_seq, body, keys, checksum"),
    ("undo_jobs", "id, commit_seq, kind, due, attempts, body, checksum"),
];

/// Rows deleted at a time.
const STEP: usize = 512;
/// Groups of commits between two looks for what is old.
const LOOK_EVERY: u32 = 16;

/// Keeps what is overwritten, and throws it away when it is old.
pub(super) struct Undo {
    keep: i64,
    groups: u32,
}

impl Undo {
    pub(super) fn new(keep: Duration) -> Self {
        Self { keep: i64::try_from(keep.as_micros()).unwrap_or(i64::MAX), groups: 0 }
    }

    /// Deletes a few of the oldest rows if they are too old, in the transaction that is open.
    pub(super) fn prune(&mut self, db: &Connection, now: Timestamp) -> rusqlite::Result<()> {
        self.groups += 1;
        if self.groups < LOOK_EVERY {
            return Ok(());
        }
        self.groups = 0;
        let before = now.as_micros().saturating_sub(self.keep);
        for (table, _) in IMAGES {
            let edge: Option<(i64, i64)> = db
                .prepare_cached(&format!(
                    "SELECT max(seq), max(until) FROM (SELECT seq, until, at FROM {table} ORDER BY seq LIMIT {STEP}) WHERE at < ?"
                ))?
                .query_row([before], |r| Ok(r.get::<_, Option<i64>>(0)?.zip(r.get(1)?)))?;
            let Some((last, until)) = edge else { continue };
            let deleted =
                db.prepare_cached(&format!("DELETE FROM {table} WHERE seq <= ?"))?.execute([last])?;
            db.prepare_cached(
                "UPDATE meta SET value = max(CAST(value AS INTEGER), ?) WHERE key = 'undo_from'",
            )?
            .execute([until])?;
            if deleted == STEP {
                // There may be more of them.
                self.groups = LOOK_EVERY;
            }
        }
        Ok(())
    }
}

/// Makes the tables if they are not there: from then on one can go back.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    let there = "SELECT 1 FROM meta WHERE key = 'undo_from'";
    if db.query_row(there, [], |_| Ok(())).optional()?.is_some() {
        return Ok(());
    }
    let (head, _) = super::commits::head(db)?;
    db.execute_batch(&format!(
        "BEGIN IMMEDIATE; {TABLES} INSERT INTO meta VALUES ('undo_from', '{head}'); COMMIT;"
    ))
}

/// The earliest commit to which one can go back: the last, if nothing was kept yet.
pub(super) fn reaches(db: &Connection) -> rusqlite::Result<u64> {
    let select = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'undo_from'";
    let found = db.query_row(select, [], |r| super::rows::unsigned(r, 0)).optional()?;
    found.map_or_else(|| super::commits::head(db).map(|(head, _)| head), Ok)
}

/// Whether the tables are there: an earlier program has not made them.
pub(super) fn there(db: &Connection) -> rusqlite::Result<bool> {
    let select = "SELECT count(*) = 2 FROM sqlite_schema WHERE name IN ('undo_records', 'undo_jobs')";
    db.query_row(select, [], |r| r.get(0))
}

fn turn(c: &mut Checked, until: i64, at: Timestamp) -> i64 {
    c.int(until).int(at.as_micros()).sum()
}

/// Keeps a record as it is now, before commit `until` overwrites or removes it.
pub(super) fn keep_record(
    db: &Connection,
    c: &mut Checked,
    (kind, id): (&str, u128),
    until: i64,
    at: Timestamp,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO undo_records SELECT NULL, ?3, ?4, kind, id, version, commit_seq, body, keys, checksum,
           (checksum | ?5) - (checksum & ?5) FROM records WHERE kind = ?1 AND id = ?2",
    )?
    .execute(params![kind, blob(id), until, at.as_micros(), turn(c, until, at)])?;
    Ok(())
}

/// Keeps a job as it is now, if there is one, before commit `until` replaces or removes it.
pub(super) fn keep_job(
    db: &Connection,
    c: &mut Checked,
    id: u128,
    until: i64,
    at: Timestamp,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO undo_jobs SELECT NULL, ?2, ?3, id, commit_seq, kind, due, attempts, body, checksum,
           (checksum | ?4) - (checksum & ?4) FROM jobs WHERE id = ?1",
    )?
    .execute(params![blob(id), until, at.as_micros(), turn(c, until, at)])?;
    Ok(())
}

/// Checks a row that begins with `seq, until, at` and ends with `checksum, seal`: gives its number and until when it held.
pub(super) fn kept(row: &Row<'_>) -> rusqlite::Result<(i64, u64)> {
    let (checksum, seal) = (9, 10);
    let (seq, until, at): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let sum: i64 = row.get(checksum)?;
    if sum ^ turn(&mut Checked::default(), until, Timestamp::from_micros(at)) != row.get::<_, i64>(seal)? {
        let table =
            row.as_ref().column_name(3).map_or("", |c| if c == "kind" { IMAGES[0].0 } else { IMAGES[1].0 });
        return Err(damaged(seal, &format!("row {seq} of {table} does not match its seal")));
    }
    Ok((seq, until.cast_unsigned()))
}

/// Puts back what commits after `commit` overwrote or removed, and removes what they added. The caller has begun a
/// transaction. What was added to the facts is not touched.
pub(super) fn back_to(db: &Connection, commit: u64) -> rusqlite::Result<()> {
    let n = commit.cast_signed();
    for ((table, columns), of) in IMAGES.into_iter().zip(["records", "jobs"]) {
        // Newest first: the last one put back is the oldest.
        let mut select = db.prepare(&format!("SELECT * FROM {table} ORDER BY seq DESC"))?;
        let mut put =
            db.prepare(&format!("INSERT OR REPLACE INTO {of} SELECT {columns} FROM {table} WHERE seq = ?"))?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (seq, until) = kept(row)?;
            if until <= commit {
                break;
            }
            put.execute([seq])?;
        }
        drop(rows);
        db.execute(&format!("DELETE FROM {of} WHERE commit_seq > ?"), [n])?;
        db.execute(&format!("DELETE FROM {table} WHERE until > ?"), [n])?;
    }
    for table in ["events", "answers"] {
        db.execute(&format!("DELETE FROM {table} WHERE commit_seq > ?"), [n])?;
    }
    db.execute("DELETE FROM record_keys", [])?;
    let mut records = db.prepare("SELECT kind, id, keys FROM records")?;
    let mut add = db.prepare("INSERT INTO record_keys VALUES (?, ?, ?, ?)")?;
    let mut rows = records.query([])?;
    while let Some(row) = rows.next()? {
        let keys: Vec<(String, String)> =
            serde_json::from_str(row.get_ref(2)?.as_str()?).map_err(|e| damaged(2, &e.to_string()))?;
        for (name, key) in keys {
            add.execute(params![row.get::<_, String>(0)?, name, key, row.get::<_, Vec<u8>>(1)?])?;
        }
    }
    Ok(())
}
