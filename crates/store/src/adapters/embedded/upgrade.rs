//! Data directories of earlier formats become ones of this format when they are opened: in one transaction, so that a
//! crash leaves the old format whole, and with every row and the hash chain checked on the way. The chain is not broken:
//! a commit keeps the hash it had.
//!
//! Format 1 had a row for each transfer and each commit.

use super::block::{self, BlockWriter};
use super::commits::{self, CommitsWriter, Digest, chain, sha};
use super::entries::insert_block;
use super::rows::{self, Checked, damaged, id, unsigned};
use super::schema;
use pmts_kernel::Timestamp;
use pmts_ledger::{
    AccountId, Balance, Entry, EntryKind, Leg, Metadata, Transfer, TransferCode, TransferId, TransferKind,
};
use pmts_money::{Currency, Money};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;

/// Makes a directory of format 1 one of format 2. The caller has begun a transaction and ends it.
pub(super) fn from_format_1(db: &Connection) -> rusqlite::Result<()> {
    for table in ["commits", "accounts", "account_changes", "transfers", "answers"] {
        db.execute_batch(&format!("ALTER TABLE {table} RENAME TO old_{table};"))?;
    }
    db.execute_batch("DROP INDEX IF EXISTS account_changes_number;")?;
    db.execute_batch(schema::NEW_IN_FORMAT_2)?;
    db.execute_batch(
        "INSERT INTO accounts SELECT number, commit_seq, id, currency, chart, owner, entity, side, floor, ceiling, closed,
           NULL, NULL, checksum FROM old_accounts ORDER BY number;
         INSERT INTO account_changes SELECT seq, commit_seq, number, floor, ceiling, closed, NULL, checksum
           FROM old_account_changes ORDER BY seq;
         INSERT INTO answers SELECT row_number() OVER (ORDER BY commit_seq, scope, key), commit_seq, scope, key, fingerprint,
           body, checksum FROM old_answers;",
    )?;
    let mut facts = facts_before_entries(db)?;
    let marks = marks(db)?;
    let (mut block, mut row, mut checked) =
        (BlockWriter::default(), CommitsWriter::default(), Checked::default());
    let mut before: Vec<u8> = Vec::new();
    let mut entries = db.prepare(&format!("{SELECT_ENTRY} ORDER BY t.seq"))?;
    let mut entries = entries.query([])?;
    let mut next = entries.next()?.map(entry).transpose()?;
    let mut old = db.prepare("SELECT seq, time, by, state, hash FROM old_commits ORDER BY seq")?;
    let mut old = old.query([])?;
    while let Some(commit) = old.next()? {
        let (seq, time) = (unsigned(commit, 0)?, Timestamp::from_micros(commit.get(1)?));
        let by = commit.get_ref(2)?.as_str()?;
        let (state, hash): (Digest, Digest) = (commit.get(3)?, commit.get(4)?);
        let mut sums = facts.remove(&seq).unwrap_or_default();
        while let Some((e, of, sum)) = &next
            && *of == seq
        {
            if block.count == block::MOST {
                insert_block(db, &mut checked, &mut block)?;
            }
            if block.push(e, seq, &mut checked) != *sum {
                return Err(damaged(0, &format!("transfer row {} does not match its checksum", e.sequence)));
            }
            sums.extend_from_slice(&sum.to_le_bytes());
            next = entries.next()?.map(entry).transpose()?;
        }
        sums.extend_from_slice(marks.get(&seq).map_or(&[][..], |m| m));
        let now = chain(&before, seq, time, by, &sha(&sums), &state);
        if now != hash {
            return Err(damaged(0, &format!("the hash chain is broken at commit {seq}")));
        }
        if row.count == commits::MOST {
            row.insert(db, &mut checked, before.as_slice().try_into().unwrap_or(&now))?;
        }
        row.push(seq, time, by, (state != sha(&[])).then_some(&state));
        before = now.to_vec();
    }
    if let Some((e, ..)) = next {
        return Err(damaged(0, &format!("transfer row {} is of no commit", e.sequence)));
    }
    insert_block(db, &mut checked, &mut block)?;
    row.insert(db, &mut checked, &before.as_slice().try_into().unwrap_or_default())?;
    drop((entries, old));
    db.execute_batch(
        "DROP TABLE old_transfers; DROP TABLE old_commits; DROP TABLE old_account_changes; DROP TABLE old_accounts;
         DROP TABLE old_answers;
         UPDATE meta SET value = '2' WHERE key = 'format'; PRAGMA user_version = 2;",
    )
}

/// The checksums of accounts and their changes, by commit.
fn facts_before_entries(db: &Connection) -> rusqlite::Result<HashMap<u64, Vec<u8>>> {
    let mut facts: HashMap<u64, Vec<u8>> = HashMap::new();
    let mut add = |commit: i64, sum: i64| {
        facts.entry(commit.cast_unsigned()).or_default().extend_from_slice(&sum.to_le_bytes());
    };
    let mut accounts = db.prepare("SELECT * FROM accounts ORDER BY number")?;
    for row in accounts.query_map([], |r| rows::account(r).map(|(_, _, commit, sum)| (commit, sum)))? {
        let (commit, sum) = row?;
        add(commit, sum);
    }
    let mut changes = db.prepare("SELECT * FROM account_changes ORDER BY seq")?;
    for row in changes.query_map([], |r| rows::account_change(r).map(|(_, commit, sum, _)| (commit, sum)))? {
        let (commit, sum) = row?;
        add(commit, sum);
    }
    Ok(facts)
}

/// The checksums of the marks of refused ids, by commit.
fn marks(db: &Connection) -> rusqlite::Result<HashMap<u64, [u8; 8]>> {
    let mut refusals = db.prepare("SELECT * FROM refusals ORDER BY seq")?;
    let marks = refusals.query_map([], |r| {
        super::state::refusal(r).map(|(commit, sum)| (commit.cast_unsigned(), sum.to_le_bytes()))
    })?;
    marks.collect()
}

const SELECT_ENTRY: &str = "SELECT t.seq, t.commit_seq, t.time, t.id, t.kind, t.debit, t.credit, t.amount, t.code, t.reference,
  t.effective_day, t.expires, t.reservation, t.debit_version, t.debit_debits_posted, t.debit_credits_posted,
  t.debit_debits_reserved, t.debit_credits_reserved, t.credit_version, t.credit_debits_posted, t.credit_credits_posted,
  t.credit_debits_reserved, t.credit_credits_reserved, t.checksum, d.id, d.currency, c.id
  FROM old_transfers t JOIN accounts d ON d.number = t.debit JOIN accounts c ON c.number = t.credit";

/// Reads a row of [`SELECT_ENTRY`]: the entry, its commit and its checksum.
fn entry(row: &Row<'_>) -> rusqlite::Result<(Entry, u64, i64)> {
    let leg = |number: usize, version: usize| -> rusqlite::Result<Leg> {
        let after = Balance {
            debits_posted: row.get(version + 1)?,
            credits_posted: row.get(version + 2)?,
            debits_reserved: row.get(version + 3)?,
            credits_reserved: row.get(version + 4)?,
        };
        Ok(Leg { number: unsigned(row, number)?, after, version: unsigned(row, version)? })
    };
    let reservation = || -> rusqlite::Result<TransferId> { id(row, 12).map(TransferId::from_raw) };
    let (kind, transfer_kind) = match row.get::<_, i64>(4)? {
        1 => (EntryKind::Posted, TransferKind::Post),
        2 => (
            EntryKind::Reserved,
            TransferKind::Reserve { expires: row.get::<_, Option<i64>>(11)?.map(Timestamp::from_micros) },
        ),
        3 => (EntryKind::ReservationPosted, TransferKind::PostReserved { reservation: reservation()? }),
        4 => (EntryKind::ReservationVoided, TransferKind::Void { reservation: reservation()? }),
        5 => (EntryKind::ReservationExpired, TransferKind::Void { reservation: reservation()? }),
        _ => return Err(damaged(4, "an unknown kind of entry")),
    };
    let currency =
        Currency::from_code(row.get_ref(25)?.as_str()?).map_err(|_| damaged(25, "an unknown currency"))?;
    let transfer = Transfer {
        id: TransferId::from_raw(id(row, 3)?),
        kind: transfer_kind,
        debit: AccountId::from_raw(id(row, 24)?),
        credit: AccountId::from_raw(id(row, 26)?),
        amount: Money::new(row.get(7)?, currency),
        code: TransferCode(row.get(8)?),
        reference: row.get::<_, Option<[u8; 16]>>(9)?.map_or(0, u128::from_be_bytes),
        effective_day: row.get(10)?,
        metadata: Metadata::default(),
    };
    let time = Timestamp::from_micros(row.get(2)?);
    let entry =
        Entry { sequence: unsigned(row, 0)?, time, kind, transfer, debit: leg(5, 13)?, credit: leg(6, 18)? };
    Ok((entry, unsigned(row, 1)?, row.get(23)?))
}

/// The format written in a main file that has tables.
pub(super) fn format(db: &Connection) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT value FROM meta WHERE key = 'format'", [], |r| r.get(0)).optional()
}
