//! Reads everything back and checks it.

use super::index::EntryIndex;
use super::rows::{self, SELECT_ENTRY};
use super::state::{self, SELECT_RECORD};
use super::writer::chain;
use aws_lc_rs::digest::{SHA256, digest};
use pmts_kernel::Timestamp;
use pmts_ledger::{Balance, Entry, EntryKind, TransferKind};
use rusqlite::Connection;
use std::collections::HashMap;

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
    /// What is wrong, each naming its place; empty when all is well. At most 100 are listed.
    pub problems: Vec<String>,
}

impl VerifyReport {
    fn problem(&mut self, what: String) {
        if self.problems.len() < 100 {
            self.problems.push(what);
        }
    }
}

/// What the books look like after the entries read so far.
#[derive(Default)]
struct Replay {
    accounts: HashMap<u64, (Balance, u64)>,
    reserved: HashMap<u128, i64>,
    last: Option<(u64, Timestamp)>,
}

impl Replay {
    /// Applies an entry to the sums before it and compares with what it says.
    fn step(&mut self, e: &Entry) -> Result<(), &'static str> {
        let (sequence, time) = self.last.unwrap_or_default();
        if e.sequence != sequence + 1 {
            return Err("a sequence is missing");
        }
        if self.last.is_some() && e.time <= time {
            return Err("its time is not after the one before");
        }
        self.last = Some((e.sequence, e.time));
        let amount = e.transfer.amount.minor();
        let (mut posted, mut reserved) = (0, 0);
        match (e.kind, e.transfer.kind) {
            (EntryKind::Posted, _) => posted = amount,
            (EntryKind::Reserved, _) => {
                reserved = amount;
                self.reserved.insert(e.transfer.id.raw(), amount);
            }
            (kind, TransferKind::PostReserved { reservation } | TransferKind::Void { reservation }) => {
                reserved =
                    -self.reserved.remove(&reservation.raw()).ok_or("it resolves what is not reserved")?;
                posted = if kind == EntryKind::ReservationPosted { amount } else { 0 };
            }
            _ => return Err("its kind and content differ"),
        }
        for (leg, is_debit) in [(&e.debit, true), (&e.credit, false)] {
            let (balance, version) = self.accounts.entry(leg.number).or_default();
            let (p, r) = if is_debit {
                (&mut balance.debits_posted, &mut balance.debits_reserved)
            } else {
                (&mut balance.credits_posted, &mut balance.credits_reserved)
            };
            *p = p.checked_add(posted).ok_or("a sum overflows")?;
            *r = r.checked_add(reserved).ok_or("a sum overflows")?;
            *version += 1;
            if (*balance, *version) != (leg.after, leg.version) {
                return Err("a balance does not follow from the entries before it");
            }
        }
        Ok(())
    }
}

pub(super) fn verify(db: &Connection, index: &EntryIndex) -> rusqlite::Result<VerifyReport> {
    let mut report = VerifyReport::default();
    // One read transaction: the picture does not move while it is checked.
    db.execute_batch("BEGIN")?;
    let result = walk(db, index, &mut report);
    db.execute_batch("ROLLBACK")?;
    result.map(|()| report)
}

fn walk(db: &Connection, index: &EntryIndex, report: &mut VerifyReport) -> rusqlite::Result<()> {
    let mut facts: HashMap<i64, Vec<u8>> = HashMap::new();
    let mut add =
        |commit: i64, sum: i64| facts.entry(commit).or_default().extend_from_slice(&sum.to_le_bytes());

    // In the order in which a commit writes them: accounts and their changes, transfers, a mark.
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
    let mut replay = Replay::default();
    each(db, &format!("{SELECT_ENTRY} ORDER BY t.seq"), report, |row, report| {
        let (entry, commit, sum) = rows::entry(row)?;
        report.transfers += 1;
        add(commit, sum);
        if let Err(what) = replay.step(&entry) {
            report.problem(format!("transfer {} ({}): {what}", entry.sequence, entry.transfer.id));
        }
        Ok(())
    })?;
    each(db, "SELECT * FROM refusals ORDER BY seq", report, |row, _| {
        state::refusal(row).map(|(commit, sum)| add(commit, sum))
    })?;

    let sum = |f: fn(&Balance) -> i64| replay.accounts.values().map(|(b, _)| i128::from(f(b))).sum::<i128>();
    if sum(|b| b.debits_posted) != sum(|b| b.credits_posted)
        || sum(|b| b.debits_reserved) != sum(|b| b.credits_reserved)
    {
        report.problem("debits and credits differ".into());
    }
    for (number, (_, version)) in &replay.accounts {
        let seen = index.page(*number, 0, u64::MAX >> 1, usize::MAX)?.len() as u64;
        // Entries made after this picture was taken may be in the index already.
        if seen < *version {
            report.problem(format!(
                "the index holds {seen} of the {version} entries of account number {number}"
            ));
        }
    }

    let mut before: Vec<u8> = Vec::new();
    each(db, "SELECT seq, time, by, facts, state, hash FROM commits ORDER BY seq", report, |row, report| {
        let (seq, time, by): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (told, state, hash): (Vec<u8>, Vec<u8>, Vec<u8>) = (row.get(3)?, row.get(4)?, row.get(5)?);
        report.commits += 1;
        if seq.cast_unsigned() != report.commits {
            report.problem(format!("commit {} is missing", report.commits));
        }
        if digest(&SHA256, &facts.remove(&seq).unwrap_or_default()).as_ref() != told {
            report.problem(format!("the facts of commit {seq} are not those it recorded"));
        }
        if chain(&before, seq.cast_unsigned(), Timestamp::from_micros(time), &by, &told, &state) != hash {
            report.problem(format!("the hash chain is broken at commit {seq}"));
        }
        before = hash;
        Ok(())
    })?;
    for commit in facts.keys() {
        report.problem(format!("facts of commit {commit}, which does not exist"));
    }

    each(db, SELECT_RECORD, report, |row, report| state::record(row).map(|_| report.records += 1))?;
    each(db, "SELECT * FROM events ORDER BY seq", report, |row, report| {
        state::event(row).map(|_| report.events += 1)
    })?;
    each(db, "SELECT * FROM answers", report, |row, _| state::answer_row(row).map(drop))?;
    each(db, "SELECT * FROM jobs", report, |row, _| state::job(row).map(drop))
}

/// Reads the rows of a query; a damaged row is a problem in the report, not the end.
fn each(
    db: &Connection,
    sql: &str,
    report: &mut VerifyReport,
    mut read: impl FnMut(&rusqlite::Row<'_>, &mut VerifyReport) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut select = db.prepare(sql)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        match read(row, report) {
            Err(rusqlite::Error::FromSqlConversionFailure(_, _, what)) => report.problem(what.to_string()),
            other => other?,
        }
    }
    Ok(())
}
