//! Runs: the index of entries of consecutive sequences, as sorted pages in the index file.

use super::filter::Filter;
use super::page::{Full, Item, Items, Packer};
use super::{Kind, LegOf};
use crate::adapters::embedded::codec::{Damaged, Input, put, put_wide};
use crate::adapters::embedded::rows::{Checked, blob};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;

/// Pages of a run have the numbers from its own shifted by so many bits.
const PAGE_BITS: u32 = 32;

/// A run that is being made, or whose pages are being deleted.
pub(super) const UNFINISHED: i64 = -1;

/// A run: where its pages lie, and what each begins with.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) id: i64,
    pub(super) level: i64,
    pub(super) first_sequence: u64,
    pub(super) last_sequence: u64,
    pub(super) last_key: u128,
    keys: Vec<u128>,
    sequences: Vec<u64>,
    filter: Filter,
    /// How many items it has.
    pub(super) items: u64,
}

/// What went wrong in reading a page.
pub(super) fn damaged(what: impl std::fmt::Display) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, what.to_string().into())
}

fn page_checksum(id: i64, body: &[u8]) -> i64 {
    Checked::default().int(id).bytes(body).sum()
}

/// Checks a row of `pages`: id, body, checksum.
pub(super) fn check_page(row: &Row<'_>) -> rusqlite::Result<()> {
    let id = row.get(0)?;
    if page_checksum(id, row.get_ref(1)?.as_blob()?) == row.get::<_, i64>(2)? {
        return Ok(());
    }
    Err(damaged(format_args!("span page {id} does not match its checksum")))
}

impl Run {
    pub(super) fn pages(&self) -> usize {
        self.keys.len()
    }

    /// `false`: no item has this key.
    pub(super) fn may_hold(&self, key: u128) -> bool {
        key <= self.last_key
            && self.keys.first().is_some_and(|first| *first <= key)
            && self.filter.may_hold(key)
    }

    /// The page in which `(key, sequence)` lies if it is in the run; `None`: it would lie before the first.
    fn page_of(&self, key: u128, sequence: u64) -> Option<usize> {
        let after = self.keys.partition_point(|k| *k < key);
        let equal = self.keys[after..].partition_point(|k| *k == key);
        let within = self.sequences[after..after + equal].partition_point(|s| *s <= sequence);
        (after + within).checked_sub(1)
    }

    fn page_id(&self, page: usize) -> i64 {
        (self.id << PAGE_BITS) + page as i64
    }

    /// Reads a page and hands its items to `each` until it answers `false`. `Ok(false)`: the page is not there.
    pub(super) fn read(
        &self,
        db: &Connection,
        kind: Kind,
        page: usize,
        mut each: impl FnMut(&Item) -> bool,
    ) -> rusqlite::Result<bool> {
        let id = self.page_id(page);
        let mut select = db.prepare_cached("SELECT body, checksum FROM pages WHERE id = ?")?;
        let read = |row: &Row<'_>| {
            let body = row.get_ref(0)?.as_blob()?;
            let named = |e: Damaged| damaged(format_args!("span page {id}: {}", e.0));
            if page_checksum(id, body) != row.get::<_, i64>(1)? {
                return Err(damaged(format_args!("span page {id} does not match its checksum")));
            }
            let (mut items, mut item) =
                (Items::new(body, kind, self.keys[page], self.first_sequence), Item::default());
            while items.next(&mut item).map_err(named)? && each(&item) {}
            Ok(())
        };
        Ok(select.query_row([id], read).optional()?.is_some())
    }

    /// Goes through the items of a key in order, from the one that may hold `from` on. `Ok(false)`: a page is not there.
    pub(super) fn items(
        &self,
        db: &Connection,
        kind: Kind,
        key: u128,
        from: u64,
        mut each: impl FnMut(&Item) -> bool,
    ) -> rusqlite::Result<bool> {
        let mut page = self.page_of(key, from).unwrap_or(0);
        let mut go_on = true;
        while go_on && page < self.pages() && self.keys[page] <= key {
            let there = self.read(db, kind, page, |item| {
                if item.key > key {
                    go_on = false;
                } else if item.key == key {
                    go_on = each(item);
                }
                go_on
            })?;
            if !there {
                return Ok(false);
            }
            page += 1;
        }
        Ok(true)
    }

    /// Goes through the items of a key backwards, from the one that may hold `until` on. `Ok(false)`: a page is not there.
    pub(super) fn items_back(
        &self,
        db: &Connection,
        kind: Kind,
        key: u128,
        until: u64,
        mut each: impl FnMut(&Item) -> bool,
    ) -> rusqlite::Result<bool> {
        let Some(last) = self.page_of(key, until) else { return Ok(true) };
        for page in (0..=last).rev() {
            let mut items = Vec::new();
            let there = self.read(db, kind, page, |item| {
                if item.key == key {
                    items.push(item.clone());
                }
                item.key <= key
            })?;
            if !there {
                return Ok(false);
            }
            if !items.iter().rev().all(&mut each) || self.keys[page] < key {
                break;
            }
        }
        Ok(true)
    }

    /// Goes through the items of the last page that begins below a key, those below the key.
    pub(super) fn items_below(
        &self,
        db: &Connection,
        kind: Kind,
        key: u128,
        mut each: impl FnMut(&Item),
    ) -> rusqlite::Result<bool> {
        let Some(page) = self.keys.partition_point(|k| *k < key).checked_sub(1) else { return Ok(true) };
        self.read(db, kind, page, |item| {
            if item.key < key {
                each(item);
            }
            item.key < key
        })
    }

    /// The last leg of an account at or before a sequence; its state is known if it is the last of its item.
    pub(super) fn last(
        &self,
        db: &Connection,
        key: u128,
        until: u64,
    ) -> rusqlite::Result<Option<Option<Found>>> {
        let Some(page) = self.page_of(key, until) else { return Ok(Some(None)) };
        let mut found = None;
        let there = self.read(db, Kind::Accounts, page, |item| {
            if item.key == key && item.sequences[0] <= until {
                let at = item.sequences.partition_point(|s| *s <= until);
                found = if at == item.sequences.len() {
                    item.last().map(Found::Leg)
                } else {
                    at.checked_sub(1).map(|n| Found::Sequence(item.sequences[n]))
                };
            }
            item.key <= key
        })?;
        Ok(there.then_some(found))
    }

    /// The directory as it lies in the file.
    fn directory(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut before = 0;
        for (key, sequence) in self.keys.iter().zip(&self.sequences) {
            put_wide(&mut out, key - before);
            put(&mut out, sequence - self.first_sequence);
            before = *key;
        }
        out
    }

    /// Reads a row of `runs`: its kind and the run.
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<(Kind, Self)> {
        let (id, kind, level): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (first, last): (i64, i64) = (row.get(3)?, row.get(4)?);
        let last_key = u128::from_be_bytes(row.get(5)?);
        let (items, directory, filter): (i64, _, _) =
            (row.get(6)?, row.get_ref(7)?.as_blob()?, row.get_ref(8)?.as_blob()?);
        let sum = row_checksum((id, kind, level), (first, last), last_key, items, directory, filter);
        if sum != row.get::<_, i64>(9)? {
            return Err(damaged(format_args!("span run {id} does not match its checksum")));
        }
        let kind = Kind::from_number(kind).ok_or_else(|| damaged("a run of an unknown kind"))?;
        let mut run = Self {
            id,
            level,
            first_sequence: first.cast_unsigned(),
            last_sequence: last.cast_unsigned(),
            last_key,
            items: items.cast_unsigned(),
            filter: Filter::from_bytes(filter).ok_or_else(|| damaged("a filter of another length"))?,
            ..Self::default()
        };
        let (mut input, mut key) = (Input(directory), 0u128);
        while !input.is_empty() {
            let mut next = || -> Result<(u128, u64), Damaged> { Ok((input.wide()?, input.number()?)) };
            let (step, sequence) = next().map_err(|e| damaged(e.0))?;
            key = key.wrapping_add(step);
            run.keys.push(key);
            run.sequences.push(run.first_sequence.wrapping_add(sequence));
        }
        Ok((kind, run))
    }

    pub(super) fn insert(&self, db: &Connection, kind: Kind) -> rusqlite::Result<()> {
        let range = (self.first_sequence.cast_signed(), self.last_sequence.cast_signed());
        let (directory, filter, items) = (self.directory(), self.filter.to_bytes(), self.items.cast_signed());
        let name = (self.id, kind.number(), self.level);
        let sum = row_checksum(name, range, self.last_key, items, &directory, &filter);
        let key = blob(self.last_key);
        db.prepare_cached("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
            .execute(params![name.0, name.1, name.2, range.0, range.1, key, items, directory, filter, sum])?;
        Ok(())
    }
}

fn row_checksum(
    (id, kind, level): (i64, i64, i64),
    range: (i64, i64),
    last_key: u128,
    items: i64,
    directory: &[u8],
    filter: &[u8],
) -> i64 {
    let mut c = Checked::default();
    c.int(id).int(kind).int(level).int(range.0).int(range.1).id(last_key).int(items);
    c.bytes(directory).bytes(filter).sum()
}

/// What a run knows of a leg.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    /// All of it.
    Leg(LegOf),
    /// Its sequence; the state after it is in the entry.
    Sequence(u64),
}

/// Writes a run, page by page.
pub(super) struct RunWriter {
    packer: Packer,
    run: Run,
}

impl RunWriter {
    /// `items`: at most so many are to come.
    pub(super) fn new(kind: Kind, id: i64, level: i64, (first, last): (u64, u64), items: u64) -> Self {
        let filter = match kind {
            Kind::Ids | Kind::Answers | Kind::Accounts => {
                Filter::for_keys(usize::try_from(items).unwrap_or(0))
            }
            Kind::References | Kind::Metadata => Filter::default(),
        };
        let run = Run { id, level, first_sequence: first, last_sequence: last, filter, ..Run::default() };
        Self { packer: Packer::new(kind, first), run }
    }

    pub(super) fn id(&self) -> i64 {
        self.run.id
    }

    /// How many pages it has written.
    pub(super) fn pages(&self) -> usize {
        self.run.pages()
    }

    /// Items in order of key and sequence.
    pub(super) fn push(&mut self, db: &Connection, item: &Item) -> rusqlite::Result<()> {
        self.run.last_key = item.key;
        self.run.items += 1;
        if !self.run.filter.is_empty() {
            self.run.filter.insert(item.key);
        }
        match self.packer.push(item) {
            Some(full) => self.page(db, &full),
            None => Ok(()),
        }
    }

    fn page(&mut self, db: &Connection, full: &Full) -> rusqlite::Result<()> {
        let id = self.run.page_id(self.run.pages());
        self.run.keys.push(full.first.0);
        self.run.sequences.push(full.first.1);
        let sum = page_checksum(id, &full.body);
        db.prepare_cached("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)")?
            .execute(params![id, full.body, sum])?;
        Ok(())
    }

    /// Writes what is left; the run's row is still to be inserted.
    pub(super) fn finish(mut self, db: &Connection) -> rusqlite::Result<Arc<Run>> {
        if let Some(full) = self.packer.finish() {
            self.page(db, &full)?;
        }
        Ok(Arc::new(self.run))
    }
}

/// Deletes at most `most` pages of a run, from the end; says whether none is left.
pub(super) fn delete_pages(db: &Connection, run: i64, most: usize) -> rusqlite::Result<bool> {
    let (low, high) = (run << PAGE_BITS, (run + 1) << PAGE_BITS);
    let deleted = db
        .prepare_cached("DELETE FROM pages WHERE id IN (SELECT id FROM pages WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?)")?
        .execute(params![low, high, most as i64])?;
    Ok(deleted < most)
}
