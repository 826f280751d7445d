//! Developer commands of PMTS, run as `cargo xtask <command>`. `cargo xtask help` lists them.
//!
//! - [`ci`]: everything, in order; [`steps`] names and times each part
//! - [`mod@test`]: the tests, with [`tools`] (what they need from the machine), [`tally`] (what came out) and
//!   [`snapshots`] (none left behind)
//! - `bench`: the benchmark program, built and run
//! - [`codegen`], [`edges`], [`files`]: generated pages, arrows between crates, rules about files
//! - [`workspace`]: where the workspace is, and how cargo is called

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod ci;
mod codegen;
mod edges;
mod files;
mod node;
mod snapshots;
mod steps;
mod tally;
mod test;
mod tools;
mod workspace;

use clap::{Args, Parser, Subcommand};
use std::process::ExitCode;
use workspace::Workspace;

/// Developer commands of PMTS.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All that CI runs, in CI's order; the first failure ends it
    Ci(Extent),
    /// Prepare what the tests need and run them all, doc tests too
    Test {
        #[command(flatten)]
        extent: Extent,
        /// Words after -- go to the test binaries: only tests whose names contain one of them run
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Write the generated pages under docs/reference
    Codegen {
        /// Write nothing; fail if a page is stale
        #[arg(long)]
        check: bool,
    },
    /// Measure: `bench ledger --help` lists what can be set; `bench screening` takes --data, --seed and --json;
    /// `bench fraud --help` likewise
    Bench {
        /// What to measure
        #[arg(value_parser = ["ledger", "screening"])]
        what: String,
        /// Options of the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Compare the arrows between crates with the allowed ones
    Edges,
    /// Check the rules about files: length, ADR numbers, scenario modules
    Files,
}

/// How much is prepared and run.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Extent {
    /// Install what is missing: system packages (as root, with apt-get) and the Python tools
    #[arg(long)]
    pub(crate) install: bool,
    /// Fewer rounds in the long tests
    #[arg(long)]
    pub(crate) quick: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find()?;
    match command {
        Command::Ci(extent) => return Ok(ci::run(&workspace, extent)),
        Command::Test { extent, filter } => return test::run(&workspace, extent, &filter),
        Command::Bench { what, options } => {
            let program: &[&str] = match what.as_str() {
                "screening" => &["-p", "pmts-compliance", "--example", "screening_figures"],
                "fraud" => &["-p", "pmts-app", "--example", "fraud_figures"],
                _ => &["-p", "pmts-bench"],
            };
            let mut bench = workspace.cargo(["run", "--release", "--quiet"]);
            workspace::run(bench.args(program).arg("--").args(options))?;
        }
        Command::Codegen { check } => codegen::run(&workspace, check)?,
        Command::Edges => edges::run(&workspace)?,
        Command::Files => files::run(&workspace)?,
    }
    Ok(ExitCode::SUCCESS)
}
