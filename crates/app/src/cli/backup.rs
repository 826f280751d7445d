//! `pmts backup` and `pmts restore`: a copy of a data directory that may be in use, and a new directory from a copy.

use super::keys::PEPPER_FILE;
use super::output::{count, line, moment, parse_moment, rfc3339};
use crate::AppError;
use crate::platform::KEY_FILE;
use clap::Args;
use pmts_store::{EmbeddedStore, Until};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Files in a data directory without which its cards or its API keys are of no use.
const KEYS: [&str; 2] = [KEY_FILE, PEPPER_FILE];

#[derive(Args)]
pub(super) struct BackupArgs {
    /// The data directory; it may be in use
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
    /// Where the copy goes: a directory that is not there, or empty
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Copy the key of the card vault and the pepper of API keys, too: whoever has the copy has the cards then
    #[arg(long)]
    with_keys: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct RestoreArgs {
    /// The copy: a directory that `pmts backup` made, or a data directory
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The new data directory: not there, or empty
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Only commits up to this moment (UTC): 2026-11-22T18:00:00Z
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Only commits up to this number
    #[arg(long, value_name = "NUMBER", conflicts_with = "at")]
    commit: Option<u64>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn backup(args: &BackupArgs) -> Result<(), AppError> {
    super::there(&args.data)?;
    let report = EmbeddedStore::backup(&args.data, &args.to)?;
    let keys = if args.with_keys { copy_keys(&args.data, &args.to)? } else { vec![] };
    let left: Vec<&str> =
        KEYS.into_iter().filter(|k| !keys.contains(k) && args.data.join(k).exists()).collect();
    if args.json {
        return line(json!({
            "commit": report.commit, "hash": report.hash, "transfers": report.transfers, "back_to": report.back_to,
            "bytes": report.bytes, "sha256": report.sha256, "keys_copied": keys, "keys_not_copied": left,
        }));
    }
    line(format!(
        "{} commits, {} transfers, {} bytes in {}: read back and checked",
        count(report.commit),
        count(report.transfers),
        count(report.bytes),
        args.to.display()
    ))?;
    line(format!(
        "it can be restored as it was after any commit from {} to {}",
        report.back_to, report.commit
    ))?;
    if !left.is_empty() {
        line(format!("not copied: {}. Keep them in another place: nothing replaces them", left.join(", ")))?;
    }
    Ok(())
}

pub(super) fn restore(args: &RestoreArgs) -> Result<(), AppError> {
    super::there(&args.from)?;
    let until = match (&args.at, args.commit) {
        (Some(at), _) => Until::Time(parse_moment(at)?),
        (None, Some(commit)) => Until::Commit(commit),
        (None, None) => Until::Last,
    };
    let report = EmbeddedStore::restore(&args.from, &args.to, until)?;
    let keys = copy_keys(&args.from, &args.to)?;
    let missing: Vec<&str> = KEYS.into_iter().filter(|k| !keys.contains(k)).collect();
    if args.json {
        return line(json!({
            "commit": report.commit, "time": report.time.map(rfc3339), "hash": report.hash,
            "transfers": report.transfers, "left_out": report.left_out, "keys_copied": keys, "keys_not_there": missing,
        }));
    }
    let last = report.time.map_or_else(|| "nothing".to_owned(), moment);
    line(format!(
        "{} commits, {} transfers in {}: checked; the last is of {last}",
        count(report.commit),
        count(report.transfers),
        args.to.display()
    ))?;
    if report.left_out > 0 {
        line(format!(
            "{} later commits are left out: what they did outside is not known here any more; keep the copy",
            count(report.left_out)
        ))?;
    }
    if !missing.is_empty() {
        line(format!(
            "not in the copy: {}. If the directory had them, put them back before it is used",
            missing.join(", ")
        ))?;
    }
    Ok(())
}

/// Copies the key files that are there, readable by their owner only; gives their names.
fn copy_keys(from: &Path, to: &Path) -> Result<Vec<&'static str>, AppError> {
    let mut copied = Vec::new();
    for name in KEYS {
        let (source, target) = (from.join(name), to.join(name));
        if !source.exists() {
            continue;
        }
        let bytes = pmts_sensitive::Secret::new(std::fs::read(&source).map_err(AppError::file(&source))?);
        let mut options = std::fs::File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&target).map_err(AppError::file(&target))?;
        std::io::Write::write_all(&mut file, bytes.expose())
            .and_then(|()| file.sync_all())
            .map_err(AppError::file(&target))?;
        copied.push(name);
    }
    Ok(copied)
}
