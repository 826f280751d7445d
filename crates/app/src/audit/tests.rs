//! The audit over stores in memory: it is a store, rows are in their commits, and what was tampered with is found.

use super::*;
use crate::records::ApiKeyRecord;
use crate::webhooks::EndpointRecord;
use pmts_kernel::{ManualClock, Principal, SystemClock};
use pmts_ledger::{AccountChange, EntityCode};
use pmts_store::{Commit, CommitError, ListQuery, MemoryStore, Record, Store, StoreExt, Write};
use std::sync::Arc;

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(Arc::new(SystemClock)))
}

fn audited(inner: &Arc<dyn Store>) -> AuditedStore {
    AuditedStore::new(inner.clone(), Arc::new(SystemClock))
}

/// A commit of somebody that writes records.
fn commit(by: &str, records: &[(&'static str, u128, u64, &str)]) -> Commit {
    let write = |(kind, id, expected, body): &(&'static str, u128, u64, &str)| Write {
        kind,
        id: *id,
        expected: *expected,
        body: (!body.is_empty()).then(|| format!("{{\"x\":\"{body}\"}}")),
        keys: vec![],
    };
    Commit { records: records.iter().map(write).collect(), ..Commit::by(Principal::try_new(by).unwrap()) }
}

async fn rows(store: &Arc<dyn Store>) -> Vec<AuditRow> {
    let (page, _) = store.list_typed::<AuditRow>(ListQuery::all(AuditRow::KIND)).await.unwrap();
    page.into_iter().map(|row| row.value).collect()
}

async fn problems(store: &Arc<dyn Store>) -> Vec<String> {
    verify(&**store, |_, _| {}).await.unwrap().problems
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract_of_a_store() {
    pmts_store::contract::store(|clock: Arc<ManualClock>| async move {
        let inner: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
        Arc::new(AuditedStore::new(inner, clock)) as Arc<dyn Store>
    })
    .await;
}

#[tokio::test]
async fn only_privileged_actions_are_told_and_those_in_their_commit() {
    let inner = memory();
    let store = audited(&inner);
    assert_eq!((ApiKeyRecord::KIND, EndpointRecord::KIND), ("api_key", "webhook_endpoint"));
    for (by, kind) in [
        ("system:keys", "api_key"),
        ("user:ann", "payout_batch"),
        ("key:key_1", "webhook_endpoint"),
        ("user:ann", "operation"),
    ] {
        store
            .commit(commit(by, &[(kind, 1, 0, "a"), ("payment", rows(&inner).await.len() as u128, 0, "b")]))
            .await
            .unwrap();
    }
    for (n, (by, kind)) in [
        ("system:bank", "payout_batch"),
        ("cli:import", "operation"),
        ("key:key_1", "operation"),
        ("key:key_1", "payment"),
    ]
    .into_iter()
    .enumerate()
    {
        store.commit(commit(by, &[(kind, 100 + n as u128, 0, "a")])).await.unwrap();
    }
    let close = AccountChange::SetPeriod { entity: EntityCode(1), closed_through: Some(20_000) };
    store.commit(Commit { accounts: vec![close], ..commit("cli:ann", &[]) }).await.unwrap();
    let rows = rows(&inner).await;
    let told: Vec<_> =
        rows.iter().map(|r| (r.n, r.by.as_str(), r.changes[0].kind.as_str(), r.changes.len())).collect();
    assert_eq!(
        told,
        [
            (1, "system:keys", "api_key", 1),
            (2, "user:ann", "payout_batch", 1),
            (3, "key:key_1", "webhook_endpoint", 1),
            (4, "user:ann", "operation", 1),
            (5, "cli:ann", "ledger_period", 1),
        ]
    );
    assert_eq!(rows[4].changes[0].content.as_deref(), Some("20000"));
    let report = verify(&*inner, |_, _| {}).await.unwrap();
    assert_eq!((report.rows, report.records, report.problems.len()), (5, 4, 0));
    assert_eq!(report.hash, head(&*inner).await.unwrap().hash);

    // What is refused leaves no row, and the next one follows.
    let refused = store.commit(commit("user:ann", &[("seller", 1, 7, "a")])).await;
    assert!(matches!(refused, Err(CommitError::Conflict { kind: "seller", .. })));
    let many = vec![
        commit("user:ann", &[("seller", 1, 0, "a")]),
        commit("key:key_1", &[("payment", 9, 0, "a")]),
        commit("user:ann", &[("seller", 1, 0, "a")]),
        commit("user:ann", &[("seller", 1, 1, "b")]),
    ];
    let done: Vec<bool> = store.commit_many(many).await.iter().map(Result::is_ok).collect();
    assert_eq!((done, problems(&inner).await), (vec![true, true, false, true], vec![]));
    assert_eq!(head(&*inner).await.unwrap().rows, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_share_one_chain() {
    let inner = memory();
    let nodes: Vec<Arc<AuditedStore>> = (0..4).map(|_| Arc::new(audited(&inner))).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..80_u128 {
        let node = nodes[n as usize % 4].clone();
        tasks.spawn(async move { node.commit(commit("user:ann", &[("seller", n, 0, "a")])).await.unwrap() });
    }
    tasks.join_all().await;
    let report = verify(&*inner, |_, _| {}).await.unwrap();
    assert_eq!((report.rows, report.records, report.problems.len()), (80, 80, 0));
}

#[tokio::test]
async fn what_was_tampered_with_is_found() {
    let eight = async || {
        let inner = memory();
        let store = audited(&inner);
        for n in 1..=8 {
            store.commit(commit("user:ann", &[("seller", n, 0, "a")])).await.unwrap();
        }
        inner
    };
    // Past the platform, in the store itself.
    let past = async |inner: &Arc<dyn Store>, records: Vec<Write>| {
        let done = Commit { records, ..commit("user:eve", &[]) };
        inner.commit(done).await.unwrap();
    };
    let inner = eight().await;
    assert!(problems(&inner).await.is_empty());
    let all = rows(&inner).await;
    let remove = |n: u64| Write { body: None, ..Write::put(&all[n as usize - 1], 1).unwrap() };

    past(&inner, vec![remove(3), remove(4)]).await;
    assert_eq!(problems(&inner).await, ["rows 3 to 4 are missing"]);

    let inner = eight().await;
    let by = Principal::try_new("user:bob").unwrap();
    past(&inner, vec![Write::put(&AuditRow { by: by.clone(), ..all[4].clone() }, 1).unwrap()]).await;
    assert!(problems(&inner).await.contains(&"row 5 was changed".to_owned()));

    // Two rows change places, each with a hash that fits it.
    let inner = eight().await;
    let first = AuditRow::after(&all[4].head(), all[6].at, all[6].by.clone(), all[6].changes.clone());
    let second = AuditRow::after(&first.head(), all[5].at, all[5].by.clone(), all[5].changes.clone());
    past(&inner, vec![Write::put(&first, 1).unwrap(), Write::put(&second, 1).unwrap()]).await;
    assert!(problems(&inner).await.contains(&"row 8 does not follow the one before it".to_owned()));

    // What is cut off at the end fits together: only a checkpoint sees it.
    let inner = eight().await;
    let (before, mine) = (head(&*inner).await.unwrap(), rows(&inner).await);
    past(&inner, vec![remove(8)]).await;
    assert!(problems(&inner).await.is_empty());
    let mut hashes = Vec::new();
    verify(&*inner, |n, hash| hashes.push(Head { rows: n, hash: hash.to_owned() })).await.unwrap();
    assert!(!hashes.contains(&before) && hashes.contains(&mine[6].head()));

    // A record that was removed past the platform.
    let inner = eight().await;
    past(&inner, vec![Write { kind: "seller", id: 2, expected: 1, body: None, keys: vec![] }]).await;
    let found = problems(&inner).await;
    assert_eq!(found, [format!("seller {:032x} is gone, and was there after row 2 says", 2)]);
}
