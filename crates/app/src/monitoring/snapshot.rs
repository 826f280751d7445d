//! What is remembered, in a file, so that a start does not read all events again. Sealed: it says whom alerts were about. It is rebuilt from
//! the events if it is not there, damaged, of another store, or of other bounds.

use super::CaseDesk;
use crate::aml::AmlError;
use pmts_compliance::aml::monitor::SavedWatch;
use pmts_kernel::EventId;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// What the file is bound to; another format is bound to something else.
const BOUND: &str = "aml history 1";

/// How far history has been followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// The position in the outbox up to which everything is in.
    pub(super) read: u64,
    /// The event there: another store has another.
    pub(super) event: Option<EventId>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    position: Position,
    watch: SavedWatch,
}

/// Writes the file: beside its place, durable, then renamed.
pub(super) fn save(
    desk: &CaseDesk,
    path: &Path,
    position: Position,
    watch: SavedWatch,
) -> Result<(), AmlError> {
    let failed = |why: String| AmlError::Snapshot { path: path.to_owned(), why };
    let body = postcard::to_allocvec(&Saved { position, watch }).map_err(|e| failed(e.to_string()))?;
    let sealed = desk.seal.seal(BOUND, &body).ok_or(AmlError::Sealed)?;
    let write = || -> std::io::Result<()> {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        let beside = path.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(sealed.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|e| failed(e.to_string()))
}

/// Reads the file; `None`: history is to be rebuilt.
pub(super) fn load(desk: &CaseDesk, path: &Path) -> Option<(Position, SavedWatch)> {
    let sealed = fs::read_to_string(path).ok()?;
    let Some(body) = desk.seal.unseal(BOUND, &sealed) else {
        tracing::warn!(target: "pmts::aml", path = %path.display(), "the file of history does not open: it is rebuilt from the events");
        return None;
    };
    let Saved { position, watch } = postcard::from_bytes(&body).ok()?;
    Some((position, watch))
}
