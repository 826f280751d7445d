//! The Postgres engine while things break: no acknowledged commit is lost, none is there twice, the books balance.
#![allow(clippy::unwrap_used)]

mod support;

use pmts_kernel::{IdSource, Principal, SystemClock, SystemIds};
use pmts_ledger::{
    Account, AccountChange, AccountId, ChartCode, Refusal, Side, Transfer, TransferCode, TransferId,
};
use pmts_money::{Currency, Money};
use pmts_store::local_postgres::LocalPostgres;
use pmts_store::{Answer, Commit, CommitError, PostgresOptions, PostgresStore, Store, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use support::Databases;
use tokio::task::JoinSet;
use tokio::time::sleep;

const ACCOUNTS: u128 = 20;

fn account(n: u128) -> AccountId {
    AccountId::from_raw((n + 1) << 8)
}

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::from_code("GBP").unwrap())
}

fn by() -> Commit {
    Commit::by(Principal::system("faults"))
}

/// How long, or how often: shortened by PMTS_TEST_QUICK=1.
fn rounds(full: u64, quick: u64) -> u64 {
    if std::env::var_os("PMTS_TEST_QUICK").is_some_and(|v| v == "1") { quick } else { full }
}

async fn open(url: &str) -> Arc<PostgresStore> {
    let options = PostgresOptions { patience: Duration::from_secs(60), ..PostgresOptions::default() };
    Arc::new(PostgresStore::open(url, options).await.unwrap())
}

async fn open_accounts(store: &PostgresStore) {
    let new = |n| Account::new(account(n), gbp(0).currency(), ChartCode(1), Side::Credit);
    let accounts = (0..ACCOUNTS).map(|n| AccountChange::Open(new(n))).collect();
    store.commit(Commit { accounts, ..by() }).await.unwrap();
}

/// What callers were told.
#[derive(Default)]
struct Told {
    /// Committed, as which number.
    done: Vec<(TransferId, u64)>,
    /// Certainly not there.
    not: Vec<TransferId>,
    unknown: Vec<TransferId>,
}

/// Callers that commit until they are stopped: each a transfer over few accounts, a record and an answer.
struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    callers: JoinSet<Told>,
}

impl Load {
    fn start(stores: &[Arc<PostgresStore>], callers: usize) -> Self {
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(Arc::new(SystemClock)));
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut set = JoinSet::new();
        for n in 0..callers {
            let (store, ids) = (stores[n % stores.len()].clone(), ids.clone());
            let (stop, acknowledged) = (stop.clone(), acknowledged.clone());
            set.spawn(async move {
                let mut told = Told::default();
                let mut turn = n as u128;
                while !stop.load(Ordering::Relaxed) {
                    let id = ids.next_id();
                    turn += 7;
                    let (debit, credit) = (turn % ACCOUNTS, (turn / 3 + 1) % ACCOUNTS);
                    let credit = if credit == debit { (debit + 1) % ACCOUNTS } else { credit };
                    let transfer = TransferId::from_raw(id);
                    let answer = Answer {
                        scope: "faults".into(),
                        key: format!("{id:x}"),
                        fingerprint: "f".into(),
                        body: "{}".into(),
                    };
                    let commit = Commit {
                        transfers: vec![Transfer::post(
                            transfer,
                            account(debit),
                            account(credit),
                            gbp(1),
                            TransferCode(1),
                        )],
                        records: vec![Write {
                            kind: "payment",
                            id,
                            expected: 0,
                            body: Some("{\"state\":\"captured\"}".into()),
                            keys: vec![],
                        }],
                        answer: Some(answer),
                        ..by()
                    };
                    match store.commit(commit).await {
                        Ok(done) => {
                            acknowledged.fetch_add(1, Ordering::Relaxed);
                            told.done.push((transfer, done.sequence));
                        }
                        Err(CommitError::Unavailable(_)) => told.not.push(transfer),
                        Err(CommitError::Unknown(_)) => told.unknown.push(transfer),
                        Err(other) => panic!("{other:?}"),
                    }
                }
                told
            });
        }
        Self { stop, acknowledged, callers: set }
    }

    /// Waits until so many more commits are acknowledged.
    async fn wait_for(&self, more: u64) {
        let goal = self.acknowledged.load(Ordering::Relaxed) + more;
        while self.acknowledged.load(Ordering::Relaxed) < goal {
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn stop(self) -> Told {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Told::default();
        for told in self.callers.join_all().await {
            all.done.extend(told.done);
            all.not.extend(told.not);
            all.unknown.extend(told.unknown);
        }
        all
    }
}

/// Compares what callers were told with what is there.
async fn check(what: &str, stores: &[Arc<PostgresStore>], told: &Told) {
    let store = &stores[0];
    let mut there = std::collections::HashMap::new();
    let mut after = 0;
    loop {
        let page = store.entries(after, 10_000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.sequence;
        there.extend(page.iter().map(|e| (e.transfer.id, e.sequence)));
    }
    let mut numbers = std::collections::HashSet::new();
    for (id, number) in &told.done {
        assert!(there.contains_key(id), "{what}: commit {number} was acknowledged and is lost");
        assert!(numbers.insert(number), "{what}: two commits were given the number {number}");
    }
    for id in &told.not {
        assert!(!there.contains_key(id), "{what}: {id} was said not to be written, and is there");
    }
    let unknown_there = told.unknown.iter().filter(|id| there.contains_key(id)).count();
    assert_eq!(
        there.len(),
        told.done.len() + unknown_there,
        "{what}: nothing is there that nobody committed"
    );
    let report = store.verify().await.unwrap();
    assert_eq!(report.problems, Vec::<String>::new(), "{what}");
    let counts: Vec<_> = stores.iter().map(|s| s.counts()).collect();
    println!(
        "{what}: {} acknowledged, {} said not to be there, {} unknown ({unknown_there} there); {counts:?}",
        told.done.len(),
        told.not.len(),
        told.unknown.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_no_acknowledged_commit() {
    let Some(mut databases) = Databases::start(&[]) else { return };
    let stores = [open(&databases.server.url()).await];
    open_accounts(&stores[0]).await;
    let load = Load::start(&stores, 32);
    for _ in 0..rounds(8, 2) {
        load.wait_for(500).await;
        databases.server.kill();
        databases.server.restart().unwrap();
    }
    load.wait_for(500).await;
    let told = load.stop().await;
    check("server killed", &stores, &told).await;
    assert!(stores[0].counts().losses + stores[0].counts().resolved > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_killed_in_commit_are_resolved_by_reading_back() {
    // Every COMMIT takes some milliseconds longer, so that many of the kills meet one.
    let Some(databases) = Databases::start(&["commit_delay=5000", "commit_siblings=0"]) else { return };
    let stores = [open(&databases.server.url()).await, open(&databases.server.url()).await];
    open_accounts(&stores[0]).await;
    let load = Load::start(&stores, 32);
    for round in 0..rounds(150, 30) {
        load.wait_for(20).await;
        sleep(Duration::from_millis(round % 10)).await;
        databases
            .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pmts'")
            .await;
    }
    load.wait_for(500).await;
    let told = load.stop().await;
    check("connections killed", &stores, &told).await;
    assert!(stores.iter().map(|s| s.counts().resolved).sum::<u64>() > 0, "some were killed in COMMIT");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_hot_accounts_and_keep_their_limits() {
    let Some(databases) = Databases::start(&[]) else { return };
    let stores = [open(&databases.server.url()).await, open(&databases.server.url()).await];
    open_accounts(&stores[0]).await;
    let load = Load::start(&stores, 64);
    load.wait_for(rounds(20_000, 4_000)).await;
    let told = load.stop().await;
    check("two nodes", &stores, &told).await;
    assert!(told.not.is_empty() && told.unknown.is_empty(), "nothing breaks here");
    assert!(stores.iter().all(|s| s.counts().groups > 0), "both took part");

    // One account that may not fall below zero, and more who want its money than it has.
    let (purse, n) = (AccountId::from_raw(900 << 8), AtomicU64::new(0));
    let fund = |minor| {
        Transfer::post(
            TransferId::from_raw((1 << 120) + (u128::from(n.fetch_add(1, Ordering::Relaxed)) << 8)),
            account(0),
            purse,
            gbp(minor),
            TransferCode(1),
        )
    };
    let new = Account::new(purse, gbp(0).currency(), ChartCode(1), Side::Credit).with_floor(0);
    let funded = Commit { accounts: vec![AccountChange::Open(new)], transfers: vec![fund(500)], ..by() };
    stores[0].commit(funded).await.unwrap();
    let mut takers = JoinSet::new();
    for taker in 0..256u128 {
        let store = stores[usize::from(taker % 2 == 1)].clone();
        takers.spawn(async move {
            let id = TransferId::from_raw((1 << 121) + (taker << 8));
            let take = Transfer::post(id, purse, account(taker % ACCOUNTS), gbp(3), TransferCode(1));
            match store.commit(Commit { transfers: vec![take], ..by() }).await {
                Ok(_) => true,
                Err(CommitError::Refused(r)) if matches!(r.reason, Refusal::FloorBreached { .. }) => false,
                Err(other) => panic!("{other:?}"),
            }
        });
    }
    let passed = takers.join_all().await.into_iter().filter(|passed| *passed).count();
    assert_eq!((passed, stores[1].account(purse).await.unwrap().unwrap().net_minor()), (166, 2));
    assert_eq!(stores[0].verify().await.unwrap().problems, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_has_every_acknowledged_commit() {
    let Some(mut databases) = Databases::start(&["synchronous_standby_names=*", "synchronous_commit=local"])
    else {
        return;
    };
    let standby = LocalPostgres::standby(&databases.server, "second", &[]).unwrap();
    let url = format!(
        "postgres://pmts@127.0.0.1:{},127.0.0.1:{}/postgres?sslmode=disable",
        databases.server.port(),
        standby.port()
    );
    let stores = [open(&url).await, open(&url).await];
    open_accounts(&stores[0]).await;
    let load = Load::start(&stores, 32);
    load.wait_for(rounds(3_000, 500)).await;
    databases.server.kill();
    standby.promote().unwrap();
    load.wait_for(rounds(3_000, 500)).await;
    let told = load.stop().await;
    check("standby promoted", &stores, &told).await;
}
