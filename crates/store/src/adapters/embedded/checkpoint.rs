//! Moves the write-ahead log into the main file from a thread of its own, so that no commit waits for it.

use super::error::opening;
use super::schema::{FILE, open_file};
use crate::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// From so many pages in the log on it is begun again (16 MiB).
const MOVE_AT: i64 = 4_096;
/// How often the bulk is moved before the writer is asked to wait for the rest.
const PASSES: u32 = 4;
/// How long it waits for readers to end.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long it waits for them once the log is large (64 MiB).
const PATIENCE_LONG: Duration = Duration::from_millis(250);
/// How long the writer is left alone after a long read kept the log from being begun again.
const REST: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The checkpoint thread; dropping it ends it.
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let open = || -> rusqlite::Result<Connection> {
            let db = open_file(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            db.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL;")?;
            Ok(db)
        };
        let db = open().map_err(|e| opening(&path, e))?;
        let (stop, stopped) = channel();
        let run = move || {
            let mut not_before = Instant::now();
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                look(&db, &mut not_before);
            }
            // The last one out leaves a short log.
            let _ = db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
        };
        let thread = std::thread::Builder::new()
            .name("pmts-checkpoint".into())
            .spawn(run)
            .map_err(|e| StoreError::Engine(format!("no thread: {e}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

/// Pages in the log, and those of them that are not in the main file yet, after a checkpoint of this kind.
fn checkpoint(db: &Connection, kind: &str) -> Option<(i64, i64)> {
    let read = |r: &rusqlite::Row<'_>| {
        let (held_up, log, moved): (i64, i64, i64) = (r.get(0)?, r.get(1)?, r.get(2)?);
        Ok((held_up == 0 || kind != "RESTART").then_some((log, log - moved)))
    };
    db.query_row(&format!("PRAGMA wal_checkpoint({kind})"), [], read).ok().flatten()
}

/// Moves the bulk while the writer goes on, then the little that came meanwhile, for which it waits; from then on the log
/// is written from its beginning again, over blocks that the file has already. Without that the log would grow for as long
/// as there is always somebody who writes or reads.
fn look(db: &Connection, not_before: &mut Instant) {
    let Some((mut log, mut left)) = checkpoint(db, "NOOP").filter(|(_, left)| *left >= MOVE_AT) else {
        return;
    };
    // A checkpoint that fails (a full disk, a busy reader) loses nothing: the log stays and the next look tries again. Each
    // pass is shorter than the one before, since less came meanwhile.
    for _ in 0..PASSES {
        let Some(now) = checkpoint(db, "PASSIVE") else { return };
        (log, left) = now;
        if left < MOVE_AT {
            break;
        }
    }
    // A long read holds up what was written since it began: the writer is not made to wait for it as well.
    if log < MOVE_AT || left >= 4 * MOVE_AT || Instant::now() < *not_before {
        return;
    }
    let patience = if log < 4 * MOVE_AT { PATIENCE } else { PATIENCE_LONG };
    if db.busy_timeout(patience).is_err() || checkpoint(db, "RESTART").is_none() {
        *not_before = Instant::now() + REST;
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
