//! The embedded engine on a real directory: reopening, refusing, finding damage, and equal answers with the memory twin.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{Clock, Coded, ManualClock, Principal, Timestamp};
use pmts_ledger::{
    Account, AccountChange, AccountId, ChartCode, Side, StatementQuery, Transfer, TransferCode, TransferId,
};
use pmts_money::{Currency, Money};
use pmts_store::{Commit, EmbeddedOptions, EmbeddedStore, MemoryStore, Store, StoreError};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::from_code("GBP").unwrap())
}

fn account(n: u128) -> AccountId {
    AccountId::from_raw((n + 1) << 8)
}

fn id(n: u128) -> TransferId {
    TransferId::from_raw((n + 1) << 8)
}

fn commit(transfers: Vec<Transfer>) -> Commit {
    Commit { transfers, ..Commit::by(Principal::system("test")) }
}

fn open_accounts(count: u128) -> Commit {
    let side = |n| if n % 2 == 0 { Side::Debit } else { Side::Credit };
    let mut accounts: Vec<Account> =
        (0..count).map(|n| Account::new(account(n), gbp(0).currency(), ChartCode(1), side(n))).collect();
    accounts[1].floor = Some(0);
    Commit { accounts: accounts.into_iter().map(AccountChange::Open).collect(), ..commit(vec![]) }
}

fn options(clock: &Arc<ManualClock>) -> EmbeddedOptions {
    EmbeddedOptions {
        clock: clock.clone() as Arc<dyn Clock>,
        resident_accounts: 2,
        ..EmbeddedOptions::default()
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_micros(1_000)))
}

#[tokio::test]
async fn a_reopened_directory_goes_on_where_it_was() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let hold = Transfer::reserve(id(1), account(1), account(0), gbp(40), TransferCode(1));
    let expiring = Transfer::reserve(id(2), account(1), account(0), gbp(5), TransferCode(1))
        .expiring(Timestamp::from_micros(9_000));
    {
        let store = EmbeddedStore::open(dir.path(), options(&clock)).unwrap();
        store.commit(open_accounts(4)).await.unwrap();
        store
            .commit(commit(vec![Transfer::post(id(0), account(0), account(1), gbp(100), TransferCode(1))]))
            .await
            .unwrap();
        store.commit(commit(vec![hold.clone(), expiring])).await.unwrap();
        store
            .commit(commit(vec![Transfer::post(id(3), account(1), account(0), gbp(56), TransferCode(1))]))
            .await
            .unwrap_err();
    }
    for round in 0..2 {
        if round == 1 {
            std::fs::remove_file(dir.path().join("index.db")).unwrap();
        }
        let store = EmbeddedStore::open(dir.path(), options(&clock)).unwrap();
        assert_eq!(store.account(account(1)).await.unwrap().unwrap().available_minor(), 55);
        let burnt = store
            .commit(commit(vec![Transfer::post(id(3), account(1), account(0), gbp(1), TransferCode(1))]))
            .await
            .unwrap_err();
        assert_eq!(burnt.code().code, "LEDGER_ID_REFUSED");
    }
    let store = EmbeddedStore::open(dir.path(), options(&clock)).unwrap();
    clock.set(Timestamp::from_micros(9_000));
    store
        .commit(commit(vec![Transfer::post_reserved(id(4), &hold, gbp(30), TransferCode(1))]))
        .await
        .unwrap();
    let seller = store.account(account(1)).await.unwrap().unwrap();
    assert_eq!(
        (seller.net_minor(), seller.available_minor()),
        (70, 70),
        "posted in part, the rest let go, the other expired"
    );
    let report = store.verify().await.unwrap();
    assert_eq!((report.problems.as_slice(), report.transfers, report.accounts), (&[][..], 5, 4));
}

#[tokio::test]
async fn a_directory_in_use_of_another_format_or_damaged_is_refused() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let store = EmbeddedStore::open(dir.path(), options(&clock)).unwrap();
    let second = EmbeddedStore::open(dir.path(), options(&clock)).err().unwrap();
    assert!(
        matches!(second, StoreError::InUse(_)) && second.to_string().contains(dir.path().to_str().unwrap())
    );
    drop(store);

    let main = dir.path().join("pmts.db");
    let db = rusqlite::Connection::open(&main).unwrap();
    db.execute("UPDATE meta SET value = '4' WHERE key = 'format'", []).unwrap();
    drop(db);
    let other = EmbeddedStore::open(dir.path(), options(&clock)).err().unwrap();
    assert!(matches!(other, StoreError::Format { ref found, supported: 2, .. } if found == "4"), "{other}");

    for name in ["pmts.db", "pmts.db-wal", "pmts.db-shm"] {
        let _ = std::fs::remove_file(dir.path().join(name));
    }
    std::fs::write(&main, "this is not a database, but it is longer than a header").unwrap();
    let damaged = EmbeddedStore::open(dir.path(), options(&clock)).err().unwrap();
    assert!(matches!(damaged, StoreError::Damaged(_)), "{damaged}");
    let foreign = rusqlite::Connection::open(dir.path().join("x.db")).unwrap();
    foreign.execute_batch("CREATE TABLE t (a)").unwrap();
    drop(foreign);
    std::fs::rename(dir.path().join("x.db"), &main).unwrap();
    assert!(matches!(
        EmbeddedStore::open(dir.path(), options(&clock)).err().unwrap(),
        StoreError::Format { .. }
    ));
    std::fs::write(dir.path().join("file"), "").unwrap();
    let not_a_dir = EmbeddedStore::open(dir.path().join("file"), options(&clock)).err().unwrap();
    assert_eq!(not_a_dir.code().code, "STORE_ENGINE");
}

#[tokio::test]
async fn one_commit_may_change_an_account_and_open_others() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let store = EmbeddedStore::open(dir.path(), options(&clock)).unwrap();
    store.commit(open_accounts(2)).await.unwrap();
    let new = |n| AccountChange::Open(Account::new(account(n), gbp(0).currency(), ChartCode(1), Side::Debit));
    let limits = |n| AccountChange::SetLimits { id: account(n), floor: Some(-5), ceiling: None };
    let accounts = vec![limits(1), new(7), limits(7), limits(0), new(8)];
    store.commit(Commit { accounts, ..commit(vec![]) }).await.unwrap();
    drop(store);
    let store = EmbeddedStore::open(dir.path(), options(&clock)).unwrap();
    assert_eq!(store.account(account(7)).await.unwrap().unwrap().account.floor, Some(-5));
    assert_eq!(store.verify().await.unwrap().problems, Vec::<String>::new());
}

/// Changes the file behind the engine's back; the verification must name the place.
async fn tampered(sql: &str) -> Vec<String> {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    {
        let store = EmbeddedStore::open(dir.path(), options(&clock)).unwrap();
        store.commit(open_accounts(2)).await.unwrap();
        for n in 0..5 {
            store
                .commit(commit(vec![Transfer::post(id(n), account(0), account(1), gbp(10), TransferCode(1))]))
                .await
                .unwrap();
        }
        assert_eq!(store.verify().await.unwrap().problems, Vec::<String>::new());
    }
    let db = rusqlite::Connection::open(dir.path().join("pmts.db")).unwrap();
    assert!(db.execute(sql, []).unwrap() > 0, "the statement changed something");
    drop(db);
    match EmbeddedStore::open(dir.path(), options(&clock)) {
        Ok(store) => store.verify().await.unwrap().problems,
        // What is not in the index yet is read at the opening: then the damage is found there.
        Err(error) => {
            assert!(matches!(error, StoreError::Damaged(_)), "{error}");
            vec![error.to_string()]
        }
    }
}

#[tokio::test]
async fn tampering_is_found_and_named() {
    for (sql, named) in [
        (
            "UPDATE entries SET time = time + 1 WHERE first = 3",
            "the block of entries 3 to 3 does not match its checksum",
        ),
        (
            "UPDATE entries SET body = cast(x'00' || substr(body, 2) AS BLOB) WHERE first = 2",
            "the block of entries 2 to 2 does not match its checksum",
        ),
        ("UPDATE accounts SET floor = -100 WHERE number = 2", "account row 2 does not match its checksum"),
        (
            "UPDATE commits SET hash = zeroblob(32) WHERE first = 4",
            "commits 4 to 4: the row does not match its checksum",
        ),
        ("DELETE FROM commits WHERE first = 2", "commit 2 is missing"),
        ("DELETE FROM entries WHERE first = 5", "the hash chain is broken within commits 6 to 6"),
    ] {
        let problems = tampered(sql).await;
        assert!(problems.iter().any(|p| p.contains(named)), "{sql}: {problems:?}");
    }
}

prop_compose! {
    fn step()(n in 0..40u128, kind in 0..6u8, d in 0..4u128, c in 0..4u128, minor in 0..30i64, r in 0..40u128, tick in 0..50i64) -> (Transfer, i64) {
        let post = Transfer::post(id(n), account(d), account(c), gbp(minor), TransferCode(1));
        let reserved = Transfer::reserve(id(r), account(d), account(c), gbp(30), TransferCode(1));
        (match kind {
            0..=2 => post,
            3 => Transfer::reserve(id(n), account(d), account(c), gbp(minor), TransferCode(1)),
            4 => Transfer::reserve(id(n), account(d), account(c), gbp(minor), TransferCode(1)).expiring(Timestamp::from_micros(1_100 + tick * 20)),
            _ => Transfer::post_reserved(id(n), &reserved, gbp(minor), TransferCode(1)),
        }, tick)
    }
}

async fn histories_agree(dir: &Path, history: Vec<(Transfer, i64)>) {
    let clock = clock();
    let memory = MemoryStore::new(clock.clone());
    let mut disk = EmbeddedStore::open(dir, options(&clock)).unwrap();
    assert_eq!(memory.commit(open_accounts(4)).await, disk.commit(open_accounts(4)).await);
    for (n, (transfer, tick)) in history.into_iter().enumerate() {
        clock.advance_micros(tick);
        if n % 17 == 16 {
            drop(disk);
            disk = EmbeddedStore::open(dir, options(&clock)).unwrap();
        }
        let commit = commit(vec![transfer]);
        assert_eq!(memory.commit(commit.clone()).await, disk.commit(commit).await);
    }
    assert_eq!(memory.entries(0, 1000).await.unwrap(), disk.entries(0, 1000).await.unwrap());
    for at in [None, Some(Timestamp::from_micros(1_300))] {
        assert_eq!(memory.trial_balance(at).await.unwrap(), disk.trial_balance(at).await.unwrap());
    }
    for n in 0..4 {
        let query = StatementQuery {
            from: Some(Timestamp::from_micros(1_100)),
            until: Some(Timestamp::from_micros(1_500)),
            ..StatementQuery::all(account(n))
        };
        assert_eq!(memory.statement(query.clone()).await.unwrap(), disk.statement(query).await.unwrap());
    }
    assert!(disk.verify().await.unwrap().problems.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn memory_and_disk_give_equal_answers(history in prop::collection::vec(step(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap().block_on(histories_agree(dir.path(), history));
    }
}
