//! Published facts beside the workspace.

use crate::{skips, variable};
use std::path::{Path, PathBuf};

/// The data folder of this name: under PMTS_TEST_DATA, or under `../shared/data` seen from the workspace. If it is not
/// there, notes the test as skipped and returns `None`: the test then returns.
///
/// ```no_run
/// let Some(folder) = pmts_tests::data::folder("cards") else { return };
/// ```
pub fn folder(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("..").join("shared").join("data");
    let folder = variable("PMTS_TEST_DATA").unwrap_or_else(beside).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    skips::note(&format!("no data folder {name}; PMTS_TEST_DATA says where data folders are"));
    None
}
