//! Writes the reference pages that are made from code: `cargo xtask codegen`; with `--check` it compares them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use anyhow::{Context, Result, bail, ensure};
use pmts_kernel::CodeInfo;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A page: its name under docs/reference, and what makes its text.
type Page = (&'static str, fn() -> Result<String>);

const PAGES: &[Page] = &[("error-codes.md", || error_codes(CODES))];

/// The error codes of each crate, in the order of the map of crates.
const CODES: &[(&str, &[CodeInfo])] = &[("kernel", pmts_kernel::codes::ALL)];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let check = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => bail!("the only argument is --check"),
    };
    let folder = folder();
    let mut stale = Vec::new();
    for (name, make) in PAGES {
        let text = make().with_context(|| format!("cannot make the page {name}"))?;
        if is_current(&folder.join(name), &text) {
            continue;
        }
        stale.push(*name);
        if !check {
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(name), text)
                .with_context(|| format!("cannot write docs/reference/{name}"))?;
            println!("wrote docs/reference/{name}");
        }
    }
    ensure!(
        !check || stale.is_empty(),
        "stale under docs/reference: {}; run: cargo xtask codegen",
        stale.join(", ")
    );
    Ok(())
}

fn folder() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.join("..").join("docs").join("reference")
}

fn is_current(path: &Path, text: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|found| found == text)
}

/// A table for each crate.
///
/// # Errors
/// A code that two entries share.
fn error_codes(crates: &[(&str, &[CodeInfo])]) -> Result<String> {
    let mut out = String::from(
        "<!-- Made by `cargo xtask codegen` from the crates' lists of codes; do not edit. -->\n\n# Error codes\n\n\
         Every error has a stable code. Programs match on the code: the words of an error may change, its code does not.\n",
    );
    let mut owners = BTreeMap::new();
    for (name, codes) in crates {
        writeln!(out, "\n## {name}\n\n| code | meaning | what to do |\n| --- | --- | --- |")?;
        for code in *codes {
            if let Some(owner) = owners.insert(code.code, name) {
                bail!("the code {} is declared twice: in {owner} and in {name}", code.code);
            }
            writeln!(out, "| `{}` | {} | {} |", code.code, cell(code.meaning), code.remedy.as_str())?;
        }
    }
    Ok(out)
}

/// Text that does not end a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_kernel::Remedy;

    const LOST: CodeInfo =
        CodeInfo { code: "PARCEL_LOST", meaning: "lost | stolen", remedy: Remedy::Inquire };

    #[test]
    fn a_code_is_a_row_of_its_crate() {
        let page = error_codes(&[("parcel", &[LOST])]).unwrap();
        assert!(page.ends_with(
            "\n## parcel\n\n| code | meaning | what to do |\n| --- | --- | --- |\n\
             | `PARCEL_LOST` | lost \\| stolen | inquire, do not repeat |\n"
        ));
    }

    #[test]
    fn a_code_has_one_owner() {
        let twice = error_codes(&[("parcel", &[LOST]), ("post", &[LOST])]).unwrap_err().to_string();
        assert_eq!(twice, "the code PARCEL_LOST is declared twice: in parcel and in post");
    }

    #[test]
    fn a_page_is_stale_until_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        assert!(!is_current(&path, "a"));
        fs::write(&path, "a").unwrap();
        assert!(is_current(&path, "a") && !is_current(&path, "b"));
    }
}
