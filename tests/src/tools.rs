//! Judges of our output that others wrote.

use crate::{target, variable};
use std::path::PathBuf;

fn tools() -> PathBuf {
    variable("PMTS_TEST_TOOLS").unwrap_or_else(|| target().join("tools"))
}

/// The Python interpreter with the packages of tests/tools/requirements.txt: below PMTS_TEST_TOOLS, or `target/tools`.
///
/// # Panics
/// If it is not installed; the message says how to get it.
pub fn python() -> PathBuf {
    let python = tools().join("py").join("bin").join("python");
    assert!(
        python.is_file(),
        "no Python for the tests at {}: run cargo xtask test --install",
        python.display()
    );
    python
}

/// The folder with the npm packages of tests/tools/package.json, in which Node finds them: below PMTS_TEST_TOOLS, or `target/tools`.
///
/// # Panics
/// If they are not installed; the message says how to get them.
pub fn node_folder() -> PathBuf {
    let folder = tools().join("js");
    assert!(
        folder.join("node_modules").is_dir(),
        "no npm packages for the tests at {}: run cargo xtask test --install",
        folder.display()
    );
    folder
}
