//! Writes and flushes that fail under the embedded engine: short writes, a full disk, input/output errors, flushes that fail, a
//! write that is cut off by the death of the process. What was acknowledged is there whole afterwards, nothing else in part,
//! and an engine that cannot go on says why with a code.

use pmts_store::{EmbeddedOptions, EmbeddedStore};
use pmts_tests::faults::{Fault, chance};
use pmts_tests::{bin, load, rounds};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Codes with which the engine may say that it cannot go on.
const CODES: [&str; 6] = [
    "STORE_DISK_FULL",
    "STORE_STOPPED",
    "STORE_UNKNOWN",
    "STORE_ENGINE",
    "STORE_UNAVAILABLE",
    "STORE_DAMAGED",
];
const COMMITS: u64 = 200;

fn child(dir: &Path, first: u64, fault: Option<Fault>) -> bin::Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_store_load"));
    command.args(["some", dir.to_str().unwrap(), &first.to_string(), &COMMITS.to_string()]);
    if let Some(fault) = fault {
        fault.preload(&mut command);
    }
    bin::finish(&mut command, Duration::from_secs(120))
}

fn acknowledged(outcome: &bin::Outcome) -> Vec<u64> {
    outcome.stdout.lines().filter_map(|l| l.parse().ok()).collect()
}

#[derive(Debug, Default)]
struct Counts {
    rounds: usize,
    reached: usize,
    said: BTreeMap<String, usize>,
    killed: usize,
    acknowledged: usize,
}

#[test]
fn acknowledged_commits_survive_failing_writes_and_flushes() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut counts: BTreeMap<(&str, &str), Counts> = BTreeMap::new();
    for seed in 0..rounds(30, 3) as u64 {
        for what in ["short", "full", "io", "torn", "sync"] {
            for (file, span) in [("pmts.db-wal", 1_200), ("pmts.db", 120)] {
                let random = chance(seed * 31 + what.len() as u64 * 7 + span);
                // Flushes are fewer than writes: the main file has one, at the end. A failure lasts for a call, for some, or for
                // good.
                let span = match (what, file) {
                    ("sync", "pmts.db") => 1,
                    ("sync", _) => span / 12,
                    (_, "pmts.db") => span / 2,
                    _ => span,
                };
                let calls = [1, 1, 5, 0][(random >> 32) as usize % 4];
                let fault = Fault { what, file, at: 1 + random % span, calls, every: 1, seed };
                let c = counts.entry((what, file)).or_default();
                round(&runtime, fault, c);
            }
        }
    }
    let mut reached = 0;
    for ((what, file), c) in &counts {
        println!(
            "{what} {file}: {} of {} rounds reached, {} acknowledged, {} killed, said {:?}",
            c.reached, c.rounds, c.acknowledged, c.killed, c.said
        );
        assert!(
            c.reached > 0 || pmts_tests::quick(),
            "no {what} of {file} happened: the layer is not in the way of the engine"
        );
        reached += c.reached;
    }
    assert!(reached * 4 > counts.values().map(|c| c.rounds).sum(), "{reached} reached");
}

fn round(runtime: &tokio::runtime::Runtime, fault: Fault, c: &mut Counts) {
    let dir = tempfile::tempdir().unwrap();
    // The first load is whole, so that there is something to lose.
    let mut before = acknowledged(&child(dir.path(), 1, None));
    assert_eq!(before.len() as u64, COMMITS);
    let outcome = child(dir.path(), 1_000_000, Some(fault));
    let hit = fault.hits(&outcome.stderr) > 0;
    before.extend(acknowledged(&outcome));
    c.rounds += 1;
    c.reached += usize::from(hit);
    c.acknowledged += before.len();
    if outcome.status.signal() == Some(9) {
        assert_eq!(fault.what, "torn", "{}", outcome.stderr);
        c.killed += 1;
    } else {
        assert!(outcome.status.success(), "{fault:?}: {}", outcome.stderr);
    }
    for code in outcome.stdout.lines().filter_map(|l| l.strip_prefix("stopped ")) {
        assert!(hit && CODES.contains(&code), "{fault:?}: {code}");
        *c.said.entry(code.to_owned()).or_default() += 1;
    }
    let store = EmbeddedStore::open(dir.path(), EmbeddedOptions::default())
        .unwrap_or_else(|e| panic!("{fault:?}: {e}\n{}", outcome.stderr));
    runtime
        .block_on(load::check(&store, &before, true))
        .unwrap_or_else(|e| panic!("{fault:?}: {e:#}\n{}", outcome.stderr));
    drop(store);
    // It goes on.
    let after = child(dir.path(), 2_000_000, None);
    assert_eq!(acknowledged(&after).len() as u64, COMMITS, "{fault:?}: {}", after.stdout);
}

#[test]
fn an_index_that_cannot_be_written_loses_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut reached = 0;
    for seed in 0..rounds(12, 2) as u64 {
        for (what, file) in
            [("io", "index.db-wal"), ("full", "index.db-wal"), ("torn", "index.db-wal"), ("torn", "index.db")]
        {
            let dir = tempfile::tempdir().unwrap();
            let fault = Fault { what, file, at: 1 + chance(seed) % 150, calls: 5, every: 1, seed };
            let mut command = Command::new(env!("CARGO_BIN_EXE_store_load"));
            // More than 50,000 entries: the index is written.
            command.args(["make", dir.path().to_str().unwrap(), "30000"]);
            fault.preload(&mut command);
            let outcome = bin::finish(&mut command, Duration::from_secs(120));
            reached += usize::from(fault.hits(&outcome.stderr) > 0);
            let store = EmbeddedStore::open(dir.path(), EmbeddedOptions::default())
                .unwrap_or_else(|e| panic!("{fault:?}: {e}"));
            let all: Vec<u64> = if outcome.status.success() { (1..=30_000).collect() } else { vec![] };
            runtime
                .block_on(load::check(&store, &all, true))
                .unwrap_or_else(|e| panic!("{fault:?}: {e:#}\n{}", outcome.stderr));
        }
    }
    println!("{reached} rounds with a failing index");
    assert!(reached > 0);
}
