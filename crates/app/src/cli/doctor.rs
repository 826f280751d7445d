//! `pmts doctor`: a data directory, a configuration file and the link to its card host, and what to do about what is found.

use super::DataArgs;
use super::output::{count, line};
use crate::AppError;
use crate::config::Config;
use crate::duty::DUTY;
use crate::platform::{KEY_FILE, PlatformConfig};
use crate::records::VaultKeysRecord;
use clap::Args;
use pmts_cards::{HostAnswer, Iso8583Link};
use pmts_kernel::SystemClock;
use pmts_store::{Record, VerifyReport};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Check this configuration file, too, and ask the card host it names whether it is there
    #[arg(long, value_name = "FILE", env = "PMTS_CONFIG")]
    config: Option<PathBuf>,
    /// Look at every byte of a directory that is not in use, also if it cannot be opened: structure, logs, indexes made anew
    #[arg(long, conflicts_with = "url")]
    deep: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Something that is wrong, and what to do.
struct Advice {
    problem: String,
    remedy: &'static str,
}

pub(super) async fn run(args: DoctorArgs) -> Result<(), AppError> {
    let mut advice = Vec::new();
    if args.deep {
        super::there(&args.data.data)?;
        let report = pmts_store::EmbeddedStore::inspect(&args.data.data)?;
        if !report.problems.is_empty() {
            // It may not be possible to open it: what there is to say is said here.
            advice.extend(of_damage(&report));
            return tell(&args, &report, 0, None, &advice);
        }
    }
    let store = args.data.open().await?;
    let report = store.verify().await?;
    advice.extend(of_damage(&report));
    let sealed = store.read(VaultKeysRecord::KIND, 1).await?.is_some();
    let key = args.data.data.join(KEY_FILE);
    if sealed && !key.exists() {
        advice.push(Advice {
            problem: format!("{} is missing: the cards in the vault cannot be opened", key.display()),
            remedy: "put the key file back from where you keep it",
        });
    }
    #[cfg(unix)]
    for secret in [KEY_FILE, super::keys::PEPPER_FILE] {
        advice.extend(readable_by_others(&args.data.data.join(secret)));
    }
    let open = store.job_counts().await?;
    let waiting: u64 = open.iter().filter(|(kind, _)| !kind.starts_with(DUTY)).map(|(_, n)| n).sum();
    drop(store);
    let host = match &args.config {
        Some(path) => Some(check_host(path, &mut advice).await?),
        None => None,
    };
    tell(&args, &report, waiting, host.as_deref(), &advice)
}

/// What is wrong with the data, and what to do.
fn of_damage(report: &VerifyReport) -> impl Iterator<Item = Advice> + '_ {
    report.problems.iter().map(|problem| Advice {
        problem: problem.clone(),
        remedy: if problem.contains("it is built anew") {
            "delete index.db while nothing runs: the next opening builds it anew"
        } else {
            "stop writing to this directory and go back to a copy that doctor finds well"
        },
    })
}

fn tell(
    args: &DoctorArgs,
    report: &VerifyReport,
    waiting: u64,
    host: Option<&str>,
    advice: &[Advice],
) -> Result<(), AppError> {
    if args.json {
        let problems: Vec<_> =
            advice.iter().map(|a| json!({"problem": a.problem, "remedy": a.remedy})).collect();
        line(json!({
            "commits": report.commits, "transfers": report.transfers, "accounts": report.accounts, "records": report.records,
            "events": report.events, "jobs": waiting, "host": host, "problems": problems,
        }))?;
    } else {
        line(format!(
            "{} commits, {} transfers, {} accounts, {} records, {} events read: {}",
            count(report.commits),
            count(report.transfers),
            count(report.accounts),
            count(report.records),
            count(report.events),
            report.checked
        ))?;
        if waiting > 0 {
            line(format!(
                "{} jobs wait: `pmts unknown list` shows operations whose outcome is open",
                count(waiting)
            ))?;
        }
        if let Some(host) = host {
            line(host)?;
        }
        for Advice { problem, remedy } in advice {
            line(format!("PROBLEM: {problem}"))?;
            line(format!("  what to do: {remedy}"))?;
        }
        if advice.is_empty() {
            line("all is well")?;
        }
    }
    if advice.is_empty() { Ok(()) } else { Err(AppError::Problems(advice.len())) }
}

/// Reads the configuration and asks its host whether it is there.
async fn check_host(path: &Path, advice: &mut Vec<Advice>) -> Result<String, AppError> {
    let file = Config::read(path)?;
    let mut config = PlatformConfig::default();
    file.apply(&mut config)?;
    let Some(address) = file.host() else {
        return Ok(format!("{}: names no card host", path.display()));
    };
    let mut link = config.link.clone();
    (link.address, link.acquirer) = (address.to_owned(), config.acquirer.clone());
    link.answer_timeout = config.answer_timeout;
    let link = Iso8583Link::new(link, Arc::new(SystemClock));
    let (problem, remedy) = match link.echo().await {
        HostAnswer::Answered(answer) if answer.response.is_approval() => {
            return Ok(format!("card host {address}: signed on, answers an echo"));
        }
        HostAnswer::Answered(answer) => (
            format!("card host {address} answers an echo with {}", answer.response),
            "ask the host whether it knows this acquirer",
        ),
        HostAnswer::NotSent { why } => (
            format!("card host {address} cannot be reached: {why}"),
            "check address, port and firewall; ask the host whether it is up",
        ),
        HostAnswer::Unknown { why } => (
            format!("card host {address} does not answer an echo: {why}"),
            "check table and framing against the host's specification (`pmts iso8583 decode` reads its bytes)",
        ),
    };
    advice.push(Advice { problem, remedy });
    Ok(format!("card host {address}: not well"))
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> Option<Advice> {
    use std::os::unix::fs::PermissionsExt;
    let mode = path.metadata().ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| Advice {
        problem: format!("{} can be read by others (mode {:o})", path.display(), mode & 0o777),
        remedy: "chmod 600, and if others may have read it, take new keys",
    })
}
