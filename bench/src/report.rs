//! The figures, as a table and as JSON.

use crate::options::Options;
use crate::run::{Figures, Percentiles};
use comfy_table::{Table, presets};
use serde_json::json;
use std::time::Duration;

fn millis(time: Duration) -> String {
    let micros = time.as_micros();
    if micros < 10_000 {
        format!("{}.{:03} ms", micros / 1_000, micros % 1_000)
    } else {
        format!("{} ms", micros / 1_000)
    }
}

fn micros(p: Percentiles) -> serde_json::Value {
    let n = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
    json!({ "p50": n(p.p50), "p99": n(p.p99), "max": n(p.max) })
}

/// Prints the run in the middle, with the least and the most beside it.
pub(crate) fn print(options: &Options, flush: Duration, mut runs: Vec<Figures>) {
    runs.sort_by_key(|f| f.rate);
    let (least, most) = (runs[0].rate, runs[runs.len() - 1].rate);
    let middle = runs[runs.len() / 2].clone();
    let what = match (options.unit, options.payments) {
        (true, _) => "whole commits",
        (_, true) => "payments",
        _ => "transfers",
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let calls = middle.calls;
    let rows = [
        (
            "engine",
            format!(
                "{}{}",
                options.engine.name(),
                if options.nodes > 1 { format!(", {} nodes", options.nodes) } else { String::new() }
            ),
        ),
        (
            "work",
            format!(
                "{} {what}, {} a call, {} callers, {} accounts{}{}{}",
                options.count,
                options.batch,
                options.callers,
                options.accounts,
                if options.hot { ", 8 of them hot" } else { "" },
                if options.random_ids { ", random ids" } else { "" },
                if options.holds > 0 { format!(", {} % holds", options.holds) } else { String::new() },
            ),
        ),
        ("disk", format!("4 KiB durable in {}", millis(flush))),
        (&*format!("{what} a second"), format!("{least} / {} / {most} (least / middle / most)", middle.rate)),
        ("first and last tenth", format!("{} / {}", middle.first_tenth, middle.last_tenth)),
        (
            "a call",
            format!("p50 {}, p99 {}, max {}", millis(calls.p50), millis(calls.p99), millis(calls.max)),
        ),
        ("processor", format!("{} ns a transfer", middle.processor_nanos_each)),
        ("written", format!("{} bytes a transfer", middle.written_each)),
        ("on disk", format!("{} bytes a transfer", middle.stored_each)),
        ("memory", format!("{} MiB, at most {} MiB", middle.memory_kib.0 >> 10, middle.memory_kib.1 >> 10)),
        ("opened again in", millis(middle.restart)),
        (
            "page of a statement",
            format!("p50 {}, p99 {}", millis(middle.statement.p50), millis(middle.statement.p99)),
        ),
        (
            "balance at a moment",
            format!("p50 {}, p99 {}", millis(middle.balance_at.p50), millis(middle.balance_at.p99)),
        ),
    ];
    for (name, value) in rows {
        table.add_row([name.to_owned(), value]);
    }
    println!("{table}");
    println!(
        "{}",
        json!({
            "engine": options.engine.name(),
            "work": what,
            "batch": options.batch,
            "callers": options.callers,
            "nodes": options.nodes,
            "accounts": options.accounts,
            "count": options.count,
            "hot": options.hot,
            "holds_percent": options.holds,
            "random_ids": options.random_ids,
            "runs": runs.len(),
            "flush_micros": u64::try_from(flush.as_micros()).unwrap_or(u64::MAX),
            "transfers_per_second": { "min": least, "median": middle.rate, "max": most },
            "first_tenth_per_second": middle.first_tenth,
            "last_tenth_per_second": middle.last_tenth,
            "call_micros": micros(calls),
            "processor_nanos_per_transfer": middle.processor_nanos_each,
            "written_bytes_per_transfer": middle.written_each,
            "stored_bytes_per_transfer": middle.stored_each,
            "memory_kib": middle.memory_kib.0,
            "memory_most_kib": middle.memory_kib.1,
            "restart_micros": u64::try_from(middle.restart.as_micros()).unwrap_or(u64::MAX),
            "statement_page_micros": micros(middle.statement),
            "balance_at_micros": micros(middle.balance_at),
        })
    );
}
