//! What the scenarios share: where data, tools and the `pmts` program are, and how much to do.
//!
//! - [`data`]: folders of published facts that our tables are compared with; a test skips what is not there
//! - [`tools`]: judges of our output that others wrote
//! - [`bin`]: the built `pmts` program, and how to run it with a time limit
//! - [`served`]: a running `pmts serve`, and a plain HTTP client
//! - [`faults`]: a file system that fails, for a program of the tests
//! - [`skips`]: a skipped test says so, and is counted
//! - [`quick`], [`rounds`]: how long the long tests take
//!
//! `cargo xtask test` sets the variables read here; with plain `cargo test` the defaults hold.

pub mod bin;
pub mod data;
pub mod faults;
pub mod load;
pub mod served;
pub mod skips;
pub mod tools;

use std::path::PathBuf;

/// Whether long tests are to be short: PMTS_TEST_QUICK is 1 (`cargo xtask test --quick`).
pub fn quick() -> bool {
    std::env::var_os("PMTS_TEST_QUICK").is_some_and(|v| v == "1")
}

/// How many rounds a long test does: `full`, or `quick` when tests are to be short.
pub fn rounds(full: usize, quick: usize) -> usize {
    if self::quick() { quick } else { full }
}

/// A path from the environment; an empty value is none.
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}

/// The folder cargo builds in: a test binary lies in its release/deps.
fn target() -> PathBuf {
    let exe = std::env::current_exe().expect("a running program has a path");
    exe.ancestors().nth(3).expect("test binaries lie in target/release/deps").to_path_buf()
}
