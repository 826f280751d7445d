//! `pmts archive`: entries of closed days into a file of their own.

use super::output::{count, line};
use super::periods::{day_text, parse_day};
use crate::AppError;
use clap::Args;
use pmts_kernel::{Clock, SystemClock};
use pmts_store::EmbeddedStore;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
pub(super) struct ArchiveArgs {
    /// The data directory; it must not be in use
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
    /// The last day whose entries go; without it the last day that is closed for every entity
    #[arg(long, value_name = "DAY")]
    through: Option<String>,
    /// Entries of so many days stay in any case: so far back the directory can be put
    #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(..=36_500))]
    keep: u32,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ArchiveArgs) -> Result<(), AppError> {
    super::there(&args.data)?;
    let through = args.through.as_deref().map(parse_day).transpose()?;
    let keep = Duration::from_secs(u64::from(args.keep) * 86_400);
    let report = EmbeddedStore::archive(&args.data, through, keep, SystemClock.now())?;
    if args.json {
        return line(json!({
            "through": day_text(report.through), "moved": report.moved, "archived": report.last, "waiting": report.waiting,
            "main_bytes_before": report.main_bytes.0, "main_bytes": report.main_bytes.1, "archive_bytes": report.archive_bytes,
        }));
    }
    line(format!(
        "{} entries up to {} moved to archive.db, {} are there now; every read finds them as before",
        count(report.moved),
        day_text(report.through),
        count(report.last)
    ))?;
    if report.waiting > 0 {
        line(format!(
            "{} more stay for now: they share a block with later ones, or are of the last {} days, to which the directory can be put back",
            count(report.waiting),
            args.keep
        ))?;
    }
    line(format!(
        "pmts.db has {} bytes (before: {}), archive.db {}",
        count(report.main_bytes.1),
        count(report.main_bytes.0),
        count(report.archive_bytes)
    ))
}
