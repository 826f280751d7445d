//! Rules about files: none too long, ADR numbers in order, no scenario left out.

use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines a Rust file may have. Long before, look for its second concept.
const LINES_MAX: usize = 700;

/// Checks all rules.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let faults = check(&workspace.root)?;
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{}", faults.join("\n"))
}

fn check(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for path in walk(root)? {
        if path.extension().is_some_and(|e| e == "rs") {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let shown = path.strip_prefix(root).unwrap_or(&path);
            faults.extend(check_length(&shown.display().to_string(), &text));
        }
    }
    faults.extend(check_adrs(&names(&root.join("docs").join("adr"))?));
    let scenarios = root.join("tests").join("scenarios");
    let main =
        fs::read_to_string(scenarios.join("main.rs")).context("cannot read tests/scenarios/main.rs")?;
    faults.extend(check_scenarios(&names(&scenarios)?, &main));
    Ok(faults)
}

/// All files under the source folders of the workspace.
pub(crate) fn walk(root: &Path) -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> =
        ["crates", "tests", "xtask"].iter().map(|f| root.join(f)).filter(|f| f.is_dir()).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() && entry.file_name() != "target" {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The names in a folder, sorted; none if there is no such folder.
fn names(folder: &Path) -> Result<BTreeSet<String>> {
    if !folder.is_dir() {
        return Ok(BTreeSet::new());
    }
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn check_length(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LINES_MAX)
        .then(|| format!("{path} has {lines} lines, more than {LINES_MAX}: split it by concept"))
}

/// ADRs are `NNNN-title.md`, counted from 0001 without a gap; a README.md may stand beside them.
fn check_adrs(names: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expected = 1;
    for name in names.iter().filter(|n| *n != "README.md" && !n.starts_with('.')) {
        let number = name
            .split_once('-')
            .filter(|(digits, rest)| digits.len() == 4 && rest.len() > 3 && rest.ends_with(".md"));
        match number.and_then(|(digits, _)| digits.parse::<u32>().ok()) {
            None => faults.push(format!("docs/adr/{name} is not named NNNN-title.md")),
            Some(found) => {
                if found != expected {
                    faults.push(format!(
                        "docs/adr/{name} has the number {found:04}; the next one is {expected:04}"
                    ));
                }
                expected = found + 1;
            }
        }
    }
    faults
}

/// Every file of the folder is a module of main.rs: else its tests would never run.
fn check_scenarios(names: &BTreeSet<String>, main: &str) -> Vec<String> {
    names
        .iter()
        .filter_map(|name| name.strip_suffix(".rs"))
        .filter(|module| {
            *module != "main" && !main.lines().any(|line| line.trim() == format!("mod {module};"))
        })
        .map(|module| format!("tests/scenarios/{module}.rs is not a module: add `mod {module};` to main.rs"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn long_files_are_faults() {
        assert_eq!(check_length("a.rs", &"x\n".repeat(LINES_MAX)), None);
        assert!(check_length("a.rs", &"x\n".repeat(LINES_MAX + 1)).is_some());
    }

    #[test]
    fn adr_numbers_are_unique_and_without_gaps() {
        assert_eq!(check_adrs(&set(&["0001-a.md", "0002-b.md", "README.md"])), [""; 0]);
        for bad in [
            &["0002-a.md"][..],
            &["0001-a.md", "0001-b.md"],
            &["0001-a.md", "0003-b.md"],
            &["0001.md"],
            &["notes.md"],
            &["1-a.md"],
        ] {
            assert_eq!(check_adrs(&set(bad)).len(), 1, "{bad:?}");
        }
    }

    #[test]
    fn every_scenario_is_a_module() {
        let names = set(&["main.rs", "refund.rs", "py"]);
        assert_eq!(check_scenarios(&names, "mod refund;\n"), [""; 0]);
        for bad in ["", "// mod refund;", "mod refunds;"] {
            assert_eq!(check_scenarios(&names, bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_workspace_is_checked_whole() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("tests/scenarios/main.rs", "mod a;\n");
        write("tests/scenarios/a.rs", "");
        write("crates/x/src/lib.rs", "");
        write("crates/x/target/out.rs", &"x\n".repeat(LINES_MAX + 1));
        write("docs/adr/0001-one.md", "");
        assert_eq!(check(root.path()).unwrap(), [""; 0]);
        write("crates/x/src/long.rs", &"x\n".repeat(LINES_MAX + 1));
        write("docs/adr/0003-three.md", "");
        write("tests/scenarios/b.rs", "");
        assert_eq!(check(root.path()).unwrap().len(), 3);
    }
}
