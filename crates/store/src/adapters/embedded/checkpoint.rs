//! Moves the write-ahead log into the main file from a thread of its own, so that no commit waits for it.

use super::error::opening;
use super::schema::{FILE, open_file};
use crate::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// From this length of the log on it is moved.
const MOVE_AT: u64 = 16 << 20;
/// From this length on the log is also started anew, for which the writer waits a moment.
const RESTART_AT: u64 = 128 << 20;
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
            db.busy_timeout(Duration::from_secs(2))?;
            db.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL;")?;
            Ok(db)
        };
        let db = open().map_err(|e| opening(&path, e))?;
        let log = dir.join(format!("{FILE}-wal"));
        let (stop, stopped) = channel();
        let run = move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                look(&db, &log);
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

fn look(db: &Connection, log: &PathBuf) {
    let length = std::fs::metadata(log).map_or(0, |m| m.len());
    let mode = if length >= RESTART_AT {
        "PASSIVE); PRAGMA wal_checkpoint(TRUNCATE"
    } else if length >= MOVE_AT {
        "PASSIVE"
    } else {
        return;
    };
    // A checkpoint that fails (a full disk, a busy reader) loses nothing: the log stays and the next look tries again.
    let _ = db.execute_batch(&format!("PRAGMA wal_checkpoint({mode});"));
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
