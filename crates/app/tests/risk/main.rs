//! The risk screen on the money path: what it stops, what it lets wait, what is kept of it, and what history makes of that.
#![allow(clippy::unwrap_used)]

#[path = "../bench/mod.rs"]
mod bench;
mod people;

use async_trait::async_trait;
use bench::{Bench, from, gbp, rules};
use pmts_app::engine::{AnswerSlot, Confirm, Engine, EngineError, Refund, Request, ReviewEnd};
use pmts_app::risk::{
    DecisionRecord, Effect, Follower, Gate, LabelSource, Risk, RiskConfig, RiskDesk, RiskMode, Screened,
};
use pmts_fraud::features::{History, HistoryOptions, Outcome, Recorded};
use pmts_fraud::{
    Action, DecidedBy, Decision, Entry, Facts, FailPolicy, FraudError, FraudScreen, Key, KeyKind, ListKind,
    Step, Value,
};
use pmts_kernel::{Coded, Principal};
use pmts_payments::decide::{CaptureRequest, NewPayment};
use pmts_payments::*;
use pmts_store::{CommitError, ListQuery, Record, StoreExt};
use std::sync::Arc;
use std::time::Duration;

const GOOD: &str = "4242424242424242";
const ON: RiskMode = RiskMode::On;

fn config(mode: RiskMode) -> Option<RiskConfig> {
    Some(RiskConfig { mode, ..RiskConfig::default() })
}

fn risk(b: &Bench) -> Arc<Risk> {
    b.engine().risk.clone().unwrap()
}

fn me() -> Principal {
    Principal::system("test")
}

async fn decisions(b: &Bench) -> Vec<Screened> {
    let query = ListQuery { limit: 1_000, ..ListQuery::all(DecisionRecord::KIND) };
    let (found, _) = b.platform.store.list_typed::<DecisionRecord>(query).await.unwrap();
    found.into_iter().map(|r| r.value.0).collect()
}

async fn payment(b: &Bench, capture: CaptureMethod) -> NewPayment {
    let new = b.new_payment(GOOD, capture).await;
    NewPayment { customer: Some(CustomerRef::try_new("ann").unwrap()), ..new }
}

async fn pay(b: &Bench, device: &str) -> pmts_app::engine::PaymentView {
    let engine = b.engine();
    let new = payment(b, CaptureMethod::Automatic).await;
    engine.create_and_confirm(new, from(device), &engine.own_request()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_through_leaves_its_decisions_in_the_same_commits() {
    let b = Bench::screened(config(ON)).await;
    let view = pay(&b, "phone").await;
    assert_eq!(view.intent.state, IntentState::Captured);
    let all = decisions(&b).await;
    assert_eq!(all.iter().map(Screened::step).collect::<Vec<_>>(), [Step::Authorization, Step::Capture]);
    assert!(all.iter().all(|d| d.decision.action == Action::Allow && d.effect == Effect::Enforced));
    assert_eq!(view.intent.risk.decision, Some(all[0].id.to_string()));
    let facts = &all[0].decision.facts;
    assert_eq!((facts.amount, facts.id.as_str()), (10_000, view.intent.id.to_string().as_str()));
    for kind in
        [KeyKind::Customer, KeyKind::Card, KeyKind::Device, KeyKind::Ip, KeyKind::Network, KeyKind::Seller]
    {
        assert!(facts.key(kind).is_some(), "{kind:?}");
    }
    assert!(all[1].decision.facts.attributes.contains_key("avs"), "a capture knows what the issuer found");
    let operations: Vec<_> = b.operations().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(operations.len(), 2);
    let events = b.platform.store.events(0, 100).await.unwrap();
    for screened in &all {
        let decided = events.iter().find(|e| e.event.object == screened.id.to_string()).unwrap();
        let begun = screened.operation.unwrap();
        let operation = b.engine().operation(begun).await.unwrap().value;
        assert_eq!(operation.payment, view.intent.id);
        // The commit that tells the decision is the one that began the operation.
        let with = events.iter().filter(|e| e.commit == decided.commit).count();
        assert!(with >= 1);
        let text = decided.event.data.to_string();
        assert!(
            !text.contains("hash") && !text.contains("192.0.2"),
            "what is told outside has no keys: {text}"
        );
    }
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_sends_nothing_and_is_kept_as_an_attempt() {
    let b = Bench::screened(config(ON)).await;
    let desk = &risk(&b).desk;
    let key = Key::of(KeyKind::Device, "stolen phone");
    let entry = Entry { key, list: ListKind::Block, reason: "seen in a ring".into(), until: None };
    desk.list(entry, &me()).await.unwrap();
    risk(&b).follower.as_ref().unwrap().catch_up().await.unwrap();
    let sent = b.issuer.stats().requests;
    let view = pay(&b, " Stolen Phone").await;
    assert_eq!(view.intent.state, IntentState::Declined);
    assert_eq!(view.intent.decline.as_ref().map(|d| d.code), Some(DeclineCode::Blocked));
    assert_eq!(view.operation.as_ref().unwrap().state, OperationState::NotSent);
    assert_eq!(b.issuer.stats().requests, sent, "the issuer never saw it");
    let decided = decisions(&b).await.remove(0);
    assert_eq!((decided.decision.by, decided.decision.listed.len()), (DecidedBy::List, 1));
    assert_eq!(decided.operation, view.operation.as_ref().map(|o| o.id));
    assert_eq!(pay(&b, "other phone").await.intent.state, IntentState::Captured);
    desk.unlist(key, ListKind::Block, &me()).await.unwrap();
    risk(&b).follower.as_ref().unwrap().catch_up().await.unwrap();
    assert_eq!(pay(&b, "stolen phone").await.intent.state, IntentState::Captured, "taken off the list");
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_passed_before_anything_is_sent() {
    let b = Bench::screened(config(ON)).await;
    rules(&b, &[("new_device", "step_up", "step == 'authorization' && !has(customer.since_device)")]).await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let made = engine.create(payment(&b, CaptureMethod::Automatic).await, &own).await.unwrap();
    let id = made.intent.id;
    let asked = engine.confirm(id, from("phone"), &own).await.unwrap();
    assert_eq!((asked.intent.state, asked.operation), (IntentState::ActionRequired, None));
    assert_eq!(b.operations().await, []);
    let challenge = asked.intent.risk.challenge.as_ref().unwrap().id;
    let again = engine.confirm(id, from("phone"), &own).await.unwrap();
    assert_eq!(again.intent.risk.challenge.as_ref().unwrap().id, challenge, "the one that is asked stays");
    let other = ChallengeId::from_raw(1 << 8);
    let no = engine.challenge_ended(id, other, Some("totp".into()), &own).await.unwrap_err();
    assert_eq!(no.code().code, "PAYMENTS_NO_SUCH_CHALLENGE");

    engine.challenge_ended(id, challenge, Some("three_ds".into()), &own).await.unwrap();
    let paid = engine.confirm(id, Confirm::default(), &own).await.unwrap();
    assert_eq!(paid.intent.state, IntentState::Captured);
    let last = decisions(&b).await.into_iter().rfind(|d| d.step() == Step::Authorization).unwrap();
    assert_eq!((last.decision.action, last.effect), (Action::StepUp, Effect::Challenged));
    let three_ds = last.decision.facts.attributes.get("three_ds");
    assert_eq!(three_ds, Some(&Value::Text("authenticated".into())));
    assert!(last.decision.facts.key(KeyKind::Device).is_some(), "what was told before is kept");

    let failed =
        engine.create_and_confirm(payment(&b, CaptureMethod::Manual).await, from("tablet"), &own).await;
    let failed = failed.unwrap().intent;
    let challenge = failed.risk.challenge.as_ref().unwrap().id;
    let failed = engine.challenge_ended(failed.id, challenge, None, &own).await.unwrap().intent;
    assert_eq!(failed.state, IntentState::Declined);
    let absent = Confirm { payer_absent: true, ..from("watch") };
    let absent =
        engine.create_and_confirm(payment(&b, CaptureMethod::Manual).await, absent, &own).await.unwrap();
    assert_eq!(absent.intent.decline.as_ref().map(|d| d.code), Some(DeclineCode::AuthenticationRequired));
    let open =
        engine.create_and_confirm(payment(&b, CaptureMethod::Manual).await, from("fridge"), &own).await;
    let given_up = engine.cancel(open.unwrap().intent.id, None, &own).await.unwrap();
    assert_eq!(given_up.intent.state, IntentState::Canceled);
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_captured_before_a_person_looked() {
    let b = Bench::screened(config(ON)).await;
    rules(&b, &[("large", "review", "step == 'authorization' && amount >= 10_000")]).await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let mut ends = Vec::new();
    for release in [true, false] {
        let held = pay(&b, "phone").await;
        assert_eq!((held.intent.state, held.money.held), (IntentState::Authorized, gbp(10_000)));
        let (id, review) = (held.intent.id, held.intent.risk.review.unwrap());
        let refused = engine.capture(id, &CaptureRequest::default(), &own).await.unwrap_err();
        assert_eq!(refused.code().code, "PAYMENTS_UNDER_REVIEW");
        let other = ReviewId::from_raw(1 << 8);
        let end = ReviewEnd { release, ..ReviewEnd::default() };
        assert!(engine.review_closed(id, other, end.clone(), &own).await.is_err());
        ends.push(engine.review_closed(id, review, end.clone(), &own).await.unwrap());
        assert!(engine.review_closed(id, review, end, &own).await.is_err(), "a review ends once");
    }
    assert_eq!((ends[0].intent.state, ends[0].money.captured), (IntentState::Captured, gbp(10_000)));
    // Nothing more is held while a person looks at less.
    let held = pay(&b, "phone").await;
    let refused = engine.increment(held.intent.id, gbp(90_000), &own).await.unwrap_err();
    assert_eq!(refused.code().code, "PAYMENTS_UNDER_REVIEW");
    // What a person let go on can still be blocked: the review stays open then.
    rules(&b, &[("block", "block", "step == 'capture'")]).await;
    let (id, review) = (held.intent.id, held.intent.risk.review.unwrap());
    let end = ReviewEnd { release: true, ..ReviewEnd::default() };
    let blocked = engine.review_closed(id, review, end.clone(), &own).await.unwrap_err();
    assert!(matches!(blocked, EngineError::Blocked(_)));
    assert_eq!(engine.intent(id).await.unwrap().value.risk.review, Some(review));
    rules(&b, &[("large", "review", "step == 'authorization' && amount >= 10_000")]).await;
    engine.review_closed(id, review, end, &own).await.unwrap();
    assert_eq!(ends[1].intent.state, IntentState::Canceled);
    assert_eq!(ends[1].intent.canceled.unwrap().1, Some(CancelReason::Fraudulent));
    let declined = Confirm { allow_partial: false, ..from("phone") };
    let new = NewPayment {
        capture: CaptureMethod::Automatic,
        ..b.new_payment("4000000000000051", CaptureMethod::Manual).await
    };
    let view = engine.create_and_confirm(new, declined, &own).await.unwrap();
    if view.intent.state == IntentState::Declined {
        assert_eq!(view.intent.risk.review, None, "nothing is held: there is nothing to look at");
    }
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_is_looked_at_again() {
    let b = Bench::screened(config(ON)).await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let hold = async |b: &Bench| {
        let new = payment(b, CaptureMethod::Manual).await;
        b.engine().create_and_confirm(new, from("phone"), &own).await.unwrap().intent.id
    };
    let (first, second, third) = (hold(&b).await, hold(&b).await, hold(&b).await);
    rules(&b, &[("capture", "block", "step == 'capture'")]).await;
    let blocked = engine.capture(first, &CaptureRequest::default(), &own).await.unwrap_err();
    assert!(matches!(blocked, EngineError::Blocked(_)));
    assert_eq!(engine.view(first, None).await.unwrap().money.held, gbp(10_000), "the hold stands");
    let automatic = pay(&b, "phone").await;
    assert_eq!(automatic.intent.state, IntentState::Canceled, "with automatic capture the hold is given up");

    rules(&b, &[("capture", "review", "step == 'capture'")]).await;
    let waits = engine.capture(second, &CaptureRequest::default(), &own).await.unwrap_err();
    assert_eq!(waits.code().code, "PAYMENTS_UNDER_REVIEW");
    let review = engine.intent(second).await.unwrap().value.risk.review.unwrap();
    let end = ReviewEnd { release: true, ..ReviewEnd::default() };
    engine.review_closed(second, review, end, &own).await.unwrap();
    let captured = engine.capture(second, &CaptureRequest::default(), &own).await.unwrap();
    assert_eq!(captured.intent.state, IntentState::Captured, "a person looked: it waits for no other review");
    let last = decisions(&b).await.into_iter().next_back().unwrap();
    assert_eq!((last.decision.action, last.effect), (Action::Review, Effect::Released));

    // Of a payment that is captured in part, a rejected review gives up the rest.
    let part =
        |amount, more_follows| CaptureRequest { amount: Some(gbp(amount)), more_follows, parts: vec![] };
    rules(&b, &[("rest", "review", "step == 'capture' && amount > 4_000")]).await;
    engine.capture(third, &part(4_000, true), &own).await.unwrap();
    engine.capture(third, &part(6_000, false), &own).await.unwrap_err();
    let review = engine.intent(third).await.unwrap().value.risk.review.unwrap();
    let rejected = engine.review_closed(third, review, ReviewEnd::default(), &own).await.unwrap();
    assert_eq!((rejected.intent.state, rejected.money.captured), (IntentState::Captured, gbp(4_000)));
    assert_eq!(engine.view(third, None).await.unwrap().money.held, gbp(0));

    rules(&b, &[("refund", "block", "step == 'refund' && amount > 5_000")]).await;
    let refused = engine.refund_payment(second, Refund::default(), &own).await.unwrap_err();
    assert!(matches!(refused, EngineError::Blocked(_)));
    let part = Refund { amount: Some(gbp(5_000)), ..Refund::default() };
    assert_eq!(engine.refund_payment(second, part, &own).await.unwrap().money.refunded, gbp(5_000));
    engine.cancel(first, None, &own).await.unwrap();
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_that_watches_stops_nothing() {
    let b = Bench::screened(config(RiskMode::Watch)).await;
    rules(&b, &[("all", "block", "amount > 0")]).await;
    assert_eq!(pay(&b, "phone").await.intent.state, IntentState::Captured);
    let all = decisions(&b).await;
    assert!(all.iter().all(|d| (d.decision.action, d.effect) == (Action::Block, Effect::Watched)));
    let off = Bench::screened(config(RiskMode::Off)).await;
    assert!(off.engine().risk.is_none());
}

/// A screen that is slow, fails, or panics, by the amount asked about.
struct Broken;

#[async_trait]
impl FraudScreen for Broken {
    async fn screen(&self, facts: &Facts) -> Result<Decision, FraudError> {
        match facts.amount % 3 {
            0 => {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Err(FraudError::Unavailable("late".into()))
            }
            1 => Err(FraudError::Unavailable("down".into())),
            _ => panic!("a bug in somebody's screen"),
        }
    }

    async fn recorded(&self, facts: &Facts) -> Result<Recorded, FraudError> {
        let Facts { at, amount, keys, .. } = facts.clone();
        Ok(Recorded { at, amount, unusual: false, keys, stopped: false })
    }

    async fn labelled(&self, _: &Recorded, _: bool) -> Result<(), FraudError> {
        Ok(())
    }

    async fn ended(&self, _: &Recorded, _: Outcome, _: i64) -> Result<(), FraudError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_screen_fails_the_stated_policy_holds_by_amount_and_is_seen() {
    let b = Bench::new().await;
    let base = b.engine();
    let (store, ids, clock) = (base.store.clone(), base.ids.clone(), base.clock.clone());
    let desk = RiskDesk { store, ids, clock };
    let config = RiskConfig {
        policy: FailPolicy { open_below: 1_000, step_up_below: 5_000 },
        patience: Duration::from_millis(50),
        ..RiskConfig::default()
    };
    let gate = Gate::new(Arc::new(Broken), &config);
    let engine = Engine {
        risk: Some(Arc::new(Risk { gate, follower: None, challenger: None, desk })),
        ..base.clone()
    };
    let own = engine.own_request();
    let mut seen = Vec::new();
    for amount in [300, 301, 302, 3_000, 3_001, 3_002, 9_000, 9_001, 9_002] {
        let split = Split::new(Payee::Platform, gbp(amount), gbp(0)).unwrap();
        let method = payment(&b, CaptureMethod::Manual).await.method;
        let new = NewPayment {
            method,
            capture: CaptureMethod::Manual,
            ..NewPayment::of_splits(vec![split]).unwrap()
        };
        let view = engine.create_and_confirm(new, Confirm::default(), &own).await.unwrap();
        seen.push((view.intent.state, view.intent.risk.review.is_some()));
    }
    use IntentState::{ActionRequired, Authorized};
    assert_eq!(seen[..3], [(Authorized, false); 3], "small amounts go on");
    assert_eq!(seen[3..6], [(ActionRequired, false); 3], "then the payer is challenged");
    assert_eq!(seen[6..], [(Authorized, true); 3], "large ones wait for a person");
    let all = decisions(&b).await;
    assert!(all.iter().all(|d| d.decision.by == DecidedBy::Policy && d.decision.fault.is_some()));
    let faults: Vec<_> = all.iter().take(3).filter_map(|d| d.decision.fault.clone()).collect();
    assert!(
        faults[0].contains("50 ms") && faults[1].contains("down") && faults[2].contains("panicked"),
        "{faults:?}"
    );
    let stats = &engine.risk.as_ref().unwrap().gate.stats;
    assert_eq!(stats.by_policy.load(std::sync::atomic::Ordering::Relaxed), 9);
}

/// History online and replayed is the same, and so is every feature that was decided upon.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_computes_every_feature_again() {
    let delay = 3;
    let history = HistoryOptions { label_delay: delay, ..HistoryOptions::default() };
    let b = Bench::screened(Some(RiskConfig { history, ..RiskConfig::default() })).await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let follower = risk(&b).follower.clone().unwrap();
    let mut paid = Vec::new();
    for n in 0..30 {
        let view = pay(&b, &format!("phone {}", n % 4)).await;
        paid.push(view.intent.id);
        match n % 6 {
            1 => assert!(risk(&b).desk.label(view.intent.id, true, LabelSource::Shop, &me()).await.unwrap()),
            2 => {
                assert!(risk(&b).desk.label(view.intent.id, true, LabelSource::Dispute, &me()).await.unwrap())
            }
            3 => {
                engine.refund_payment(view.intent.id, Refund::default(), &own).await.unwrap();
            }
            // Not after each: decisions are made on older history, too.
            4 => drop(follower.catch_up().await.unwrap()),
            5 => tokio::time::sleep(Duration::from_millis(600)).await,
            _ => {}
        }
    }
    assert!(!risk(&b).desk.label(paid[1], true, LabelSource::Shop, &me()).await.unwrap(), "said before");
    assert!(
        !risk(&b).desk.label(paid[2], false, LabelSource::Shop, &me()).await.unwrap(),
        "a dispute is stronger"
    );
    follower.catch_up().await.unwrap();
    let online = follower.screen.with_history(Clone::clone);

    // Another node that reads everything from the start.
    let base = b.engine();
    let desk = RiskDesk { store: base.store.clone(), ids: base.ids.clone(), clock: base.clock.clone() };
    let config = RiskConfig { history, ..RiskConfig::default() };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("history");
    let other = Follower::open(desk.clone(), None, Some(file.clone()), &config).await.unwrap();
    assert_eq!(other.screen.with_history(Clone::clone), online, "every node has the same history");

    // From its file, and from a damaged one.
    other.save().await;
    let from_file = Follower::open(desk.clone(), None, Some(file.clone()), &config).await.unwrap();
    assert_eq!(from_file.screen.with_history(Clone::clone), online);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let rebuilt = Follower::open(desk, None, Some(file), &config).await.unwrap();
    assert_eq!(rebuilt.screen.with_history(Clone::clone), online);

    // Each decision, computed again from the history it was made on.
    let mut wanted = decisions(&b).await;
    wanted.sort_by_key(|d| d.decision.history);
    assert!(wanted.iter().any(|d| !d.decision.features.is_empty() && d.decision.history > 20));
    let checked = replayed(&b, delay, &wanted).await;
    assert_eq!(checked, wanted.len());
}

/// Replays the outbox by hand and compares each decision's features at the history it names.
async fn replayed(b: &Bench, delay: i64, wanted: &[Screened]) -> usize {
    use pmts_app::risk::{LabelId, LabelRecord};
    let mut history = History::new(HistoryOptions { label_delay: delay, ..HistoryOptions::default() });
    let (mut checked, mut next) = (0, wanted.iter().peekable());
    let mut compare = |history: &History| {
        while let Some(d) = next.next_if(|d| d.decision.history == history.changes()) {
            let again = history.features(&d.decision.facts);
            let named = pmts_fraud::features::names().iter().zip(again);
            let kept: Vec<(String, i64)> = named
                .filter(|(_, v)| *v != pmts_fraud::features::MISSING && *v != 0)
                .map(|(n, v)| (n.clone(), v))
                .collect();
            assert_eq!(kept, d.decision.features, "{}", d.id);
            checked += 1;
        }
    };
    let store = &b.platform.store;
    let events = store.events(0, 10_000).await.unwrap();
    let decision = async |id: &str| {
        let id = id.parse::<pmts_app::risk::DecisionId>().ok()?;
        Some(store.get::<DecisionRecord>(id.raw()).await.unwrap()?.value.0)
    };
    let (mut aged, mut frauds) = (0, Vec::new());
    compare(&history);
    for e in &events {
        let event = &e.event;
        match event.kind.as_str() {
            "risk.decided" if event.data["step"] == "authorization" => {
                let decided = decision(&event.object).await.unwrap();
                while events[aged].event.at.as_secs() <= decided.decision.facts.at - delay {
                    let old = &events[aged].event;
                    if old.kind == "risk.decided" && old.data["step"] == "authorization" {
                        let old = decision(&old.object).await.unwrap();
                        if !frauds.contains(&old.id) && !old.stopped() {
                            history.label(&old.recorded(), false);
                            compare(&history);
                        }
                    }
                    aged += 1;
                }
                if decided.stopped() {
                    history.record_stopped(&decided.decision.facts);
                } else {
                    history.record(&decided.decision.facts);
                }
            }
            "risk.labelled" => {
                let id = event.object.parse::<LabelId>().unwrap();
                let label = store.get::<LabelRecord>(id.raw()).await.unwrap().unwrap().value;
                if label.fraud {
                    frauds.push(label.decision);
                }
                history.label(&label.recorded, label.fraud);
                compare(&history);
                if let Some(outcome) = label.outcome {
                    history.note(&label.recorded.keys, outcome, label.at.as_secs());
                }
            }
            "refund.succeeded" => {
                let payment: PaymentId = event.data["payment"].as_str().unwrap().parse().unwrap();
                let intent = b.engine().intent(payment).await.unwrap().value;
                let decided = decision(&intent.risk.decision.unwrap()).await.unwrap();
                let amount = event.data["amount"].as_i64().unwrap();
                history.note(&decided.recorded().keys, Outcome::Refunded { amount }, event.at.as_secs());
            }
            _ => {}
        }
        compare(&history);
    }
    checked
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_under_an_answered_key_is_not_stopped_and_stops_nothing() {
    let b = Bench::screened(config(ON)).await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let new = payment(&b, CaptureMethod::Manual).await;
    let id = engine.create_and_confirm(new, from("phone"), &own).await.unwrap().intent.id;
    let slot = AnswerSlot {
        scope: "s".into(),
        key: "k".into(),
        fingerprint: "f".into(),
        render: Arc::new(|view| format!("\"{}\"", view.intent.id)),
    };
    let request = Request { answer: Some(slot), ..own.clone() };
    let part = CaptureRequest { amount: Some(gbp(4_000)), more_follows: true, parts: vec![] };
    engine.capture(id, &part, &request).await.unwrap();
    for action in ["review", "block"] {
        rules(&b, &[("capture", action, "step == 'capture'")]).await;
        let before = decisions(&b).await.len();
        let again = engine.capture(id, &part, &request).await.unwrap_err();
        assert!(matches!(again, EngineError::Commit(CommitError::Answered(_))), "{again}");
        assert_eq!(engine.intent(id).await.unwrap().value.risk.review, None, "nobody asked for that");
        assert_eq!(decisions(&b).await.len(), before);
    }
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_judged_on_the_refunds_there_are_now() {
    let b = Bench::screened(config(ON)).await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let follow = async || risk(&b).follower.as_ref().unwrap().catch_up().await.unwrap();
    let (first, second) = (pay(&b, "phone").await.intent.id, pay(&b, "phone").await.intent.id);
    rules(&b, &[("refunds", "block", "step == 'refund' && refunds_30d >= 1")]).await;
    engine.refund_payment(first, Refund::default(), &own).await.unwrap();
    follow().await;
    // When it was paid there were none.
    let refused = engine.refund_payment(second, Refund::default(), &own).await.unwrap_err();
    assert!(matches!(refused, EngineError::Blocked(_)));
    b.settled().await;
}
