//! `pmts fraud`: models and rules, tried on files of transactions.

use super::DataArgs;
use super::fraud_desk::{self, LabelArgs, ListCommand, RulesCommand};
use super::fraud_people::{self, AppealsCommand, BulkCommand, CasesCommand, ReviewsCommand};
use super::output::{count, line, say, table};
use crate::AppError;
use crate::fraud::{Backtest, BacktestReport, FraudShelf, Period, Replay, backtest, replay};
use clap::{Args, Subcommand};
use pmts_fraud::explain;
use pmts_fraud::model::{Metrics, TrainOptions};
use pmts_fraud::rules::{RuleSet, starter};
use pmts_kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(super) enum FraudCommand {
    /// Learn from one period of a file and try it on a later one, by the published protocol
    Backtest(BacktestArgs),
    /// Train a model and keep it as a version; it decides nothing before it is promoted
    Train(TrainArgs),
    /// Try a kept model on a period of a file
    Evaluate(EvaluateArgs),
    /// Put a kept model in force
    Promote(PromoteArgs),
    /// Put the model in force that was before
    Rollback(ShelfArgs),
    /// Show the kept models
    Models(ShelfArgs),
    /// Show what rules would have done in a period of a file
    Replay(ReplayArgs),
    /// Say why a payment was decided as it was, or a transaction of a file would be
    Explain(ExplainArgs),
    /// Versions of the rules of the running screen
    #[command(subcommand)]
    Rules(RulesCommand),
    /// The lists of the running screen: allow, review, block
    #[command(subcommand)]
    List(ListCommand),
    /// Tell whether a payment was fraud
    Label(LabelArgs),
    /// Payments and payouts that wait for a person
    #[command(subcommand)]
    Reviews(ReviewsCommand),
    /// Payments, customers, devices that belong together
    #[command(subcommand)]
    Cases(CasesCommand),
    /// The same done to many, if another person agrees
    #[command(subcommand)]
    Bulk(BulkCommand),
    /// Refused persons who ask for a person
    #[command(subcommand)]
    Appeals(AppealsCommand),
}

#[derive(Args)]
struct FileArgs {
    /// The transactions: CSV, may be gzipped, in the order of time
    #[arg(long, value_name = "FILE")]
    transactions: PathBuf,
    /// The day of second 0 of the file
    #[arg(long, value_name = "DAY", default_value = "2018-04-01")]
    start: String,
    /// How late it is known whether a payment was fraud: 7d, 36h
    #[arg(long, value_name = "TIME", default_value = "7d")]
    label_delay: String,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct SeedArgs {
    /// Where the draws of the training begin: the same seed, file and periods give the same model
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Settings of the training as JSON, those that are not as built in
    #[arg(long, value_name = "JSON", hide = true)]
    options: Option<String>,
}

impl SeedArgs {
    fn options(&self) -> Result<TrainOptions, AppError> {
        let base = TrainOptions { seed: self.seed, ..TrainOptions::default() };
        let Some(text) = &self.options else { return Ok(base) };
        let bad = |e: serde_json::Error| AppError::Usage(format!("--options: {e}"));
        let mut value = serde_json::to_value(base).map_err(bad)?;
        let given: Value = serde_json::from_str(text).map_err(bad)?;
        for (name, v) in given.as_object().into_iter().flatten() {
            value[name] = v.clone();
        }
        serde_json::from_value(value).map_err(bad)
    }
}

#[derive(Args)]
pub(super) struct BacktestArgs {
    #[command(flatten)]
    file: FileArgs,
    /// What is learned from: FROM..TO, both days in it
    #[arg(long, value_name = "FROM..TO")]
    train: String,
    /// What it is tried on: FROM..TO, both days in it
    #[arg(long, value_name = "FROM..TO")]
    test: String,
    /// Write id, time, score and label of the transactions counted
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,
    /// In --scores, transactions of cards known as compromised, too
    #[arg(long, requires = "scores")]
    all: bool,
    #[command(flatten)]
    seed: SeedArgs,
}

#[derive(Args)]
pub(super) struct TrainArgs {
    #[command(flatten)]
    file: FileArgs,
    /// What is learned from: FROM..TO, both days in it
    #[arg(long, value_name = "FROM..TO")]
    train: String,
    #[command(flatten)]
    seed: SeedArgs,
    /// The data directory; models lie in its folder fraud
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
}

#[derive(Args)]
pub(super) struct EvaluateArgs {
    #[command(flatten)]
    file: FileArgs,
    /// What it is tried on: FROM..TO, both days in it
    #[arg(long, value_name = "FROM..TO")]
    test: String,
    /// Which version; without it the one in force
    #[arg(long, value_name = "N")]
    model: Option<u32>,
    /// The data directory; models lie in its folder fraud
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
}

#[derive(Args)]
pub(super) struct PromoteArgs {
    /// Which version
    number: u32,
    #[command(flatten)]
    shelf: ShelfArgs,
}

#[derive(Args)]
pub(super) struct ShelfArgs {
    /// The data directory; models lie in its folder fraud
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ReplayArgs {
    #[command(flatten)]
    file: FileArgs,
    /// The rules; without them the starting rules
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// The first day
    #[arg(long, value_name = "DAY")]
    from: String,
    /// The last day
    #[arg(long, value_name = "DAY")]
    to: String,
}

#[derive(Args)]
pub(super) struct ExplainArgs {
    /// The payment, `pay_...` or `pi_...`; with --transactions the transaction's id
    id: String,
    /// Transactions to look in: CSV, may be gzipped, in the order of time
    #[arg(long, value_name = "FILE")]
    transactions: Option<PathBuf>,
    /// The day of second 0 of the file
    #[arg(long, value_name = "DAY", default_value = "2018-04-01")]
    start: String,
    /// How late it is known whether a payment was fraud: 7d, 36h
    #[arg(long, value_name = "TIME", default_value = "7d")]
    label_delay: String,
    /// JSON for programs
    #[arg(long)]
    json: bool,
    /// Which version; without it the one in force
    #[arg(long, value_name = "N")]
    model: Option<u32>,
    /// The rules; without them the starting rules
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(command: FraudCommand) -> Result<(), AppError> {
    match command {
        FraudCommand::Backtest(args) => run_backtest(&args),
        FraudCommand::Train(args) => run_train(&args),
        FraudCommand::Evaluate(args) => evaluate(&args),
        FraudCommand::Promote(args) => {
            let manifest = FraudShelf::of(&args.shelf.data).promote(args.number)?;
            in_force(&args.shelf, manifest.in_force)
        }
        FraudCommand::Rollback(args) => in_force(&args, FraudShelf::of(&args.data).rollback()?.in_force),
        FraudCommand::Models(args) => models(&args),
        FraudCommand::Replay(args) => run_replay(&args),
        FraudCommand::Explain(args) => run_explain(&args).await,
        FraudCommand::Rules(command) => fraud_desk::rules(command).await,
        FraudCommand::List(command) => fraud_desk::list(command).await,
        FraudCommand::Label(args) => fraud_desk::label(args).await,
        FraudCommand::Reviews(command) => fraud_people::reviews(command).await,
        FraudCommand::Cases(command) => fraud_people::cases(command).await,
        FraudCommand::Bulk(command) => fraud_people::bulk(command).await,
        FraudCommand::Appeals(command) => fraud_people::appeals(command).await,
    }
}

fn in_force(args: &ShelfArgs, number: Option<u32>) -> Result<(), AppError> {
    if args.json {
        return line(json!({ "in_force": number }));
    }
    line(format!("model {} is in force", number.unwrap_or(0)))
}

fn run_backtest(args: &BacktestArgs) -> Result<(), AppError> {
    let start = day(&args.file.start)?;
    let ask = Backtest {
        transactions: args.file.transactions.clone(),
        start,
        label_delay: seconds(&args.file.label_delay)?,
        train: Some(period(&args.train, start)?),
        test: Some(period(&args.test, start)?),
        options: args.seed.options()?,
        model: None,
        name: "backtest".to_owned(),
    };
    let report = backtest(&ask)?;
    if let Some(path) = &args.scores {
        write_scores(path, &report, args.all)?;
    }
    show(&report, args.file.json)
}

fn run_train(args: &TrainArgs) -> Result<(), AppError> {
    let start = day(&args.file.start)?;
    let ask = Backtest {
        transactions: args.file.transactions.clone(),
        start,
        label_delay: seconds(&args.file.label_delay)?,
        train: Some(period(&args.train, start)?),
        test: None,
        options: args.seed.options()?,
        model: None,
        name: "model".to_owned(),
    };
    let report = backtest(&ask)?;
    let (rows, frauds) = report.trained;
    let from = format!("{rows} payments, {frauds} of them fraud, {}, seed {}", args.train, args.seed.seed);
    let version = FraudShelf::of(&args.data).add(report.model, &from, None, SystemClock.now())?;
    if args.file.json {
        return line(json!({ "version": version.number, "learned_from": from, "hash": version.hash }));
    }
    line(format!(
        "model {} learned from {from}; promote it with: pmts fraud promote {}",
        version.number, version.number
    ))
}

fn evaluate(args: &EvaluateArgs) -> Result<(), AppError> {
    let (_, model) = FraudShelf::of(&args.data).model(args.model)?;
    let start = day(&args.file.start)?;
    let ask = Backtest {
        transactions: args.file.transactions.clone(),
        start,
        label_delay: seconds(&args.file.label_delay)?,
        train: None,
        test: Some(period(&args.test, start)?),
        options: TrainOptions::default(),
        model: Some(model),
        name: String::new(),
    };
    show(&backtest(&ask)?, args.file.json)
}

fn models(args: &ShelfArgs) -> Result<(), AppError> {
    let manifest = FraudShelf::of(&args.data).manifest()?;
    if args.json {
        return line(json!({ "in_force": manifest.in_force, "versions": manifest.versions }));
    }
    let rows = manifest.versions.iter().map(|v| {
        let mark = if manifest.in_force == Some(v.number) { "in force" } else { "" };
        vec![v.number.to_string(), mark.to_owned(), v.learned_from.clone()]
    });
    table(&[">model", "", "learned from"], rows)
}

fn run_replay(args: &ReplayArgs) -> Result<(), AppError> {
    let start = day(&args.file.start)?;
    let ask = Replay {
        transactions: args.file.transactions.clone(),
        start,
        label_delay: seconds(&args.file.label_delay)?,
        period: period(&format!("{}..{}", args.from, args.to), start)?,
        rules: rules(args.rules.as_deref())?,
    };
    let report = replay(&ask)?;
    if args.file.json {
        return line(serde_json::to_value(&report).map_err(|e| AppError::Output(e.into()))?);
    }
    let rows = report.rules.iter().map(|r| {
        vec![
            r.rule.clone(),
            r.state.clone(),
            r.action.name().to_owned(),
            count(r.hits),
            count(r.caught),
            count(r.false_alarms),
            count(r.caught_minor),
            count(r.false_minor),
        ]
    });
    table(
        &[
            "rule",
            "state",
            "action",
            ">hits",
            ">caught",
            ">false alarms",
            ">fraud stopped, minor",
            ">honest stopped, minor",
        ],
        rows,
    )?;
    line(format!("{} payments, {} of them fraud", count(report.payments), count(report.frauds)))
}

async fn run_explain(args: &ExplainArgs) -> Result<(), AppError> {
    let Some(transactions) = &args.transactions else {
        return fraud_desk::explain(&args.data, &args.id, args.json).await;
    };
    let start = day(&args.start)?;
    let rules = rules(args.rules.as_deref())?;
    let model = match FraudShelf::of(&args.data.data).model(args.model) {
        Ok((_, model)) => Some(model),
        Err(AppError::NoModel { number: None, .. }) => None,
        Err(e) => return Err(e),
    };
    let delay = seconds(&args.label_delay)?;
    let found = crate::fraud::decide_one(transactions, start, delay, &args.id, &rules, model.as_ref())?;
    let decision =
        found.ok_or_else(|| AppError::Usage(format!("the file has no transaction {}", args.id)))?;
    let (analyst, customer) = (explain::for_analyst(&decision), explain::for_customer(&decision));
    if args.json {
        return line(json!({ "decision": decision, "analyst": analyst, "customer": customer }));
    }
    analyst.iter().try_for_each(line)?;
    line(format!("To the customer: {customer}"))
}

fn rules(path: Option<&Path>) -> Result<RuleSet, AppError> {
    let Some(path) = path else { return Ok(starter()?) };
    Ok(RuleSet::from_json(&std::fs::read(path).map_err(AppError::file(path))?)?)
}

fn show(report: &BacktestReport, json: bool) -> Result<(), AppError> {
    if json {
        let mut object = figures(&report.metrics);
        object["left_out"] = report.left_out.into();
        object["trained"] = json!({ "payments": report.trained.0, "frauds": report.trained.1 });
        object["weeks"] = report
            .weeks
            .iter()
            .map(|w| {
                let mut week = figures(&w.metrics);
                week["first_day"] = w.first_day.into();
                week
            })
            .collect();
        let tenth = |(p, f): &(u64, u64)| json!({ "probability": millionths(*p), "fraud": millionths(*f) });
        object["reliability"] = report.reliability.iter().map(tenth).collect();
        let moved = report.drift.iter().filter(|(_, psi)| *psi > 250);
        object["drift"] =
            moved.map(|(name, psi)| json!({ "feature": name, "psi_thousandths": psi })).collect();
        object["trees"] = report.model.trees.len().into();
        return line(object);
    }
    let m = &report.metrics;
    say(format!("{} payments left out: their cards were known as compromised", count(report.left_out)));
    let rows = report.weeks.iter().map(|w| (format!("week from day {}", w.first_day), w.metrics));
    let rows = rows.chain([("all".to_owned(), *m)]).map(|(name, m)| {
        let shares = [
            m.auc,
            m.average_precision,
            m.card_precision_at_100,
            m.recall_at_half_percent,
            m.recall_at_one_percent,
        ];
        let mut row = vec![name, count(m.payments), count(m.frauds)];
        row.extend(shares.map(|s| format!("0.{:04}", (s + 50) / 100)));
        row
    });
    table(
        &[
            "",
            ">payments",
            ">frauds",
            ">AUC",
            ">average precision",
            ">card precision at 100",
            ">recall at 0.5 %",
            ">recall at 1 %",
        ],
        rows,
    )
}

/// The figures under the names that are published.
fn figures(m: &Metrics) -> Value {
    json!({
        "auc": millionths(m.auc), "average_precision": millionths(m.average_precision),
        "card_precision_at_100": millionths(m.card_precision_at_100),
        "recall_at_alert_rate_0.5_percent": millionths(m.recall_at_half_percent),
        "recall_at_alert_rate_1_percent": millionths(m.recall_at_one_percent),
        "brier": millionths(m.brier), "transactions": m.payments, "frauds": m.frauds,
    })
}

/// A JSON number with six decimals.
fn millionths(v: u64) -> Value {
    let text = format!("{}.{:06}", v / 1_000_000, v % 1_000_000);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// `transaction_id,time_seconds,score,label`, and `known_compromised` if all are written. The score is millionths of log odds.
fn write_scores(path: &Path, report: &BacktestReport, all: bool) -> Result<(), AppError> {
    let write = || {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        writeln!(
            file,
            "transaction_id,time_seconds,score,label{}",
            if all { ",known_compromised" } else { "" }
        )?;
        for s in report.scored.iter().filter(|s| all || !s.known) {
            write!(file, "{},{},{},{}", s.id, s.seconds, s.score, u8::from(s.fraud))?;
            if all {
                write!(file, ",{}", u8::from(s.known))?;
            }
            writeln!(file)?;
        }
        file.flush()
    };
    write().map_err(AppError::file(path))
}

/// Seconds since 1970 at the beginning of a day.
fn day(text: &str) -> Result<i64, AppError> {
    let day = text
        .parse::<chrono::NaiveDate>()
        .map_err(|_| AppError::Usage(format!("not a day: {text} (write 2018-07-25)")))?;
    Ok(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp())
}

/// `FROM..TO` in days, or in numbers of days since the file's first; both are in it.
fn period(text: &str, start: i64) -> Result<Period, AppError> {
    let bad = || AppError::Usage(format!("not a period: {text} (write 2018-07-25..2018-07-31)"));
    let (from, to) = text.split_once("..").ok_or_else(bad)?;
    let read = |part: &str| match part.trim().parse::<u16>() {
        Ok(number) => Ok(start + i64::from(number) * 86_400),
        Err(_) => day(part.trim()),
    };
    let (from, to) = (read(from)?, read(to)? + 86_400);
    if from < to { Ok(Period { from, to }) } else { Err(bad()) }
}

/// `7d`, `36h`, `90m`, `60s`.
fn seconds(text: &str) -> Result<i64, AppError> {
    let bad = || AppError::Usage(format!("not a time: {text} (write 7d, 36h, 90m or 60s)"));
    let unit = match text.chars().last() {
        Some('d') => 86_400,
        Some('h') => 3_600,
        Some('m') => 60,
        Some('s') => 1,
        _ => return Err(bad()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| bad())?;
    Ok(i64::from(number) * unit)
}
