//! A directory of format 1, written by the last program of that format (`format1.sql`), becomes one of the format of today:
//! every answer is the one that program gave (`format1.json`), and the chain of commits goes on.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{ManualClock, Principal, Timestamp};
use pmts_ledger::{AccountId, EntryKind, HistoryQuery, StatementQuery, Transfer, TransferCode, TransferId};
use pmts_money::{Currency, Money};
use pmts_store::{Commit, EmbeddedOptions, EmbeddedStore, ListQuery, Store, StoreError};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

fn directory(tamper: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join("pmts.db")).unwrap();
    db.execute_batch(include_str!("format1.sql")).unwrap();
    db.execute_batch(tamper).unwrap();
    dir
}

fn open(dir: &Path) -> Result<EmbeddedStore, StoreError> {
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_800_000_100_000_000)));
    EmbeddedStore::open(dir, EmbeddedOptions { clock, ..EmbeddedOptions::default() })
}

fn account(n: u128) -> AccountId {
    AccountId::from_raw((n + 1) << 8)
}

/// All that the answer of that time says is in the answer of today, which may say more.
fn says(today: &Value, then: &Value, place: &str) {
    match (today, then) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, then) in b {
                says(a.get(key).unwrap_or(&Value::Null), then, &format!("{place}.{key}"));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{place}");
            for (n, (today, then)) in a.iter().zip(b).enumerate() {
                says(today, then, &format!("{place}[{n}]"));
            }
        }
        _ => assert_eq!(today, then, "{place}"),
    }
}

async fn answers(store: &EmbeddedStore) -> Value {
    let (mut accounts, mut statements, mut answers) = (vec![], vec![], vec![]);
    for n in 0..6 {
        accounts.push(store.account(account(n)).await.unwrap().unwrap());
        let s = store.statement(StatementQuery::all(account(n))).await.unwrap().unwrap();
        let lines: Vec<Value> =
            s.lines.iter().map(|l| json!([l.entry.sequence, l.is_debit, l.after])).collect();
        statements.push(json!({"opening": s.opening, "closing": s.closing, "lines": lines}));
    }
    for key in ["k1", "k2"] {
        answers.push(store.answer("test:orders", key).await.unwrap().unwrap());
    }
    let records = store.list(ListQuery::all("order")).await.unwrap().records;
    let jobs = store.jobs_due(Timestamp::MAX, 100).await.unwrap();
    let events = store.events(0, 100).await.unwrap();
    json!({
        "entries": store.entries(0, 10_000).await.unwrap(), "accounts": accounts, "statements": statements, "answers": answers,
        "records": records.iter().map(|r| json!({"id": r.id.to_string(), "version": r.version, "body": r.body})).collect::<Vec<_>>(),
        "jobs": jobs.iter().map(|j| json!([j.id.to_string(), j.kind, j.due.as_micros(), j.attempts, j.body])).collect::<Vec<_>>(),
        "events": events.iter().map(|e| json!([e.sequence, e.commit, e.event.id.raw().to_string(), e.event.kind, e.event.data])).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn format_1_gives_the_answers_it_gave() {
    let then: Value = serde_json::from_str(include_str!("format1.json")).unwrap();
    let dir = directory("");
    for round in ["upgraded", "opened again"] {
        let store = open(dir.path()).unwrap();
        let mut today = answers(&store).await;
        let main = Connection::open(dir.path().join("pmts.db")).unwrap();
        let head = "SELECT last, hash FROM commits ORDER BY first DESC LIMIT 1";
        let (commits, hash): (i64, Vec<u8>) =
            main.query_row(head, [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        today["commits"] = commits.into();
        today["hash"] = hash.iter().map(|b| format!("{b:02x}")).collect::<String>().into();
        says(&today, &then, round);
        let report = store.verify().await.unwrap();
        assert_eq!((report.problems, report.commits), (vec![], then["commits"].as_u64().unwrap()));
    }
    // The fixture has all kinds of what there was.
    let store = open(dir.path()).unwrap();
    let entries = store.entries(0, 10_000).await.unwrap();
    let kinds: BTreeSet<u8> = entries.iter().map(|e| e.kind as u8).collect();
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    assert_eq!(EntryKind::ReservationExpired as u8, *kinds.last().unwrap());
    let of = store.history(HistoryQuery::of(pmts_ledger::HistoryOf::Reference(77))).await.unwrap().entries;
    assert_eq!(of.len(), 2);

    // It goes on: a refused id stays refused, an open reservation can be posted, the chain holds.
    let eur = |minor| Money::new(minor, Currency::EUR);
    let id = |n: u128| TransferId::from_raw((n + 1) << 8);
    let commit = |transfers| Commit { transfers, ..Commit::by(Principal::system("test")) };
    let refused = Transfer::post(id(30), account(0), account(1), eur(1), TransferCode(1));
    assert!(store.commit(commit(vec![refused])).await.is_err());
    let open_one =
        Transfer::reserve(id(13), account(1), account(2), eur(100), TransferCode(4)).with_reference(78);
    let post = Transfer::post_reserved(id(50_000), &open_one, eur(60), TransferCode(5));
    store.commit(commit(vec![post])).await.unwrap();
    assert_eq!(store.verify().await.unwrap().problems, [""; 0]);
}

/// Every row of every table, as text.
fn content(dir: &Path) -> Vec<String> {
    let db = Connection::open(dir.join("pmts.db")).unwrap();
    let names = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let tables: Vec<(String, String)> = db
        .prepare(names)
        .unwrap()
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut all = Vec::new();
    for (table, sql) in tables {
        all.push(sql);
        let mut select = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = select.column_count();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let row: Vec<String> = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap())).collect();
            all.push(row.join("|"));
        }
    }
    all
}

#[test]
fn a_tampered_directory_of_format_1_is_refused_and_left_as_it_was() {
    for (tamper, named) in [
        ("UPDATE transfers SET amount = amount + 1 WHERE seq = 200", "transfer row 200"),
        ("UPDATE accounts SET owner = 'x' WHERE number = 3", "account row 3"),
        ("UPDATE account_changes SET floor = -51 WHERE seq = 1", "account change 1"),
        ("UPDATE refusals SET reason = '\"UnknownDebit\"' WHERE seq = 1", "refusal 1"),
        ("UPDATE commits SET by = 'key:9' WHERE seq = 40", "broken at commit 40"),
        ("DELETE FROM commits WHERE seq = 40", "is of no commit|broken at commit"),
        // Found only when all else is done: the transaction is rolled back from its end.
        ("DELETE FROM commits WHERE seq = (SELECT max(seq) FROM commits)", "is of no commit"),
        ("DELETE FROM transfers WHERE seq = (SELECT max(seq) FROM transfers)", "broken at commit"),
    ] {
        let dir = directory(tamper);
        let before = content(dir.path());
        let error = open(dir.path()).err().unwrap();
        assert!(matches!(error, StoreError::Damaged(_)), "{tamper}: {error}");
        assert!(named.split('|').any(|n| error.to_string().contains(n)), "{tamper}: {error}");
        assert!(content(dir.path()) == before, "{tamper}: the directory was changed");
    }
}
