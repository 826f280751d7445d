//! `pmts aml files`: due diligence. On the embedded store with the server stopped; a running server takes the same over HTTP.

use super::aml_cases::desk_at;
use super::output::{line, moment, table};
use super::payouts::principal;
use super::plain_args::PlainArgs;
use crate::AppError;
use crate::aml::{AmlDesk, AmlError, ListWatch, unanswered};
use crate::diligence::{Allowed, DiligenceDesk, FileKept, FileStep, Standing, read_told};
use crate::lists::Shelf;
use crate::rates::Rates;
use clap::{Args, Subcommand, ValueEnum};
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::diligence::FileState;
use pmts_kernel::Principal;
use pmts_money::Money;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Subcommand)]
pub(super) enum FilesCommand {
    /// Show files: all, those in a state, or those whose review is due
    List(FileListArgs),
    /// Show a file, what is still needed, and what they may do
    Show(FileArgs),
    /// Keep what is told of somebody, and screen everybody in it: a JSON file in the form of POST /v1/aml/files
    Put(FilePutArgs),
    /// All is there: it is rated, and somebody has to approve
    Submit(FileArgs),
    /// It is known who they are; at high risk another person says so
    Approve(FileArgs),
    /// Look at it again; for a time what was allowed goes on
    Reopen(FileReasonArgs),
    /// Nothing is received or paid until it is looked at again
    Restrict(FileReasonArgs),
    /// Nothing is done with them
    Refuse(FileReasonArgs),
    /// Rules of rating, limits and reviews
    #[command(subcommand)]
    Rules(RulesCommand),
}

#[derive(Subcommand)]
pub(super) enum RulesCommand {
    /// Print those in force as a file, to be changed and put back
    Show(PlainArgs),
    /// Put others in force
    Use(RulesArgs),
}

#[derive(Args)]
pub(super) struct RulesArgs {
    /// The file: TOML, as `show` prints it
    file: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct FileListArgs {
    /// Only those that stand there
    #[arg(long, value_enum, conflicts_with = "due")]
    state: Option<FileStateArg>,
    /// Only those whose review is due
    #[arg(long)]
    due: bool,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct FileArgs {
    /// About whom, as seller:22
    party: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct FileReasonArgs {
    /// About whom, as seller:22
    party: String,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct FilePutArgs {
    /// About whom, as seller:22
    party: String,
    /// The file
    file: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FileStateArg {
    Open,
    Submitted,
    Verified,
    Restricted,
    Refused,
}

impl From<FileStateArg> for FileState {
    fn from(arg: FileStateArg) -> Self {
        match arg {
            FileStateArg::Open => Self::Open,
            FileStateArg::Submitted => Self::Submitted,
            FileStateArg::Verified => Self::Verified,
            FileStateArg::Restricted => Self::Restricted,
            FileStateArg::Refused => Self::Refused,
        }
    }
}

/// The desk of a data directory, and who is at it.
async fn desk(args: &PlainArgs) -> Result<(DiligenceDesk, Principal), AppError> {
    let cases = desk_at(&args.data).await?;
    let screening = ListWatch::open(Shelf::of(&args.data.data))?.screening();
    let (store, ids, clock) = (cases.store.clone(), cases.ids.clone(), cases.clock.clone());
    let aml = AmlDesk { store, ids, clock, screening };
    let rates = Arc::new(Rates::of(&args.data.data));
    Ok((DiligenceDesk::new(cases, Some(aml), rates), principal(&args.who.by)?))
}

fn whom(party: &str) -> Result<(Role, &str), AppError> {
    let read = party.split_once(':').and_then(|(role, reference)| Some((Role::parse(role)?, reference)));
    read.ok_or_else(|| AppError::Usage(format!("{party} is no ROLE:REFERENCE, such as seller:22")))
}

async fn of(desk: &DiligenceDesk, party: &str) -> Result<FileKept, AppError> {
    let (role, reference) = whom(party)?;
    let read = desk.file_of(role, reference).await?;
    Ok(read.ok_or_else(|| AmlError::Missing(format!("the file about {party}")))?.value)
}

pub(super) async fn files(command: FilesCommand) -> Result<(), AppError> {
    match command {
        FilesCommand::List(args) => list(args).await,
        FilesCommand::Show(args) => {
            let (desk, _) = desk(&args.plain).await?;
            desk.tell_reviews().await?;
            let kept = of(&desk, &args.party).await?;
            show(&desk, &kept, args.plain.json).await
        }
        FilesCommand::Put(args) => {
            let (desk, by) = desk(&args.plain).await?;
            let (role, reference) = whom(&args.party)?;
            let text = std::fs::read_to_string(&args.file).map_err(AppError::file(&args.file))?;
            let kept = desk.tell(role, reference, &read_told(&text)?, &by, &unanswered).await?;
            show(&desk, &kept, args.plain.json).await
        }
        FilesCommand::Submit(args) => step(&args.party, FileStep::Submit, &args.plain).await,
        FilesCommand::Approve(args) => step(&args.party, FileStep::Approve, &args.plain).await,
        FilesCommand::Reopen(args) => step(&args.party, FileStep::Reopen(args.reason), &args.plain).await,
        FilesCommand::Restrict(args) => step(&args.party, FileStep::Restrict(args.reason), &args.plain).await,
        FilesCommand::Refuse(args) => step(&args.party, FileStep::Refuse(args.reason), &args.plain).await,
        FilesCommand::Rules(RulesCommand::Show(plain)) => {
            let (_, text) = desk(&plain).await?.0.rules_file().await?;
            line(text.trim_end())
        }
        FilesCommand::Rules(RulesCommand::Use(args)) => {
            let (desk, by) = desk(&args.plain).await?;
            let text = std::fs::read_to_string(&args.file).map_err(AppError::file(&args.file))?;
            let record = desk.put_rules(&text, &by).await?;
            if args.plain.json {
                return line(json!({ "number": record.number, "at": record.at }));
            }
            line(format!("set {} of the rules of due diligence is in force", record.number))
        }
    }
}

async fn step(party: &str, step: FileStep, plain: &PlainArgs) -> Result<(), AppError> {
    let (desk, by) = desk(plain).await?;
    let kept = of(&desk, party).await?;
    let kept = desk.step(kept.id, &step, &by, &unanswered).await?;
    show(&desk, &kept, plain.json).await
}

fn word(value: impl serde::Serialize) -> String {
    json!(value).as_str().unwrap_or_default().replace('_', " ")
}

async fn list(args: FileListArgs) -> Result<(), AppError> {
    let (desk, _) = desk(&args.plain).await?;
    desk.tell_reviews().await?;
    let mut after = None;
    let mut rows = Vec::new();
    loop {
        let (page, next) = desk.files(args.state.map(FileState::from), args.due, after, 1_000).await?;
        for kept in page {
            if args.plain.json {
                line(shown(&kept, &desk.standing(&kept).await?))?;
                continue;
            }
            let file = &kept.file;
            let level = file.rating.as_ref().map(|r| word(r.level)).unwrap_or_default();
            let review = file.review_due.filter(|_| file.state == FileState::Verified).map(moment);
            rows.push(vec![file.party.clone(), word(file.state), level, review.unwrap_or_default()]);
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    if args.plain.json {
        return Ok(());
    }
    table(&["about", "state", "risk", "review due"], rows)
}

fn shown(kept: &FileKept, standing: &Standing) -> Value {
    let mut shown = json!(kept);
    shown["missing"] = json!(standing.missing);
    shown["may_receive"] = json!(standing.may_receive);
    shown["may_be_paid"] = json!(standing.may_be_paid);
    shown
}

async fn show(desk: &DiligenceDesk, kept: &FileKept, as_json: bool) -> Result<(), AppError> {
    let standing = desk.standing(kept).await?;
    if as_json {
        return line(shown(kept, &standing));
    }
    let (_, rules) = desk.rules().await?;
    let file = &kept.file;
    line(format!("{} about {}: {}", kept.id, file.party, word(file.state)))?;
    if let Some(rating) = &file.rating {
        let why: Vec<String> = rating.why.iter().map(|(name, points)| format!("{name} {points}")).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
        line(format!("  {} risk, {} points{why}", word(rating.level), rating.points))?;
    }
    for missing in &standing.missing {
        line(format!("  still needed: {missing}"))?;
    }
    for (what, allowed) in [("receive", standing.may_receive), ("be paid", standing.may_be_paid)] {
        line(match allowed {
            Allowed::All => format!("  may {what} without limit"),
            Allowed::UpTo { minor } => {
                format!("  may {what} up to {} within 30 days", Money::new(minor, rules.currency))
            }
            Allowed::Nothing { why } => format!("  may not {what}: {}", why.replace('_', " ")),
        })?;
    }
    if let Some(due) = file.review_due.filter(|_| file.state == FileState::Verified) {
        line(format!("  review due {}", moment(due)))?;
    }
    for event in &file.events {
        line(format!("  {} {}: {}", moment(event.at), event.by, event.text))?;
    }
    Ok(())
}
