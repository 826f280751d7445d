//! Snapshots that no test looks at any more.

use crate::files::walk;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that makes insta note each snapshot file it reads.
pub(crate) const REFERENCES_VARIABLE: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";

/// The snapshot files under `root` that are not among the noted ones, after a run of all tests.
pub(crate) fn unreferenced(root: &Path, references: &Path) -> Result<Vec<PathBuf>> {
    let noted = fs::read_to_string(references).context("cannot read the noted snapshots")?;
    let noted: BTreeSet<PathBuf> = noted.lines().filter_map(|line| fs::canonicalize(line).ok()).collect();
    let mut left = Vec::new();
    for path in walk(root)? {
        if path.extension().is_some_and(|e| e == "snap") && !noted.contains(&fs::canonicalize(&path)?) {
            left.push(path);
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_noted_or_left_over() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("crates/a/src/snapshots");
        fs::create_dir_all(&folder).unwrap();
        for name in ["used.snap", "old.snap"] {
            fs::write(folder.join(name), "x").unwrap();
        }
        let references = root.path().join("noted.txt");
        let used = folder.join("../snapshots/used.snap");
        fs::write(&references, format!("{}\n{}\n", used.display(), used.display())).unwrap();
        assert_eq!(unreferenced(root.path(), &references).unwrap(), [folder.join("old.snap")]);
    }
}
