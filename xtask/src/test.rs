//! The tests: all of them, told where their data and tools are, and counted.

use crate::tally::Tally;
use crate::workspace::{Workspace, run as run_command};
use crate::{Extent, snapshots, tools};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf, absolute};
use std::process::{Command, ExitCode, Stdio};

/// `cargo xtask test`: tools, build, tests, and the sum as the last line.
pub(crate) fn run(workspace: &Workspace, extent: Extent, filter: &[String]) -> Result<ExitCode> {
    tools::ready(workspace, extent.install)?;
    let tally = run_tests(workspace, extent.quick, filter)?;
    println!();
    Ok(tally.close(no_skip()))
}

/// Whether a skipped test fails the run: CI has all the tools and data there are.
pub(crate) fn no_skip() -> bool {
    std::env::var_os("PMTS_TEST_NO_SKIP").is_some_and(|v| v == "1")
}

/// Builds the platform, runs the tests and counts. Failed tests are in the count, not an error.
pub(crate) fn run_tests(workspace: &Workspace, quick: bool, filter: &[String]) -> Result<Tally> {
    run_command(&mut workspace.cargo(["build", "--release", "-p", "pmts-app"]))?;

    let skips = fresh_file(workspace, "test-skips.txt")?;
    let references = fresh_file(workspace, "test-snapshots.txt")?;
    let mut command = workspace.cargo(["test", "--release", "--workspace", "--no-fail-fast"]);
    command
        .env("PMTS_TEST_DATA", data_folder(&workspace.root)?)
        .env("PMTS_TEST_TOOLS", tools::folder(workspace))
        .env("PMTS_BIN", workspace.target.join("release").join("pmts"))
        .env("PMTS_TEST_SKIPS", &skips)
        .env(snapshots::REFERENCES_VARIABLE, &references);
    if std::env::var_os("INSTA_UPDATE").is_none() {
        command.env("INSTA_UPDATE", "no");
    }
    if quick {
        command.env("PMTS_TEST_QUICK", "1");
    }
    if !filter.is_empty() {
        command.arg("--").args(filter);
    }

    let (mut tally, ended_well) = stream(&mut command)?;
    tally.read_skips(&fs::read_to_string(&skips).context("cannot read the tests' skips")?);
    if !ended_well && !tally.has_failures() {
        println!("cargo test failed without a failed test: a build error, or a test binary that died");
        tally.fail();
    }
    ensure!(!tally.is_empty(), "no test ran");
    if filter.is_empty() && !tally.has_failures() {
        for left in snapshots::unreferenced(&workspace.root, &references)? {
            println!("no test looks at this snapshot, remove it: {}", left.display());
            tally.fail();
        }
    }
    Ok(tally)
}

/// Where the data folders are: PMTS_TEST_DATA, or beside the workspace. What is not there, tests skip.
fn data_folder(root: &Path) -> Result<PathBuf> {
    let given = std::env::var_os("PMTS_TEST_DATA").filter(|v| !v.is_empty());
    let folder = match given {
        Some(folder) => absolute(folder)?,
        None => root.parent().unwrap_or(root).join("shared").join("data"),
    };
    Ok(folder)
}

fn fresh_file(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let path = workspace.target.join(name);
    fs::create_dir_all(&workspace.target)
        .and_then(|()| fs::write(&path, ""))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// Passes its output on, line by line, and counts. The flag: whether it ended well.
fn stream(command: &mut Command) -> Result<(Tally, bool)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run cargo")?;
    let mut output = BufReader::new(child.stdout.take().context("stdout is piped")?);
    let mut tally = Tally::default();
    let mut line = Vec::new();
    let mut out = std::io::stdout();
    while output.read_until(b'\n', &mut line)? > 0 {
        out.write_all(&line)?;
        out.flush()?;
        tally.read_line(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok((tally, child.wait()?.success()))
}
