//! The thread of the index: writes sealed batches as runs and merges runs.

use super::merge::{FAN, Merge};
use super::page::{ITEM_MOST, Item};
use super::run::{Run, RunWriter, UNFINISHED, delete_pages};
use super::tail::Batch;
use super::{EntryIndex, Kind, Point, Runs, answer_key, days, file, lock};
use crate::adapters::embedded::entries::EntryScan;
use crate::adapters::embedded::rows::{blob, id, unsigned};
use crate::adapters::embedded::schema::open_reader;
use rusqlite::{Connection, Row, TransactionBehavior, params};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Pages of a merge written in one transaction.
const STEP: usize = 128;
/// Pages deleted in one transaction.
const DELETE_STEP: usize = 512;

/// What the thread has in hand.
struct Builder<'a> {
    index: &'a EntryIndex,
    db: Connection,
    main: Connection,
    next_run: i64,
    merge: Option<Merge>,
    dying: Vec<i64>,
}

impl<'a> Builder<'a> {
    fn new(index: &'a EntryIndex) -> rusqlite::Result<Self> {
        let db = file::open(&index.path)?;
        // The log is moved into the file by this thread, between batches.
        db.execute_batch("PRAGMA wal_autocheckpoint = 4000;")?;
        let main = open_reader(&index.dir).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
        let next_run = db.query_row("SELECT coalesce(max(id), 0) + 1 FROM runs", [], |r| r.get(0))?;
        Ok(Self { index, db, main, next_run, merge: None, dying: Vec::new() })
    }

    fn new_run(&mut self) -> i64 {
        self.next_run += 1;
        self.next_run - 1
    }

    /// Writes a batch as one run a kind.
    fn write(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        let ids = Kind::ALL.map(|_| self.new_run());
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut made: Vec<(Kind, Arc<Run>)> = Vec::new();
        for (kind, id) in Kind::ALL.into_iter().zip(ids) {
            let mut writer = RunWriter::new(kind, id, 0, batch.range(kind), batch.items(kind) as u64);
            each_item(batch, kind, |item| writer.push(&tx, item))?;
            let run = writer.finish(&tx)?;
            if run.pages() > 0 {
                run.insert(&tx, kind)?;
                made.push((kind, run));
            }
        }
        write_reservations(&tx, batch)?;
        days::write(&tx, batch, &self.main, &self.index.names)?;
        file::set_reach(&tx, &batch.reach)?;
        tx.commit()?;
        self.index.set_runs(|runs| {
            for (kind, run) in made {
                runs[kind as usize].push(run);
            }
        });
        Ok(())
    }

    /// Does a little of what is to be tidied; `false`: there is nothing.
    fn tidy(&mut self) -> rusqlite::Result<bool> {
        if let Some(id) = self.dying.last().copied().filter(|_| self.index.walks.load(Ordering::SeqCst) == 0)
        {
            let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let gone = delete_pages(&tx, id, DELETE_STEP)?;
            if gone {
                tx.execute("DELETE FROM runs WHERE id = ?", [id])?;
            }
            tx.commit()?;
            if gone {
                self.dying.pop();
            }
            return Ok(true);
        }
        if self.merge.is_none() {
            let runs = self.index.runs();
            let Some((kind, from)) = to_merge(&runs) else { return Ok(false) };
            let id = self.new_run();
            self.db.execute(
                "INSERT INTO runs VALUES (?, ?, ?, 0, 0, x'', 0, x'', x'', 0)",
                params![id, kind as i64 + 1, UNFINISHED],
            )?;
            self.merge = Some(Merge::new(&self.db, kind, &runs[kind as usize][from..from + FAN], id)?);
        }
        let Some(mut merge) = self.merge.take() else { return Ok(false) };
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !merge.step(&tx, STEP)? {
            tx.commit()?;
            self.merge = Some(merge);
            return Ok(true);
        }
        let (kind, old, id) = (merge.kind, merge.replaced(), merge.id());
        let run = merge.finish(&tx)?;
        run.insert(&tx, kind)?;
        for id in &old {
            tx.execute("UPDATE runs SET level = ? WHERE id = ?", params![UNFINISHED, id])?;
        }
        tx.commit()?;
        debug_assert_eq!(run.id, id);
        self.index.set_runs(|runs| {
            let runs = &mut runs[kind as usize];
            let at = runs.iter().position(|r| old.contains(&r.id)).unwrap_or(runs.len());
            runs.retain(|r| !old.contains(&r.id));
            runs.insert(at, run);
        });
        self.dying.extend(old);
        Ok(true)
    }
}

/// The first place where enough runs of one level lie beside each other.
fn to_merge(runs: &Runs) -> Option<(Kind, usize)> {
    Kind::ALL.into_iter().find_map(|kind| {
        let runs = &runs[kind as usize];
        let from = runs.windows(FAN).position(|w| w.iter().all(|r| r.level == w[0].level))?;
        Some((kind, from))
    })
}

/// Hands out the items of a batch in order.
pub(super) fn each_item(
    batch: &Batch,
    kind: Kind,
    mut push: impl FnMut(&Item) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut item = Item::default();
    let pairs = match kind {
        Kind::Accounts => {
            for number in batch.accounts() {
                let mut legs: Vec<_> = batch.legs_of(number).collect();
                legs.reverse();
                item.key = u128::from(number);
                for legs in legs.chunks(ITEM_MOST) {
                    item.sequences.clear();
                    item.sequences.extend(legs.iter().map(|l| l.sequence));
                    if let Some(last) = legs.last() {
                        (item.version, item.after) = (last.version, last.after);
                    }
                    push(&item)?;
                }
            }
            return Ok(());
        }
        Kind::Ids => batch.ids().collect(),
        Kind::References => batch.references.clone(),
        Kind::Metadata => batch.metadata.clone(),
        Kind::Answers => batch.answers().collect(),
    };
    let mut pairs: Vec<(u128, u64)> = pairs;
    if !pairs.is_sorted() {
        pairs.sort_unstable();
    }
    pairs.dedup();
    let most = if kind.is_unique() { 1 } else { ITEM_MOST };
    for same_key in pairs.chunk_by(|a, b| a.0 == b.0) {
        for some in same_key.chunks(most) {
            item.key = some[0].0;
            item.sequences.clear();
            item.sequences.extend(some.iter().map(|(_, s)| *s));
            push(&item)?;
        }
    }
    Ok(())
}

/// Sequence, commit and key of an answer.
fn read_answer(row: &Row<'_>) -> rusqlite::Result<(u64, u64, u128)> {
    Ok((
        unsigned(row, 0)?,
        unsigned(row, 1)?,
        answer_key(row.get_ref(2)?.as_str()?, row.get_ref(3)?.as_str()?),
    ))
}

pub(super) fn write_reservations(db: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    let mut open = db.prepare_cached("INSERT OR REPLACE INTO open_reservations VALUES (?, ?)")?;
    let mut resolve = db.prepare_cached("DELETE FROM open_reservations WHERE id = ?")?;
    for (id, (opened, resolved)) in &batch.reservations {
        match opened {
            Some(_) if *resolved => 0,
            None if *resolved => resolve.execute([blob(*id)])?,
            Some(sequence) => open.execute(params![blob(*id), sequence.cast_signed()])?,
            None => 0,
        };
    }
    Ok(())
}

impl EntryIndex {
    /// Reads the entries after `reach` from the main file into the tail, writing out full batches on the way.
    pub(super) fn catch_up(&self, main: &Connection, reach: Point) -> rusqlite::Result<()> {
        let mut builder = Builder::new(self)?;
        let mut batch = Batch::reaching(reach.clone());
        let mut groups = main.prepare("SELECT last, hash FROM commits WHERE first > ? ORDER BY first")?;
        let mut groups = groups.query([reach.commit.cast_signed()])?;
        let mut scan = EntryScan::after(main, &self.names, reach.sequence)?;
        let mut next = scan.next()?;
        let mut answers =
            main.prepare("SELECT seq, commit_seq, scope, key FROM answers WHERE seq > ? ORDER BY seq")?;
        let mut answers = answers.query([reach.answer.cast_signed()])?;
        let mut answer = answers.next()?.map(read_answer).transpose()?;
        while let Some(group) = groups.next()? {
            let last = group.get::<_, i64>(0)?.cast_unsigned();
            while let Some((entry, commit, _)) = &next
                && *commit <= last
            {
                batch.push(entry);
                next = scan.next()?;
            }
            let mut last_answer = batch.reach.answer;
            while let Some((sequence, commit, key)) = answer
                && commit <= last
            {
                batch.push_answer(key, sequence);
                last_answer = sequence;
                answer = answers.next()?.map(read_answer).transpose()?;
            }
            let sequence = if batch.has_entries() { batch.last() } else { batch.reach.sequence };
            batch.reach = Point { commit: last, hash: group.get(1)?, sequence, answer: last_answer };
            if batch.len() >= self.seal_at {
                builder.write(&batch)?;
                while builder.tidy()? {}
                batch = Batch::reaching(batch.reach.clone());
            }
        }
        lock(&self.tail).active = batch;
        Ok(())
    }

    /// Writes sealed batches until the index is closed: the body of its thread.
    pub(in crate::adapters::embedded) fn build(&self) {
        let mut builder = None;
        loop {
            let batch = {
                let tail = lock(&self.tail);
                if tail.closing && tail.sealed.is_none() {
                    return;
                }
                tail.sealed.clone()
            };
            let worked = (|| {
                let builder = match &mut builder {
                    Some(builder) => builder,
                    none => none.insert(Builder::new(self)?),
                };
                match &batch {
                    Some(batch) => builder.write(batch).map(|()| true),
                    None => builder.tidy(),
                }
            })();
            let mut tail = lock(&self.tail);
            let idle = match worked {
                Ok(worked) => {
                    tail.failing = None;
                    if batch.is_some() {
                        tail.sealed = None;
                        if tail.active.len() >= self.seal_at {
                            tail.sealed = Some(Arc::new(std::mem::take(&mut tail.active)));
                        }
                        self.changed.notify_all();
                    }
                    !worked
                }
                Err(e) => {
                    tail.failing = Some(e.to_string());
                    // What is in hand may be half done: it begins again from the file.
                    builder = None;
                    if tail.closing {
                        return;
                    }
                    true
                }
            };
            if idle && !tail.closing && (tail.sealed.is_none() || tail.failing.is_some()) {
                let wait = Duration::from_millis(500);
                drop(self.changed.wait_timeout(tail, wait).unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    /// Sequences of the entries that made the reservations open now.
    pub(in crate::adapters::embedded) fn open_reservations(&self) -> rusqlite::Result<Vec<u64>> {
        let tail = lock(&self.tail);
        let mut open: HashMap<u128, u64> = self.with_reader(|db| {
            let mut select = db.prepare("SELECT id, seq FROM open_reservations")?;
            select.query_map([], |r| Ok((id(r, 0)?, r.get::<_, i64>(1)?.cast_unsigned())))?.collect()
        })?;
        for batch in tail.sealed.as_deref().into_iter().chain([&tail.active]) {
            for (id, (opened, resolved)) in &batch.reservations {
                match opened {
                    _ if *resolved => open.remove(id),
                    Some(sequence) => open.insert(*id, *sequence),
                    None => None,
                };
            }
        }
        let mut sequences: Vec<u64> = open.into_values().collect();
        sequences.sort_unstable();
        Ok(sequences)
    }
}
