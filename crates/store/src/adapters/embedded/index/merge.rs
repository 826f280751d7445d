//! Runs of one level become one run of the next, a few pages at a time, so that what comes in meanwhile does not wait.

use super::Kind;
use super::page::{ITEM_MOST, Item};
use super::run::{Run, RunWriter, damaged};
use rusqlite::Connection;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

/// So many runs of one level are merged.
pub(super) const FAN: usize = 8;

/// One of the runs being merged: what is read of it and not yet written.
struct Source {
    run: Arc<Run>,
    page: usize,
    items: VecDeque<Item>,
}

impl Source {
    fn fill(&mut self, db: &Connection, kind: Kind) -> rusqlite::Result<()> {
        if self.items.is_empty() && self.page < self.run.pages() {
            let items = &mut self.items;
            let there = self.run.read(db, kind, self.page, |item| {
                items.push_back(item.clone());
                true
            })?;
            if !there {
                return Err(damaged(format_args!("a page of run {} is missing", self.run.id)));
            }
            self.page += 1;
        }
        Ok(())
    }
}

/// The items of several runs of adjacent sequences, oldest run first, in order of key and sequence.
pub(super) struct Walk {
    kind: Kind,
    sources: Vec<Source>,
    /// Smallest first: key, first sequence, place of the source.
    heads: BinaryHeap<Reverse<(u128, u64, usize)>>,
}

impl Walk {
    pub(super) fn new(db: &Connection, kind: Kind, runs: &[Arc<Run>]) -> rusqlite::Result<Self> {
        let mut sources: Vec<Source> =
            runs.iter().map(|run| Source { run: run.clone(), page: 0, items: VecDeque::new() }).collect();
        let mut heads = BinaryHeap::new();
        for (place, source) in sources.iter_mut().enumerate() {
            source.fill(db, kind)?;
            if let Some(item) = source.items.front() {
                heads.push(Reverse((item.key, item.sequences[0], place)));
            }
        }
        Ok(Self { kind, sources, heads })
    }

    /// The next item.
    pub(super) fn next(&mut self, db: &Connection) -> rusqlite::Result<Option<Item>> {
        let Some(Reverse((_, _, place))) = self.heads.pop() else { return Ok(None) };
        let source = &mut self.sources[place];
        let item = source.items.pop_front();
        source.fill(db, self.kind)?;
        if let Some(next) = source.items.front() {
            self.heads.push(Reverse((next.key, next.sequences[0], place)));
        }
        Ok(item)
    }
}

/// A merge under way.
pub(super) struct Merge {
    pub(super) kind: Kind,
    walk: Walk,
    writer: RunWriter,
    pending: Option<Item>,
}

impl Merge {
    /// A merge of adjacent runs, oldest first, into the run `id`.
    pub(super) fn new(db: &Connection, kind: Kind, runs: &[Arc<Run>], id: i64) -> rusqlite::Result<Self> {
        let level = runs.iter().map(|r| r.level).max().unwrap_or(0) + 1;
        let range =
            (runs.first().map_or(0, |r| r.first_sequence), runs.last().map_or(0, |r| r.last_sequence));
        let items = runs.iter().map(|r| r.items).sum();
        let writer = RunWriter::new(kind, id, level, range, items);
        Ok(Self { kind, walk: Walk::new(db, kind, runs)?, writer, pending: None })
    }

    pub(super) fn id(&self) -> i64 {
        self.writer.id()
    }

    pub(super) fn replaced(&self) -> Vec<i64> {
        self.walk.sources.iter().map(|s| s.run.id).collect()
    }

    /// Writes at most `pages` more; `true` when all is written.
    pub(super) fn step(&mut self, db: &Connection, pages: usize) -> rusqlite::Result<bool> {
        let stop_at = self.writer.pages() + pages;
        while self.writer.pages() < stop_at {
            let Some(item) = self.walk.next(db)? else {
                if let Some(last) = self.pending.take() {
                    self.writer.push(db, &last)?;
                }
                return Ok(true);
            };
            match &mut self.pending {
                Some(open)
                    if open.key == item.key
                        && !self.kind.is_unique()
                        && open.sequences.len() + item.sequences.len() <= ITEM_MOST =>
                {
                    open.sequences.extend_from_slice(&item.sequences);
                    (open.version, open.after) = (item.version, item.after);
                }
                pending => {
                    if let Some(done) = pending.replace(item) {
                        self.writer.push(db, &done)?;
                    }
                }
            }
        }
        Ok(false)
    }

    /// The merged run, once `step` has said `true`.
    pub(super) fn finish(self, db: &Connection) -> rusqlite::Result<Arc<Run>> {
        self.writer.finish(db)
    }
}
