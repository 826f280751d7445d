//! The public contract suite: every engine passes it.
//!
//! Call [`store`] from a test with a function that makes an empty store which takes its times from the given clock. Run
//! [`pmts_ledger::contract::ledger`] over [`crate::StoreLedger`] beside it for the ledger's part.

use crate::{
    Answer, Commit, CommitError, Job, JobChange, JobClaim, ListQuery, Record, Store, StoreExt, Write,
};
use pmts_kernel::{Event, EventId, ManualClock, Principal, Timestamp};
use pmts_ledger::{
    Account, AccountChange, AccountId, ChartCode, Refusal, Side, Transfer, TransferCode, TransferId,
};
use pmts_money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Parcel {
    id: u128,
    town: String,
    weight: u32,
}

impl Record for Parcel {
    const KIND: &'static str = "parcel";

    fn record_id(&self) -> u128 {
        self.id
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![("town", self.town.clone())]
    }
}

fn parcel(id: u128, town: &str, weight: u32) -> Parcel {
    Parcel { id, town: town.into(), weight }
}

fn commit() -> Commit {
    Commit::by(Principal::system("contract"))
}

fn write(parcel: &Parcel, expected: u64) -> Write {
    Write::put(parcel, expected).expect("a parcel is JSON")
}

fn event(n: u128) -> Event {
    let at = Timestamp::from_micros(1);
    Event {
        id: EventId::from_raw(n),
        kind: "parcel.sent".into(),
        object: "parcel".into(),
        sequence: 1,
        at,
        data: serde_json::json!({ "n": 1 }),
    }
}

fn answer(key: &str, body: &str) -> Answer {
    Answer { scope: "s".into(), key: key.into(), fingerprint: "f".into(), body: body.into() }
}

fn account(n: u128) -> AccountId {
    AccountId::from_raw(n << 8)
}

fn open_accounts() -> Vec<AccountChange> {
    let gbp = Currency::from_code("GBP").expect("a code of the table");
    let debit = Account::new(account(1), gbp, ChartCode(1), Side::Debit);
    let credit = Account::new(account(2), gbp, ChartCode(2), Side::Credit).with_floor(0);
    vec![AccountChange::Open(debit), AccountChange::Open(credit)]
}

fn pay(n: u128, minor: i64) -> Transfer {
    let gbp = Currency::from_code("GBP").expect("a code of the table");
    let (debit, credit) = if minor > 0 { (account(1), account(2)) } else { (account(2), account(1)) };
    Transfer::post(TransferId::from_raw(n << 8), debit, credit, Money::new(minor.abs(), gbp), TransferCode(1))
}

/// Runs the whole suite. `make` gives a new, empty store each time.
///
/// # Panics
/// At the first rule the engine breaks, naming it.
pub async fn store<F, Fut>(make: F)
where
    F: Fn(Arc<ManualClock>) -> Fut,
    Fut: Future<Output = Arc<dyn Store>>,
{
    let new = || make(Arc::new(ManualClock::new(Timestamp::from_micros(1_000_000))));
    a_commit_is_whole(new().await).await;
    a_broken_rule_writes_nothing(new().await).await;
    versions_guard_records(new().await).await;
    lists_have_stable_cursors(new().await).await;
    answers_are_given_once(new().await).await;
    jobs_come_due(new().await).await;
    jobs_are_held_by_one(new().await).await;
    workers_share_the_jobs(new().await).await;
    many_commits_have_results_of_their_own(new().await).await;
    concurrent_writers_conflict_or_win(new().await).await;
}

async fn a_commit_is_whole(s: Arc<dyn Store>) {
    let all = Commit {
        accounts: open_accounts(),
        transfers: vec![pay(1, 500)],
        records: vec![write(&parcel(7, "Bath", 3), 0)],
        events: vec![event(1), event(2)],
        jobs: vec![JobChange::Put(Job {
            id: 9,
            kind: "send".into(),
            due: Timestamp::from_micros(5),
            attempts: 0,
            body: "{}".into(),
        })],
        answer: Some(answer("k", "1")),
        ..commit()
    };
    let done = s.commit(all).await.expect("it is right");
    assert_eq!((done.sequence, done.entries.len(), done.repeated), (1, 1, false));
    let read = s.get::<Parcel>(7).await.expect("readable").expect("written");
    assert_eq!((read.version, read.value), (1, parcel(7, "Bath", 3)));
    assert_eq!(s.account(account(2)).await.expect("readable").expect("opened").net_minor(), 500);
    assert_eq!(s.entries(0, 10).await.expect("readable"), done.entries);
    let events = s.events(0, 10).await.expect("readable");
    assert_eq!(events.iter().map(|e| (e.sequence, e.commit)).collect::<Vec<_>>(), [(1, 1), (2, 1)]);
    assert_eq!(events[1].event, event(2), "an event is read as it was told");
    assert_eq!(s.events(1, 10).await.expect("readable").len(), 1);
    let newest: Vec<u64> =
        s.events_before(u64::MAX, 10).await.expect("readable").iter().map(|e| e.sequence).collect();
    assert_eq!(newest, [2, 1], "and listed from its end, too");
    assert_eq!(s.events_before(2, 10).await.expect("readable").len(), 1);
    assert_eq!(s.answer("s", "k").await.expect("readable"), Some(answer("k", "1")));
    assert_eq!(s.jobs_due(Timestamp::from_micros(5), 10).await.expect("readable").len(), 1);
    let counts = s.job_counts().await.expect("readable");
    assert_eq!(counts.iter().map(|(_, n)| n).sum::<u64>(), 1, "{counts:?}");
}

async fn a_broken_rule_writes_nothing(s: Arc<dyn Store>) {
    s.commit(Commit { accounts: open_accounts(), ..commit() }).await.expect("accounts open");
    let refused = Commit {
        transfers: vec![pay(1, 100), pay(2, -101)],
        records: vec![write(&parcel(1, "Bath", 1), 0)],
        events: vec![event(1)],
        answer: Some(answer("k", "1")),
        ..commit()
    };
    let error = s.commit(refused).await.expect_err("the floor holds");
    assert!(
        matches!(&error, CommitError::Refused(r) if matches!(r.reason, Refusal::FloorBreached { .. })),
        "{error:?}"
    );
    assert_eq!(s.read("parcel", 1).await.expect("readable"), None);
    assert_eq!(s.answer("s", "k").await.expect("readable"), None);
    assert!(s.events(0, 10).await.expect("readable").is_empty());
    assert!(s.entries(0, 10).await.expect("readable").is_empty());
    let long = Job {
        id: 1,
        kind: "x".into(),
        due: Timestamp::default(),
        attempts: 0,
        body: " ".repeat(Commit::LONGEST_BODY + 1),
    };
    let error = s
        .commit(Commit { jobs: vec![JobChange::Put(long)], ..commit() })
        .await
        .expect_err("bodies are bounded");
    assert!(matches!(error, CommitError::Malformed(_)));
    let twice = vec![write(&parcel(1, "Bath", 1), 0), write(&parcel(1, "Bath", 2), 1)];
    assert!(matches!(s.commit(Commit { records: twice, ..commit() }).await, Err(CommitError::Malformed(_))));
}

async fn versions_guard_records(s: Arc<dyn Store>) {
    let put = |weight, expected| {
        s.commit(Commit { records: vec![write(&parcel(1, "Bath", weight), expected)], ..commit() })
    };
    put(1, 0).await.expect("new");
    put(2, 1).await.expect("version 1 was read");
    for expected in [0, 1, 3] {
        let error = put(9, expected).await.expect_err("another version is there");
        assert_eq!(error, CommitError::Conflict { kind: "parcel", id: 1, expected, found: 2 });
    }
    assert_eq!(s.get::<Parcel>(1).await.expect("readable").expect("there").value.weight, 2);
    let delete = Write { body: None, ..write(&parcel(1, "Bath", 2), 2) };
    s.commit(Commit { records: vec![delete], ..commit() }).await.expect("version 2 was read");
    assert_eq!(s.read("parcel", 1).await.expect("readable"), None);
    assert!(
        s.list(ListQuery::with_key("parcel", "town", "Bath")).await.expect("readable").records.is_empty(),
        "its keys are gone"
    );
}

async fn lists_have_stable_cursors(s: Arc<dyn Store>) {
    let towns = ["Bath", "York", "Bath", "Bath", "York"];
    let records =
        towns.iter().zip(1u32..).map(|(town, n)| write(&parcel(u128::from(n) << 64, town, n), 0)).collect();
    s.commit(Commit { records, ..commit() }).await.expect("new");
    s.commit(Commit { records: vec![write(&parcel(4 << 64, "York", 4), 1)], ..commit() })
        .await
        .expect("moved");
    let weights =
        |page: Vec<crate::Versioned<Parcel>>| page.into_iter().map(|v| v.value.weight).collect::<Vec<_>>();
    let bath = ListQuery { limit: 1, ..ListQuery::with_key("parcel", "town", "Bath") };
    let (first, next) = s.list_typed::<Parcel>(bath.clone()).await.expect("readable");
    let (second, end) = s.list_typed::<Parcel>(ListQuery { after: next, ..bath }).await.expect("readable");
    assert_eq!((weights(first), weights(second), end), (vec![1], vec![3], None));
    let newest = ListQuery { newest_first: true, limit: 2, ..ListQuery::with_key("parcel", "town", "York") };
    let (first, next) = s.list_typed::<Parcel>(newest.clone()).await.expect("readable");
    let (second, _) = s.list_typed::<Parcel>(ListQuery { after: next, ..newest }).await.expect("readable");
    assert_eq!((weights(first), weights(second)), (vec![5, 4], vec![2]));
    let (all, _) = s.list_typed::<Parcel>(ListQuery::all("parcel")).await.expect("readable");
    assert_eq!(weights(all), [1, 2, 3, 4, 5]);
    assert!(s.list(ListQuery::all("other")).await.expect("readable").records.is_empty());
}

async fn answers_are_given_once(s: Arc<dyn Store>) {
    let with = |body: &str| Commit { answer: Some(answer("k", body)), records: vec![], ..commit() };
    s.commit(with("1")).await.expect("the first");
    let error = s.commit(with("2")).await.expect_err("there is one already");
    assert_eq!(error, CommitError::Answered(Box::new(answer("k", "1"))));
    assert_eq!(s.answer("s", "other").await.expect("readable"), None);
    assert_eq!(s.answer("other", "k").await.expect("readable"), None);
}

async fn jobs_come_due(s: Arc<dyn Store>) {
    let job = |id: u128, due: i64| Job {
        id,
        kind: "send".into(),
        due: Timestamp::from_micros(due),
        attempts: 0,
        body: "{}".into(),
    };
    let put = [job(1, 30), job(2, 10), job(3, 20), job(4, 99)].map(JobChange::Put).to_vec();
    s.commit(Commit { jobs: put, ..commit() }).await.expect("new");
    let ids = |jobs: Vec<Job>| jobs.into_iter().map(|j| j.id).collect::<Vec<_>>();
    assert_eq!(ids(s.jobs_due(Timestamp::from_micros(30), 10).await.expect("readable")), [2, 3, 1]);
    assert_eq!(ids(s.jobs_due(Timestamp::from_micros(30), 2).await.expect("readable")), [2, 3]);
    let later = JobChange::Put(Job { attempts: 1, ..job(2, 40) });
    s.commit(Commit { jobs: vec![later, JobChange::Done(3), JobChange::Done(77)], ..commit() })
        .await
        .expect("changed");
    let due = s.jobs_due(Timestamp::from_micros(40), 10).await.expect("readable");
    assert_eq!(due.iter().map(|j| (j.id, j.attempts)).collect::<Vec<_>>(), [(1, 0), (2, 1)]);
}

fn claim(holder: u128, now: i64, until: i64) -> JobClaim {
    let at = Timestamp::from_micros;
    JobClaim { holder, kinds: vec!["send"], due: at(now), now: at(now), until: at(until), limit: 10 }
}

async fn jobs_are_held_by_one(s: Arc<dyn Store>) {
    let job = |id: u128, kind: &str, due: i64| Job {
        id,
        kind: kind.into(),
        due: Timestamp::from_micros(due),
        attempts: 0,
        body: "{}".into(),
    };
    let put =
        [job(1, "send", 30), job(2, "send", 10), job(3, "other", 5), job(4, "send", 20), job(5, "send", 99)];
    s.commit(Commit { jobs: put.map(JobChange::Put).to_vec(), ..commit() }).await.expect("new");
    let taken = async |claim: JobClaim| {
        let jobs = s.claim_jobs(claim).await.expect("claimed");
        jobs.into_iter().map(|j| j.id).collect::<Vec<_>>()
    };
    let hold = async |holder: u128, jobs: &[u128], until: i64| {
        let until = Timestamp::from_micros(until);
        let mut kept = s.hold_jobs(holder, jobs.to_vec(), until).await.expect("held");
        kept.sort_unstable();
        kept
    };
    assert_eq!(taken(JobClaim { limit: 0, ..claim(7, 30, 60) }).await, [0; 0]);
    assert_eq!(taken(JobClaim { limit: 2, ..claim(7, 30, 60) }).await, [2, 4], "earliest first, of the kind");
    assert_eq!(taken(claim(8, 30, 60)).await, [1], "what is held is passed over");
    assert_eq!(taken(claim(9, 59, 90)).await, [0; 0], "by everybody");
    assert_eq!(taken(claim(7, 59, 90)).await, [0; 0], "also by its holder");
    assert_eq!(s.jobs_due(Timestamp::from_micros(59), 10).await.expect("readable").len(), 4, "it is there");
    assert_eq!(hold(7, &[1, 2, 4, 77], 80).await, [2, 4], "one renews what one has");
    assert_eq!(taken(claim(9, 60, 90)).await, [1], "taken over at the end of the lease");
    assert_eq!(hold(8, &[1], 200).await, [0; 0], "and its first holder has it no more");
    assert_eq!(hold(7, &[4], 61).await, [4], "given back");
    assert_eq!(taken(claim(9, 61, 90)).await, [4]);
    // What is put again is new, and what is done is gone.
    let changed = vec![JobChange::Put(Job { attempts: 1, ..job(4, "send", 62) }), JobChange::Done(1)];
    s.commit(Commit { jobs: changed, ..commit() }).await.expect("changed");
    assert_eq!(hold(9, &[1, 4], 200).await, [0; 0]);
    let again = s.claim_jobs(claim(7, 62, 90)).await.expect("claimed");
    assert_eq!(again.iter().map(|j| (j.id, j.attempts)).collect::<Vec<_>>(), [(4, 1)]);
    // A commit that is not written changes no lease.
    let records = vec![write(&parcel(1, "Bath", 1), 9)];
    let refused = Commit { records, jobs: vec![JobChange::Put(job(4, "send", 62))], ..commit() };
    assert!(s.commit(refused).await.is_err());
    assert_eq!(hold(7, &[4], 95).await, [4]);
    let everything = JobClaim { due: Timestamp::MAX, ..claim(10, 80, 100) };
    assert_eq!(taken(everything).await, [2, 5], "also what is due later");
}

async fn workers_share_the_jobs(s: Arc<dyn Store>) {
    let job = |id: u128| Job {
        id,
        kind: "send".into(),
        due: Timestamp::from_micros(1),
        attempts: 0,
        body: "{}".into(),
    };
    let jobs = (1..=100).map(|id| JobChange::Put(job(id))).collect();
    s.commit(Commit { jobs, ..commit() }).await.expect("new");
    let workers: Vec<_> = (1..=8u128)
        .map(|holder| {
            let s = s.clone();
            tokio::spawn(async move {
                let mut done = Vec::new();
                // Another may be taking the same at this moment; then there is a next look.
                for _ in 0..1_000 {
                    let claim = JobClaim { limit: 3, ..claim(holder, 10, 20) };
                    let taken = s.claim_jobs(claim).await.expect("claimed");
                    let ids: Vec<u128> = taken.into_iter().map(|job| job.id).collect();
                    let jobs = ids.iter().copied().map(JobChange::Done).collect();
                    s.commit(Commit { jobs, ..commit() }).await.expect("done");
                    done.extend(ids);
                    if s.job_counts().await.expect("readable").is_empty() {
                        break;
                    }
                }
                done
            })
        })
        .collect();
    let mut done = Vec::new();
    for worker in workers {
        done.extend(worker.await.expect("no task panics"));
    }
    done.sort_unstable();
    assert_eq!(done, (1..=100).collect::<Vec<u128>>(), "each was done, and by one only");
}

async fn many_commits_have_results_of_their_own(s: Arc<dyn Store>) {
    s.commit(Commit { accounts: open_accounts(), ..commit() }).await.expect("accounts open");
    let journals = [vec![pay(1, 10)], vec![pay(2, -11)], vec![pay(3, -10)], vec![pay(1, 10)]];
    let results = s.commit_many(journals.map(|transfers| Commit { transfers, ..commit() }).to_vec()).await;
    assert!(results[0].is_ok() && matches!(results[1], Err(CommitError::Refused(_))) && results[2].is_ok());
    assert!(results[3].as_ref().is_ok_and(|c| c.repeated), "a repeat within the same call is a repeat");
    let sequences: Vec<u64> = results.iter().flatten().map(|c| c.sequence).collect();
    assert!(sequences.is_sorted(), "commits are numbered in the order in which they took effect");
    assert_eq!(s.account(account(2)).await.expect("readable").expect("there").net_minor(), 0);
    let late = s.commit(Commit { transfers: vec![pay(4, 50), pay(2, -11)], ..commit() }).await;
    assert!(
        matches!(late, Err(CommitError::Refused(r)) if matches!(r.reason, Refusal::IdRefused(_))),
        "a refused id stays refused"
    );
}

async fn concurrent_writers_conflict_or_win(s: Arc<dyn Store>) {
    s.commit(Commit { records: vec![write(&parcel(1, "Bath", 0), 0)], ..commit() }).await.expect("new");
    let adders: Vec<_> = (0..16)
        .map(|_| {
            let s = s.clone();
            tokio::spawn(async move {
                loop {
                    let read = s.get::<Parcel>(1).await.expect("readable").expect("there");
                    let next = Parcel { weight: read.value.weight + 1, ..read.value };
                    match s.commit(Commit { records: vec![write(&next, read.version)], ..commit() }).await {
                        Ok(_) => return,
                        Err(CommitError::Conflict { .. }) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    for adder in adders {
        adder.await.expect("no task panics");
    }
    let last = s.get::<Parcel>(1).await.expect("readable").expect("there");
    assert_eq!((last.value.weight, last.version), (16, 17), "no write is lost");
}
