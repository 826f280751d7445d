//! `pmts doctor`.

use super::DataArgs;
use super::output::{count, line};
use crate::AppError;
use clap::Args;

#[derive(Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    data: DataArgs,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: DoctorArgs) -> Result<(), AppError> {
    let report = args.data.open()?.verify().await?;
    if args.json {
        line(serde_json::json!({
            "commits": report.commits, "transfers": report.transfers, "accounts": report.accounts, "records": report.records,
            "events": report.events, "problems": report.problems,
        }))?;
    } else {
        line(format!(
            "{} commits, {} transfers, {} accounts, {} records, {} events read: checksums, hash chain, sequences, balances",
            count(report.commits),
            count(report.transfers),
            count(report.accounts),
            count(report.records),
            count(report.events)
        ))?;
        for problem in &report.problems {
            line(format!("PROBLEM: {problem}"))?;
        }
        if report.problems.is_empty() {
            line("all is well")?;
        }
    }
    if report.problems.is_empty() { Ok(()) } else { Err(AppError::Problems(report.problems.len())) }
}
