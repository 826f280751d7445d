//! Measures a store on a Postgres of its own.
//!
//! ```text
//! cargo run --release -p pmts-store --features postgres,local-postgres --example pg_load -- [WORKLOAD ...] [seconds=5]
//!   [accounts=10000] [nodes=1] [url=postgres://...]
//! ```
//!
//! Workloads: `random`, `hot`, `batch`, `whole`, `whole-hot`, `one`; without any, all of them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for developers")]

use pmts_kernel::{Event, EventId, IdSource, Principal, SystemClock, SystemIds, Timestamp};
use pmts_ledger::{Account, AccountChange, AccountId, ChartCode, Side, Transfer, TransferCode, TransferId};
use pmts_money::{Currency, Money};
use pmts_store::local_postgres::LocalPostgres;
use pmts_store::{Answer, Commit, PostgresOptions, PostgresStore, Store, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Clone, Copy)]
struct Workload {
    name: &'static str,
    callers: usize,
    /// Commits in one call.
    batch: usize,
    hot: bool,
    /// Two records, four transfers, an event and an answer, instead of one transfer.
    whole: bool,
}

const WORKLOADS: &[Workload] = &[
    Workload { name: "random", callers: 256, batch: 1, hot: false, whole: false },
    Workload { name: "hot", callers: 256, batch: 1, hot: true, whole: false },
    Workload { name: "batch", callers: 4, batch: 1000, hot: false, whole: false },
    Workload { name: "whole", callers: 256, batch: 1, hot: false, whole: true },
    Workload { name: "whole-hot", callers: 256, batch: 1, hot: true, whole: true },
    Workload { name: "one", callers: 1, batch: 1, hot: false, whole: false },
];

fn account(n: u64) -> AccountId {
    AccountId::from_raw(u128::from(n + 1) << 8)
}

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::from_code("GBP").unwrap())
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value =
        |name: &str| args.iter().find_map(|a| a.strip_prefix(name)?.strip_prefix('=').map(str::to_owned));
    let number = |name: &str, default: u64| value(name).map_or(default, |v| v.parse().unwrap());
    let (seconds, accounts, nodes) = (number("seconds", 5), number("accounts", 10_000), number("nodes", 1));
    let server = value("url").is_none().then(|| LocalPostgres::start(&[]).unwrap());
    let url = value("url").unwrap_or_else(|| server.as_ref().unwrap().socket_url());
    let mut stores: Vec<Arc<PostgresStore>> = Vec::new();
    for _ in 0..nodes {
        stores.push(Arc::new(PostgresStore::open(&url, PostgresOptions::default()).await.unwrap()));
    }
    let open =
        |n| AccountChange::Open(Account::new(account(n), gbp(0).currency(), ChartCode(1), Side::Debit));
    for first in (0..accounts).step_by(1000) {
        let accounts = (first..accounts.min(first + 1000)).map(open).collect();
        stores[0].commit(Commit { accounts, ..Commit::by(Principal::system("load")) }).await.unwrap();
    }
    for workload in WORKLOADS {
        if args.iter().all(|a| a.contains('=')) || args.iter().any(|a| a == workload.name) {
            let dynamic = stores.iter().map(|s| s.clone() as Arc<dyn Store>).collect();
            let (before, start) = (stores.iter().map(|s| s.counts().groups).sum::<u64>(), Instant::now());
            let (rate, mut times) = measure(dynamic, *workload, accounts, Duration::from_secs(seconds)).await;
            let groups = stores.iter().map(|s| s.counts().groups).sum::<u64>() - before;
            times.sort_unstable();
            let at = |percent: usize| times[(times.len() - 1) * percent / 100] / 1_000;
            println!(
                "{:10} {rate:7} commits/s  p50 {:.3} p99 {:.3} max {:.3} ms*1000  {} commits a group  ({:?})",
                workload.name,
                at(50),
                at(99),
                at(100),
                rate * seconds / groups.max(1),
                start.elapsed()
            );
        }
    }
    let trial = stores[0].trial_balance(None).await.unwrap();
    assert!(trial.is_balanced(), "the books balance");
    println!("{:?}", stores.iter().map(|s| s.counts()).collect::<Vec<_>>());
}

/// Commits a second, and the times of the calls in nanoseconds. One second is for warming up.
async fn measure(
    stores: Vec<Arc<dyn Store>>,
    workload: Workload,
    accounts: u64,
    time: Duration,
) -> (u64, Vec<u64>) {
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(Arc::new(SystemClock)));
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now() + Duration::from_secs(1);
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..workload.callers {
        let (store, ids, done) = (stores[caller % stores.len()].clone(), ids.clone(), done.clone());
        callers.spawn(async move {
            let (mut times, mut seed) = (Vec::new(), caller as u64 + 1);
            loop {
                let commits =
                    (0..workload.batch).map(|_| commit(&*ids, workload, accounts, &mut seed)).collect();
                let begun = Instant::now();
                for result in store.commit_many(commits).await {
                    result.unwrap();
                }
                let now = Instant::now();
                if now > start + time {
                    return times;
                }
                if begun > start {
                    done.fetch_add(workload.batch as u64, Ordering::Relaxed);
                    times.push(u64::try_from((now - begun).as_nanos()).unwrap());
                }
            }
        });
    }
    let times = callers.join_all().await.concat();
    (done.load(Ordering::Relaxed) / time.as_secs(), times)
}

fn commit(ids: &dyn IdSource, workload: Workload, accounts: u64, seed: &mut u64) -> Commit {
    let mut random = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % accounts
    };
    let mut transfer = || {
        let debit = if workload.hot { 0 } else { random() };
        let credit = (debit + 1 + random() % (accounts - 1)) % accounts;
        let id = TransferId::from_raw(ids.next_id());
        Transfer::post(id, account(debit), account(credit), gbp(1), TransferCode(1))
    };
    let mut commit = Commit::by(Principal::system("load"));
    commit.transfers = (0..if workload.whole { 4 } else { 1 }).map(|_| transfer()).collect();
    if workload.whole {
        let body = format!("{{\"text\":\"{}\"}}", "x".repeat(190));
        for kind in ["payment", "operation"] {
            let keys = vec![("customer", "c".to_owned())];
            commit.records.push(Write {
                kind,
                id: ids.next_id(),
                expected: 0,
                body: Some(body.clone()),
                keys,
            });
        }
        commit.events.push(Event {
            id: EventId::from_raw(ids.next_id()),
            kind: "payment.captured".into(),
            object: "pay".into(),
            sequence: 1,
            at: Timestamp::from_micros(1),
            data: serde_json::json!({ "text": "x".repeat(190) }),
        });
        let key = format!("{:x}", ids.next_id());
        commit.answer = Some(Answer { scope: "load".into(), key, fingerprint: "f".into(), body });
    }
    commit
}
