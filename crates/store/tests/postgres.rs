//! The Postgres engine on a server of its own: the contract suites, equal answers with the memory twin, several nodes.
#![allow(clippy::unwrap_used)]

mod support;

use pmts_kernel::{Clock, Coded, ManualClock, Principal, Timestamp};
use pmts_ledger::contract::model::{answer, history, replay};
use pmts_ledger::{
    Account, AccountChange, AccountId, ChartCode, Ledger, Side, StatementQuery, Transfer, TransferCode,
    TransferId,
};
use pmts_money::{Currency, Money};
use pmts_store::{
    Answer, Commit, Job, JobChange, ListQuery, MemoryStore, PostgresOptions, PostgresStore, Store,
    StoreLedger, Write,
};
use proptest::prelude::*;
use std::sync::Arc;
use support::Databases;

/// Each entry is put behind the commit by itself, and so most of the time while others are asked for.
fn by_day_at_once(clock: &Arc<ManualClock>) -> PostgresOptions {
    PostgresOptions { behind_step: 1, ..options(clock) }
}

fn options(clock: &Arc<ManualClock>) -> PostgresOptions {
    PostgresOptions { clock: clock.clone() as Arc<dyn Clock>, readers: 2, ..PostgresOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let Some(databases) = Databases::start(&[]) else { return };
    let databases = &databases;
    let make = |clock: Arc<ManualClock>| async move {
        let store =
            PostgresStore::open(&databases.new_database().await, by_day_at_once(&clock)).await.unwrap();
        Arc::new(store) as Arc<dyn Store>
    };
    pmts_store::contract::store(make).await;
    pmts_ledger::contract::ledger(|clock| async move {
        Arc::new(StoreLedger::new(make(clock).await, Principal::system("contract"))) as Arc<dyn Ledger>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_get_the_answers_of_the_reference() {
    let Some(databases) = Databases::start(&["fsync=off"]) else { return };
    let quick = std::env::var_os("PMTS_TEST_QUICK").is_some_and(|v| v == "1");
    let (seeds, steps) = if quick { (3, 120) } else { (12, 240) };
    for seed in 1..=seeds {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1)));
        let url = databases.new_database().await;
        let how = if seed % 2 == 0 { options(&clock) } else { by_day_at_once(&clock) };
        let store = Arc::new(PostgresStore::open(&url, how).await.unwrap());
        let ledger = StoreLedger::new(store.clone(), Principal::system("contract"));
        replay(&ledger, &clock, seed, steps).await;
        assert_eq!(store.verify().await.unwrap().problems, Vec::<String>::new(), "seed {seed}");

        // The same with nodes that take turns: none may stand on what it remembers.
        let url = databases.new_database().await;
        let mut nodes = Vec::new();
        for _ in 0..3 {
            let store = PostgresStore::open(&url, by_day_at_once(&clock)).await.unwrap();
            nodes.push(StoreLedger::new(Arc::new(store), Principal::system("contract")));
        }
        for (n, step) in history(seed, steps).into_iter().enumerate() {
            clock.set(step.now);
            let node = &nodes[(n / 2 + n * n) % 3];
            let given = answer(node.post(step.journal.clone()).await);
            assert_eq!(given, step.answer, "seed {seed}, step {n}: {:#?}", step.journal);
        }
    }
}

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::from_code("GBP").unwrap())
}

fn account(n: u128) -> AccountId {
    AccountId::from_raw((n + 1) << 8)
}

fn id(n: u128) -> TransferId {
    TransferId::from_raw((n + 1) << 8)
}

fn commit() -> Commit {
    Commit::by(Principal::system("test"))
}

fn open_accounts() -> Commit {
    let side = |n| if n % 2 == 0 { Side::Debit } else { Side::Credit };
    let mut accounts: Vec<Account> =
        (0..4).map(|n| Account::new(account(n), gbp(0).currency(), ChartCode(1), side(n))).collect();
    accounts[1].floor = Some(0);
    accounts[2].ceiling = Some(60);
    Commit { accounts: accounts.into_iter().map(AccountChange::Open).collect(), ..commit() }
}

/// One step of a history: what is committed, how far the clock goes before, and at which node.
#[derive(Debug, Clone)]
struct Step {
    commits: Vec<Commit>,
    tick: i64,
    node: usize,
}

prop_compose! {
    fn transfer()(n in 0..40u128, kind in 0..7u8, d in 0..4u128, c in 0..4u128, minor in 0..30i64, r in 0..40u128, late in 0..50i64) -> Transfer {
        let post = Transfer::post(id(n), account(d), account(c), gbp(minor), TransferCode(1)).with_reference(n % 3);
        let reserved = Transfer::reserve(id(r), account(d), account(c), gbp(30), TransferCode(1));
        match kind {
            0..=2 => post,
            3 => Transfer::reserve(id(n), account(d), account(c), gbp(minor), TransferCode(1)),
            4 => Transfer::reserve(id(n), account(d), account(c), gbp(minor), TransferCode(1)).expiring(Timestamp::from_micros(1_100 + late * 20)),
            5 => Transfer::post_reserved(id(n), &reserved, gbp(minor), TransferCode(1)),
            _ => Transfer { effective_day: Some(-3), ..Transfer::void(id(n), &reserved, TransferCode(1)) },
        }
    }
}

prop_compose! {
    fn any_commit()(transfers in prop::collection::vec(transfer(), 0..3), change in 0..8u8, a in 0..4u128, limit in -20..40i64,
                    record in prop::option::of((0..3u128, 0..3u64, any::<bool>(), 0..2u8)), answer in prop::option::of(0..6u8),
                    job in prop::option::of((0..3u128, 0..40i64))) -> Commit {
        let mut c = Commit { transfers, ..commit() };
        c.accounts = match change {
            0 => vec![AccountChange::SetLimits { id: account(a), floor: Some(limit), ceiling: None }],
            1 => vec![AccountChange::Close(account(a))],
            2 => vec![AccountChange::Reopen(account(a))],
            3 => vec![AccountChange::Open(Account::new(account(a + 2), gbp(0).currency(), ChartCode(7), Side::Debit))],
            _ => vec![],
        };
        c.records.extend(record.map(|(id, expected, kept, town)| Write {
            kind: "parcel",
            id,
            expected,
            body: kept.then(|| format!("{{ \"town\":  \"{town}\" }}")),
            keys: vec![("town", town.to_string()), ("all", "é".into())],
        }));
        c.answer = answer.map(|n| Answer { scope: "s".into(), key: n.to_string(), fingerprint: "f".into(), body: "1".into() });
        c.jobs.extend(job.map(|(id, due)| match due {
            0..10 => JobChange::Done(id),
            _ => JobChange::Put(Job { id, kind: "k".into(), due: Timestamp::from_micros(due), attempts: 1, body: "{}".into() }),
        }));
        c
    }
}

prop_compose! {
    fn step()(commits in prop::collection::vec(any_commit(), 1..4), tick in 0..50i64, node in 0..3usize) -> Step {
        Step { commits, tick, node }
    }
}

/// The same history in memory and on Postgres, whose nodes take turns: all answers and all reads are equal.
async fn histories_agree(url: &str, history: Vec<Step>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_000)));
    let memory = MemoryStore::new(clock.clone());
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(PostgresStore::open(url, options(&clock)).await.unwrap());
    }
    assert_eq!(memory.commit(open_accounts()).await, nodes[0].commit(open_accounts()).await);
    for step in history {
        clock.advance_micros(step.tick);
        assert_eq!(
            memory.commit_many(step.commits.clone()).await,
            nodes[step.node].commit_many(step.commits).await
        );
    }
    let node = &nodes[0];
    assert_eq!(memory.entries(0, 1000).await.unwrap(), node.entries(0, 1000).await.unwrap());
    for at in [None, Some(Timestamp::from_micros(1_300)), Some(Timestamp::MAX)] {
        assert_eq!(memory.trial_balance(at).await.unwrap(), node.trial_balance(at).await.unwrap());
    }
    for n in 0..6 {
        assert_eq!(memory.account(account(n)).await.unwrap(), node.account(account(n)).await.unwrap());
        let query = StatementQuery {
            from: Some(Timestamp::from_micros(1_100)),
            until: Some(Timestamp::from_micros(1_500)),
            limit: 3,
            ..StatementQuery::all(account(n))
        };
        assert_eq!(memory.statement(query.clone()).await.unwrap(), node.statement(query).await.unwrap());
        let at = Timestamp::from_micros(1_200);
        assert_eq!(
            memory.balance_at(account(n), at).await.unwrap(),
            node.balance_at(account(n), at).await.unwrap()
        );
    }
    let listed = ListQuery::with_key("parcel", "all", "é");
    assert_eq!(memory.list(listed.clone()).await.unwrap(), node.list(listed).await.unwrap());
    assert_eq!(
        memory.jobs_due(Timestamp::MAX, 10).await.unwrap(),
        node.jobs_due(Timestamp::MAX, 10).await.unwrap()
    );
    assert_eq!(node.verify().await.unwrap().problems, Vec::<String>::new());
}

#[test]
fn memory_and_postgres_give_equal_answers_whichever_node_is_asked() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let Some(databases) = Databases::start(&["fsync=off"]) else { return };
    let config = ProptestConfig { cases: 32, max_shrink_iters: 200, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let run = |history: Vec<Step>| {
        let url = runtime.block_on(databases.new_database());
        runtime.block_on(histories_agree(&url, history));
        Ok(())
    };
    runner.run(&prop::collection::vec(step(), 1..60), run).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_migrated_once_and_one_of_a_later_program_is_refused() {
    let Some(databases) = Databases::start(&["fsync=off"]) else { return };
    let mut url = String::new();
    // Several times: they must not only come one after the other.
    for _ in 0..10 {
        url = databases.new_database().await;
        let start = || {
            tokio::spawn({
                let url = url.clone();
                async move { PostgresStore::migrate(&url).await }
            })
        };
        let (a, b) = (start(), start());
        let mut ran = [a.await.unwrap().unwrap(), b.await.unwrap().unwrap()];
        ran.sort();
        assert!(
            ran[0].is_empty() && ran[1].starts_with(&[1, 2]),
            "one of two that start together does it: {ran:?}"
        );
    }
    let store = PostgresStore::open(&url, PostgresOptions::default()).await.unwrap();
    store.commit(open_accounts()).await.unwrap();
    support::run(&url, "UPDATE schema_migrations SET checksum = 'x' WHERE version = 1").await;
    let error = PostgresStore::open(&url, PostgresOptions::default()).await.err().unwrap();
    assert_eq!(error.code().code, "STORE_SCHEMA", "{error}");
    support::run(&url, "INSERT INTO schema_migrations VALUES (99, 'later', '')").await;
    let error = PostgresStore::migrate(&url).await.err().unwrap();
    assert!(error.to_string().contains("schema 99"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_writer_is_met_by_the_guards() {
    let Some(databases) = Databases::start(&["fsync=off"]) else { return };
    let url = databases.new_database().await;
    let patience = std::time::Duration::from_millis(300);
    let store =
        PostgresStore::open(&url, PostgresOptions { patience, ..PostgresOptions::default() }).await.unwrap();
    store.commit(open_accounts()).await.unwrap();
    let pay = |n| Commit {
        transfers: vec![Transfer::post(id(n), account(0), account(1), gbp(10), TransferCode(1))],
        ..commit()
    };
    store.commit(pay(1)).await.unwrap();
    // What is in memory is overtaken; the group is judged again on what is there.
    support::run(&url, "UPDATE accounts SET version = version + 5").await;
    store.commit(pay(2)).await.unwrap();
    assert_eq!(store.account(account(1)).await.unwrap().unwrap().version, 7);
    assert!(store.counts().retries > 0, "{:?}", store.counts());
    // The books themselves were changed by hand: that is found.
    support::run(&url, "UPDATE accounts SET credits_posted = credits_posted + 1 WHERE number = 2").await;
    let problems = store.verify().await.unwrap().problems;
    for rule in ["sum of the entries", "debits equal credits", "version is that"] {
        assert!(problems.iter().any(|p| p.contains(rule)), "{rule}: {problems:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_cannot_hold_is_refused_alone() {
    let Some(databases) = Databases::start(&["fsync=off"]) else { return };
    let store =
        PostgresStore::open(&databases.new_database().await, PostgresOptions::default()).await.unwrap();
    let job = |due: i64| {
        JobChange::Put(Job {
            id: 1,
            kind: "k".into(),
            due: Timestamp::from_micros(due),
            attempts: 0,
            body: "{}".into(),
        })
    };
    let with = |due| Commit { jobs: vec![job(due)], ..commit() };
    let zero = Answer { scope: "a\0b".into(), key: "k".into(), fingerprint: String::new(), body: "1".into() };
    let results = store
        .commit_many(vec![
            with(1),
            with(i64::MIN + 1),
            with(i64::MAX),
            Commit { answer: Some(zero), ..commit() },
            with(i64::MIN),
        ])
        .await;
    let codes: Vec<&str> =
        results.iter().map(|r| r.as_ref().map_or_else(|e| e.code().code, |_| "written")).collect();
    assert_eq!(codes, ["written", "STORE_MALFORMED", "written", "STORE_MALFORMED", "written"]);
    assert_eq!(
        store.jobs_due(Timestamp::default(), 9).await.unwrap()[0].due,
        Timestamp::from_micros(i64::MIN)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_told_and_found_again() {
    let Some(mut databases) = Databases::start(&[]) else { return };
    let patience = std::time::Duration::from_millis(500);
    let url = databases.new_database().await;
    let store =
        PostgresStore::open(&url, PostgresOptions { patience, ..PostgresOptions::default() }).await.unwrap();
    store.commit(open_accounts()).await.unwrap();
    databases.server.kill();
    let error = store.commit(commit()).await.unwrap_err();
    assert_eq!(error.code().code, "STORE_UNAVAILABLE", "{error}");
    let error = store.account(account(0)).await.unwrap_err();
    assert_eq!(error.code().code, "STORE_UNREACHABLE", "{error}");
    assert!(PostgresStore::open(&url, PostgresOptions::default()).await.is_err());
    databases.server.restart().unwrap();
    assert_eq!(store.commit(commit()).await.unwrap().sequence, 2);
    assert!(store.account(account(0)).await.unwrap().is_some());
    for wrong in ["nonsense", "postgres://u:secret@h/db?sslmode=maybe", "postgres://u:secret@h/db?nonsense=1"]
    {
        let error = PostgresStore::open(wrong, PostgresOptions::default()).await.err().unwrap();
        assert_eq!(error.code().code, "STORE_ADDRESS");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

/// A certificate for 127.0.0.1 that is its own root, and its key.
fn certificate(dir: &std::path::Path) {
    let subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
    let output = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .args(subject)
        .args(["-keyout", "server.key", "-out", "server.crt"])
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_used_as_the_address_says_and_always_verified() {
    let Some(mut databases) = Databases::start(&[]) else { return };
    let plain = databases.new_database().await;
    let can = "SELECT count(*) FROM pg_settings WHERE name = 'ssl_library' AND setting <> ''";
    if support::number(&plain, can).await == 0 {
        return support::skip("this Postgres was built without TLS: install the system's");
    }
    let address = |mode: &str| plain.replace("sslmode=disable", mode);
    let open = |url: String| async move { PostgresStore::open(&url, PostgresOptions::default()).await };
    let encrypted = "SELECT count(*) FROM pg_stat_ssl WHERE ssl AND pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'pmts')";
    open(address("sslmode=prefer")).await.unwrap();
    assert_eq!(open(address("sslmode=require")).await.err().unwrap().code().code, "STORE_UNREACHABLE");

    let data = databases.server.data();
    certificate(&data);
    for file in ["server.key", "server.crt"] {
        databases.server.own(&data.join(file)).unwrap();
    }
    std::fs::write(data.join("postgresql.auto.conf"), "ssl = on\n").unwrap();
    databases.server.restart().unwrap();
    let root = tempfile::tempdir().unwrap();
    std::fs::copy(data.join("server.crt"), root.path().join("root.crt")).unwrap();
    let trusted = format!("sslmode=verify-full&sslrootcert={}", root.path().join("root.crt").display());
    assert_eq!(support::number(&plain, encrypted).await, 0);
    let store = open(address(&trusted)).await.unwrap();
    store.commit(open_accounts()).await.unwrap();
    assert!(support::number(&plain, encrypted).await > 0, "the writer's connection is encrypted");
    let other_name = address(&trusted).replace("127.0.0.1", "127.0.0.2");
    assert!(open(other_name).await.is_err(), "a certificate for another host");
    assert!(open(address("sslmode=require")).await.is_err(), "the system does not trust it");
    open(address("sslmode=prefer")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_locks_accounts_the_other_way_round_loses_no_commit() {
    let Some(databases) = Databases::start(&["deadlock_timeout=100ms"]) else { return };
    let url = databases.new_database().await;
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_000_000)));
    let store = Arc::new(PostgresStore::open(&url, options(&clock)).await.unwrap());
    let new = |n| AccountChange::Open(Account::new(account(n), gbp(0).currency(), ChartCode(1), Side::Debit));
    let opened = Commit { accounts: vec![new(0), new(1)], ..Commit::by(Principal::system("test")) };
    store.commit(opened).await.unwrap();
    let (person, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut ended = 0;
    for round in 0..6u128 {
        person.batch_execute("BEGIN; SELECT 1 FROM accounts WHERE number = 2 FOR UPDATE").await.unwrap();
        let (store, transfer) =
            (store.clone(), Transfer::post(id(round), account(0), account(1), gbp(1), TransferCode(1)));
        let committing = tokio::spawn(async move {
            let transfers = vec![transfer];
            store.commit(Commit { transfers, ..Commit::by(Principal::system("test")) }).await
        });
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while person.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        // The group holds the first account and waits for the second; now each waits for the other, and the server ends one.
        let took = person.batch_execute("SELECT 1 FROM accounts WHERE number = 1 FOR UPDATE").await;
        ended += usize::from(took.is_ok());
        person.batch_execute("ROLLBACK").await.unwrap();
        assert!(committing.await.unwrap().is_ok(), "it is judged again if it was ended");
    }
    assert_eq!(store.account(account(0)).await.unwrap().unwrap().net_minor(), 6);
    assert!(store.verify().await.unwrap().problems.is_empty());
    println!("the group was ended {ended} times of 6; {:?}", store.counts());
}
