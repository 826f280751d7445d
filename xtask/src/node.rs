//! Judges of our output that come from npm.

use crate::tools::{folder, is_same};
use crate::workspace::{Workspace, run, succeeds};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What the tests import; tests/tools/package.json pins the packages.
const IMPORTS: &str = "await import('ivms101'); await import('zod')";

/// Whether there is a Node that runs modules.
pub(crate) fn works() -> bool {
    const PROBE: &str = "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)";
    succeeds(Command::new("node").args(["-e", PROBE])) && succeeds(Command::new("npm").arg("--version"))
}

/// The packages, and a copy of the file they were got by.
pub(crate) struct NodePackages {
    folder: PathBuf,
    stamp: PathBuf,
    wanted: String,
}

impl NodePackages {
    pub(crate) fn of(workspace: &Workspace) -> Result<Self> {
        let tools = folder(workspace);
        let file = workspace.root.join("tests").join("tools").join("package.json");
        let wanted = fs::read_to_string(file).context("cannot read tests/tools/package.json")?;
        Ok(Self { folder: tools.join("js"), stamp: tools.join("js-package.json"), wanted })
    }

    /// Got by the file as it is now, and working.
    pub(crate) fn is_current(&self) -> bool {
        let imports = ["--input-type=module", "-e", IMPORTS];
        is_same(&self.stamp, &self.wanted)
            && succeeds(Command::new("node").args(imports).current_dir(&self.folder))
    }

    /// Gets them anew. The stamp is written last: what was cut short is got again.
    pub(crate) fn create(&self) -> Result<()> {
        println!("getting the packages of tests/tools/package.json");
        let _ = fs::remove_file(&self.stamp);
        let _ = fs::remove_dir_all(&self.folder);
        fs::create_dir_all(&self.folder).context("cannot make the folder of the packages")?;
        fs::write(self.folder.join("package.json"), &self.wanted).context("cannot copy package.json")?;
        run(Command::new("npm")
            .args(["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
            .current_dir(&self.folder))?;
        fs::write(&self.stamp, &self.wanted).context("cannot note which packages are there")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_stale_without_their_stamp_and_without_themselves() {
        let root = tempfile::tempdir().unwrap();
        let stamp = root.path().join("stamp");
        let packages = NodePackages { folder: root.path().join("js"), stamp, wanted: "{}".to_owned() };
        assert!(!packages.is_current(), "nothing was got");
        fs::write(&packages.stamp, "{}").unwrap();
        assert!(!packages.is_current(), "the stamp is right, the packages are gone");
    }
}
