//! Blocks of entries: how they are written to the main file, and read back from it and the archive: where there is an archive,
//! `entries` without the name of a file is both ([`super::archive`]).

use super::block::{BlockReader, BlockWriter, Packed};
use super::codec::Damaged;
use super::names::Names;
use super::rows::{Checked, damaged, entry_checksum, unsigned};
use pmts_kernel::Timestamp;
use pmts_ledger::Entry;
use pmts_money::{Currency, Money};
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

fn block_checksum(c: &mut Checked, first: i64, last: i64, time: i64, body: &[u8]) -> i64 {
    c.int(first).int(last).int(time).bytes(body).sum()
}

/// Appends a block; nothing if it is empty. The writer is empty then.
pub(super) fn insert_block(db: &Connection, c: &mut Checked, w: &mut BlockWriter) -> rusqlite::Result<()> {
    if w.count == 0 {
        return Ok(());
    }
    let (first, last) = (w.first.cast_signed(), (w.first + w.count as u64 - 1).cast_signed());
    let sum = block_checksum(c, first, last, w.time, &w.body);
    db.prepare_cached("INSERT INTO main.entries VALUES (?, ?, ?, ?, ?)")?
        .execute(params![first, last, w.time, w.body, sum])?;
    w.clear();
    Ok(())
}

/// A block as read back and checked: its first and last sequence, and its body.
struct Block {
    first: u64,
    last: u64,
    body: Vec<u8>,
}

fn block(row: &Row<'_>) -> rusqlite::Result<Block> {
    let (first, last, time): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let body: Vec<u8> = row.get(3)?;
    if block_checksum(&mut Checked::default(), first, last, time, &body) != row.get::<_, i64>(4)? {
        return Err(damaged(
            4,
            &format!("the block of entries {first} to {last} does not match its checksum"),
        ));
    }
    Ok(Block { first: unsigned(row, 0)?, last: unsigned(row, 1)?, body })
}

/// Puts the ids and the currency of its accounts into an entry and checks it.
fn complete(db: &Connection, names: &Names, packed: Packed) -> rusqlite::Result<(Entry, u64, i64)> {
    let Packed { mut entry, commit, checksum } = packed;
    let (debit, credit) = (names.get(db, entry.debit.number)?, names.get(db, entry.credit.number)?);
    (entry.transfer.debit, entry.transfer.credit) = (debit.id, credit.id);
    entry.transfer.amount = Money::new(entry.transfer.amount.minor(), debit.currency);
    if entry_checksum(&mut Checked::default(), &entry, commit) != checksum {
        return Err(damaged(0, &format!("entry {} does not match its checksum", entry.sequence)));
    }
    Ok((entry, commit, checksum))
}

/// A currency that stands in until the accounts of an entry are known.
fn stand_in() -> rusqlite::Result<Currency> {
    Currency::from_code("EUR").map_err(|_| damaged(0, "no currency"))
}

fn unreadable(first: u64) -> impl Fn(Damaged) -> rusqlite::Error {
    move |e| damaged(0, &format!("the block of entries from {first} on: {}", e.0))
}

/// Reads single entries; those of one block are best asked for one after the other.
pub(super) struct Fetch<'a> {
    db: &'a Connection,
    names: &'a Names,
    block: Option<Block>,
}

impl<'a> Fetch<'a> {
    pub(super) fn new(db: &'a Connection, names: &'a Names) -> Self {
        Self { db, names, block: None }
    }

    /// The entry of a sequence.
    pub(super) fn at(&mut self, sequence: u64) -> rusqlite::Result<Option<Entry>> {
        if !self.block.as_ref().is_some_and(|b| (b.first..=b.last).contains(&sequence)) {
            let mut select = self
                .db
                .prepare_cached("SELECT * FROM entries WHERE first <= ? ORDER BY first DESC LIMIT 1")?;
            self.block = select.query_row([sequence.cast_signed()], block).optional()?;
        }
        let Some(block) = self.block.as_ref().filter(|b| b.last >= sequence) else { return Ok(None) };
        let mut reader = BlockReader::new(&block.body, block.first);
        let currency = stand_in()?;
        while let Some(packed) = reader.next(currency).map_err(unreadable(block.first))? {
            if packed.entry.sequence == sequence {
                return complete(self.db, self.names, packed).map(|(entry, ..)| Some(entry));
            }
        }
        Ok(None)
    }
}

/// Reads entries in order, block by block.
pub(super) struct EntryScan<'a> {
    db: &'a Connection,
    names: &'a Names,
    select: Statement<'a>,
    after: u64,
    ready: std::collections::VecDeque<Packed>,
}

impl<'a> EntryScan<'a> {
    /// Entries after a sequence.
    pub(super) fn after(db: &'a Connection, names: &'a Names, after: u64) -> rusqlite::Result<Self> {
        // The block that holds the sequence may hold some after it.
        let from: Option<i64> = db
            .prepare_cached("SELECT first FROM entries WHERE first <= ? ORDER BY first DESC LIMIT 1")?
            .query_row([after.cast_signed()], |r| r.get(0))
            .optional()?;
        let select = db.prepare("SELECT * FROM entries WHERE first >= ? ORDER BY first LIMIT 1")?;
        let mut scan = Self { db, names, select, after, ready: Default::default() };
        scan.read(from.unwrap_or(0).cast_unsigned())?;
        Ok(scan)
    }

    fn read(&mut self, from: u64) -> rusqlite::Result<()> {
        let Some(block) = self.select.query_row([from.cast_signed()], block).optional()? else {
            return Ok(());
        };
        let mut reader = BlockReader::new(&block.body, block.first);
        let currency = stand_in()?;
        while let Some(packed) = reader.next(currency).map_err(unreadable(block.first))? {
            if packed.entry.sequence > self.after {
                self.ready.push_back(packed);
            }
        }
        Ok(())
    }

    /// The next entry, its commit and its checksum.
    pub(super) fn next(&mut self) -> rusqlite::Result<Option<(Entry, u64, i64)>> {
        if self.ready.is_empty() {
            self.read(self.after + 1)?;
        }
        let Some(packed) = self.ready.pop_front() else { return Ok(None) };
        self.after = packed.entry.sequence;
        complete(self.db, self.names, packed).map(Some)
    }

    /// Goes on after the block that could not be read.
    pub(super) fn skip_block(&mut self) -> rusqlite::Result<bool> {
        self.ready.clear();
        let next: Option<(i64, i64)> = self
            .db
            .prepare_cached("SELECT first, last FROM entries WHERE first > ? ORDER BY first LIMIT 1")?
            .query_row([self.after.cast_signed()], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        let Some((first, last)) = next else { return Ok(false) };
        // The last one it names may be wrong: it goes on in any case.
        self.after = if (first..first + super::block::MOST as i64).contains(&last) { last } else { first }
            .cast_unsigned();
        Ok(true)
    }
}

/// The last entry recorded at or before a moment: times grow with sequences.
pub(super) fn sequence_at(db: &Connection, at: Timestamp) -> rusqlite::Result<u64> {
    // The block that holds the moment is looked for by halving; then its entries are gone through.
    let mut probe =
        db.prepare_cached("SELECT first, time FROM entries WHERE first <= ? ORDER BY first DESC LIMIT 1")?;
    let highest = db
        .prepare_cached("SELECT first FROM entries ORDER BY first DESC LIMIT 1")?
        .query_row([], |r| r.get(0))
        .optional()?
        .unwrap_or(0);
    let (mut low, mut high): (i64, i64) = (0, highest);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        let (first, time): (i64, i64) = probe.query_row([middle], |r| Ok((r.get(0)?, r.get(1)?)))?;
        if time <= at.as_micros() {
            // No block begins between `first` and `middle`.
            low = middle.max(first);
        } else {
            high = first - 1;
        }
    }
    let found = db
        .prepare_cached("SELECT * FROM entries WHERE first <= ? ORDER BY first DESC LIMIT 1")?
        .query_row([low], block)
        .optional()?;
    let Some(found) = found else { return Ok(0) };
    let mut last = found.first - 1;
    let mut reader = BlockReader::new(&found.body, found.first);
    let currency = stand_in()?;
    while let Some(packed) = reader.next(currency).map_err(unreadable(found.first))? {
        if packed.entry.time > at {
            break;
        }
        last = packed.entry.sequence;
    }
    Ok(last)
}

/// Sequence and time of the last entry; zeros if there is none.
pub(super) fn last_entry(db: &Connection) -> rusqlite::Result<(u64, Timestamp)> {
    let found = db.query_row("SELECT * FROM entries ORDER BY first DESC LIMIT 1", [], block).optional()?;
    let Some(found) = found else { return Ok((0, Timestamp::default())) };
    let mut last = (0, Timestamp::default());
    let mut reader = BlockReader::new(&found.body, found.first);
    let currency = stand_in()?;
    while let Some(packed) = reader.next(currency).map_err(unreadable(found.first))? {
        last = (packed.entry.sequence, packed.entry.time);
    }
    Ok(last)
}
