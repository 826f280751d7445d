//! One run on a new store.

use crate::machine;
use crate::options::{Engine, Options};
use crate::work::{Random, Work, account, openings};
use anyhow::ensure;
use pmts_kernel::{SystemClock, Timestamp};
use pmts_ledger::StatementQuery;
use pmts_store::local_postgres::LocalPostgres;
use pmts_store::{EmbeddedOptions, EmbeddedStore, MemoryStore, PostgresOptions, PostgresStore, Store};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a run measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) rate: u64,
    pub(crate) calls: Percentiles,
    pub(crate) first_tenth: u64,
    pub(crate) last_tenth: u64,
    pub(crate) written_each: u64,
    pub(crate) stored_each: u64,
    pub(crate) memory_kib: (u64, u64),
    pub(crate) restart: Duration,
    pub(crate) statement: Percentiles,
    pub(crate) balance_at: Percentiles,
    pub(crate) processor_nanos_each: u64,
}

/// Times in order.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Percentiles {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
}

impl Percentiles {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        Self { p50: at(50), p99: at(99), max: times.last().copied().unwrap_or_default() }
    }
}

/// The store that is measured, and for Postgres the server behind it.
struct Place {
    nodes: Vec<Arc<dyn Store>>,
    server: Option<LocalPostgres>,
}

impl Place {
    async fn open(options: &Options, dir: &Path) -> anyhow::Result<Self> {
        let alone = |store: Arc<dyn Store>| Self { nodes: vec![store], server: None };
        Ok(match options.engine {
            Engine::Embedded => alone(Arc::new(EmbeddedStore::open(dir, EmbeddedOptions::default())?)),
            Engine::Memory => alone(Arc::new(MemoryStore::new(Arc::new(SystemClock)))),
            Engine::Postgres => {
                let server = LocalPostgres::start(&[])?;
                let mut nodes: Vec<Arc<dyn Store>> = Vec::new();
                for _ in 0..options.nodes.max(1) {
                    let node = PostgresStore::open(&server.socket_url(), PostgresOptions::default()).await?;
                    nodes.push(Arc::new(node));
                }
                Self { nodes, server: Some(server) }
            }
        })
    }
}

/// Transfers in one commit.
fn transfers_each(options: &Options) -> u64 {
    match (options.unit, options.payments) {
        (true, _) => 4,
        (_, true) => 10,
        _ => 1,
    }
}

/// Opens a store, loads it, asks it, and opens it again.
pub(crate) fn once(options: &Options, dir: &Path) -> anyhow::Result<Figures> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut figures = Figures::default();
    let place = runtime.block_on(Place::open(options, dir))?;
    let store = place.nodes[0].clone();
    runtime.block_on(async {
        for results in openings(options.accounts).chunks(100) {
            for result in store.commit_many(results.to_vec()).await {
                result?;
            }
        }
        load(options, &place.nodes, &mut figures).await?;
        if !options.payments {
            ask(options, &store, &mut figures).await?;
        }
        anyhow::Ok(())
    })?;
    figures.memory_kib = machine::memory();
    if let Some(server) = &place.server {
        figures.stored_each = machine::tree_size(&server.data()) / (options.count * transfers_each(options));
    }
    if options.engine != Engine::Embedded {
        if !options.payments {
            runtime.block_on(check(options, &store))?;
        }
        return Ok(figures);
    }
    drop((store, place));
    {
        figures.stored_each = machine::size(dir) / (options.count * transfers_each(options));
        let start = Instant::now();
        let store = runtime.block_on(Place::open(options, dir))?.nodes[0].clone();
        figures.restart = start.elapsed();
        if !options.payments {
            runtime.block_on(check(options, &store))?;
        }
    }
    Ok(figures)
}

async fn load(options: &Options, nodes: &[Arc<dyn Store>], figures: &mut Figures) -> anyhow::Result<()> {
    let counter = Arc::new(AtomicU64::new(0));
    let taken = Arc::new(AtomicU64::new(0));
    let (written, processor, start) = (machine::written(), machine::processor_millis(), Instant::now());
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..options.callers as u64 {
        let mut work = Work::new(options, caller, counter.clone());
        let store = nodes[usize::try_from(caller)? % nodes.len()].clone();
        let (taken, count, batch) = (taken.clone(), options.count, options.batch);
        callers.spawn(async move {
            let mut calls: Vec<(Duration, Duration)> = Vec::new();
            loop {
                let from = taken.fetch_add(batch as u64, Ordering::Relaxed);
                if from >= count {
                    return anyhow::Ok(calls);
                }
                let n = usize::try_from((count - from).min(batch as u64))?;
                let commits = work.commits(n);
                let asked = Instant::now();
                for result in store.commit_many(commits).await {
                    result?;
                }
                calls.push((start.elapsed(), asked.elapsed()));
            }
        });
    }
    let mut calls = Vec::new();
    while let Some(done) = callers.join_next().await {
        calls.append(&mut done??);
    }
    let each = transfers_each(options);
    let took = start.elapsed();
    let rate = |n: u64, time: Duration| n * 1_000_000 / u64::try_from(time.as_micros()).unwrap_or(1).max(1);
    figures.rate = rate(options.count, took);
    figures.processor_nanos_each =
        (machine::processor_millis() - processor) * 1_000_000 / (options.count * each).max(1);
    figures.written_each = (machine::written() - written) / (options.count * each).max(1);
    calls.sort_unstable();
    let tenth = calls.len() / 10;
    if tenth > 0 {
        let done = |n: usize| (n * options.batch) as u64;
        figures.first_tenth = rate(done(tenth), calls[tenth - 1].0);
        figures.last_tenth =
            rate(done(tenth), calls[calls.len() - 1].0.saturating_sub(calls[calls.len() - 1 - tenth].0));
    }
    figures.calls = Percentiles::of(calls.into_iter().map(|(_, took)| took).collect());
    Ok(())
}

/// A page of a statement and a balance at a past moment, a thousand times each.
async fn ask(options: &Options, store: &Arc<dyn Store>, figures: &mut Figures) -> anyhow::Result<()> {
    let mut random = Random::new(99);
    let last = store.entries(options.count.saturating_sub(2), 1).await?;
    let first = store.entries(0, 1).await?;
    let range = match (first.first(), last.first()) {
        (Some(first), Some(last)) => (first.time.as_micros(), last.time.as_micros()),
        _ => return Ok(()),
    };
    let (mut statements, mut balances) = (Vec::new(), Vec::new());
    for _ in 0..1_000 {
        let id = account(random.below(options.accounts));
        let span = u64::try_from(range.1 - range.0).unwrap_or(1);
        let at = Timestamp::from_micros(range.0 + random.below(span).cast_signed());
        let start = Instant::now();
        let query = StatementQuery { from: Some(at), limit: 100, ..StatementQuery::all(id) };
        ensure!(store.statement(query).await?.is_some(), "the account is there");
        statements.push(start.elapsed());
        let start = Instant::now();
        ensure!(store.balance_at(id, at).await?.is_some(), "the account is there");
        balances.push(start.elapsed());
    }
    (figures.statement, figures.balance_at) = (Percentiles::of(statements), Percentiles::of(balances));
    Ok(())
}

/// After opening again: every acknowledged transfer is there, and the books balance.
async fn check(options: &Options, store: &Arc<dyn Store>) -> anyhow::Result<()> {
    let trial = store.trial_balance(None).await?;
    ensure!(trial.is_balanced(), "debits equal credits");
    let wanted = options.count * transfers_each(options);
    let there = store.entries(wanted - 1, 1).await?;
    ensure!(there.len() == 1, "entry {wanted} is there");
    let sum: i128 = trial.lines().map(|l| l.debits + l.credits + l.debits_reserved).sum();
    ensure!(sum > 0, "something moved");
    Ok(())
}
