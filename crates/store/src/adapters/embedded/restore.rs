//! A new data directory from a copy, as it was after its last commit or after an earlier one.
//!
//! To go back to a commit, what later commits added is cut off ([`super::undo`] puts back what they overwrote) and the chain
//! of hashes ends with that commit again: its hash follows from the one before and is the hash it had.

use super::backup::{self, MANIFEST, hex};
use super::block::{self, BlockWriter};
use super::commits::{self, CommitRow, CommitsWriter, Digest, chain, sha};
use super::entries::{EntryScan, insert_block};
use super::error::{file, reading};
use super::names::Names;
use super::rows::{self, Checked, damaged, unsigned};
use super::schema::{self, FILE};
use super::verify::{self, VerifyReport};
use super::{state, undo};
use crate::{BackupReport, StoreError};
use pmts_kernel::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::path::Path;

/// How far a directory is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Until {
    /// All that the copy holds.
    #[default]
    Last,
    /// All commits before the first that is later than a moment.
    Time(Timestamp),
    /// All commits up to a number.
    Commit(u64),
}

/// What a restored directory holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// The last commit in it; 0: none.
    pub commit: u64,
    /// When it was recorded.
    pub time: Option<Timestamp>,
    /// Its hash, in hexadecimal digits.
    pub hash: String,
    /// How many transfers are in it.
    pub transfers: u64,
    /// How many commits of the copy were left out.
    pub left_out: u64,
}

const PARTIAL: &str = "pmts.db.partial";

/// Makes the data directory `to`, which is not there or empty, from the copy in `from`.
pub(super) fn restore(from: &Path, to: &Path, until: Until) -> Result<RestoreReport, StoreError> {
    whole(from)?;
    let source = schema::open_reader(from)?;
    schema::check(&source, &from.join(FILE))?;
    backup::empty_dir(to)?;
    let partial = to.join(PARTIAL);
    let made = backup::copy_all(&source, to, &partial).and_then(|db| cut(&db, until));
    let report = match made {
        Ok(report) => report,
        Err(e) => {
            let _ = std::fs::remove_file(&partial);
            let _ = std::fs::remove_file(to.join(super::archive::FILE));
            return Err(e);
        }
    };
    backup::named(&partial, &to.join(FILE))?;
    Ok(report)
}

/// A copy with a description is what the description says.
fn whole(from: &Path) -> Result<(), StoreError> {
    let path = from.join(MANIFEST);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(file(&path, &e)),
    };
    let said: BackupReport =
        serde_json::from_str(&text).map_err(|e| StoreError::Damaged(format!("{}: {e}", path.display())))?;
    let files = [(FILE, Some((said.bytes, said.sha256))), (super::archive::FILE, said.archive)];
    for (name, said) in files {
        let path = from.join(name);
        if let Some(said) = said
            && backup::fingerprint(&path)? != said
        {
            return Err(StoreError::Damaged(format!("{} is not the file that was copied", path.display())));
        }
    }
    Ok(())
}

fn cut(db: &Connection, until: Until) -> Result<RestoreReport, StoreError> {
    let read = |e: rusqlite::Error| reading(&e);
    let (head, _) = commits::head(db).map_err(read)?;
    let commit = match until {
        Until::Last => head,
        Until::Commit(n) => n.min(head),
        Until::Time(at) => last_before(db, at).map_err(read)?,
    };
    let earliest = undo::reaches(db).map_err(read)?;
    if commit < head {
        if commit < earliest {
            return Err(StoreError::TooEarly { commit, earliest });
        }
        db.execute_batch("PRAGMA synchronous = OFF; BEGIN IMMEDIATE").map_err(read)?;
        back_to(db, commit).map_err(read)?;
        db.execute_batch("COMMIT").map_err(read)?;
    }
    let mut report = VerifyReport::default();
    verify::main_file(db, &Names::default(), &mut report).map_err(read)?;
    if let Some(problem) = report.problems.first() {
        return Err(StoreError::Damaged(problem.clone()));
    }
    let (commit, hash) = commits::head(db).map_err(read)?;
    Ok(RestoreReport {
        commit,
        time: time_of(db, commit).map_err(read)?,
        hash: hex(&hash),
        transfers: report.transfers,
        left_out: head - commit,
    })
}

/// The last commit before the first that is later than a moment.
fn last_before(db: &Connection, at: Timestamp) -> rusqlite::Result<u64> {
    let mut select = db.prepare("SELECT * FROM commits ORDER BY first")?;
    let mut rows = select.query([])?;
    let mut last = 0;
    while let Some(row) = rows.next()? {
        for c in commits::read(row)?.commits {
            if c.time > at {
                return Ok(last);
            }
            last = c.seq;
        }
    }
    Ok(last)
}

fn row_of(db: &Connection, commit: u64) -> rusqlite::Result<Option<CommitRow>> {
    db.query_row(
        "SELECT * FROM commits WHERE first <= ? ORDER BY first DESC LIMIT 1",
        [commit.cast_signed()],
        commits::read,
    )
    .optional()
}

fn time_of(db: &Connection, commit: u64) -> rusqlite::Result<Option<Timestamp>> {
    let row = row_of(db, commit)?;
    Ok(row.and_then(|r| r.commits.iter().find(|c| c.seq == commit).map(|c| c.time)))
}

/// Cuts off all after a commit. The caller has begun a transaction.
fn back_to(db: &Connection, commit: u64) -> rusqlite::Result<()> {
    let names = Names::default();
    let n = commit.cast_signed();
    if let Some(row) = row_of(db, commit)? {
        cut_commits(db, &names, &row, commit)?;
    } else {
        db.execute("DELETE FROM commits", [])?;
    }
    cut_entries(db, &names, commit)?;
    for table in ["refusals", "periods", "account_changes", "accounts"] {
        db.execute(&format!("DELETE FROM {table} WHERE commit_seq > ?"), [n])?;
    }
    undo::back_to(db, commit)
}

/// Ends the chain with a commit that may lie within a row of `commits`.
fn cut_commits(db: &Connection, names: &Names, row: &CommitRow, commit: u64) -> rusqlite::Result<()> {
    let before: Option<Vec<u8>> = db
        .query_row("SELECT hash FROM commits WHERE last = ?", [row.first.cast_signed() - 1], |r| r.get(0))
        .optional()?;
    let mut facts = facts_of(db, names, (row.first, row.last))?;
    let (mut hash, mut at_cut) = (before.unwrap_or_default(), Digest::default());
    let (mut writer, mut checked) = (CommitsWriter::default(), Checked::default());
    for c in &row.commits {
        let facts = sha(&facts.remove(&c.seq).unwrap_or_default());
        let now = chain(&hash, c.seq, c.time, &c.by, &facts, &c.state);
        hash = now.to_vec();
        if c.seq <= commit {
            at_cut = now;
            writer.push(c.seq, c.time, &c.by, (c.state != sha(&[])).then_some(&c.state));
        }
    }
    if hash != row.hash {
        return Err(damaged(
            4,
            &format!("the hash chain is broken within commits {} to {}", row.first, row.last),
        ));
    }
    db.execute("DELETE FROM commits WHERE first >= ?", [row.first.cast_signed()])?;
    writer.insert(db, &mut checked, &at_cut)
}

/// The facts of some commits, by commit, in the order in which they are digested.
fn facts_of(
    db: &Connection,
    names: &Names,
    (first, last): (u64, u64),
) -> rusqlite::Result<HashMap<u64, Vec<u8>>> {
    let mut facts: HashMap<u64, Vec<u8>> = HashMap::new();
    let mut add = |commit: i64, sum: i64| {
        facts.entry(commit.cast_unsigned()).or_default().extend_from_slice(&sum.to_le_bytes());
    };
    let range = [first.cast_signed(), last.cast_signed()];
    let select = |table: &str, order: &str| {
        db.prepare(&format!("SELECT * FROM {table} WHERE commit_seq BETWEEN ? AND ? ORDER BY {order}"))
    };
    for row in select("accounts", "number")?.query_map(range, |r| rows::account(r).map(|a| (a.2, a.3)))? {
        row.map(|(commit, sum)| add(commit, sum))?;
    }
    let mut changes = select("account_changes", "seq")?;
    for row in changes.query_map(range, |r| rows::account_change(r).map(|c| (c.1, c.2)))? {
        row.map(|(commit, sum)| add(commit, sum))?;
    }
    for row in select("periods", "seq")?.query_map(range, |r| rows::period(r).map(|p| (p.2, p.3)))? {
        row.map(|(commit, sum)| add(commit, sum))?;
    }
    let mut scan = EntryScan::after(db, names, last_entry_of(db, names, first.saturating_sub(1))?)?;
    while let Some((_, commit, sum)) = scan.next()?
        && commit <= last
    {
        add(commit.cast_signed(), sum);
    }
    for row in select("refusals", "seq")?.query_map(range, state::refusal)? {
        row.map(|(commit, sum)| add(commit, sum))?;
    }
    Ok(facts)
}

/// The last entry of a commit or of the ones before it.
fn last_entry_of(db: &Connection, names: &Names, commit: u64) -> rusqlite::Result<u64> {
    let mut blocks = db.prepare("SELECT first FROM entries ORDER BY first DESC")?;
    let mut blocks = blocks.query([])?;
    while let Some(row) = blocks.next()? {
        let before = unsigned(row, 0)?.saturating_sub(1);
        let mut scan = EntryScan::after(db, names, before)?;
        let mut last = None;
        while let Some((entry, of, _)) = scan.next()?
            && of <= commit
        {
            last = Some(entry.sequence);
        }
        if let Some(last) = last {
            return Ok(last);
        }
    }
    Ok(0)
}

fn cut_entries(db: &Connection, names: &Names, commit: u64) -> rusqlite::Result<()> {
    let last = last_entry_of(db, names, commit)?;
    db.execute("DELETE FROM main.entries WHERE first > ?", [last.cast_signed()])?;
    let cut: Option<i64> = db
        .query_row("SELECT first FROM main.entries WHERE last > ?", [last.cast_signed()], |r| r.get(0))
        .optional()?;
    let Some(first) = cut else { return Ok(()) };
    let (mut writer, mut checked) = (BlockWriter::default(), Checked::default());
    let mut scan = EntryScan::after(db, names, first.cast_unsigned() - 1)?;
    while let Some((entry, of, _)) = scan.next()?
        && entry.sequence <= last
    {
        debug_assert!(writer.count < block::MOST);
        writer.push(&entry, of, &mut checked);
    }
    drop(scan);
    db.execute("DELETE FROM main.entries WHERE first = ?", [first])?;
    insert_block(db, &mut checked, &mut writer)
}
