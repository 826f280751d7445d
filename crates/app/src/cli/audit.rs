//! `pmts audit`: who did what that is privileged, and that nobody changed it since.

use super::DataArgs;
use super::output::{line, moment, rfc3339, table};
use crate::AppError;
use crate::audit::{AuditRow, Checkpoint, Signer, head, key_file, verify};
use clap::{Args, Subcommand};
use pmts_kernel::{Clock, SystemClock};
use pmts_store::{ListQuery, Record, StoreExt};
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Show who did what, newest first
    List(ListArgs),
    /// Read the whole audit, and the store under it: that no row was changed, removed or put elsewhere
    Verify(VerifyArgs),
    /// Write down how far the audit has come, signed, to be kept outside
    Checkpoint(CheckpointArgs),
    /// Show the public key that checkpoints are signed with; it is made if there is none
    Key(KeyArgs),
}

#[derive(Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Only what they did: user:ann, key:key_...
    #[arg(long, value_name = "PRINCIPAL")]
    who: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    data: DataArgs,
    /// A checkpoint that was kept outside: the audit must have come past it
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The public key of the checkpoint, in hex; that of the data directory if left out, which who can write there can change
    #[arg(long, value_name = "HEX", requires = "checkpoint")]
    key: Option<String>,
    /// The audit alone, not the store under it
    #[arg(long)]
    rows_only: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct CheckpointArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Where it goes; there must be no such file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct KeyArgs {
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(command: AuditCommand) -> Result<(), AppError> {
    match command {
        AuditCommand::List(args) => list(args).await,
        AuditCommand::Verify(args) => check(args).await,
        AuditCommand::Checkpoint(args) => {
            let store = args.data.open().await?;
            let signer = Signer::open_or_create(&args.data.data)?;
            let head = head(&*store).await?;
            let text = signer.sign(&head, SystemClock.now());
            super::aml_reports::write_private(&args.out, &text)?;
            line(format!("{} rows, written to {}", head.rows, args.out.display()))?;
            line(format!(
                "keep it, and the public key {}, where who can write here cannot",
                signer.public_key()
            ))
        }
        AuditCommand::Key(args) => {
            super::there(&args.data.data)?;
            line(Signer::open_or_create(&args.data.data)?.public_key())
        }
    }
}

async fn list(args: ListArgs) -> Result<(), AppError> {
    let store = args.data.open().await?;
    let mut query = match &args.who {
        Some(who) => ListQuery::with_key(AuditRow::KIND, "by", who),
        None => ListQuery::all(AuditRow::KIND),
    };
    query.newest_first = true;
    let mut rows: Vec<AuditRow> = Vec::new();
    loop {
        query.limit = (args.limit - rows.len()).min(1_000);
        if query.limit == 0 {
            break;
        }
        let (page, next) = store.list_typed::<AuditRow>(query.clone()).await?;
        rows.extend(page.into_iter().map(|row| row.value));
        query.after = next;
        if next.is_none() {
            break;
        }
    }
    if args.json {
        return rows.iter().try_for_each(|row| {
            line(json!({
                "n": row.n, "at": rfc3339(row.at), "by": row.by, "changes": row.changes, "hash": row.hash,
            }))
        });
    }
    let shown = rows.iter().flat_map(|row| {
        row.changes.iter().map(|change| {
            let what = if change.kind == "ledger_period" {
                change.content.as_deref().map_or("opened".to_owned(), |day| format!("closed to day {day}"))
            } else if change.content.is_none() {
                "removed".to_owned()
            } else {
                format!("version {}", change.version)
            };
            vec![
                row.n.to_string(),
                moment(row.at),
                row.by.to_string(),
                change.kind.clone(),
                change.id.clone(),
                what,
            ]
        })
    });
    table(&[">row", "at", "by", "what", "which", "is now"], shown)
}

async fn check(args: VerifyArgs) -> Result<(), AppError> {
    let store = args.data.open().await?;
    let checkpoint = match &args.checkpoint {
        None => None,
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(AppError::file(file))?;
            let key = match &args.key {
                Some(key) => key.clone(),
                None if key_file(&args.data.data).exists() => {
                    Signer::open_or_create(&args.data.data)?.public_key()
                }
                None => return Err(AppError::Usage("--key: the data directory has none".to_owned())),
            };
            Some(Checkpoint::read(&text, &key)?)
        }
    };
    let mut at_checkpoint = None;
    let wanted = checkpoint.as_ref().map_or(0, |c| c.head.rows);
    let mut report = verify(&*store, |n, hash| {
        if n == wanted {
            at_checkpoint = Some(hash.to_owned());
        }
    })
    .await?;
    if let Some(checkpoint) = &checkpoint {
        let (rows, at) = (checkpoint.head.rows, &checkpoint.at);
        let what = match at_checkpoint {
            _ if rows == 0 => None,
            None => Some(format!("rows are missing: the checkpoint of {at} has {rows}")),
            Some(hash) => (hash != checkpoint.head.hash)
                .then(|| format!("row {rows} is other than at the checkpoint of {at}")),
        };
        report.problems.extend(what);
    }
    let mut commits = 0;
    if !args.rows_only {
        let under = store.verify().await?;
        commits = under.commits;
        report.problems.extend(under.problems.into_iter().map(|what| format!("store: {what}")));
    }
    if args.json {
        let mut object = json!(report);
        object["commits"] = commits.into();
        object["checkpoint_rows"] = checkpoint.map(|c| c.head.rows).into();
        line(object)?;
    } else {
        report.problems.iter().try_for_each(line)?;
        line(format!(
            "{} rows, {} records as they say, {} written by the platform since; {commits} commits of the store read",
            report.rows, report.records, report.written_since
        ))?;
        if let Some(checkpoint) = checkpoint {
            line(format!("checkpoint of {}: {} rows", checkpoint.at, checkpoint.head.rows))?;
        }
    }
    match report.problems.len() {
        0 => Ok(()),
        problems => Err(AppError::Problems(problems)),
    }
}
