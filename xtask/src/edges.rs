//! The arrows between our crates: which crate may use which.

use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A crate, and the crates it may use: its folder under crates/, or `xtask`, `tests` and `bench`.
type Arrow = (&'static str, &'static [&'static str]);

/// The allowed arrows, bottom first. A new crate, and an arrow between two domains, is a decision: write an ADR under
/// docs/adr and name it beside the line.
const ARROWS: &[Arrow] = &[
    // bottom
    ("kernel", &[]),
    ("money", &["kernel"]),
    ("sensitive", &["kernel"]),
    // domains: of each other they know nothing
    ("ledger", &["kernel", "money", "sensitive"]),
    ("cards", &["kernel", "money", "sensitive"]),
    ("payments", &["kernel", "money", "sensitive"]),
    ("compliance", &["kernel", "money", "sensitive"]),
    ("identity", &["kernel", "sensitive"]),         // ADR 0008
    ("payouts", &["kernel", "money", "sensitive"]), // ADR 0017
    ("fx", &["kernel", "money"]),                   // ADR 0017
    ("fraud", &["kernel"]),                         // ADR 0018
    // what commits them
    ("store", &["kernel", "money", "sensitive", "ledger"]),
    // top
    ("sandbox", &["kernel", "money", "sensitive", "cards", "compliance"]), // compliance: ADR 0019
    (
        "app",
        &[
            "kernel",
            "money",
            "sensitive",
            "ledger",
            "cards",
            "payments",
            "compliance",
            "identity",
            "payouts",
            "fx",
            "fraud",
            "store",
            "sandbox",
        ],
    ),
    ("bench", &["kernel", "money", "ledger", "store"]),
    (
        "tests",
        &[
            "kernel",
            "money",
            "sensitive",
            "ledger",
            "cards",
            "payments",
            "compliance",
            "identity",
            "payouts",
            "fx",
            "fraud",
            "store",
            "sandbox",
            "app",
        ],
    ),
    ("xtask", &["kernel"]),
];

/// Checks the workspace: arrows, names of packages, lints, and that the map in docs/ARCHITECTURE.md is complete.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let map = fs::read_to_string(workspace.root.join("docs").join("ARCHITECTURE.md")).unwrap_or_default();
    let mut faults = check(&workspace.metadata, ARROWS)?;
    for package in packages(&workspace.metadata)? {
        let manifest = fs::read_to_string(package.manifest)
            .with_context(|| format!("cannot read {}", package.manifest))?;
        faults.extend(check_lints(&package.short_name(), &manifest));
        faults.extend(check_map(&package, &map));
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{}", faults.join("\n"))
}

/// A package of the workspace, as cargo tells it.
struct Package<'a> {
    name: &'a str,
    manifest: &'a str,
    uses: Vec<&'a str>,
}

impl Package<'_> {
    /// Its name in the list of arrows.
    fn short_name(&self) -> String {
        self.name.strip_prefix("pmts-").unwrap_or(self.name).to_owned()
    }

    /// The folder it lies in, and the folder around that.
    fn folders(&self) -> (&str, &str) {
        let mut parents = Path::new(self.manifest)
            .ancestors()
            .skip(1)
            .map(|p| p.file_name().and_then(|n| n.to_str()).unwrap_or(""));
        (parents.next().unwrap_or(""), parents.next().unwrap_or(""))
    }
}

fn packages(metadata: &Value) -> Result<Vec<Package<'_>>> {
    let list = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    list.iter()
        .map(|p| {
            let name = p["name"].as_str().context("a package has no name")?;
            let manifest = p["manifest_path"].as_str().context("a package has no manifest")?;
            let uses = p["dependencies"].as_array().context("a package has no list of dependencies")?;
            Ok(Package { name, manifest, uses: uses.iter().filter_map(|d| d["name"].as_str()).collect() })
        })
        .collect()
}

/// Compares packages and their dependencies of all kinds with the allowed arrows. Returns what is wrong.
fn check(metadata: &Value, arrows: &[Arrow]) -> Result<Vec<String>> {
    let packages = packages(metadata)?;
    let ours: BTreeSet<&str> = packages.iter().map(|p| p.name).collect();
    let names: BTreeSet<String> = packages.iter().map(Package::short_name).collect();
    let mut faults = Vec::new();
    for package in &packages {
        let name = package.short_name();
        let (folder, above) = package.folders();
        if above == "crates" && package.name != format!("pmts-{folder}") {
            faults.push(format!(
                "crates/{folder} holds the package {}: it must be pmts-{folder}",
                package.name
            ));
        }
        let Some((_, allowed)) = arrows.iter().find(|(from, _)| *from == name) else {
            faults.push(format!(
                "unknown crate {name}: write an ADR under docs/adr and add a line to xtask/src/edges.rs"
            ));
            continue;
        };
        let used: BTreeSet<&str> = package.uses.iter().filter(|u| ours.contains(*u)).copied().collect();
        for to in used {
            let to = to.strip_prefix("pmts-").unwrap_or(to);
            if to != name && !allowed.contains(&to) {
                faults.push(format!(
                    "{name} may not use {to}: state what it needs as a trait of its own, or write an ADR under docs/adr \
                     and add the arrow to xtask/src/edges.rs"
                ));
            }
        }
    }
    for (from, _) in arrows {
        if !names.contains(*from) {
            faults.push(format!("there is no crate {from}: remove its line from xtask/src/edges.rs"));
        }
    }
    Ok(faults)
}

/// Every package takes the lints of the workspace.
fn check_lints(name: &str, manifest: &str) -> Option<String> {
    let manifest: Option<toml::Table> = manifest.parse().ok();
    let lints = manifest.as_ref().and_then(|m| m.get("lints")?.get("workspace")?.as_bool());
    (lints != Some(true))
        .then(|| format!("{name}: its Cargo.toml lacks the section [lints] with workspace = true"))
}

/// The map names every crate: as `crates/x`, `pmts-x`, or the bare name between backticks.
fn check_map(package: &Package<'_>, map: &str) -> Option<String> {
    let (folder, above) = package.folders();
    let names = [format!("crates/{folder}"), format!("pmts-{folder}")];
    let quoted = format!("`{folder}`");
    let mut words = map.split(|c: char| !(c.is_ascii_alphanumeric() || "-_/`".contains(c)));
    let named = words.any(|word| word == quoted || names.iter().any(|n| word.trim_matches(['/', '`']) == n));
    (above == "crates" && !named).then(|| format!("docs/ARCHITECTURE.md does not name the crate `{folder}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SMALL: &[Arrow] = &[("low", &[]), ("high", &["low"])];

    /// A made-up package: name, folder, what it uses and how.
    type Made<'a> = (&'a str, &'a str, &'a [(&'a str, Option<&'a str>)]);

    fn metadata(packages: &[Made<'_>]) -> Value {
        let package = |(name, folder, uses): &Made<'_>| {
            let uses: Vec<Value> = uses.iter().map(|(to, kind)| json!({"name": to, "kind": kind})).collect();
            json!({"name": name, "manifest_path": format!("/w/{folder}/Cargo.toml"), "dependencies": uses})
        };
        json!({"packages": packages.iter().map(package).collect::<Vec<_>>()})
    }

    fn faults(packages: &[Made<'_>]) -> Vec<String> {
        check(&metadata(packages), SMALL).unwrap()
    }

    #[test]
    fn allowed_arrows_foreign_crates_and_a_crate_in_its_own_tests_pass() {
        let found = faults(&[
            ("pmts-low", "crates/low", &[("serde", None), ("pmts-low", Some("dev"))]),
            ("pmts-high", "crates/high", &[("pmts-low", None)]),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn other_arrows_are_faults_in_tests_too() {
        for kind in [None, Some("dev"), Some("build")] {
            let found = faults(&[
                ("pmts-low", "crates/low", &[("pmts-high", kind)]),
                ("pmts-high", "crates/high", &[]),
            ]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with("low may not use high"), "{}", found[0]);
        }
    }

    #[test]
    fn unknown_missing_and_misnamed_crates_are_faults() {
        let found = faults(&[("pmts-low", "crates/low", &[]), ("wide", "crates/broad", &[])]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], "crates/broad holds the package wide: it must be pmts-broad");
        assert!(found[1].starts_with("unknown crate wide: write an ADR"), "{}", found[1]);
        assert!(found[2].starts_with("there is no crate high"), "{}", found[2]);
    }

    #[test]
    fn no_arrow_points_upward() {
        for (i, (from, uses)) in ARROWS.iter().enumerate() {
            for to in *uses {
                assert!(ARROWS[..i].iter().any(|(below, _)| below == to), "{from} -> {to}");
                assert!(*to != "app" || *from == "tests", "nothing but the tests uses app: {from}");
            }
        }
    }

    #[test]
    fn lints_are_taken_from_the_workspace() {
        assert_eq!(check_lints("x", "[lints]\nworkspace = true\n"), None);
        for bad in [
            "",
            "[lints]\nworkspace = false\n",
            "[lints.rust]\nunsafe_code = \"allow\"\n",
            "# [lints] workspace = true",
        ] {
            assert!(check_lints("x", bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn the_map_names_every_crate() {
        let package = |folder: &'static str| Package { name: "", manifest: folder, uses: Vec::new() };
        let low = package("/w/crates/low/Cargo.toml");
        for good in ["see crates/low.", "see `crates/low/`", "`low`: bottom", "pmts-low,"] {
            assert_eq!(check_map(&low, good), None, "{good}");
        }
        for bad in ["", "a low word", "`lower`", "crates/lower", "pmts-low-level"] {
            assert!(check_map(&low, bad).is_some(), "{bad}");
        }
        assert_eq!(check_map(&package("/w/xtask/Cargo.toml"), ""), None);
    }
}
