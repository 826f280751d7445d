//! Moves the write-ahead log into the main file from a thread of its own, so that no commit waits for it.

use super::error::opening;
use super::schema::{FILE, open_file};
use crate::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// From so many pages in the log on that are not in the main file yet, they are moved (64 MiB).
const MOVE_AT: i64 = 4_096;
const LOOK_EVERY: Duration = Duration::from_millis(100);

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
            db.busy_timeout(Duration::from_millis(20))?;
            db.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL;")?;
            Ok(db)
        };
        let db = open().map_err(|e| opening(&path, e))?;
        let (stop, stopped) = channel();
        let run = move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                look(&db);
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

/// Moves the bulk while the writer goes on, then the little that came meanwhile, for which it waits; from then on the log
/// is written from its beginning again, over blocks that the file has already.
fn look(db: &Connection) {
    let waiting =
        db.query_row("PRAGMA wal_checkpoint(NOOP)", [], |r| Ok(r.get::<_, i64>(1)? - r.get::<_, i64>(2)?));
    if waiting.is_ok_and(|pages| pages >= MOVE_AT) {
        // A checkpoint that fails (a full disk, a busy reader) loses nothing: the log stays and the next look tries again.
        // While a long read holds it up, the writer is not made to wait for it as well.
        let moved = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |r| {
            Ok(r.get::<_, i64>(1)? == r.get::<_, i64>(2)?)
        });
        if moved.unwrap_or(false) {
            let _ = db.execute_batch("PRAGMA wal_checkpoint(RESTART)");
        }
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
