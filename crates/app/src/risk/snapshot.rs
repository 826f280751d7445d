//! History in a file, so that a start does not read all events again. It is rebuilt from them if it is not there, damaged, of
//! another store, or of other bounds.

use super::RiskError;
use pmts_fraud::features::{History, HistoryOptions};
use pmts_kernel::EventId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// What the file begins with; another format begins otherwise.
const MAGIC: &[u8; 8] = b"PMTSRH03";

/// How far history has been followed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// The position in the outbox up to which everything is in.
    pub(super) read: u64,
    /// The event there: another store has another.
    pub(super) event: Option<EventId>,
    /// The position up to which payments are old enough to count as genuine if nobody complained.
    pub(super) aged: u64,
    /// Decisions labelled as fraud that are beyond that position.
    pub(super) frauds: BTreeSet<u128>,
}

#[derive(Serialize, Deserialize)]
struct Kept<P, H> {
    position: P,
    history: H,
}

/// Writes the file: beside its place, durable, then renamed.
pub(super) fn save(path: &Path, position: &Position, history: &History) -> Result<usize, RiskError> {
    let failed = |why: String| RiskError::Snapshot { path: path.to_owned(), why };
    let body = postcard::to_allocvec(&Kept { position, history }).map_err(|e| failed(e.to_string()))?;
    let write = || -> std::io::Result<()> {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        let beside = path.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(MAGIC)?;
        file.write_all(&xxh3_64(&body).to_le_bytes())?;
        file.write_all(&body)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|e| failed(e.to_string()))?;
    Ok(body.len())
}

/// Reads the file; `None`: history is to be rebuilt.
pub(super) fn load(path: &Path, options: &HistoryOptions) -> Option<(Position, History)> {
    let bytes = fs::read(path).ok()?;
    let rest = bytes.strip_prefix(MAGIC)?;
    let (sum, body) = rest.split_first_chunk::<8>()?;
    if u64::from_le_bytes(*sum) != xxh3_64(body) {
        tracing::warn!(target: "pmts::risk", path = %path.display(), "the file of history is damaged: it is rebuilt from the events");
        return None;
    }
    let kept: Kept<Position, History> = postcard::from_bytes(body).ok()?;
    (kept.history.options() == *options).then_some((kept.position, kept.history))
}
