//! The background verifier: quiet over good books on every engine, also while they are written; and it names what is wrong.
#![allow(clippy::unwrap_used)]

mod support;

use pmts_kernel::{Clock, ManualClock, Principal, SystemClock, Timestamp};
use pmts_ledger::contract::model;
use pmts_ledger::{Account, AccountChange, AccountId, ChartCode, Side, Transfer, TransferCode, TransferId};
use pmts_money::{Currency, Money};
use pmts_store::{
    Commit, EmbeddedOptions, EmbeddedStore, MemoryStore, Pace, PostgresOptions, PostgresStore, Store,
    StoreLedger, Verifier,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use support::Databases;

fn account(n: u128) -> AccountId {
    AccountId::from_raw(n + 1)
}

fn commit() -> Commit {
    Commit::by(Principal::system("test"))
}

fn open(count: u128) -> Commit {
    let eur = |n| Account::new(account(n), Currency::EUR, ChartCode(1), Side::Debit);
    Commit { accounts: (0..count).map(|n| AccountChange::Open(eur(n))).collect(), ..commit() }
}

fn pay(n: u128) -> Commit {
    let (debit, credit) = (account(n % 5), account(5 + n % 3));
    let (id, amount) = (TransferId::from_raw(n + 1), Money::new(7, Currency::EUR));
    Commit { transfers: vec![Transfer::post(id, debit, credit, amount, TransferCode(1))], ..commit() }
}

/// A history of every kind of transfer, and then two passes.
async fn quiet_after_a_history(store: Arc<dyn Store>, clock: &Arc<ManualClock>, seed: u64) {
    let ledger = StoreLedger::new(store.clone(), Principal::system("model"));
    model::replay(&ledger, clock, seed, 160).await;
    let mut verifier = Verifier::new(store.clone());
    for _ in 0..2 {
        assert_eq!(verifier.pass().await, [""; 0], "seed {seed}");
    }
    let entries = store.entries(0, 100_000).await.unwrap().len() as u64;
    let stats = verifier.stats();
    assert_eq!(stats.entries.load(Ordering::Relaxed), 2 * entries);
    assert!(entries > 20 && stats.accounts.load(Ordering::Relaxed) > 4, "seed {seed}: {stats:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_books_have_no_faults() {
    let databases = Databases::start(&["fsync=off"]);
    for seed in 6_000..6_010 {
        let clock = || Arc::new(ManualClock::new(Timestamp::from_micros(1)));
        let c = clock();
        quiet_after_a_history(Arc::new(MemoryStore::new(c.clone())), &c, seed).await;
        let (dir, c) = (tempfile::tempdir().unwrap(), clock());
        let options = EmbeddedOptions {
            clock: c.clone() as Arc<dyn Clock>,
            resident_accounts: 2,
            index_batch: 10,
            ..EmbeddedOptions::default()
        };
        quiet_after_a_history(Arc::new(EmbeddedStore::open(dir.path(), options).unwrap()), &c, seed).await;
        if let Some(databases) = databases.as_ref().filter(|_| seed < 6_003) {
            let c = clock();
            let options =
                PostgresOptions { clock: c.clone() as Arc<dyn Clock>, ..PostgresOptions::default() };
            let store = PostgresStore::open(&databases.new_database().await, options).await.unwrap();
            quiet_after_a_history(Arc::new(store), &c, seed).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_goes_on_beside_writers_and_finds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions {
        clock: Arc::new(SystemClock),
        resident_accounts: 2,
        index_batch: 50,
        ..EmbeddedOptions::default()
    };
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(dir.path(), options).unwrap());
    store.commit(open(8)).await.unwrap();
    let mut verifier = Verifier::new(store.clone());
    let stats = verifier.stats();
    let pace = Pace { rows_a_second: 10_000_000, rest: Duration::from_millis(1) };
    let watching = tokio::spawn(async move { verifier.run(pace, |_| ()).await });
    let mut n = 0;
    while n < 500 || stats.passes.load(Ordering::Relaxed) < 5 {
        store.commit(pay(n)).await.unwrap();
        n += 1;
    }
    watching.abort();
    assert_eq!(stats.told(), [""; 0]);
    assert!(stats.entries.load(Ordering::Relaxed) > 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_or_an_entry_changed_behind_the_back_is_named() {
    let Some(databases) = Databases::start(&["fsync=off"]) else { return };
    for (change, expected) in [
        (
            "UPDATE accounts SET debits_posted = debits_posted + 1 WHERE number = 2",
            "its balance is not that of its last entry",
        ),
        (
            "UPDATE transfers SET debit_debits_posted = debit_debits_posted + 1 WHERE sequence = 20",
            "a balance does not follow",
        ),
        ("UPDATE transfers SET amount = amount - 1 WHERE sequence = 30", "a balance does not follow"),
        ("UPDATE transfers SET time = time - interval '1 day' WHERE sequence = 10", "its time is not after"),
    ] {
        let url = databases.new_database().await;
        let store: Arc<dyn Store> =
            Arc::new(PostgresStore::open(&url, PostgresOptions::default()).await.unwrap());
        store.commit(open(8)).await.unwrap();
        for n in 0..40 {
            store.commit(pay(n)).await.unwrap();
        }
        support::run(&url, change).await;
        let mut verifier = Verifier::new(store);
        let found = verifier.pass().await;
        assert!(found.iter().any(|f| f.contains(expected)), "{change}: {found:?}");
        assert!(found.len() <= 3, "a fault is told once, not at each entry after it: {found:?}");
        assert_eq!(verifier.stats().told(), found);
    }
}
