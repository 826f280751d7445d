//! Judges of our output that others wrote.

use crate::{target, variable};
use std::path::PathBuf;

/// The Python interpreter with the packages of tests/tools/requirements.txt: below PMTS_TEST_TOOLS, or `target/tools`.
///
/// # Panics
/// If it is not installed; the message says how to get it.
pub fn python() -> PathBuf {
    let tools = variable("PMTS_TEST_TOOLS").unwrap_or_else(|| target().join("tools"));
    let python = tools.join("py").join("bin").join("python");
    assert!(
        python.is_file(),
        "no Python for the tests at {}: run cargo xtask test --install",
        python.display()
    );
    python
}
