//! Skipped tests: what a machine cannot do is told, not passed over.

use crate::variable;
use std::fs::OpenOptions;
use std::io::Write;

/// Notes that the running test is skipped: a line `test: reason` in the file PMTS_TEST_SKIPS, from which
/// `cargo xtask test` counts, and on the standard error. A test calls it once, and then returns.
///
/// # Panics
/// If the file cannot be written: a skip must not get lost.
pub fn note(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a thread without a name");
    let line = format!("{test}: {}\n", reason.replace('\n', " "));
    eprint!("skipped {line}");
    if let Some(path) = variable("PMTS_TEST_SKIPS") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut f| f.write_all(line.as_bytes()))
            .expect("the file named by PMTS_TEST_SKIPS can be written");
    }
}
