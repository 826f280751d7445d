//! `pmts fx`: exchange rates from files, and quotes by them.

use super::output::{line, table};
use crate::AppError;
use crate::rates::{FILE, file_of, load, read, text_of};
use chrono::{DateTime, NaiveDate};
use clap::{Args, Subcommand};
use pmts_fx::{Fixed, Margin, Margins, Quote, RateSource, RateTable, is_zip, read_ecb, unzip_only_file};
use pmts_kernel::{Clock, SystemClock, Timestamp};
use pmts_money::{Currency, Money};
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum FxCommand {
    /// Show the rates of a day, or import rates from a file
    Rates(RatesArgs),
    /// What an amount is in another currency, by the rate of a day and a margin
    Quote(QuoteArgs),
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct RatesArgs {
    #[command(subcommand)]
    command: Option<RatesCommand>,
    #[command(flatten)]
    show: ShowArgs,
}

#[derive(Subcommand)]
enum RatesCommand {
    /// Import euro reference rates: CSV or XML of one day or of all, or the zip archive of the history
    Import(ImportArgs),
}

#[derive(Args)]
struct PlaceArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
}

#[derive(Args)]
struct ImportArgs {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Args)]
struct ShowArgs {
    /// The data directory
    // Not required by clap: with a subcommand it stands there.
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: Option<PathBuf>,
    /// The currency that the rates are for one unit of
    #[arg(long, value_name = "CURRENCY", default_value = "EUR")]
    base: String,
    /// The day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// For programs: one object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct QuoteArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The amount that is paid: 100.00
    amount: String,
    /// Its currency
    from: String,
    /// The currency that is got
    to: String,
    /// The amount is what is got, not what is paid
    #[arg(long)]
    gets: bool,
    /// Basis points that are kept
    #[arg(long, value_name = "BPS", default_value_t = 0)]
    margin: i64,
    /// The day of the rate; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// For how many seconds it would be honoured
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    valid_for: u32,
    /// For programs
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: FxCommand) -> Result<(), AppError> {
    match command {
        FxCommand::Rates(RatesArgs { command: Some(RatesCommand::Import(args)), .. }) => import(&args),
        FxCommand::Rates(RatesArgs { show: args, .. }) => show(&args),
        FxCommand::Quote(args) => quote(&args),
    }
}

fn import(args: &ImportArgs) -> Result<(), AppError> {
    let bytes = read(&args.file)?;
    let bytes = if is_zip(&bytes) {
        let why =
            || AppError::Usage(format!("{} is no archive of one file, or damaged", args.file.display()));
        unzip_only_file(&bytes).ok_or_else(why)?
    } else {
        bytes
    };
    let new = read_ecb(&text_of(&args.file, bytes)?)?;
    let path = file_of(&args.place.data);
    let mut all = if path.exists() { load(&args.place.data)? } else { RateTable::new(Currency::EUR) };
    all.merge(&new.table)?;
    let folder = args.place.data.join("fx");
    fs::create_dir_all(&folder).map_err(AppError::file(&folder))?;
    // Whole or not at all: another process may read it now.
    let draft = folder.join(format!("{FILE}.new"));
    fs::write(&draft, to_csv(&all)).map_err(AppError::file(&draft))?;
    fs::File::open(&draft).and_then(|f| f.sync_all()).map_err(AppError::file(&draft))?;
    fs::rename(&draft, &path).map_err(AppError::file(&path))?;
    let left_out = if new.left_out.is_empty() {
        String::new()
    } else {
        format!("; left out, no currencies here: {}", new.left_out.join(" "))
    };
    line(format!("{} days, {} currencies{left_out}", new.days, new.table.currencies().count()))
}

/// In the form of the history: newest first.
fn to_csv(rates: &RateTable) -> String {
    let currencies: Vec<Currency> = rates.currencies().collect();
    let mut days: Vec<NaiveDate> =
        currencies.iter().flat_map(|c| rates.days(*c)).map(|(day, _)| *day).collect();
    days.sort_unstable();
    days.dedup();
    let mut out = String::from("Date");
    for currency in &currencies {
        let _ = write!(out, ",{}", currency.code());
    }
    out.push('\n');
    for day in days.into_iter().rev() {
        let _ = write!(out, "{day}");
        for currency in &currencies {
            let all = rates.days(*currency);
            match all.binary_search_by_key(&day, |(day, _)| *day) {
                Ok(at) => _ = write!(out, ",{}", all[at].1),
                Err(_) => out.push_str(",N/A"),
            }
        }
        out.push('\n');
    }
    out
}

fn currency(code: &str) -> Result<Currency, AppError> {
    Currency::from_code(code).map_err(|_| AppError::Usage(format!("{code} is no currency")))
}

fn day(on: Option<NaiveDate>) -> NaiveDate {
    let today =
        || DateTime::from_timestamp_micros(SystemClock.now().as_micros()).unwrap_or_default().date_naive();
    on.unwrap_or_else(today)
}

fn show(args: &ShowArgs) -> Result<(), AppError> {
    let data = args.data.as_deref().ok_or_else(|| AppError::Usage("--data DIR is missing".to_owned()))?;
    let rates = load(data)?;
    let (base, on) = (currency(&args.base)?, day(args.on));
    let others = rates.currencies().chain([rates.against()]).filter(|c| *c != base);
    let found: Vec<_> = others.filter_map(|quote| rates.rate(base, quote, on).ok()).collect();
    if found.is_empty() {
        // Say why: no rate at all, or too old.
        let other = if base == rates.against() { rates.currencies().next() } else { Some(rates.against()) };
        rates.rate(base, other.unwrap_or(base), on)?;
    }
    if args.json {
        for rate in &found {
            line(json!({
                "base": rate.base.code(),
                "quote": rate.quote.code(),
                "rate": rate.shown().to_string(),
                "asked": rate.asked.to_string(),
                "published": rate.published.to_string(),
            }))?;
        }
        return Ok(());
    }
    let row = |rate: &pmts_fx::PairRate| {
        vec![rate.quote.code().to_owned(), rate.shown().to_string(), rate.published.to_string()]
    };
    table(&[&format!("for 1 {}", base.code()), ">rate", "published"], found.iter().map(row))
}

fn quote(args: &QuoteArgs) -> Result<(), AppError> {
    let rates = load(&args.place.data)?;
    let (from, to) = (currency(&args.from)?, currency(&args.to)?);
    let given = Money::parse(&args.amount, if args.gets { to } else { from })
        .map_err(|e| AppError::Usage(format!("{}: {e}", args.amount)))?;
    let (fixed, other) = if args.gets { (Fixed::Gets(given), from) } else { (Fixed::Pays(given), to) };
    let made = SystemClock.now();
    let expires = Timestamp::from_micros(made.as_micros() + i64::from(args.valid_for) * 1_000_000);
    let margins = Margins::new(Margin::bps(args.margin)?);
    let quote = Quote::make(&rates, &margins, fixed, other, day(args.on), (made, expires))?;
    if args.json {
        return line(json!({
            "pays": quote.pays,
            "gets": quote.gets,
            "margin_amount": quote.margin_amount,
            "margin_bps": quote.margin.get(),
            "rate": quote.shown_rate()?.to_string(),
            "reference_rate": quote.reference.shown().to_string(),
            "asked": quote.reference.asked.to_string(),
            "published": quote.reference.published.to_string(),
            "expires": super::output::rfc3339(expires),
        }));
    }
    line(format!("pays       {}", quote.pays))?;
    line(format!("gets       {}", quote.gets))?;
    line(format!("rate       {}", quote.shown_rate()?))?;
    line(format!("reference  {} of {}", quote.reference.shown(), quote.reference.published))?;
    line(format!("margin     {} bps, {}", quote.margin.get(), quote.margin_amount))
}
