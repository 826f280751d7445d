//! Generated pages: written by the `reference` program of the package pmts-tests, which sees every crate.

use crate::workspace::{Workspace, run as run_command};
use anyhow::Result;

/// Writes the pages, or with `check` compares them.
pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<()> {
    let mut command =
        workspace.cargo(["run", "--release", "-q", "-p", "pmts-tests", "--bin", "reference", "--"]);
    if check {
        command.arg("--check");
    }
    run_command(&mut command)
}
