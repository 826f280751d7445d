//! The archive: entries of closed days, moved out of the main file into one of their own.
//!
//! Closed days are never written again, so their entries need not lie in the file that every commit writes and every backup
//! reads while it changes. They move block by block, as they are, with their checksums; the chain of hashes and the index go
//! over both files as before, and every read finds them. Where there is an archive, each connection attaches it and lays a
//! view over both tables in the way of the name `entries`; who writes says `main.entries`.
//!
//! The order makes it safe: blocks are written to the archive, made durable and read back; only then does one transaction of
//! the main file drop them there and set `archived` in `meta`. After a crash in between they are in both files, and the view
//! takes from the archive only what `archived` covers; the next run writes the same blocks again.

use super::backup::named;
use super::error::{opening, reading};
use super::schema::{self, open_file};
use super::{balances, commits, entries, lock_dir, names, undo};
use crate::StoreError;
use pmts_kernel::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the file.
pub(super) const FILE: &str = "archive.db";
/// Its name on a connection.
pub(super) const NAME: &str = "archive";

/// Its one table, like that of the main file.
pub(super) const TABLES: &str = "
CREATE TABLE entries (
  first INTEGER PRIMARY KEY, last INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL
) STRICT;
";

/// What a run moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveReport {
    /// The last day (days since 1970-01-01) that was to go.
    pub through: i32,
    /// Entries that this run moved.
    pub moved: u64,
    /// The last entry in the archive; 0: none.
    pub last: u64,
    /// Entries of these days that stay, because the directory can still be put back to a moment before them.
    pub waiting: u64,
    /// The size of the main file before and after, in bytes.
    pub main_bytes: (u64, u64),
    /// The size of the archive, in bytes.
    pub archive_bytes: u64,
}

/// The last entry that is in the archive; 0: there is none.
pub(super) fn holds(db: &Connection) -> rusqlite::Result<u64> {
    let select = "SELECT CAST(value AS INTEGER) FROM main.meta WHERE key = 'archived'";
    Ok(db.query_row(select, [], |r| super::rows::unsigned(r, 0)).optional()?.unwrap_or(0))
}

/// Attaches the archive to a connection to the main file, if there is one.
pub(super) fn attach(db: &Connection, dir: &Path) -> Result<(), StoreError> {
    // A file without tables is not of this format: whoever opened it will say so.
    let meta = "SELECT count(*) FROM main.sqlite_schema WHERE name = 'meta'";
    let has_meta: i64 =
        db.query_row(meta, [], |r| r.get(0)).map_err(|e| opening(&dir.join(schema::FILE), e))?;
    if has_meta == 0 {
        return Ok(());
    }
    let last = holds(db).map_err(|e| reading(&e))?;
    if last == 0 {
        return Ok(());
    }
    let path = dir.join(FILE);
    if !path.exists() {
        return Err(StoreError::ArchiveMissing(path));
    }
    attach_file(db, &path).map_err(|e| opening(&path, e))?;
    let view = format!(
        "CREATE TEMP VIEW entries AS SELECT * FROM {NAME}.entries WHERE first <= {last} UNION ALL SELECT * FROM main.entries"
    );
    db.execute_batch(&view).map_err(|e| opening(&path, e))
}

/// For reading only: else every commit would lock it, too. That takes a name in the form of a URI.
fn attach_file(db: &Connection, path: &Path) -> rusqlite::Result<()> {
    let path = std::path::absolute(path).map_err(|_| rusqlite::Error::InvalidPath(path.to_owned()))?;
    let text = path.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(path.clone()))?;
    let name = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    db.execute(&format!("ATTACH ? AS {NAME}"), [format!("file:{name}?mode=ro")]).map(drop)
}

/// Moves the entries recorded up to the end of a day, whose books are closed for every entity, out of the main file of a
/// directory that is not in use. Entries of the last `keep` stay: the directory can be put back so far. Without a day: the
/// last that is closed for every entity.
pub(super) fn archive(
    dir: &Path,
    through: Option<i32>,
    keep: Duration,
    now: Timestamp,
) -> Result<ArchiveReport, StoreError> {
    let main = dir.join(schema::FILE);
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |m| m.len());
    if !main.exists() {
        // Opening would make an empty one.
        return Err(super::error::file(&main, &std::io::ErrorKind::NotFound.into()));
    }
    let lock = lock_dir(dir)?;
    let db = schema::open_writer(dir, || super::backup::hex(&[0; 16]))?;
    let before = size(&main);
    let failed = |e: rusqlite::Error| reading(&e);
    let through = closed(&db, through)?;
    let day_ends = balances::end_of_day(through);
    let kept = Timestamp::from_micros(
        now.as_micros().saturating_sub(i64::try_from(keep.as_micros()).unwrap_or(i64::MAX)),
    );
    let of_days = entries::sequence_at(&db, day_ends).map_err(failed)?;
    let until = of_days.min(entries::sequence_at(&db, kept).map_err(failed)?);
    let had = holds(&db).map_err(failed)?;
    let last = db
        .query_row(
            "SELECT coalesce(max(last), 0) FROM main.entries WHERE last <= ?",
            [until.cast_signed()],
            |r| super::rows::unsigned(r, 0),
        )
        .map_err(failed)?
        .max(had);
    drop(db);
    if last > had {
        write(dir, had, last)?;
        let db = schema::open_writer(dir, || super::backup::hex(&[0; 16]))?;
        drop_from_main(&db, last).map_err(failed)?;
    }
    let report = ArchiveReport {
        through,
        moved: last - had,
        last,
        waiting: of_days.saturating_sub(last),
        main_bytes: (before, size(&main)),
        archive_bytes: size(&dir.join(FILE)),
    };
    lock.unlock().map_err(|e| super::error::file(dir, &e))?;
    Ok(report)
}

/// The day, if the books of every entity that has accounts are closed through it.
fn closed(db: &Connection, through: Option<i32>) -> Result<i32, StoreError> {
    let failed = |e: rusqlite::Error| reading(&e);
    let periods = super::reader::periods(db).map_err(failed)?;
    let mut select = db.prepare("SELECT DISTINCT entity FROM accounts ORDER BY entity").map_err(failed)?;
    let entities: Vec<u16> =
        select.query_map([], |r| r.get(0)).and_then(Iterator::collect).map_err(failed)?;
    let closed = |entity: &u16| periods.iter().find(|(e, _)| e.0 == *entity).map(|(_, day)| *day);
    let common = entities.iter().map(|e| closed(e).unwrap_or(i32::MIN)).min().unwrap_or(i32::MIN);
    let day = through.unwrap_or(common);
    match entities.iter().find(|e| closed(e).is_none_or(|c| c < day)) {
        Some(entity) => Err(StoreError::PeriodOpen { entity: *entity, day }),
        None => Ok(day),
    }
}

/// Appends the blocks after `had` up to `last` to the archive, durably, and reads them back.
fn write(dir: &Path, had: u64, last: u64) -> Result<(), StoreError> {
    let (path, partial) = (dir.join(FILE), dir.join(format!("{FILE}.partial")));
    let new = had == 0;
    if new {
        // What a run that did not end left behind.
        for old in [&path, &partial] {
            match std::fs::remove_file(old) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(super::error::file(old, &e));
                }
                _ => {}
            }
        }
    }
    let at = if new { &partial } else { &path };
    let failed = |e: rusqlite::Error| opening(at, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let db = open_file(at, flags).map_err(failed)?;
    db.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL").map_err(failed)?;
    if new {
        db.execute_batch(TABLES).map_err(failed)?;
    }
    let main = dir.join(schema::FILE);
    let name = main.to_str().ok_or_else(|| opening(&main, rusqlite::Error::InvalidPath(main.clone())))?;
    db.execute("ATTACH ? AS source", [name]).map_err(failed)?;
    let blocks = "FROM source.entries WHERE first > ? AND last <= ?";
    let range = [had.cast_signed(), last.cast_signed()];
    db.execute(&format!("INSERT OR REPLACE INTO main.entries SELECT * {blocks}"), range).map_err(failed)?;
    let differ: i64 = db
        .query_row(
            &format!(
                "SELECT count(*) FROM (SELECT * {blocks} EXCEPT SELECT * FROM main.entries WHERE first > ?)"
            ),
            params![range[0], range[1], range[0]],
            |r| r.get(0),
        )
        .map_err(failed)?;
    if differ > 0 {
        return Err(StoreError::Damaged(format!(
            "{}: {differ} blocks are not as they were written",
            at.display()
        )));
    }
    drop(db);
    // The main file lets go of them next: their new place must outlive a power cut.
    if new { named(&partial, &path) } else { sync(&path) }
}

fn sync(path: &Path) -> Result<(), StoreError> {
    std::fs::File::open(path).and_then(|f| f.sync_all()).map_err(|e| super::error::file(path, &e))
}

/// Drops from the main file what the archive has, and gives the space back.
fn drop_from_main(db: &Connection, last: u64) -> rusqlite::Result<()> {
    // One cannot go back to before what is archived.
    let reaches = match entries::Fetch::new(db, &names::Names::default()).at(last)? {
        Some(entry) => commit_of(db, entry.sequence)?,
        None => 0,
    };
    db.execute_batch("BEGIN IMMEDIATE")?;
    db.execute("DELETE FROM main.entries WHERE last <= ?", [last.cast_signed()])?;
    db.execute("INSERT OR REPLACE INTO meta VALUES ('archived', ?)", [last.to_string()])?;
    // A program that knows no archive must not take what is left for all there is.
    db.execute("UPDATE meta SET value = ? WHERE key = 'format'", [schema::WITH_ARCHIVE.to_string()])?;
    db.execute(
        "UPDATE meta SET value = max(CAST(value AS INTEGER), ?) WHERE key = 'undo_from'",
        [reaches.cast_signed()],
    )?;
    for (table, _) in undo::IMAGES {
        db.execute(&format!("DELETE FROM {table} WHERE until <= ?"), [reaches.cast_signed()])?;
    }
    db.execute_batch("COMMIT; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
}

/// The commit that recorded an entry.
fn commit_of(db: &Connection, sequence: u64) -> rusqlite::Result<u64> {
    let names = names::Names::default();
    let found = entries::EntryScan::after(db, &names, sequence - 1)?.next()?;
    Ok(match found {
        Some((_, commit, _)) => commit,
        None => commits::head(db)?.0,
    })
}
