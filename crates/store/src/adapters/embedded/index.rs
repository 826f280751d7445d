//! Which entries touched an account: the only way account history is found.
//!
//! A table in the main file keyed by account would cost every commit scattered page writes, so the index lies in a file
//! of its own, `index.db`, and is built behind the commit: the newest entries are kept in memory (the tail); when the
//! tail is full it is sealed, and a thread writes it out as *spans*, sorted by account: (account, first sequence) and the
//! delta-encoded sequences. Reads merge spans and tail, so they are never stale. The file can be deleted: it is built
//! anew from the main file at the next opening. Beside the spans it keeps which reservations are open.

use super::error::{file as file_error, opening};
use super::rows::{Checked, blob, id};
use super::schema::open_file;
use crate::StoreError;
use pmts_kernel::Timestamp;
use pmts_ledger::{Entry, EntryKind, TransferKind};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The name of the index file.
pub(super) const FILE: &str = "index.db";
const FORMAT: &str = "1";
/// Legs in memory before a batch is sealed.
const SEAL_AT: usize = 100_000;
/// Legs in memory at which the writer waits for the index.
const WAIT_AT: usize = 4 * SEAL_AT;
/// Most sequences in one span.
const SPAN_MAX: usize = 4_096;

/// How far a batch reaches: the last commit in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) commit: u64,
    pub(super) hash: Vec<u8>,
    pub(super) sequence: u64,
}

#[derive(Default)]
struct Batch {
    legs: HashMap<u64, Vec<u64>>,
    count: usize,
    /// Transfer id of a reservation: its sequence if it was opened in this batch, and whether it was resolved in it.
    reservations: HashMap<u128, (Option<u64>, bool)>,
    reach: Point,
}

#[derive(Default)]
struct Tail {
    active: Batch,
    sealed: Option<Arc<Batch>>,
    failing: Option<String>,
    closing: bool,
}

/// The index of one data directory.
pub(super) struct EntryIndex {
    path: PathBuf,
    tail: Mutex<Tail>,
    changed: Condvar,
    readers: Mutex<Vec<Connection>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Batch {
    fn push(&mut self, entry: u64, debit: u64, credit: u64) {
        for account in [debit, credit] {
            self.legs.entry(account).or_default().push(entry);
        }
        self.count += 2;
    }

    fn reserved(&mut self, id: u128, sequence: u64) {
        self.reservations.insert(id, (Some(sequence), false));
    }

    fn resolved(&mut self, id: u128) {
        self.reservations.entry(id).or_default().1 = true;
    }

    fn of(&self, account: u64) -> &[u64] {
        self.legs.get(&account).map_or(&[], Vec::as_slice)
    }
}

impl EntryIndex {
    /// Opens the index of `main`, or makes it anew if it is missing, damaged or of another history, and reads the entries
    /// it does not hold yet.
    pub(super) fn open(dir: &Path, main: &Connection, instance: &str) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let reach = match usable(&path, main, instance) {
            Some(reach) => reach,
            None => {
                for suffix in ["", "-wal", "-shm"] {
                    let old = dir.join(format!("{FILE}{suffix}"));
                    match std::fs::remove_file(&old) {
                        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                            return Err(file_error(&old, &e));
                        }
                        _ => {}
                    }
                }
                create(&path, instance).map_err(|e| opening(&path, e))?;
                Point::default()
            }
        };
        let index = Self { path, tail: Mutex::default(), changed: Condvar::new(), readers: Mutex::default() };
        index.catch_up(main, reach).map_err(|e| opening(&index.path, e))?;
        Ok(index)
    }

    /// Reads the entries after `reach` from the main file into the tail, writing out full batches on the way.
    fn catch_up(&self, main: &Connection, reach: Point) -> rusqlite::Result<()> {
        let mut batch = Batch { reach: reach.clone(), ..Batch::default() };
        let mut hash = main.prepare("SELECT hash FROM commits WHERE seq = ?")?;
        let mut select = main.prepare("SELECT seq, commit_seq, debit, credit, kind, id, reservation FROM transfers WHERE seq > ? ORDER BY seq")?;
        let mut rows = select.query([reach.sequence.cast_signed()])?;
        while let Some(row) = rows.next()? {
            let (sequence, commit) =
                (row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned());
            if batch.count >= SEAL_AT && commit != batch.reach.commit {
                batch.reach.hash = hash.query_row([batch.reach.commit.cast_signed()], |r| r.get(0))?;
                write_batch(&self.path, &batch)?;
                batch = Batch::default();
            }
            batch.push(
                sequence,
                row.get::<_, i64>(2)?.cast_unsigned(),
                row.get::<_, i64>(3)?.cast_unsigned(),
            );
            match row.get::<_, i64>(4)? {
                2 => batch.reserved(id(row, 5)?, sequence),
                3..=5 => batch.resolved(id(row, 6)?),
                _ => {}
            }
            (batch.reach.commit, batch.reach.sequence) = (commit, sequence);
        }
        if batch.reach.commit > 0 {
            batch.reach.hash = hash.query_row([batch.reach.commit.cast_signed()], |r| r.get(0))?;
        }
        lock(&self.tail).active = batch;
        Ok(())
    }

    /// Adds the entries of a group that is durable; `reach` is its last commit.
    pub(super) fn append(&self, entries: &[Entry], reach: Point) {
        let mut tail = lock(&self.tail);
        for e in entries {
            tail.active.push(e.sequence, e.debit.number, e.credit.number);
            match (e.kind, e.transfer.kind) {
                (EntryKind::Reserved, _) => tail.active.reserved(e.transfer.id.raw(), e.sequence),
                (EntryKind::Posted, _) => {}
                (_, TransferKind::PostReserved { reservation } | TransferKind::Void { reservation }) => {
                    tail.active.resolved(reservation.raw())
                }
                _ => {}
            }
        }
        tail.active.reach = reach;
        if tail.active.count >= SEAL_AT && tail.sealed.is_none() {
            tail.sealed = Some(Arc::new(std::mem::take(&mut tail.active)));
            self.changed.notify_all();
        }
    }

    /// Waits until the index has caught up enough for the writer to go on.
    ///
    /// # Errors
    /// Why the index cannot be written.
    pub(super) fn wait_for_room(&self) -> Result<(), String> {
        let mut tail = lock(&self.tail);
        while tail.active.count >= WAIT_AT && tail.sealed.is_some() {
            if let Some(why) = &tail.failing {
                return Err(why.clone());
            }
            tail = self
                .changed
                .wait_timeout(tail, std::time::Duration::from_secs(1))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        Ok(())
    }

    /// Writes sealed batches until the index is closed: the body of its thread.
    pub(super) fn build(&self) {
        loop {
            let mut tail = lock(&self.tail);
            let batch = loop {
                if let Some(batch) = &tail.sealed {
                    break batch.clone();
                }
                if tail.closing {
                    return;
                }
                tail = self.changed.wait(tail).unwrap_or_else(PoisonError::into_inner);
            };
            drop(tail);
            let written = write_batch(&self.path, &batch);
            let mut tail = lock(&self.tail);
            match written {
                Ok(()) => (tail.sealed, tail.failing) = (None, None),
                Err(e) => {
                    tail.failing = Some(e.to_string());
                    if tail.closing {
                        return;
                    }
                    drop(
                        self.changed
                            .wait_timeout(tail, std::time::Duration::from_millis(500))
                            .unwrap_or_else(PoisonError::into_inner),
                    );
                    continue;
                }
            }
            if tail.active.count >= SEAL_AT {
                tail.sealed = Some(Arc::new(std::mem::take(&mut tail.active)));
            }
            self.changed.notify_all();
        }
    }

    /// Lets the thread end after what it is writing.
    pub(super) fn close(&self) {
        lock(&self.tail).closing = true;
        self.changed.notify_all();
    }

    /// The sequences of an account's entries in `after < sequence <= until`, ascending, at most `limit`.
    pub(super) fn page(
        &self,
        account: u64,
        after: u64,
        until: u64,
        limit: usize,
    ) -> rusqlite::Result<Vec<u64>> {
        // The tail is read before the spans: what moves from one to the other meanwhile is seen twice, never missed.
        let mut found: BTreeSet<u64> =
            self.tail_of(account).into_iter().filter(|s| *s > after && *s <= until).collect();
        self.with_reader(|db| {
            let mut select = db.prepare_cached("SELECT first, seqs, checksum FROM spans WHERE account = ?1 AND last > ?2 AND first <= ?3 ORDER BY first")?;
            let mut rows = select.query([account.cast_signed(), after.cast_signed(), until.cast_signed()])?;
            let mut taken = 0;
            while taken < limit
                && let Some(row) = rows.next()?
            {
                let wanted = span(account, row)?.into_iter().filter(|s| *s > after && *s <= until);
                let before = found.len();
                found.extend(wanted);
                taken += found.len() - before;
            }
            Ok(())
        })?;
        Ok(found.into_iter().take(limit).collect())
    }

    /// The last entry of an account at or before a sequence.
    pub(super) fn last(&self, account: u64, until: u64) -> rusqlite::Result<Option<u64>> {
        if let Some(last) = self.last_in_tail(account, until) {
            return Ok(Some(last));
        }
        self.with_reader(|db| {
            let mut select = db.prepare_cached("SELECT first, seqs, checksum FROM spans WHERE account = ? AND first <= ? ORDER BY first DESC LIMIT 1")?;
            let span = select.query_row([account.cast_signed(), until.cast_signed()], |r| span(account, r)).optional()?;
            Ok(span.and_then(|s| s.into_iter().rev().find(|s| *s <= until)))
        })
    }

    /// Sequences of the entries that made the reservations open now.
    pub(super) fn open_reservations(&self) -> rusqlite::Result<Vec<u64>> {
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

    /// The newest batch first, from its end: what is asked for is nearly always the last one.
    fn last_in_tail(&self, account: u64, until: u64) -> Option<u64> {
        let tail = lock(&self.tail);
        let batches = [Some(&tail.active), tail.sealed.as_deref()];
        batches.into_iter().flatten().find_map(|b| b.of(account).iter().rev().copied().find(|s| *s <= until))
    }

    fn tail_of(&self, account: u64) -> Vec<u64> {
        let tail = lock(&self.tail);
        let sealed = tail.sealed.as_deref().map_or(&[][..], |b| b.of(account));
        [sealed, tail.active.of(account)].concat()
    }

    fn with_reader<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let pooled = lock(&self.readers).pop();
        let db = pooled.map_or_else(|| open(&self.path), Ok)?;
        let result = read(&db);
        lock(&self.readers).push(db);
        result
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let db = open_file(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    db.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;")?;
    Ok(db)
}

fn create(path: &Path, instance: &str) -> rusqlite::Result<()> {
    let db = open(path)?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    db.execute_batch(
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
         CREATE TABLE spans (account INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, seqs BLOB NOT NULL,
           checksum INTEGER NOT NULL, PRIMARY KEY (account, first)) STRICT, WITHOUT ROWID;
         CREATE TABLE open_reservations (id BLOB PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
    )?;
    let mut insert = db.prepare("INSERT INTO meta VALUES (?, ?)")?;
    insert.execute(["format", FORMAT])?;
    insert.execute(["instance", instance])?;
    insert.execute(params!["commit", 0])?;
    insert.execute(params!["sequence", 0])?;
    insert.execute(params!["hash", Vec::<u8>::new()])?;
    Ok(())
}

/// How far the index reaches, if it is whole and belongs to the history in the main file.
fn usable(path: &Path, main: &Connection, instance: &str) -> Option<Point> {
    if !path.exists() {
        return None;
    }
    let db = open(path).ok()?;
    let text = |key: &str| {
        db.query_row("SELECT value FROM meta WHERE key = ?", [key], |r| r.get::<_, String>(0)).ok()
    };
    if text("format")? != FORMAT || text("instance")? != instance {
        return None;
    }
    let number =
        |key: &str| db.query_row("SELECT value FROM meta WHERE key = ?", [key], |r| r.get::<_, i64>(0)).ok();
    let hash: Vec<u8> = db.query_row("SELECT value FROM meta WHERE key = 'hash'", [], |r| r.get(0)).ok()?;
    let point = Point {
        commit: number("commit")?.cast_unsigned(),
        hash,
        sequence: number("sequence")?.cast_unsigned(),
    };
    if point.commit > 0 {
        let there: Vec<u8> = main
            .query_row("SELECT hash FROM commits WHERE seq = ?", [point.commit.cast_signed()], |r| r.get(0))
            .ok()?;
        if there != point.hash {
            return None;
        }
    }
    Some(point)
}

fn write_batch(path: &Path, batch: &Batch) -> rusqlite::Result<()> {
    let mut db = open(path)?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    {
        let mut accounts: Vec<(&u64, &Vec<u64>)> = batch.legs.iter().collect();
        accounts.sort_unstable();
        let mut insert = tx.prepare("INSERT OR REPLACE INTO spans VALUES (?, ?, ?, ?, ?)")?;
        let mut checked = Checked::default();
        for (account, sequences) in accounts {
            for run in sequences.chunks(SPAN_MAX) {
                let (first, last) = (run[0].cast_signed(), run[run.len() - 1].cast_signed());
                let seqs = encode(run);
                let sum = checked.int(account.cast_signed()).int(first).bytes(&seqs).sum();
                insert.execute(params![account.cast_signed(), first, last, seqs, sum])?;
            }
        }
        let mut open = tx.prepare("INSERT OR REPLACE INTO open_reservations VALUES (?, ?)")?;
        let mut resolve = tx.prepare("DELETE FROM open_reservations WHERE id = ?")?;
        for (id, (opened, resolved)) in &batch.reservations {
            match opened {
                _ if *resolved => resolve.execute([blob(*id)])?,
                Some(sequence) => open.execute(params![blob(*id), sequence.cast_signed()])?,
                None => 0,
            };
        }
        let mut set = tx.prepare("UPDATE meta SET value = ?2 WHERE key = ?1")?;
        set.execute(params!["commit", batch.reach.commit.cast_signed()])?;
        set.execute(params!["sequence", batch.reach.sequence.cast_signed()])?;
        set.execute(params!["hash", batch.reach.hash])?;
    }
    tx.commit()
}

/// Ascending sequences as differences, 7 bits a byte, low bits first, the high bit set on all but the last byte.
fn encode(sequences: &[u64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(sequences.len() * 2);
    let mut before = sequences[0];
    for sequence in &sequences[1..] {
        let mut delta = sequence - before;
        before = *sequence;
        while delta >= 0x80 {
            out.push((delta & 0x7f) as u8 | 0x80);
            delta >>= 7;
        }
        out.push(delta as u8);
    }
    out
}

/// Reads (first, seqs, checksum) of a span.
fn span(account: u64, row: &rusqlite::Row<'_>) -> rusqlite::Result<Vec<u64>> {
    let first: i64 = row.get(0)?;
    let bytes = row.get_ref(1)?.as_blob()?;
    let sum = Checked::default().int(account.cast_signed()).int(first).bytes(bytes).sum();
    if sum != row.get::<_, i64>(2)? {
        let what = format!("span ({account}, {first}) does not match its checksum");
        return Err(rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Blob, what.into()));
    }
    let (mut out, mut current, mut delta, mut shift) =
        (vec![first.cast_unsigned()], first.cast_unsigned(), 0u64, 0u32);
    for byte in bytes {
        delta |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        shift += 7;
        if byte & 0x80 == 0 {
            current += delta;
            out.push(current);
            (delta, shift) = (0, 0);
        }
    }
    Ok(out)
}

/// The last entry recorded at or before a moment: times grow with sequences.
pub(super) fn sequence_at(main: &Connection, at: Timestamp) -> rusqlite::Result<u64> {
    let mut time = main.prepare_cached("SELECT time FROM transfers WHERE seq = ?")?;
    let highest: i64 = main.query_row("SELECT coalesce(max(seq), 0) FROM transfers", [], |r| r.get(0))?;
    let (mut low, mut high) = (0, highest);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        let then: i64 = time.query_row([middle], |r| r.get(0))?;
        if then <= at.as_micros() { low = middle } else { high = middle - 1 }
    }
    Ok(low.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spans_round_trip(steps in prop::collection::vec(1u64..1 << 40, 1..50)) {
            let sequences: Vec<u64> = steps.iter().scan(0, |sum, s| { *sum += s; Some(*sum) }).collect();
            let dir = tempfile::tempdir().unwrap();
            let main = Connection::open_in_memory().unwrap();
            main.execute_batch("CREATE TABLE commits (seq, hash); CREATE TABLE transfers (seq, commit_seq, debit, credit, kind, id, reservation);").unwrap();
            let index = EntryIndex::open(dir.path(), &main, "x").unwrap();
            let batch = Batch { legs: HashMap::from([(7, sequences.clone())]), ..Batch::default() };
            write_batch(&index.path, &batch).unwrap();
            let (first, last) = (sequences[0], sequences[sequences.len() - 1]);
            prop_assert_eq!(index.page(7, 0, u64::MAX >> 1, 1000).unwrap(), sequences.clone());
            prop_assert_eq!(index.last(7, last).unwrap(), Some(last));
            prop_assert_eq!(index.last(7, first - 1).unwrap(), None);
            prop_assert_eq!(index.page(7, first, last, 2).unwrap(), sequences[1..].iter().take(2).copied().collect::<Vec<_>>());
            prop_assert_eq!(index.last(8, last).unwrap(), None);
        }
    }
}
