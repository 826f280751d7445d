//! All that CI runs, in CI's order, tests last.

use crate::steps::Steps;
use crate::tally::Tally;
use crate::workspace::{Workspace, run as run_command};
use crate::{Extent, codegen, edges, files, test, tools};
use anyhow::Result;
use std::process::ExitCode;

/// Runs the steps, prints the table of times, and last the line `N passed, N failed, N skipped`, in which a failed
/// step that is not a test counts as one failure.
pub(crate) fn run(workspace: &Workspace, extent: Extent) -> ExitCode {
    let mut steps = Steps::default();
    let result = run_steps(workspace, extent, &mut steps);
    println!("\n{}", steps.table());
    let tally = result.unwrap_or_else(|e| {
        println!("{e:#}\n");
        let mut tally = Tally::default();
        tally.fail();
        tally
    });
    tally.close(test::no_skip())
}

fn run_steps(workspace: &Workspace, extent: Extent, steps: &mut Steps) -> Result<Tally> {
    let install = if extent.install { " --install" } else { "" };
    let quick = if extent.quick { " --quick" } else { "" };
    let repeat_test = format!("cargo xtask test{install}{quick}");

    steps.run("tools", &repeat_test, || tools::ready(workspace, extent.install))?;
    steps.run("format", "cargo fmt --all", || {
        run_command(&mut workspace.cargo(["fmt", "--all", "--check"]))
    })?;
    steps.run("edges", "cargo xtask edges", || edges::run(workspace))?;
    steps.run("files", "cargo xtask files", || files::run(workspace))?;
    steps.run("codegen", "cargo xtask codegen --check", || codegen::run(workspace, true))?;
    steps.run("clippy", "cargo clippy --release --workspace --all-targets -- -D warnings", || {
        run_command(&mut workspace.cargo([
            "clippy",
            "--release",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    steps.run("docs", "RUSTDOCFLAGS='-D warnings' cargo doc --release --workspace --no-deps", || {
        let mut doc = workspace.cargo(["doc", "--release", "--workspace", "--no-deps"]);
        run_command(doc.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    let tally =
        steps.run("tests, doc tests", &repeat_test, || test::run_tests(workspace, extent.quick, &[]))?;
    if tally.has_failures() {
        println!("\nstep `tests, doc tests` failed\nrepeat it with: {repeat_test}");
    }
    Ok(tally)
}
