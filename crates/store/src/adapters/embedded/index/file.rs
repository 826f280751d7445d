//! The index file: its tables, and whether it belongs to the history in the main file.

use super::run::{Run, UNFINISHED, delete_pages};
use super::{Point, Runs};
use crate::StoreError;
use crate::adapters::embedded::error::{file as file_error, opening};
use crate::adapters::embedded::schema::open_file;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::Path;
use std::sync::Arc;

/// The name of the index file.
pub(in crate::adapters::embedded) const FILE: &str = "index.db";
const FORMAT: &str = "3";

const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE runs (
  id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, level INTEGER NOT NULL, first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL, last_key BLOB NOT NULL, items INTEGER NOT NULL, directory BLOB NOT NULL,
  filter BLOB NOT NULL, checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE pages (id INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;
CREATE TABLE open_reservations (id BLOB PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE days (
  day INTEGER NOT NULL, entity INTEGER NOT NULL, chart INTEGER NOT NULL, currency TEXT NOT NULL,
  debits BLOB NOT NULL, credits BLOB NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, entity, chart, currency)
) STRICT, WITHOUT ROWID;
CREATE TABLE off_days (
  account INTEGER NOT NULL, seq INTEGER NOT NULL, effective INTEGER NOT NULL, recorded INTEGER NOT NULL,
  is_debit INTEGER NOT NULL, posted INTEGER NOT NULL, PRIMARY KEY (account, seq)
) STRICT, WITHOUT ROWID;
";

pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let db = open_file(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    db.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;")?;
    Ok(db)
}

/// The runs in the file and how far they reach; a file that cannot be used is made anew.
pub(super) fn open_or_create(
    dir: &Path,
    main: &Connection,
    instance: &str,
) -> Result<(Runs, Point), StoreError> {
    let path = dir.join(FILE);
    if let Some(found) = usable(&path, main, instance) {
        return Ok(found);
    }
    for suffix in ["", "-wal", "-shm"] {
        let old = dir.join(format!("{FILE}{suffix}"));
        match std::fs::remove_file(&old) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(file_error(&old, &e)),
            _ => {}
        }
    }
    create(&path, instance).map_err(|e| opening(&path, e))?;
    Ok((Runs::default(), Point::default()))
}

fn create(path: &Path, instance: &str) -> rusqlite::Result<()> {
    let db = open(path)?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    db.execute_batch(TABLES)?;
    let mut insert = db.prepare("INSERT INTO meta VALUES (?, ?)")?;
    insert.execute(["format", FORMAT])?;
    insert.execute(["instance", instance])?;
    insert.execute(params!["commit", 0])?;
    insert.execute(params!["sequence", 0])?;
    insert.execute(params!["answer", 0])?;
    insert.execute(params!["hash", Vec::<u8>::new()])?;
    Ok(())
}

/// Notes how far the index reaches.
pub(super) fn set_reach(db: &Connection, reach: &Point) -> rusqlite::Result<()> {
    let mut set = db.prepare_cached("UPDATE meta SET value = ?2 WHERE key = ?1")?;
    set.execute(params!["commit", reach.commit.cast_signed()])?;
    set.execute(params!["sequence", reach.sequence.cast_signed()])?;
    set.execute(params!["answer", reach.answer.cast_signed()])?;
    set.execute(params!["hash", reach.hash])?;
    Ok(())
}

/// The runs, and how far they reach, if the file is whole and belongs to the history in the main file.
fn usable(path: &Path, main: &Connection, instance: &str) -> Option<(Runs, Point)> {
    if !path.exists() {
        return None;
    }
    let db = open(path).ok()?;
    let text = |key: &str| {
        db.query_row("SELECT value FROM meta WHERE key = ?", [key], |r| r.get::<_, String>(0)).ok()
    };
    if text("format")? != FORMAT || text("instance")? != instance {
        return None;
    }
    let number =
        |key: &str| db.query_row("SELECT value FROM meta WHERE key = ?", [key], |r| r.get::<_, i64>(0)).ok();
    let hash: Vec<u8> = db.query_row("SELECT value FROM meta WHERE key = 'hash'", [], |r| r.get(0)).ok()?;
    let point = Point {
        commit: number("commit")?.cast_unsigned(),
        hash,
        sequence: number("sequence")?.cast_unsigned(),
        answer: number("answer")?.cast_unsigned(),
    };
    if point.commit > 0 {
        let there: Option<(i64, Vec<u8>)> = main
            .query_row(
                "SELECT last, hash FROM commits WHERE first <= ? ORDER BY first DESC LIMIT 1",
                [point.commit.cast_signed()],
                |r| Ok((r.get(0)?, r.get(1)?)),
            )
            .optional()
            .ok()?;
        if there != Some((point.commit.cast_signed(), point.hash.clone())) {
            return None;
        }
    }
    runs(&db).ok().map(|runs| (runs, point))
}

/// Reads the runs, oldest first; deletes what is left of unfinished ones.
fn runs(db: &Connection) -> rusqlite::Result<Runs> {
    let unfinished: Vec<i64> = db
        .prepare("SELECT id FROM runs WHERE level = ?")?
        .query_map([UNFINISHED], |r| r.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in unfinished {
        delete_pages(db, id, usize::MAX >> 1)?;
        db.execute("DELETE FROM runs WHERE id = ?", [id])?;
    }
    let mut runs = Runs::default();
    let mut select = db.prepare("SELECT * FROM runs ORDER BY first_sequence")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, run) = Run::from_row(row)?;
        runs[kind as usize].push(Arc::new(run));
    }
    Ok(runs)
}
