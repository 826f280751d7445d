//! `pmts aml report`: what is due to FinCEN, batches made and kept, and that they were filed.

use super::aml_cases::{desk, watched};
use super::output::{line, moment, rfc3339, table};
use super::plain_args::PlainArgs;
use crate::AppError;
use crate::aml::unanswered;
use crate::monitoring::{CaseId, CashReportsFile, FilerFile, Filing, FilingId, PersonsFile, SarRequest};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use pmts_compliance::aml::cases::CaseState;
use pmts_compliance::aml::reports::Narrative;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(super) enum ReportCommand {
    /// Show what has to be reported and is not filed: currency of business days, and cases
    Due(DueArgs),
    /// Make a batch of currency transaction reports of all that is due of these days and in no batch yet
    Ctr(CtrArgs),
    /// Make the suspicious activity report of a case
    Sar(SarArgs),
    /// Make a batch of form 8300: cash received in the trade
    #[command(name = "8300")]
    Form8300(Form8300Args),
    /// Show the batches that were made
    List(PlainArgs),
    /// Write a batch again as it was made
    Show(ShowArgs),
    /// Say that a batch was filed, with the number that FinCEN gave it
    Filed(FiledArgs),
}

#[derive(Args)]
struct FilerArgs {
    /// Who files: TOML
    #[arg(long, value_name = "FILE")]
    filer: PathBuf,
}

#[derive(Args)]
struct DaysArgs {
    /// The first business day
    #[arg(long, value_name = "DATE")]
    from: NaiveDate,
    /// The last business day
    #[arg(long, value_name = "DATE")]
    to: NaiveDate,
}

#[derive(Args)]
pub(super) struct DueArgs {
    #[command(flatten)]
    filer: FilerArgs,
    #[command(flatten)]
    days: DaysArgs,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct CtrArgs {
    #[command(flatten)]
    filer: FilerArgs,
    #[command(flatten)]
    days: DaysArgs,
    /// About whom: TOML
    #[arg(long, value_name = "FILE")]
    persons: PathBuf,
    /// Where the batch goes; there must be no such file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct SarArgs {
    /// The case: amlc_...
    case: CaseId,
    #[command(flatten)]
    filer: FilerArgs,
    /// About whom: TOML
    #[arg(long, value_name = "FILE")]
    persons: PathBuf,
    /// What happened, told: a text file of at most 20,000 characters
    #[arg(long, value_name = "FILE")]
    narrative: PathBuf,
    /// How much, in cents; the most that an alert adds up to if left out
    #[arg(long, value_name = "CENTS")]
    cents: Option<i64>,
    /// From when on; the first alert if left out
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// Until when; the last alert if left out
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// It goes on from a report that FinCEN gave this number; from the last of this case if left out
    #[arg(long, value_name = "NUMBER")]
    continues: Option<u64>,
    /// Where the batch goes; there must be no such file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct Form8300Args {
    #[command(flatten)]
    filer: FilerArgs,
    /// The reports: TOML
    #[arg(long, value_name = "FILE")]
    reports: PathBuf,
    /// Where the batch goes; there must be no such file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct ShowArgs {
    /// Which one: bsa_...
    id: FilingId,
    /// Where it goes; there must be no such file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct FiledArgs {
    /// Which one: bsa_...
    id: FilingId,
    /// The number that FinCEN gave it
    #[arg(long)]
    number: u64,
    #[command(flatten)]
    plain: PlainArgs,
}

fn read(path: &Path) -> Result<String, AppError> {
    std::fs::read_to_string(path).map_err(AppError::file(path))
}

/// Writes a file that only its owner reads.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), AppError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(AppError::file(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(AppError::file(path))
}

fn shown(filing: &Filing) -> Value {
    let about = filing.about.iter().map(|(party, day)| json!({ "party": party, "day": day }));
    json!({
        "id": filing.id, "form": filing.form.name(), "case": filing.case, "about": about.collect::<Vec<_>>(),
        "made": rfc3339(filing.made.0), "made_by": filing.made.1,
        "filed": filing.filed.as_ref().map(|(at, ..)| rfc3339(*at)),
        "filed_by": filing.filed.as_ref().map(|(_, by, _)| by),
        "number": filing.filed.as_ref().map(|(.., number)| number),
        "keep_until": rfc3339(filing.keep_until()),
    })
}

fn show(filing: &Filing, out: Option<&Path>, as_json: bool) -> Result<(), AppError> {
    if as_json {
        return line(shown(filing));
    }
    let (id, reports) = (filing.id, filing.about.len());
    let of = if reports == 1 { "report" } else { "reports" };
    line(format!(
        "{} batch {id}: {reports} {of}, kept until {}",
        filing.form.name(),
        moment(filing.keep_until())
    ))?;
    if let Some(out) = out {
        line(format!(
            "written to {}; when it is filed: `pmts aml report filed {id} --number NUMBER`",
            out.display()
        ))?;
    }
    Ok(())
}

pub(super) async fn run(command: ReportCommand) -> Result<(), AppError> {
    match command {
        ReportCommand::Due(args) => due(args).await,
        ReportCommand::Ctr(args) => {
            let filer = FilerFile::read(&read(&args.filer.filer)?)?;
            let persons = PersonsFile::read(&read(&args.persons)?)?;
            not_there(&args.out)?;
            let (desk, by) = desk(&args.plain).await?;
            let filing = desk.make_ctr((args.days.from, args.days.to), &filer, &persons, &by).await?;
            write_private(&args.out, &filing.file)?;
            show(&filing, Some(&args.out), args.plain.json)
        }
        ReportCommand::Sar(args) => {
            let filer = FilerFile::read(&read(&args.filer.filer)?)?;
            let persons = PersonsFile::read(&read(&args.persons)?)?;
            not_there(&args.out)?;
            let (desk, by) = desk(&args.plain).await?;
            let request = SarRequest {
                filer: &filer,
                persons: &persons,
                narrative: Narrative::new(read(&args.narrative)?),
                cents: args.cents,
                from: args.from,
                to: args.to,
                continues: args.continues,
            };
            let filing = desk.make_sar(args.case, request, &by).await?;
            write_private(&args.out, &filing.file)?;
            show(&filing, Some(&args.out), args.plain.json)
        }
        ReportCommand::Form8300(args) => {
            let filer = FilerFile::read(&read(&args.filer.filer)?)?;
            let reports = CashReportsFile::read(&read(&args.reports)?)?;
            not_there(&args.out)?;
            let (desk, by) = desk(&args.plain).await?;
            let filing = desk.make_8300(&filer, &reports, &by).await?;
            write_private(&args.out, &filing.file)?;
            show(&filing, Some(&args.out), args.plain.json)
        }
        ReportCommand::List(plain) => {
            let found = desk(&plain).await?.0.filings().await?;
            if plain.json {
                return found.iter().try_for_each(|f| line(shown(f)));
            }
            let rows = found.iter().map(|f| {
                let filed = f.filed.as_ref().map(|(at, _, number)| format!("{} as {number}", moment(*at)));
                vec![
                    f.id.to_string(),
                    f.form.name().to_owned(),
                    f.about.len().to_string(),
                    moment(f.made.0),
                    filed.unwrap_or_default(),
                    moment(f.keep_until()),
                ]
            });
            table(&["batch", "form", ">reports", "made", "filed", "kept until"], rows)
        }
        ReportCommand::Show(args) => {
            let filing = desk(&args.plain).await?.0.filing(args.id).await?.value;
            write_private(&args.out, &filing.file)?;
            show(&filing, Some(&args.out), args.plain.json)
        }
        ReportCommand::Filed(args) => {
            let (desk, by) = desk(&args.plain).await?;
            let filing = desk.filed(args.id, args.number, &by, &unanswered).await?;
            show(&filing, None, args.plain.json)
        }
    }
}

/// Said before anything is kept.
fn not_there(path: &Path) -> Result<(), AppError> {
    if path.exists() { Err(AppError::Usage(format!("{} is there already", path.display()))) } else { Ok(()) }
}

async fn due(args: DueArgs) -> Result<(), AppError> {
    let filer = FilerFile::read(&read(&args.filer.filer)?)?;
    let (desk, _) = desk(&args.plain).await?;
    watched(&args.plain, &desk).await?;
    let mut cash = desk.cash_due(args.days.from, args.days.to, &filer).await?;
    cash.retain(|d| !d.filed);
    let mut cases = desk.cases(Some(CaseState::ToReport), None).await?;
    cases.sort_by_key(|c| c.clocks().first().map(|(_, due)| *due));
    if args.plain.json {
        for d in &cash {
            let (person, day) = (&d.cash.person, d.cash.day);
            let (cash_in, out) = (d.cash.in_cents, d.cash.out_cents);
            line(json!({
                "form": "CTR", "about": person, "day": day, "in_cents": cash_in, "out_cents": out, "due": d.due, "batch": d.filing,
            }))?;
        }
        return cases.iter().try_for_each(|c| {
            let due = c.clocks().first().map(|(_, due)| rfc3339(*due));
            line(json!({ "form": "SAR", "about": c.subject, "case": c.id, "due": due }))
        });
    }
    let of_cash = cash.iter().map(|d| {
        let batch = d.filing.map_or_else(String::new, |id| id.to_string());
        let what = format!("{} cents in, {} cents out", d.cash.in_cents, d.cash.out_cents);
        vec!["CTR".to_owned(), d.cash.person.clone(), d.due.to_string(), batch, what]
    });
    let of_cases = cases.iter().map(|c| {
        let due = c.clocks().first().map(|(_, due)| moment(*due)[..10].to_owned());
        vec!["SAR".to_owned(), c.subject.clone(), due.unwrap_or_default(), c.id.clone(), String::new()]
    });
    table(&["form", "about", "due", "batch or case", "what"], of_cash.chain(of_cases))
}
