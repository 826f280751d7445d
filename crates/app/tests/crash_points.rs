//! A crash at every commit point and every effect of authorize, increment, capture, void, release and refund; then a
//! restart, with recovery itself crashing at each of its own points. No money is held twice, lost, or in an unknown that
//! nobody works on. The run lists the points it visited and fails if one was not.
//!
//! A crash is the future of the request dropped at the point, for good: nothing after it runs. The store is then opened
//! again from its files; the issuer goes on, as a host outside does.
#![allow(clippy::unwrap_used)]

mod bench;

use async_trait::async_trait;
use bench::{Bench, gbp};
use pmts_app::engine::{
    AnswerSlot, CLAIM, Claim, Confirm, Engine, EngineError, PaymentView, Refund, Request,
};
use pmts_kernel::{Principal, Timestamp};
use pmts_ledger::*;
use pmts_payments::*;
use pmts_store::*;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// Where to crash, and which points were passed.
#[derive(Default)]
struct Plan {
    crash_at: Option<usize>,
    passed: Mutex<Vec<String>>,
    crashed: Notify,
}

impl Plan {
    fn new(crash_at: Option<usize>) -> Arc<Self> {
        Arc::new(Self { crash_at, ..Self::default() })
    }

    async fn point(&self, name: String) {
        let number = {
            let mut passed = self.passed.lock().unwrap();
            passed.push(name);
            passed.len() - 1
        };
        if self.crash_at.is_some_and(|at| number >= at) {
            self.crashed.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Runs something until it ends or crashes.
    async fn run<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.crashed.notified() => None,
            done = what => Some(done),
        }
    }
}

struct CrashingStore(Arc<dyn Store>, Arc<Plan>);

/// What a commit is about: the states of its operations, else the kinds of its records.
fn name_of(commit: &Commit) -> String {
    let mut names = Vec::new();
    for write in &commit.records {
        let body: serde_json::Value = serde_json::from_str(write.body.as_ref().unwrap()).unwrap();
        if write.kind == "operation" {
            names.push(format!("{} {}", body["kind"].as_str().unwrap(), body["state"].as_str().unwrap()));
        }
    }
    if names.is_empty() { commit.records[0].kind.to_owned() } else { names.join(", ") }
}

#[async_trait]
impl Store for CrashingStore {
    async fn commit_many(&self, commits: Vec<Commit>) -> Vec<Result<Committed, CommitError>> {
        let name = name_of(&commits[0]);
        self.1.point(format!("before the commit of {name}")).await;
        let done = self.0.commit_many(commits).await;
        self.1.point(format!("after the commit of {name}")).await;
        done
    }
    async fn read(&self, kind: &'static str, id: u128) -> Result<Option<Stored>, StoreError> {
        self.0.read(kind, id).await
    }
    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        self.0.list(query).await
    }
    async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError> {
        self.0.answer(scope, key).await
    }
    async fn jobs_due(&self, at: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.0.jobs_due(at, limit).await
    }
    async fn claim_jobs(&self, claim: JobClaim) -> Result<Vec<Job>, StoreError> {
        self.0.claim_jobs(claim).await
    }
    async fn hold_jobs(
        &self,
        holder: u128,
        jobs: Vec<u128>,
        until: Timestamp,
    ) -> Result<Vec<u128>, StoreError> {
        self.0.hold_jobs(holder, jobs, until).await
    }
    async fn job_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.0.job_counts().await
    }
    async fn events(&self, after: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.0.events(after, limit).await
    }
    async fn events_before(&self, before: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.0.events_before(before, limit).await
    }
    async fn account(&self, id: AccountId) -> Result<Option<AccountState>, StoreError> {
        self.0.account(id).await
    }
    async fn entry(&self, id: TransferId) -> Result<Option<Entry>, StoreError> {
        self.0.entry(id).await
    }
    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.0.entries(after, limit).await
    }
    async fn balance_at(&self, id: AccountId, at: Timestamp) -> Result<Option<Balance>, StoreError> {
        self.0.balance_at(id, at).await
    }
    async fn statement(&self, query: StatementQuery) -> Result<Option<Statement>, StoreError> {
        self.0.statement(query).await
    }
    async fn accounts(&self, filter: AccountFilter) -> Result<AccountPage, StoreError> {
        self.0.accounts(filter).await
    }
    async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, StoreError> {
        self.0.balance_on(id, day).await
    }
    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.0.history(query).await
    }
    async fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Result<Vec<RolledUp>, StoreError> {
        self.0.rolled_up(id, at).await
    }
    async fn day_totals(&self, query: DayQuery) -> Result<Vec<DayTotal>, StoreError> {
        self.0.day_totals(query).await
    }
    async fn periods(&self) -> Result<Vec<(EntityCode, i32)>, StoreError> {
        self.0.periods().await
    }
    async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, StoreError> {
        self.0.trial_balance(at).await
    }
}

struct CrashingGateway(Arc<dyn Gateway>, Arc<Plan>);

impl CrashingGateway {
    async fn around<T>(&self, name: &str, effect: impl Future<Output = T>) -> T {
        self.1.point(format!("before sending the {name}")).await;
        let done = effect.await;
        self.1.point(format!("after sending the {name}")).await;
        done
    }
}

#[async_trait]
impl Gateway for CrashingGateway {
    fn reference(&self, now: Timestamp) -> GatewayReference {
        self.0.reference(now)
    }
    async fn authorize(&self, o: &Operation, c: &CardDetails) -> GatewayOutcome {
        self.around("authorize", self.0.authorize(o, c)).await
    }
    async fn increment(&self, o: &Operation, s: &Sale, c: &CardDetails) -> GatewayOutcome {
        self.around("increment", self.0.increment(o, s, c)).await
    }
    async fn capture(&self, o: &Operation, s: &Sale, c: &CardDetails, repeat: bool) -> GatewayOutcome {
        self.around("capture", self.0.capture(o, s, c, repeat)).await
    }
    async fn void(&self, o: &Operation, s: &Sale, c: &CardDetails, repeat: bool) -> GatewayOutcome {
        self.around("void", self.0.void(o, s, c, repeat)).await
    }
    async fn release(&self, o: &Operation, s: &Sale, c: &CardDetails, repeat: bool) -> GatewayOutcome {
        self.around("release", self.0.release(o, s, c, repeat)).await
    }
    async fn refund(&self, o: &Operation, s: &Sale, c: &CardDetails, repeat: bool) -> GatewayOutcome {
        self.around("refund", self.0.refund(o, s, c, repeat)).await
    }
    async fn reverse(&self, o: &Operation, s: &Sale, c: &CardDetails, repeat: bool) -> GatewayOutcome {
        self.around("reversal", self.0.reverse(o, s, c, repeat)).await
    }
}

fn crashing(engine: &Engine, plan: &Arc<Plan>) -> Engine {
    Engine {
        store: Arc::new(CrashingStore(engine.store.clone(), plan.clone())),
        gateway: Arc::new(CrashingGateway(engine.gateway.clone(), plan.clone())),
        recent: Arc::default(),
        ..engine.clone()
    }
}

/// What the caller asks for, one after the other, about one payment.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Create(CaptureMethod),
    Confirm,
    Capture(i64, bool),
    Increment(i64),
    Cancel,
    Refund(i64),
}

/// The caller asks under a key, or finds the answer, as the HTTP front does.
async fn ask(
    engine: &Engine,
    what: Ask,
    key: &str,
    id: Option<PaymentId>,
    new: &NewPayment,
) -> Result<PaymentId, EngineError> {
    let render = |view: &PaymentView| format!("\"{}\"", view.intent.id);
    let slot = AnswerSlot {
        scope: "test".into(),
        key: key.into(),
        fingerprint: format!("{what:?}"),
        render: Arc::new(render),
    };
    if let Some(answer) = engine.store.answer("test", key).await? {
        return Ok(serde_json::from_str(&answer.body).unwrap());
    }
    if let Some(claim) = engine.store.answer(&format!("test{CLAIM}"), key).await? {
        // Of what is done with its first commit the answer stands in the claim's place.
        return Ok(match serde_json::from_str::<Claim>(&claim.body) {
            Ok(claim) => claim.payment,
            Err(_) => serde_json::from_str(&claim.body).unwrap(),
        });
    }
    let request = Request { by: Principal::try_new("test:caller").unwrap(), answer: Some(slot), trace: None };
    let view = match (what, id) {
        (Ask::Create(capture), _) => engine.create(NewPayment { capture, ..new.clone() }, &request).await?,
        (Ask::Confirm, Some(id)) => engine.confirm(id, Confirm::default(), &request).await?,
        (Ask::Capture(minor, more_follows), Some(id)) => {
            let part = CaptureRequest { amount: Some(gbp(minor)), more_follows, parts: vec![] };
            engine.capture(id, &part, &request).await?
        }
        (Ask::Increment(minor), Some(id)) => engine.increment(id, gbp(minor), &request).await?,
        (Ask::Cancel, Some(id)) => engine.cancel(id, None, &request).await?,
        (Ask::Refund(minor), Some(id)) => {
            let refund = Refund { amount: Some(gbp(minor)), ..Refund::default() };
            engine.refund_payment(id, refund, &request).await?
        }
        _ => unreachable!("a payment is made first"),
    };
    Ok(view.intent.id)
}

/// All that the caller asks for. What a crash before has made impossible is refused by a rule of payments, never by a
/// broken book.
async fn all(engine: &Engine, asks: &[Ask], new: &NewPayment) -> Option<PaymentId> {
    let mut id = None;
    for (n, what) in asks.iter().enumerate() {
        match ask(engine, *what, &format!("key {n}"), id, new).await {
            Ok(payment) => id = Some(payment),
            Err(EngineError::Payments(_)) => {}
            Err(other) => panic!("{what:?}: {other}"),
        }
    }
    id
}

const PURCHASE: &[Ask] =
    &[Ask::Create(CaptureMethod::Automatic), Ask::Confirm, Ask::Refund(3_000), Ask::Refund(7_000)];
const PARTS: &[Ask] = &[
    Ask::Create(CaptureMethod::Manual),
    Ask::Confirm,
    Ask::Increment(12_000),
    Ask::Capture(4_000, true),
    Ask::Capture(5_000, false),
];
const VOID: &[Ask] = &[Ask::Create(CaptureMethod::Manual), Ask::Confirm, Ask::Cancel];

/// What is asked, with a card that answers and with cards that stay silent once.
const STORIES: &[(&str, &[Ask])] = &[
    ("4242424242424242", PURCHASE),
    ("4242424242424242", PARTS),
    ("4242424242424242", VOID),
    ("4000001200000032", VOID),
    ("4000001200000040", PURCHASE),
    ("4000001200000057", PURCHASE),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_point_holds_no_money_twice_loses_none_and_leaves_no_unknown() {
    // Most of the time is waiting for silent hosts, so many stories are told at a time.
    let limit = Arc::new(tokio::sync::Semaphore::new(16));
    let mut told = tokio::task::JoinSet::new();
    for (pan, asks) in STORIES {
        let (points, _) = crash(pan, asks, usize::MAX, None).await;
        for at in 0..points.len() {
            let limit = limit.clone();
            told.spawn(async move {
                let _permit = limit.acquire().await;
                let (mut points, crashed) = crash(pan, asks, at, None).await;
                assert!(crashed, "{pan} {asks:?} has no point {at}");
                // The recovery of this crash crashes at each of its own points as well.
                for second in 0.. {
                    let (more, crashed) = crash(pan, asks, at, Some(second)).await;
                    points.extend(more);
                    if !crashed {
                        return (points, second);
                    }
                }
                unreachable!("recovery ends")
            });
        }
    }
    let (mut visited, mut crashes, mut in_recovery) = (BTreeSet::new(), 0, 0);
    while let Some(done) = told.join_next().await {
        let (points, seconds) = done.unwrap();
        visited.extend(points);
        (crashes, in_recovery) = (crashes + 1, in_recovery + seconds);
    }
    println!("{crashes} crashes, {in_recovery} more in their recovery, {} points:", visited.len());
    visited.iter().for_each(|point| println!("  {point}"));
    let expected: BTreeSet<String> = expected();
    let missing: Vec<_> = expected.difference(&visited).collect();
    assert!(missing.is_empty(), "not visited: {missing:#?}");
}

/// The points that must be visited: each operation around its intent, its effect and its outcome, and around what is
/// done about an unknown.
fn expected() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut add = |what: &str| {
        all.extend([format!("before {what}"), format!("after {what}")]);
    };
    for (kind, ends) in [
        ("authorize", &["succeeded", "unknown", "reversed"][..]),
        ("increment", &["succeeded", "unknown", "reversed"]),
        ("capture", &["unknown"]),
        ("void", &["succeeded"]),
        ("release", &["succeeded"]),
        ("refund", &["succeeded", "unknown"]),
    ] {
        add(&format!("sending the {kind}"));
        ends.iter().for_each(|end| add(&format!("the commit of {kind} {end}")));
        if !["capture", "release"].contains(&kind) {
            add(&format!("the commit of {kind} pending"));
        }
    }
    add("the commit of payment");
    add("sending the reversal");
    add("the commit of authorize succeeded, capture pending");
    add("the commit of capture pending");
    add("the commit of capture succeeded");
    add("the commit of capture succeeded, release pending");
    all
}

/// One story: crash at a point (and at one of the recovery), restart, recover, ask again, compare. Gives the points passed
/// in the last run that could crash, and whether it did.
async fn crash(pan: &str, asks: &[Ask], at: usize, second: Option<usize>) -> (Vec<String>, bool) {
    let mut b = Bench::new().await;
    let new = b.new_payment(pan, CaptureMethod::Manual).await;
    let plan = Plan::new(Some(at));
    let engine = crashing(b.engine(), &plan);
    let first = plan.run(all(&engine, asks, &new)).await;
    let mut points = plan.passed.lock().unwrap().clone();
    drop(engine);
    let mut crashed = first.is_none();
    if crashed {
        b = b.restarted().await;
        if let Some(second) = second {
            let plan = Plan::new(Some(second));
            let engine = crashing(b.engine(), &plan);
            crashed = plan.run(engine.recover(Timestamp::MAX)).await.is_none();
            points = plan.passed.lock().unwrap().clone();
            drop(engine);
            if crashed {
                b = b.restarted().await;
            }
        }
    }
    b.engine().recover(Timestamp::MAX).await.unwrap();
    let story = format!("{pan} {asks:?}, crash at {at} and {second:?}: {points:?}");
    // What was unknown is known; what was asked before the crash is answered; the rest is asked now.
    assert_eq!(open(&b).await, Vec::<OperationState>::new(), "{story}");
    b.issuer_agrees().await;
    let id = all(b.engine(), asks, &new).await;
    b.engine().recover(Timestamp::MAX).await.unwrap();
    let again = all(b.engine(), asks, &new).await;
    assert_eq!(id, again, "{story}");
    assert_eq!(open(&b).await, Vec::<OperationState>::new(), "{story}");
    b.issuer_agrees().await;
    let payments = b.platform.store.list(ListQuery::all("payment")).await.unwrap().records;
    assert_eq!(payments.len(), 1, "the caller asked for one payment: {story}");
    let view = b.engine().view(id.unwrap(), None).await.unwrap();
    assert_eq!(
        view,
        b.as_the_ledger_says(id.unwrap()).await,
        "what is remembered is what the ledger says: {story}"
    );
    assert!(view.intent.state.is_final() || view.intent.state == IntentState::Declined, "{story}: {view:?}");
    assert_eq!(view.money.held, gbp(0), "{story}");
    b.settled().await;
    (points, crashed)
}

async fn open(b: &Bench) -> Vec<OperationState> {
    b.operations().await.into_iter().map(|(_, state)| state).filter(|s| !s.is_final()).collect()
}
