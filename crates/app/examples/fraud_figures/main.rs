//! Measures the risk screen: how long a decision and its parts take, how many are made durable in a second, and how much memory history
//! takes.
//!
//! ```sh
//! cargo xtask bench fraud [--transactions FILE.csv.gz] [--customers N] [--terminals N] [--keys N]
//! ```
//!
//! A model of the built-in settings is trained on 70,000 payments, the starting rules are repeated to 100 live ones. Prints a table, and on
//! the last line one JSON object.

mod durable;
mod memory;
mod source;

use clap::Parser;
use comfy_table::{Table, presets};
use pmts_app::AppError;
use pmts_fraud::features::{History, HistoryOptions};
use pmts_fraud::model::{Model, TrainOptions, Training, train};
use pmts_fraud::rules::{Asked, RuleSet, RuleState, starter};
use pmts_fraud::{Facts, InForce, Lists, Thresholds, decide};
use serde_json::{Value, json};
use source::Source;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is measured.
#[derive(Debug, Clone, Parser)]
struct Options {
    /// A file of transactions; without it they are made up
    #[arg(long, value_name = "FILE")]
    transactions: Option<PathBuf>,
    /// Customers of made-up transactions
    #[arg(long, default_value_t = 5_000, value_name = "N")]
    customers: u64,
    /// Terminals of made-up transactions
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    terminals: u64,
    /// How many different keys are seen to try the bounds of memory; 0: none
    #[arg(long, default_value_t = 10_000_000, value_name = "N")]
    keys: u64,
    /// Transactions before those that are timed
    #[arg(long, default_value_t = 300_000, value_name = "N")]
    before: u64,
    /// Transactions that are timed
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    decided: u64,
    /// Decisions that are made durable; 0: none
    #[arg(long, default_value_t = 60_000, value_name = "N")]
    durable: u64,
    /// Callers that wait for a durable decision at a time
    #[arg(long, default_value_t = 256, value_name = "N")]
    callers: u64,
    /// Where the store lies; a temporary directory if it is not said
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// The payments a model is trained on, the last before those that are timed.
const LEARNED: u64 = 70_000;

/// Times of one kind.
#[derive(Debug, Default)]
struct Times(Vec<Duration>);

impl Times {
    fn of<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let made = black_box(work());
        self.0.push(begun.elapsed());
        made
    }

    fn sum(&self) -> Duration {
        self.0.iter().sum()
    }

    /// Nanoseconds of so many in 10,000.
    fn at(&mut self, of_ten_thousand: usize) -> u64 {
        self.0.sort_unstable();
        let place = (self.0.len() * of_ten_thousand / 10_000).min(self.0.len().saturating_sub(1));
        self.0.get(place).map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
    }

    fn json(&mut self) -> Value {
        json!({ "p50": self.at(5_000), "p99": self.at(9_900), "p999": self.at(9_990), "max": self.at(10_000) })
    }
}

fn rate(count: u64, time: Duration) -> u64 {
    let micros = time.as_micros().max(1);
    u64::try_from(u128::from(count) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

fn hundred() -> Result<RuleSet, AppError> {
    let starting: Vec<_> = starter()?.rules().cloned().collect();
    let hundred = starting.into_iter().cycle().take(100).enumerate().map(|(i, mut rule)| {
        (rule.id, rule.state) = (format!("r{i}"), RuleState::Live);
        rule
    });
    Ok(RuleSet::new(1, hundred.collect())?)
}

struct Timed {
    figures: Value,
    model: Model,
    next: Vec<Facts>,
}

/// Features, rules, model and whole decisions, one after the other on one core.
fn decisions(options: &Options, rules: &RuleSet) -> Result<Timed, AppError> {
    let mut source = Source::open(options)?;
    let (mut history, mut training) = (History::default(), Training::new());
    for n in 0..options.before {
        let Some((facts, fraud)) = source.next()? else { break };
        if n + LEARNED >= options.before {
            training.push(&history.features(&facts), fraud);
        }
        let recorded = history.record(&facts);
        if fraud {
            history.label(&recorded, true);
        }
    }
    let model = train("figures", &training, &TrainOptions::default())?;
    drop(training);
    let (lists, thresholds) = (Lists::default(), Thresholds::default());
    let [mut features_in, mut rules_in, mut model_in, mut reasons_in, mut whole, mut record] =
        [(); 6].map(|()| Times::default());
    let mut features = Vec::new();
    for _ in 0..options.decided {
        let Some((facts, _)) = source.next()? else { break };
        whole.of(|| {
            let facts = history.completed(&facts);
            let features = history.features(&facts);
            decide(&facts, &features, &lists, rules, Some(&model), &thresholds)
        });
        features_in.of(|| history.write_features(&facts, &mut features));
        rules_in.of(|| rules.hits(&Asked { facts: &facts, features: &features, probability: Some(1) }));
        model_in.of(|| model.score(&features));
        reasons_in.of(|| model.contributions(&features));
        record.of(|| history.record(&facts));
    }
    let count = u64::try_from(whole.0.len()).unwrap_or(0);
    let per_second = rate(count, whole.sum() + record.sum());
    let (resident, _) = memory::resident();
    let mut next = Vec::new();
    while let Some((facts, _)) = source.next()?.filter(|_| (next.len() as u64) < options.durable) {
        next.push(facts);
    }
    let figures = json!({
        "decided": count, "trees": model.trees.len(), "rules": 100, "profiles": history.profiles(), "parts": history.parts(),
        "features_nanos": features_in.json(), "rules_nanos": rules_in.json(), "model_nanos": model_in.json(),
        "contributions_nanos": reasons_in.json(), "decision_nanos": whole.json(), "record_nanos": record.json(),
        "decisions_per_second_one_core": per_second, "memory_kib": resident,
    });
    Ok(Timed { figures, model, next })
}

fn run(options: &Options) -> Result<Value, AppError> {
    let rules = hundred()?;
    let Timed { mut figures, model, next } = decisions(options, &rules)?;
    if !next.is_empty() {
        let in_force = InForce {
            rules,
            lists: Lists::default(),
            scorer: Some(Arc::new(model)),
            thresholds: Thresholds::default(),
        };
        figures["durable"] = durable::measure(options, in_force, next)?;
    }
    if options.keys > 0 {
        figures["keys"] = memory::many_keys(options.keys, HistoryOptions::default());
    }
    Ok(figures)
}

fn micros(nanos: &Value) -> String {
    let text = |name: &str| {
        let nanos = nanos[name].as_u64().unwrap_or(0);
        format!("{name} {}.{:02} us", nanos / 1_000, nanos % 1_000 / 10)
    };
    ["p50", "p99", "p999", "max"].map(text).join(", ")
}

fn show(figures: &Value) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let mut row = |name: &str, value: String| {
        table.add_row([name.to_owned(), value]);
    };
    for (name, key) in [
        ("features", "features_nanos"),
        ("100 rules", "rules_nanos"),
        ("model alone", "model_nanos"),
        ("its contributions", "contributions_nanos"),
        ("the whole decision", "decision_nanos"),
        ("taking it into history", "record_nanos"),
    ] {
        row(name, micros(&figures[key]));
    }
    row("decided and recorded on one core", format!("{} a second", figures["decisions_per_second_one_core"]));
    row(
        "trees, profiles, parts",
        format!("{}, {}, {}", figures["trees"], figures["profiles"], figures["parts"]),
    );
    row("memory", format!("{} KiB", figures["memory_kib"]));
    if let Some(durable) = figures.get("durable") {
        row(
            "durable decisions",
            format!("{} a second, {} callers", durable["per_second"], durable["callers"]),
        );
        row("history has them all", format!("{} a second", durable["followed_per_second"]));
    }
    if let Some(keys) = figures.get("keys") {
        row("different keys seen", format!("{}; profiles left {}", keys["seen"], keys["profiles"]));
        row("memory then", format!("{} KiB, at most {} KiB", keys["memory_kib"], keys["memory_most_kib"]));
        row("recording then", micros(&keys["record_nanos"]));
    }
    table
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for developers")]
fn main() -> std::process::ExitCode {
    match run(&Options::parse()) {
        Ok(figures) => {
            println!("{}\n{figures}", show(&figures));
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
