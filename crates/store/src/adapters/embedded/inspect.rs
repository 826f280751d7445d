//! A directory that is not in use, read from end to end: everything that can be wrong with its files is looked for and named,
//! also when the store cannot be opened.
//!
//! Rows, blocks and pages of the index have checksums, and commits a chain of hashes. What has none is made anew and compared:
//! the keys of records, the tables of the index beside its runs, SQL's own indexes. The structure of both files is checked by
//! SQLite, the frames of a write-ahead log that was left are checked one by one.

use super::names::Names;
use super::schema::{self, FILE};
use super::verify::{self, VerifyReport, noted};
use super::{index, undo, wal};
use crate::StoreError;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::Path;

/// Reads all of a directory and says what is wrong with it.
pub(super) fn inspect(dir: &Path) -> Result<VerifyReport, StoreError> {
    let lock = super::lock_dir(dir)?;
    let mut report = VerifyReport { checked: super::verify::CHECKED, ..VerifyReport::default() };
    // Logs before anything else: opening a database moves them aside.
    for log in [FILE, index::FILE] {
        let path = dir.join(format!("{log}-wal"));
        wal::check(&path, &mut report).map_err(|e| super::error::file(&path, &e))?;
    }
    let result = main(dir, &mut report);
    let result = noted(result, &mut report);
    let unlocked = lock.unlock();
    result.map_err(|e| super::error::opening(&dir.join(FILE), e))?;
    unlocked.map_err(|e| super::error::file(dir, &e))?;
    Ok(report)
}

fn main(dir: &Path, report: &mut VerifyReport) -> rusqlite::Result<()> {
    let path = dir.join(FILE);
    let db = schema::open_file(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if !structure(&db, &schema::tables(), report)? {
        // What can be read is read all the same, so that what is lost has a name.
        report.problem(format!("{FILE}: its structure is damaged; what follows is what can be reached"));
    }
    if let Err(error) = schema::check(&db, &path) {
        report.problem(error.to_string());
        return Ok(());
    }
    if let Err(error) = archive(dir, &db, report) {
        report.problem(error.to_string());
        return Ok(());
    }
    db.execute_batch("BEGIN")?;
    let names = Names::default();
    let result = verify::main_file(&db, &names, report).and_then(|_| {
        let result = keys(&db, report);
        noted(result, report)?;
        let (head, _) = super::commits::head(&db)?;
        let reaches = undo::reaches(&db)?;
        let first: Option<i64> = db.query_row(
            "SELECT min(until) FROM (SELECT until FROM undo_records UNION ALL SELECT until FROM undo_jobs)",
            [],
            |r| r.get(0),
        )?;
        if reaches > head || first.is_some_and(|f| f.cast_unsigned() < reaches) {
            report.problem("meta: undo_from is not what the kept rows say".into());
        }
        let instance = schema::instance(&db)?;
        if instance.len() != 32 || !instance.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        {
            report.problem("meta: instance is malformed".into());
        }
        index::inspect(dir, &db, &instance, report)
    });
    noted(result, report)?;
    db.execute_batch("ROLLBACK")
}

/// Attaches the archive, if there is one, and looks at its structure.
fn archive(dir: &Path, db: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    super::archive::attach(db, dir)?;
    let path = dir.join(super::archive::FILE);
    if !path.exists() || super::archive::holds(db).map_err(|e| super::error::reading(&e))? == 0 {
        return Ok(());
    }
    let told = report.problems.len();
    schema::open_file(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|db| structure(&db, super::archive::TABLES, report))
        .map_err(|e| super::error::opening(&path, e))?;
    if report.problems.len() > told {
        report.problem(format!("the above is in {}", super::archive::FILE));
    }
    Ok(())
}

/// The tables are those of the format, and SQLite finds nothing wrong with the trees. `false`: it did.
pub(super) fn structure(db: &Connection, tables: &str, report: &mut VerifyReport) -> rusqlite::Result<bool> {
    let told = report.problems.len();
    let twin = Connection::open_in_memory()?;
    twin.execute_batch(tables)?;
    let schema = |db: &Connection| -> rusqlite::Result<Vec<(String, String, String)>> {
        let mut select =
            db.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")?;
        select.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect()
    };
    let bare = |sql: &str| -> String {
        sql.replace("IF NOT EXISTS ", "").chars().filter(|c| !c.is_whitespace() && *c != '"').collect()
    };
    let (ours, theirs) = (schema(db)?, schema(&twin)?);
    for (kind, name, sql) in &theirs {
        let same = ours.iter().any(|(k, n, s)| (k, n) == (kind, name) && bare(s) == bare(sql));
        if !same {
            report.problem(format!("the {kind} {name} is not as the format has it"));
        }
    }
    if ours.len() > theirs.len() {
        report.problem("there are tables or indexes that the format does not have".into());
    }
    let mut check = db.prepare("PRAGMA integrity_check(50)")?;
    let mut rows = check.query([])?;
    while let Some(Some(row)) = noted(rows.next(), report)? {
        let said: String = row.get(0)?;
        if said != "ok" {
            said.lines().for_each(|line| report.problem(format!("structure: {line}")));
        }
    }
    Ok(report.problems.len() == told)
}

/// The keys under which records are listed are those the records name.
fn keys(db: &Connection, report: &mut VerifyReport) -> rusqlite::Result<()> {
    let mut records = db.prepare("SELECT kind, id, keys FROM records")?;
    let mut find =
        db.prepare("SELECT 1 FROM record_keys WHERE kind = ? AND name = ? AND key = ? AND id = ?")?;
    let mut rows = records.query([])?;
    let mut named = 0i64;
    while let Some(row) = rows.next()? {
        let (kind, id): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let mut keys: Vec<(String, String)> =
            serde_json::from_str(row.get_ref(2)?.as_str()?).unwrap_or_default();
        keys.sort();
        keys.dedup();
        for (name, key) in keys {
            named += 1;
            let there = find.query_row(params![kind, name, key, id], |_| Ok(())).optional()?;
            if there.is_none() {
                report.problem(format!(
                    "record_keys: {kind} {} is missing under {name}",
                    super::backup::hex(&id)
                ));
            }
        }
    }
    let all: i64 = db.query_row("SELECT count(*) FROM record_keys", [], |r| r.get(0))?;
    if all != named {
        report.problem(format!("record_keys: {all} rows, the records name {named}"));
    }
    Ok(())
}
