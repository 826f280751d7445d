//! `pmts sandbox traffic`: made-up traffic with money laundering in it, labelled, to try scenarios on.

use super::output::line;
use crate::AppError;
use chrono::{DateTime, SecondsFormat};
use clap::Args;
use pmts_compliance::aml::monitor::Fact;
use pmts_kernel::Timestamp;
use pmts_sandbox::laundering::{Traffic, TrafficConfig};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(super) struct TrafficArgs {
    /// Where to write the facts: JSON lines, as `pmts aml facts import` and `pmts aml backtest --facts` take them
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where to write what of it is laundering: JSON lines with typology and movements, as `pmts aml backtest --labels` takes them
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
    /// Everything follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For how many days
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(i64).range(100..=3_650))]
    days: i64,
    /// How many ordinary people
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(50..=1_000_000))]
    customers: u64,
    /// How many patterns of each typology
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    patterns: u64,
    /// Amounts of the patterns, in percent of what is usual; what stays below a legal threshold is not changed
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(10..=1_000))]
    amounts: i64,
    /// Spans of time of the patterns, in percent of what is usual
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(10..=300))]
    windows: i64,
    /// How many of a pattern's members live an ordinary life besides, in percent
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=100))]
    mixing: u64,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

fn at(at: Timestamp) -> String {
    let at = DateTime::from_timestamp_micros(at.as_micros()).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A fact as the shop tells it.
fn told(fact: &Fact) -> Value {
    let mut told = match fact {
        Fact::Moved(m) => json!({
            "fact": "moved", "id": m.id, "at": at(m.at), "kind": m.kind, "from": m.from, "to": m.to,
            "amount": m.amount.minor(), "currency": m.amount.currency().code(), "value_minor": m.value_minor,
            "from_country": m.from_country, "to_country": m.to_country,
        }),
        Fact::Opened { party, at: when, monthly_minor } => {
            json!({ "fact": "opened", "at": at(*when), "party": party, "monthly_minor": monthly_minor })
        }
        Fact::Linked { party, token, at: when } => {
            json!({ "fact": "linked", "at": at(*when), "party": party, "token": token })
        }
        Fact::PayoutAccountChanged { party, at: when } => {
            json!({ "fact": "payout_account_changed", "at": at(*when), "party": party })
        }
    };
    if let Some(fields) = told.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    told
}

fn write(path: &Path, lines: impl Iterator<Item = Value>) -> Result<(), AppError> {
    let mut file = BufWriter::new(File::create(path).map_err(AppError::file(path))?);
    for line in lines {
        writeln!(file, "{line}").map_err(AppError::file(path))?;
    }
    file.flush().map_err(AppError::file(path))
}

pub(super) fn run(args: &TrafficArgs) -> Result<(), AppError> {
    let traffic = Traffic::generate(&TrafficConfig {
        seed: args.seed,
        days: args.days,
        customers: args.customers,
        patterns_each: args.patterns,
        amount_pct: args.amounts,
        window_pct: args.windows,
        mixing_pct: args.mixing,
    });
    write(&args.out, traffic.facts.iter().map(told))?;
    let label =
        |p: &pmts_sandbox::laundering::Pattern| json!({ "typology": p.typology, "movements": p.movements });
    write(&args.labels, traffic.patterns.iter().map(label))?;
    let (facts, patterns) = (traffic.facts.len(), traffic.patterns.len());
    if args.json {
        return line(json!({ "facts": facts, "patterns": patterns }));
    }
    line(format!("{facts} facts, {patterns} patterns of laundering among them"))
}
