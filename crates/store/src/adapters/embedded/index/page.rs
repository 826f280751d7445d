//! Pages of a run: sorted keys with the sequences of their entries, packed.
//!
//! A run covers entries of consecutive sequences. Its items are sorted by key and first sequence; an item holds up to
//! [`ITEM_MOST`] sequences of one key. Accounts also hold version and sums after the last of them.

use super::{Kind, LegOf};
use crate::adapters::embedded::codec::{Damaged, Input, put, put_wide};
use pmts_ledger::Balance;

/// Most sequences in an item.
pub(super) const ITEM_MOST: usize = 512;
/// A page is full at so many bytes: a row then fills one page of the file.
const FULL: usize = 4_000;

/// A key with sequences, and for accounts the state after the last of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Item {
    pub(super) key: u128,
    pub(super) sequences: Vec<u64>,
    pub(super) version: u64,
    pub(super) after: Balance,
}

impl Item {
    pub(super) fn last(&self) -> Option<LegOf> {
        self.sequences.last().map(|s| LegOf { sequence: *s, version: self.version, after: self.after })
    }
}

/// A full page, ready to be written.
pub(super) struct Full {
    pub(super) body: Vec<u8>,
    pub(super) first: (u128, u64),
}

/// Packs items, given in order, into pages.
pub(super) struct Packer {
    kind: Kind,
    base: u64,
    body: Vec<u8>,
    item: Vec<u8>,
    first: (u128, u64),
    key: u128,
}

impl Packer {
    /// `base`: the first sequence of the run.
    pub(super) fn new(kind: Kind, base: u64) -> Self {
        Self { kind, base, body: Vec::with_capacity(FULL), item: Vec::new(), first: (0, 0), key: 0 }
    }

    /// Adds an item; gives the page before it if that is full.
    pub(super) fn push(&mut self, item: &Item) -> Option<Full> {
        let first = item.sequences.first()?;
        let out = &mut self.item;
        out.clear();
        if !self.kind.is_unique() {
            put(out, item.sequences.len() as u64);
        }
        put(out, first - self.base);
        for pair in item.sequences.windows(2) {
            put(out, pair[1] - pair[0]);
        }
        if self.kind == Kind::Accounts {
            let b = &item.after;
            put(out, item.version);
            for sum in [b.debits_posted, b.credits_posted, b.debits_reserved, b.credits_reserved] {
                put(out, sum.cast_unsigned());
            }
        }
        let full = if self.body.len() + self.item.len() + 10 > FULL { self.finish() } else { None };
        if self.body.is_empty() {
            (self.first, self.key) = ((item.key, *first), item.key);
        }
        put_wide(&mut self.body, item.key - self.key);
        self.body.extend_from_slice(&self.item);
        self.key = item.key;
        full
    }

    /// The last page, if there is something on it.
    pub(super) fn finish(&mut self) -> Option<Full> {
        if self.body.is_empty() {
            return None;
        }
        let body = std::mem::replace(&mut self.body, Vec::with_capacity(FULL));
        Some(Full { body, first: self.first })
    }
}

/// Reads a page item by item.
pub(super) struct Items<'a> {
    input: Input<'a>,
    kind: Kind,
    base: u64,
    key: u128,
}

impl<'a> Items<'a> {
    /// `first`: the first key of the page; `base`: the first sequence of the run.
    pub(super) fn new(body: &'a [u8], kind: Kind, first: u128, base: u64) -> Self {
        Self { input: Input(body), kind, base, key: first }
    }

    /// Reads the next item into `item`; `false` at the end.
    pub(super) fn next(&mut self, item: &mut Item) -> Result<bool, Damaged> {
        if self.input.is_empty() {
            return Ok(false);
        }
        let input = &mut self.input;
        let wrong = Damaged("it counts beyond its range");
        self.key = self.key.checked_add(input.wide()?).ok_or(wrong)?;
        item.key = self.key;
        item.sequences.clear();
        let count = if self.kind.is_unique() { 1 } else { input.number()? };
        if count == 0 || count > ITEM_MOST as u64 {
            return Err(Damaged("an item has no length or too much"));
        }
        let mut sequence = self.base.checked_add(input.number()?).ok_or(wrong)?;
        item.sequences.push(sequence);
        for _ in 1..count {
            sequence = sequence.checked_add(input.number()?).ok_or(wrong)?;
            item.sequences.push(sequence);
        }
        if self.kind == Kind::Accounts {
            item.version = input.number()?;
            item.after = Balance {
                debits_posted: input.amount()?,
                credits_posted: input.amount()?,
                debits_reserved: input.amount()?,
                credits_reserved: input.amount()?,
            };
        }
        Ok(true)
    }
}
