//! The data format: tables, format number, pragmas.
//!
//! Everything a commit writes is appended or keyed by time-ordered ids, so a commit touches few pages. So it is with the
//! answers too, whose keys the callers make up: where the answer to a key lies, the index knows. Entries and commits
//! are packed into blocks ([`super::block`], [`super::commits`]): a row for each would cost more than all else a transfer
//! needs. There is no balance row: every entry carries the sums and version of both accounts after it. `entries`,
//! `commits`, `accounts`, `account_changes`, `periods` and `refusals` are never changed once written (facts); `records`,
//! `answers`, `jobs` and `events` are state. Every row ends with a checksum (XXH3, 64 bits) over its other columns, and
//! every entry in a block has one of its own. A commit's hash is SHA-256 over the hash before it, its number, time,
//! principal and the digests of its facts and of its state, so no commit can be changed, removed or reordered unnoticed.

use crate::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// The format this program reads and writes.
pub(super) const FORMAT: u32 = 2;
/// The same, with entries of closed days in the archive.
pub(super) const WITH_ARCHIVE: u32 = 3;
/// "PMTS" in the header of the file.
const APPLICATION_ID: i64 = 0x504d_5453;

/// The tables that format 2 has and format 1 had in another shape or not at all.
pub(super) const NEW_IN_FORMAT_2: &str = "
CREATE TABLE commits (
  first INTEGER PRIMARY KEY, last INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE accounts (
  number INTEGER PRIMARY KEY, commit_seq INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, currency TEXT NOT NULL,
  chart INTEGER NOT NULL, owner TEXT NOT NULL, entity INTEGER NOT NULL, side TEXT NOT NULL,
  floor INTEGER, ceiling INTEGER, closed INTEGER NOT NULL, velocity TEXT, parent BLOB, checksum INTEGER NOT NULL
) STRICT;
CREATE INDEX accounts_parent ON accounts (parent) WHERE parent IS NOT NULL;
CREATE INDEX accounts_chart ON accounts (chart);
CREATE INDEX accounts_owner ON accounts (owner);
CREATE TABLE account_changes (
  seq INTEGER PRIMARY KEY, commit_seq INTEGER NOT NULL, number INTEGER NOT NULL,
  floor INTEGER, ceiling INTEGER, closed INTEGER NOT NULL, velocity TEXT, checksum INTEGER NOT NULL
) STRICT;
CREATE INDEX account_changes_number ON account_changes (number, seq);
CREATE TABLE periods (
  seq INTEGER PRIMARY KEY, commit_seq INTEGER NOT NULL, entity INTEGER NOT NULL, closed_through INTEGER,
  checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE answers (
  seq INTEGER PRIMARY KEY, commit_seq INTEGER NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL,
  fingerprint TEXT NOT NULL, body TEXT NOT NULL, checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE entries (
  first INTEGER PRIMARY KEY, last INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL
) STRICT;
";

const OTHER_TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE refusals (
  seq INTEGER PRIMARY KEY, commit_seq INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, reason TEXT NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE records (
  kind TEXT NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL, commit_seq INTEGER NOT NULL,
  body TEXT NOT NULL, keys TEXT NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE record_keys (
  kind TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, id BLOB NOT NULL, PRIMARY KEY (kind, name, key, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE jobs (
  id BLOB PRIMARY KEY, commit_seq INTEGER NOT NULL, kind TEXT NOT NULL, due INTEGER NOT NULL,
  attempts INTEGER NOT NULL, body TEXT NOT NULL, checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_due ON jobs (due, id);
CREATE TABLE events (
  seq INTEGER PRIMARY KEY, commit_seq INTEGER NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, object TEXT NOT NULL,
  object_seq INTEGER NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, checksum INTEGER NOT NULL
) STRICT;
";

/// All tables of the main file.
pub(super) fn tables() -> String {
    format!("{OTHER_TABLES} {NEW_IN_FORMAT_2} {}", super::undo::TABLES)
}

/// The name of the main file.
pub(super) const FILE: &str = "pmts.db";

/// Opens the main file for writing; makes it if it is not there.
pub(super) fn open_writer(dir: &Path, instance: impl FnOnce() -> String) -> Result<Connection, StoreError> {
    let path = dir.join(FILE);
    let failed = |e: rusqlite::Error| super::error::opening(&path, e);
    let emptied = std::fs::metadata(&path).is_ok_and(|m| m.len() == 0);
    if emptied && !dir.join(format!("{FILE}-wal")).exists() && dir.join(super::index::FILE).exists() {
        return Err(StoreError::Damaged(format!("{} is empty, but was not always", path.display())));
    }
    let db = open_file(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
        .map_err(failed)?;
    let empty: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0)).map_err(failed)?;
    if empty == 0 {
        db.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        let new = format!(
            "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; {OTHER_TABLES} {NEW_IN_FORMAT_2}
             INSERT INTO meta VALUES ('format', '{FORMAT}'), ('instance', '{}'); COMMIT;",
            instance()
        );
        db.execute_batch(&new).map_err(failed)?;
    }
    check_program(&db, &path)?;
    upgrade(&db).map_err(|e| match super::error::reading(&e) {
        StoreError::Engine(_) => failed(e),
        typed => typed,
    })?;
    check_format(&db, &path)?;
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(StoreError::Engine(format!("{} cannot use a write-ahead log", path.display())));
    }
    // A small cache: a commit whose inserts reorder pages makes SQLite walk its whole page cache, and what is not in it is in
    // the system's.
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;").map_err(failed)?;
    db.set_prepared_statement_cache_capacity(64);
    super::undo::prepare(&db).map_err(failed)?;
    super::archive::attach(&db, dir)?;
    Ok(db)
}

/// Opens a database file as every connection of the engine is: used by one thread at a time, so without a lock of its own,
/// and with plans that do not depend on bound values, so that no statement is prepared again for a new value.
pub(super) fn open_file(path: &Path, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    if flags.contains(OpenFlags::SQLITE_OPEN_CREATE) {
        private_file(path);
    }
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    // What begins with "file:" would be read as a URI.
    let path = std::path::absolute(path).map_err(|_| rusqlite::Error::InvalidPath(path.to_owned()))?;
    let db = Connection::open_with_flags(path, flags)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    Ok(db)
}

/// Makes an empty file that only its owner may read; SQLite takes an empty file for a new database and gives its log the
/// same rights. If it cannot be made, opening it will say why.
fn private_file(path: &Path) {
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

/// Opens the main file for reading.
pub(super) fn open_reader(dir: &Path) -> Result<Connection, StoreError> {
    let path = dir.join(FILE);
    let open = || {
        let db = open_file(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db.execute_batch("PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;")?;
        db.set_prepared_statement_cache_capacity(64);
        Ok(db)
    };
    let db = open().map_err(|e| super::error::opening(&path, e))?;
    super::archive::attach(&db, dir)?;
    Ok(db)
}

fn other(path: &Path, found: String) -> StoreError {
    StoreError::Format { path: path.to_owned(), found, supported: FORMAT }
}

/// Brings a directory of an earlier format to this one.
fn upgrade(db: &Connection) -> Result<(), rusqlite::Error> {
    if super::upgrade::format(db)?.as_deref() != Some("1") {
        return Ok(());
    }
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; BEGIN IMMEDIATE")?;
    let done = super::upgrade::from_format_1(db);
    db.execute_batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    done
}

/// The file is of this program and of this format.
pub(super) fn check(db: &Connection, path: &Path) -> Result<(), StoreError> {
    check_program(db, path)?;
    check_format(db, path)
}

fn check_program(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let application: i64 = db
        .query_row("PRAGMA application_id", [], |r| r.get(0))
        .map_err(|e| super::error::opening(path, e))?;
    if application != APPLICATION_ID {
        return Err(other(path, "of another program".into()));
    }
    Ok(())
}

fn check_format(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = super::upgrade::format(db).map_err(|e| super::error::opening(path, e))?;
    if ![FORMAT, WITH_ARCHIVE].iter().any(|f| found.as_deref() == Some(&f.to_string())) {
        return Err(other(path, found.unwrap_or_else(|| "unknown".into())));
    }
    Ok(())
}

/// The identity of this data directory, given when it was made.
pub(super) fn instance(db: &Connection) -> Result<String, rusqlite::Error> {
    db.query_row("SELECT value FROM meta WHERE key = 'instance'", [], |r| r.get(0))
}
