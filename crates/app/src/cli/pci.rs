//! `pmts pci`: card numbers where none belong.

use super::output::{line, say};
use crate::AppError;
use clap::{Args, Subcommand};
use pmts_compliance::pci::scrub::{Caution, Finding, Form, Scrubber};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(super) enum PciCommand {
    /// Look for card numbers in files and folders: logs, exports, dumps, data directories
    Scan(ScanArgs),
}

#[derive(Args)]
pub(super) struct ScanArgs {
    /// Files, and folders with all that is in them; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Tell also numbers that stand where ids and the like stand; one of 25 made-up numbers of 16 digits passes for a card number
    #[arg(long)]
    any: bool,
    /// Show at most so many of each file; all are counted
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u64,
    /// One JSON object for each number, and one for all
    #[arg(long)]
    json: bool,
}

/// What was looked at, and what was found.
#[derive(Default)]
struct Scanned {
    files: u64,
    bytes: u64,
    numbers: u64,
    /// Of each file that has some, in the order of names.
    of: BTreeMap<PathBuf, u64>,
}

pub(super) fn run(command: PciCommand) -> Result<(), AppError> {
    let PciCommand::Scan(args) = command;
    let mut scanned = Scanned::default();
    for path in &args.paths {
        if path == Path::new("-") {
            scan(path, std::io::stdin().lock(), &args, &mut scanned)?;
        } else {
            walk(path, &args, &mut scanned)?;
        }
    }
    let Scanned { files, bytes, numbers, of } = scanned;
    if args.json {
        line(
            json!({ "files": files, "bytes": bytes, "card_numbers": numbers, "files_with_some": of.len() }),
        )?;
    } else {
        line(format!("{files} files, {bytes} bytes: {numbers} card numbers in {} files", of.len()))?;
    }
    if numbers > 0 { Err(AppError::CardNumbers(numbers)) } else { Ok(()) }
}

/// A file, or all that is in a folder, in the order of names. Links are not followed: what they lead to is somewhere else.
fn walk(path: &Path, args: &ScanArgs, scanned: &mut Scanned) -> Result<(), AppError> {
    let kind = path.symlink_metadata().map_err(AppError::file(path))?.file_type();
    if kind.is_dir() {
        let entries = std::fs::read_dir(path).and_then(|all| all.collect::<Result<Vec<_>, _>>());
        let mut entries: Vec<PathBuf> =
            entries.map_err(AppError::file(path))?.iter().map(std::fs::DirEntry::path).collect();
        entries.sort_unstable();
        return entries.iter().try_for_each(|entry| walk(entry, args, scanned));
    }
    if !kind.is_file() {
        say(format!("{}: no file and no folder, left out", path.display()));
        return Ok(());
    }
    scan(path, File::open(path).map_err(AppError::file(path))?, args, scanned)
}

fn scan(path: &Path, reader: impl Read, args: &ScanArgs, scanned: &mut Scanned) -> Result<(), AppError> {
    let caution = if args.any { Caution::Any } else { Caution::InContext };
    let (mut found, mut shown) = (0_u64, Ok(()));
    let read = Scrubber::new(caution).find_in(reader, |at, finding| {
        found += 1;
        if found <= args.limit && shown.is_ok() {
            shown = show(path, at, &finding, args.json);
        }
    });
    shown?;
    scanned.bytes += read.map_err(AppError::file(path))?;
    scanned.files += 1;
    if found > 0 {
        scanned.numbers += found;
        scanned.of.insert(path.to_owned(), found);
        if found > args.limit && !args.json {
            line(format!("{}: {} more", path.display(), found - args.limit))?;
        }
    }
    Ok(())
}

fn show(path: &Path, at: u64, finding: &Finding, json: bool) -> Result<(), AppError> {
    let form = match finding.form {
        Form::Plain => "plain",
        Form::Grouped => "grouped",
        Form::Unicode => "unicode",
        Form::Percent => "percent",
        Form::Base64 => "base64",
    };
    if json {
        return line(
            json!({ "file": path.display().to_string(), "byte": at, "form": form, "masked": finding.masked }),
        );
    }
    line(format!("{} byte {at} {form} {}", path.display(), finding.masked))
}
