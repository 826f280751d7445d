//! `pmts demo` and `pmts import`: a day through the platform, with progress and totals.

use super::DatabaseArgs;
use super::output::{amount, count, line, say, table};
use crate::AppError;
use crate::books::{Line, chart};
use crate::demo::Day;
use crate::import::{ImportOptions, Importer, Invoice, Reason, RejectsFile, Summary, retail, summarize};
use crate::platform::{Host, Platform, PlatformConfig};
use clap::{Args, Subcommand};
use pmts_kernel::{Clock, Principal, SystemClock, Timestamp};
use pmts_ledger::{AccountFilter, Side, TrialBalance};
use pmts_money::Currency;
use pmts_store::{Store, StoreError};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[derive(Args)]
pub(super) struct DemoArgs {
    /// How many orders the day has
    #[arg(long, default_value_t = 5_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    orders: u64,
    /// Equal seeds make equal days
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// The data directory; without it a new one is made among the temporary files
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Subcommand)]
pub(super) enum ImportCommand {
    /// Trading days as CSV files: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
    Retail(RetailArgs),
}

#[derive(Args)]
pub(super) struct RetailArgs {
    /// Files, or directories of .csv files
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// The data directory; made if it is not there
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
    /// Currency of the prices (ISO 4217)
    #[arg(long, default_value = "GBP", value_name = "CODE")]
    currency: String,
    /// Where rejected lines go; without it rejects-retail.csv in the data directory
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Args)]
struct RunArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Orders under way at a time
    #[arg(long, default_value_t = 256, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    in_flight: u32,
    /// An ISO 8583 host to use instead of the built-in sandbox issuer
    #[arg(long, value_name = "HOST:PORT", value_parser = host_and_port)]
    issuer: Option<String>,
    /// How long to wait for the host's answers, in milliseconds; then the outcome is unknown and is found out
    #[arg(long, default_value_t = 500, value_name = "MS", value_parser = clap::value_parser!(u64).range(10..=600_000))]
    answer_timeout: u64,
    /// Print one JSON object as the last line instead of tables
    #[arg(long)]
    json: bool,
}

fn host_and_port(text: &str) -> Result<String, String> {
    let port = text
        .rsplit_once(':')
        .filter(|(host, _)| !host.is_empty())
        .and_then(|(_, port)| port.parse::<u16>().ok());
    if port.is_some_and(|p| p > 0) {
        Ok(text.to_owned())
    } else {
        Err("write a host name or address, a colon and a port".into())
    }
}

pub(super) async fn demo(args: DemoArgs) -> Result<(), AppError> {
    let data = args.data.clone().unwrap_or_else(|| {
        let now = SystemClock.now().as_micros();
        std::env::temp_dir().join(format!("pmts-demo-{now}"))
    });
    if !args.run.json {
        line(format!(
            "A marketplace day of {} orders (seed {}), every step durable in {}",
            count(args.orders),
            args.seed,
            data.display()
        ))?;
    }
    let rejects = data.join("rejects-demo.csv");
    let job = Job {
        source: crate::demo::SOURCE,
        by: "cli:demo",
        data: &data,
        rejects: &rejects,
        currency: Currency::GBP,
        attempts_max: 1,
        try_again: false,
        run: &args.run,
    };
    job.run(Day::new(args.orders, args.seed)).await?;
    if !args.run.json {
        let dir = data.display();
        let pmts = std::env::current_exe().map_or_else(|_| "pmts".into(), |p| p.display().to_string());
        line("\nWhat to look at next:")?;
        line(format!("  {pmts} ledger trial-balance --data {dir}"))?;
        line(format!("  {pmts} ledger accounts --chart seller.pending --data {dir}"))?;
        line(format!("  {pmts} ledger statement seller.pending seller:12 --data {dir}"))?;
        line(format!("  {pmts} export --format beancount --data {dir}"))?;
        line(format!("  {pmts} doctor --data {dir}"))?;
        line(format!("  {pmts} import retail FILES --data DIR    (your own days; docs/guides/import.md)"))?;
    }
    Ok(())
}

pub(super) async fn import(ImportCommand::Retail(args): ImportCommand) -> Result<(), AppError> {
    let currency = Currency::for_payment(&args.currency)
        .map_err(|e| AppError::Usage(format!("--currency {}: {e}", args.currency)))?;
    let files = retail::files(&args.paths)?;
    retail::check(&files)?;
    let rejects = args.rejects.clone().unwrap_or_else(|| args.data.join("rejects-retail.csv"));
    let same =
        |file: &PathBuf| file.canonicalize().is_ok_and(|f| rejects.canonicalize().is_ok_and(|r| r == f));
    if files.iter().any(same)
        || rejects.file_name().is_some_and(|n| n.to_string_lossy().starts_with("pmts.db"))
    {
        return Err(AppError::Usage(format!(
            "--rejects {}: that file is needed for something else",
            rejects.display()
        )));
    }
    let invoices = files.into_iter().flat_map(|file| -> Box<dyn Iterator<Item = _> + Send> {
        match retail::Invoices::open(&file) {
            Ok(invoices) => Box::new(invoices),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    });
    let job = Job {
        source: retail::SOURCE,
        by: "cli:import",
        data: &args.data,
        rejects: &rejects,
        currency,
        attempts_max: 5,
        try_again: true,
        run: &args.run,
    };
    job.run(invoices).await
}

struct Job<'a> {
    source: &'static str,
    by: &'static str,
    data: &'a Path,
    rejects: &'a Path,
    currency: Currency,
    attempts_max: usize,
    try_again: bool,
    run: &'a RunArgs,
}

impl Job<'_> {
    async fn run(&self, invoices: impl Iterator<Item = Result<Invoice, AppError>>) -> Result<(), AppError> {
        let by = Principal::try_new(self.by).map_err(|e| AppError::Usage(e.to_string()))?;
        let config = PlatformConfig {
            by,
            answer_timeout: Duration::from_millis(self.run.answer_timeout),
            database: self.run.database.secret(),
            ..PlatformConfig::default()
        };
        let host = self.run.issuer.clone().map_or(Host::Sandbox, Host::At);
        let platform = Platform::open(self.data, config, host).await?;
        // Where rejects go is tried before anything is paid.
        let mut rejects = RejectsFile::create(self.rejects)?;
        let begun = Instant::now();
        // On a database other nodes are at work: what is not due yet can be theirs.
        let shared = self.run.database.url.is_some();
        let engine = &platform.engine;
        let left_until = || if shared { engine.clock.now() } else { Timestamp::MAX };
        let before = engine.recover(left_until()).await?;
        if before.resolved + before.open > 0 {
            say(format!(
                "{} operations of an earlier run resolved, {} still open",
                before.resolved, before.open
            ));
        }
        let options = ImportOptions {
            in_flight: self.run.in_flight as usize,
            attempts_max: self.attempts_max,
            try_again: self.try_again,
            ..ImportOptions::new(self.currency)
        };
        let importer = Importer::new(&platform, options);
        let progress = tokio::spawn(show_progress(importer.clone(), begun));
        let result = importer.run(invoices).await;
        progress.abort();
        let _ = progress.await;
        if std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
        result?;
        let open = engine.recover(left_until()).await?.open;
        let took = begun.elapsed();
        let summary = summarize(&platform.engine, self.source, self.currency, &mut rejects).await?;
        let rejects = rejects.finish()?;
        let trial = platform.store.trial_balance(None).await?;
        if self.run.json {
            self.json(&summary, &trial, took, open, &rejects)?;
        } else {
            let owed = owed_to_sellers(&*platform.store, self.currency).await?;
            self.people(&platform, &summary, (&trial, &owed), took, open, &rejects, &importer)?;
        }
        let waiting = [Reason::PaymentNotTaken, Reason::PaymentUnresolved, Reason::OrderUnpaid];
        let lines = waiting.iter().filter_map(|r| summary.rejected.get(r.name())).sum();
        // A made-up day has silent cards, and its customers do not come back.
        if lines > 0 && self.try_again { Err(AppError::Unpaid(lines)) } else { Ok(()) }
    }

    fn json(
        &self,
        summary: &Summary,
        trial: &TrialBalance,
        took: Duration,
        open: u64,
        rejects: &Path,
    ) -> Result<(), AppError> {
        let mut object = serde_json::to_value(summary).map_err(|e| AppError::Output(e.into()))?;
        let totals: BTreeMap<&str, serde_json::Value> = trial
            .totals()
            .into_iter()
            .map(|(c, t)| {
                (c.code(), serde_json::json!({ "debits": number(t.debits), "credits": number(t.credits) }))
            })
            .collect();
        object["trial_balance"] = serde_json::json!(totals);
        // Whole milliseconds written as a decimal number: no float in between.
        object["seconds"] = serde_json::from_str(&format!("{}.{:03}", took.as_secs(), took.subsec_millis()))
            .map_err(|e| AppError::Output(e.into()))?;
        object["unresolved"] = open.into();
        object["rejects_file"] = rejects.display().to_string().into();
        line(object)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one report")]
    fn people(
        &self,
        platform: &Platform,
        summary: &Summary,
        (trial, owed): (&TrialBalance, &BTreeMap<String, i64>),
        took: Duration,
        open: u64,
        rejects: &Path,
        importer: &Importer,
    ) -> Result<(), AppError> {
        let money = |minor: i64| format!("{} {}", amount(minor.into(), self.currency), self.currency.code());
        line("")?;
        let mut rows = vec![
            vec!["orders paid".into(), count(summary.orders)],
            vec!["sale lines".into(), count(summary.sale_lines)],
            vec!["sales".into(), money(summary.sales_minor)],
            vec!["refunds".into(), money(summary.refunds_minor)],
            vec!["return lines refunded in full".into(), count(summary.refund_lines_full)],
            vec!["return lines refunded in part".into(), count(summary.refund_lines_part)],
        ];
        rows.extend(
            summary
                .rejected
                .iter()
                .map(|(reason, lines)| vec![format!("lines rejected: {reason}"), count(lines)]),
        );
        table(&["total", ">"], rows)?;

        line("")?;
        let mut sellers: Vec<_> = summary.net_by_seller.iter().collect();
        sellers.sort_by_key(|(name, net)| (std::cmp::Reverse(**net), name.as_str()));
        let shown = sellers.len().min(50);
        table(
            &["payee", ">net sales before commission", ">balance in the books"],
            sellers[..shown].iter().map(|(name, net)| {
                let balance = owed.get(format!("seller:{name}").as_str());
                vec![(*name).clone(), money(**net), balance.map(|b| money(*b)).unwrap_or_default()]
            }),
        )?;
        if shown < sellers.len() {
            line(format!("and {} more: pmts ledger accounts --chart seller.pending", sellers.len() - shown))?;
        }

        line("")?;
        print_trial_balance(trial)?;

        line("")?;
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        let orders = importer.progress.orders.load(Ordering::Relaxed);
        let link = platform.link.stats();
        let (groups, commits) = platform.store.group_counts();
        line(format!(
            "{} orders in {}.{:03} s: {} orders/s; {} ISO 8583 messages sent, {} timeouts; {} commits in {} durable writes",
            count(orders),
            millis / 1_000,
            millis % 1_000,
            count(orders.saturating_mul(1_000) / millis),
            count(link.sent),
            link.timeouts,
            count(commits),
            count(groups)
        ))?;
        if open > 0 {
            line(format!(
                "{open} operations have an outcome that is not known yet: run the same command again to go on with them"
            ))?;
        }
        line(format!("rejected lines: {}", rejects.display()))
    }
}

/// What each seller is owed, by owner: pending and available less what they owe, in minor units of `currency`.
async fn owed_to_sellers(store: &dyn Store, currency: Currency) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut owed: BTreeMap<String, i64> = BTreeMap::new();
    for line in [Line::SellerPending, Line::SellerAvailable, Line::SellerReceivable] {
        let mut filter = AccountFilter { chart: Some(line.code()), ..AccountFilter::default() };
        loop {
            let page = store.accounts(filter.clone()).await?;
            for state in page.accounts.iter().filter(|s| s.account.currency == currency) {
                let sum = owed.entry(state.account.owner.as_str().to_owned()).or_default();
                *sum = sum.saturating_add(state.balance.net(Side::Credit));
            }
            let Some(next) = page.next else { break };
            filter.after = Some(next);
        }
    }
    Ok(owed)
}

/// The trial balance by line of the chart.
pub(super) fn print_trial_balance(trial: &TrialBalance) -> Result<(), AppError> {
    let chart = chart();
    let zero_is_blank = |minor: i128, c: Currency| if minor == 0 { String::new() } else { amount(minor, c) };
    for (currency, totals) in trial.totals() {
        let mut rows = Vec::new();
        for l in trial.lines().filter(|l| l.currency == currency) {
            let name = chart
                .iter()
                .find(|e| e.code == l.chart)
                .map_or_else(|| "unknown".to_owned(), |e| e.name.clone());
            rows.push(vec![
                l.chart.0.to_string(),
                name,
                count(l.accounts),
                zero_is_blank(l.debits, currency),
                zero_is_blank(l.credits, currency),
            ]);
        }
        rows.push(vec![
            String::new(),
            "total".into(),
            count(totals.accounts),
            amount(totals.debits, currency),
            amount(totals.credits, currency),
        ]);
        table(
            &["code", &format!("trial balance, {}", currency.code()), ">accounts", ">debit", ">credit"],
            rows,
        )?;
        line(if totals.debits == totals.credits {
            "debits equal credits"
        } else {
            "DEBITS AND CREDITS DIFFER"
        })?;
    }
    Ok(())
}

/// A sum as a JSON number; as text when it is too large for one.
pub(super) fn number(sum: i128) -> serde_json::Value {
    i64::try_from(sum).map_or_else(|_| sum.to_string().into(), Into::into)
}

async fn show_progress(importer: Arc<Importer>, begun: Instant) {
    let live = std::io::stderr().is_terminal();
    let mut ticks =
        tokio::time::interval(if live { Duration::from_millis(250) } else { Duration::from_secs(5) });
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let invoices = importer.progress.invoices.load(Ordering::Relaxed);
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let text = format!(
            "{} invoices done, {}/s",
            count(invoices),
            count(invoices.saturating_mul(1_000) / millis)
        );
        let mut stderr = std::io::stderr().lock();
        // Progress that cannot be shown is no reason to stop.
        let _ = if live { write!(stderr, "\r{text}\x1b[K") } else { writeln!(stderr, "{text}") };
        let _ = stderr.flush();
    }
}
