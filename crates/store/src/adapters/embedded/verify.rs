//! Reads everything back and checks it.

use super::balances::balance_until;
use super::commits::{self, chain, sha};
use super::entries::EntryScan;
use super::index::Kind;
use super::names::Names;
use super::reader::View;
use super::rows;
use super::state::{self, SELECT_RECORD};
use super::undo;
use crate::StoreError;
use crate::replay::Replay;
use pmts_ledger::Balance;
use rusqlite::Connection;
use std::collections::HashMap;

/// What is checked of a directory.
pub(super) const CHECKED: &str = "checksums, hash chain, sequences, balances";

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Commits read.
    pub commits: u64,
    /// Transfers read.
    pub transfers: u64,
    /// Accounts read.
    pub accounts: u64,
    /// Records read.
    pub records: u64,
    /// Events read.
    pub events: u64,
    /// What the engine has to check: a database keeps no checksums and no hash chain of ours.
    pub checked: &'static str,
    /// What is wrong, each naming its place; empty when all is well. At most 100 are listed.
    pub problems: Vec<String>,
}

impl VerifyReport {
    pub(super) fn problem(&mut self, what: String) {
        if self.problems.len() < 100 {
            self.problems.push(what);
        }
    }
}

pub(super) fn verify(v: View<'_>) -> rusqlite::Result<VerifyReport> {
    let mut report = VerifyReport { checked: CHECKED, ..VerifyReport::default() };
    // One read transaction: the picture does not move while it is checked.
    v.db.execute_batch("BEGIN")?;
    let result = main_file(v.db, v.names, &mut report).and_then(|replay| index(v, &replay, &mut report));
    v.db.execute_batch("ROLLBACK")?;
    result.map(|()| report)
}

/// A row that cannot be read is a problem in the report, not the end.
pub(super) fn noted<T>(
    result: rusqlite::Result<T>,
    report: &mut VerifyReport,
) -> rusqlite::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(rusqlite::Error::FromSqlConversionFailure(_, _, what)) => {
            report.problem(what.to_string());
            Ok(None)
        }
        Err(error) if matches!(super::error::reading(&error), StoreError::Damaged(_)) => {
            report.problem(error.to_string());
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// Reads all of the main file; gives the books as they follow from its entries.
pub(super) fn main_file(
    db: &Connection,
    names: &Names,
    report: &mut VerifyReport,
) -> rusqlite::Result<Replay> {
    let mut facts: HashMap<i64, Vec<u8>> = HashMap::new();
    let mut add =
        |commit: i64, sum: i64| facts.entry(commit).or_default().extend_from_slice(&sum.to_le_bytes());

    // In the order in which a commit writes them: accounts and their changes, periods, entries, a mark.
    each(db, "SELECT * FROM accounts ORDER BY number", report, |row, report| {
        let (_, number, commit, sum) = rows::account(row)?;
        report.accounts += 1;
        if number != report.accounts {
            report.problem(format!("account number {} is missing", report.accounts));
        }
        add(commit, sum);
        Ok(())
    })?;
    each(db, "SELECT * FROM account_changes ORDER BY seq", report, |row, _| {
        rows::account_change(row).map(|(_, commit, sum, _)| add(commit, sum))
    })?;
    each(db, "SELECT * FROM periods ORDER BY seq", report, |row, _| {
        rows::period(row).map(|(_, _, commit, sum)| add(commit, sum))
    })?;
    let mut replay = Replay::default();
    let mut scan = EntryScan::after(db, names, 0)?;
    loop {
        match noted(scan.next(), report)? {
            None => {
                if noted(scan.skip_block(), report)? != Some(true) {
                    break;
                }
            }
            Some(None) => break,
            Some(Some((entry, commit, sum))) => {
                report.transfers += 1;
                add(commit.cast_signed(), sum);
                if let Err(what) = replay.step(&entry) {
                    report.problem(format!("entry {} ({}): {what}", entry.sequence, entry.transfer.id));
                }
            }
        }
    }
    each(db, "SELECT * FROM refusals ORDER BY seq", report, |row, _| {
        state::refusal(row).map(|(commit, sum)| add(commit, sum))
    })?;

    let sum = |f: fn(&Balance) -> i64| replay.accounts.values().map(|(b, _)| i128::from(f(b))).sum::<i128>();
    if sum(|b| b.debits_posted) != sum(|b| b.credits_posted)
        || sum(|b| b.debits_reserved) != sum(|b| b.credits_reserved)
    {
        report.problem("debits and credits differ".into());
    }
    let mut before: Vec<u8> = Vec::new();
    each(db, "SELECT * FROM commits ORDER BY first", report, |row, report| {
        let row = commits::read(row)?;
        if row.first != report.commits + 1 {
            report.problem(format!("commit {} is missing", report.commits + 1));
        }
        for c in &row.commits {
            let facts = sha(&facts.remove(&c.seq.cast_signed()).unwrap_or_default());
            before = chain(&before, c.seq, c.time, &c.by, &facts, &c.state).to_vec();
        }
        if before != row.hash {
            report.problem(format!(
                "the hash chain is broken within commits {} to {}: they, or the facts they recorded, were changed",
                row.first, row.last
            ));
            before = row.hash;
        }
        report.commits = row.last;
        Ok(())
    })?;
    for commit in facts.keys() {
        report.problem(format!("facts of commit {commit}, which does not exist"));
    }

    each(db, SELECT_RECORD, report, |row, report| state::record(row).map(|_| report.records += 1))?;
    each(db, "SELECT * FROM events ORDER BY seq", report, |row, report| {
        let event = state::event(row)?;
        report.events += 1;
        if event.sequence != report.events {
            report.problem(format!("an event before {} is missing", event.sequence));
            report.events = event.sequence;
        }
        Ok(())
    })?;
    let mut answers = 0;
    each(db, "SELECT * FROM answers ORDER BY seq", report, |row, report| {
        let seq = rows::unsigned(row, 0)?;
        if seq != answers + 1 {
            report.problem(format!("an answer before {seq} is missing"));
        }
        answers = seq;
        state::answer_row(row).map(drop)
    })?;
    each(db, "SELECT * FROM jobs", report, |row, _| state::job(row).map(drop))?;
    let kept = if undo::there(db)? { &undo::IMAGES[..] } else { &[] };
    for (table, image) in kept {
        each(db, &format!("SELECT * FROM {table} ORDER BY seq"), report, |row, _| undo::kept(row).map(drop))?;
        let record = *table == undo::IMAGES[0].0;
        each(db, &format!("SELECT {image} FROM {table}"), report, |row, _| {
            if record { state::record(row).map(drop) } else { state::job(row).map(drop) }
        })?;
    }
    Ok(replay)
}

/// Compares the index with the books.
fn index(v: View<'_>, replay: &Replay, report: &mut VerifyReport) -> rusqlite::Result<()> {
    for (number, (balance, version)) in &replay.accounts {
        let key = u128::from(*number);
        let until = replay.last.map_or(0, |(sequence, _)| sequence);
        let found = noted(v.index.page(Kind::Accounts, key, (1, until), usize::MAX, false), report)?;
        let seen = found.map_or(0, |f| f.len() as u64);
        if seen != *version {
            report.problem(format!(
                "the index holds {seen} of the {version} entries of account number {number}"
            ));
        }
        let known = noted(balance_until(v.db, v.index, v.names, *number, until), report)?;
        if known.is_some_and(|k| k != (*balance, *version)) {
            report.problem(format!("the index has another balance of account number {number}"));
        }
    }
    Ok(())
}

/// Reads the rows of a query; a damaged row is a problem in the report, not the end.
fn each(
    db: &Connection,
    sql: &str,
    report: &mut VerifyReport,
    mut read: impl FnMut(&rusqlite::Row<'_>, &mut VerifyReport) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let Some(mut select) = noted(db.prepare(sql), report)? else { return Ok(()) };
    let mut rows = select.query([])?;
    // Where the tree of the table is damaged, what lies behind cannot be reached.
    while let Some(Some(row)) = noted(rows.next(), report)? {
        let result = read(row, report);
        noted(result, report)?;
    }
    Ok(())
}
