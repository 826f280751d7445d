//! The life of a card payment beside the plain purchase: captures in parts, increments, voids, expiry, partial approval,
//! what stays unknown and who works on it. Against the sandbox issuer over TCP.
#![allow(clippy::unwrap_used)]

mod bench;

use bench::{Bench, gbp};
use pmts_app::engine::{Confirm, Engine, EngineError, Refund, Verdict, WorkerStats};
use pmts_kernel::{Coded, ManualClock, Timestamp};
use pmts_money::Currency;
use pmts_payments::*;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::watch;

const GOOD: &str = "4242424242424242";

fn part(minor: i64, more_follows: bool) -> CaptureRequest {
    CaptureRequest { amount: Some(gbp(minor)), more_follows, parts: vec![] }
}

async fn kinds(b: &Bench) -> Vec<String> {
    b.platform.store.events(0, 100).await.unwrap().into_iter().map(|e| e.event.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_captured_in_parts_and_the_rest_given_up() {
    let b = Bench::new().await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let new = b.new_payment(GOOD, CaptureMethod::Manual).await;
    let made = engine.create(new, &own).await.unwrap();
    assert_eq!((made.intent.state, made.attempt), (IntentState::New, None));
    let id = made.intent.id;
    let held = engine.confirm(id, Confirm::default(), &own).await.unwrap();
    assert_eq!((held.intent.state, held.money.held), (IntentState::Authorized, gbp(10_000)));
    let first = engine.capture(id, &part(4_000, true), &own).await.unwrap();
    assert_eq!((first.intent.state, first.money.held), (IntentState::Authorized, gbp(6_000)));
    assert_eq!(first, engine.view(id, Some(first.operation.as_ref().unwrap().id)).await.unwrap());
    assert_eq!(b.as_the_ledger_says(id).await.money, first.money);
    let early = engine.refund_payment(id, Refund { amount: Some(gbp(1_000)), ..Refund::default() }, &own);
    assert_eq!(early.await.unwrap().money.refunded, gbp(1_000), "what is captured can be given back");
    let last = engine.capture(id, &part(5_000, false), &own).await.unwrap();
    assert_eq!(last.intent.state, IntentState::Captured);
    assert_eq!((last.money.captured, last.money.held), (gbp(9_000), gbp(0)));
    let error = engine.capture(id, &part(1, false), &own).await.unwrap_err();
    assert_eq!(error.code().code, "PAYMENTS_INTENT_STATE");
    let more = Refund { amount: Some(gbp(8_001)), ..Refund::default() };
    let error = engine.refund_payment(id, more, &own).await.unwrap_err();
    assert_eq!(error.code().code, "PAYMENTS_REFUND_EXCEEDS");
    let rest = engine.refund_payment(id, Refund::default(), &own).await.unwrap();
    assert_eq!((rest.money.refunded, rest.money.refundable_minor()), (gbp(9_000), 0));
    assert_eq!(
        rest.intent.splits.iter().map(|s| s.commission_returned.minor()).collect::<Vec<_>>(),
        [630, 0]
    );
    assert_eq!(b.as_the_ledger_says(id).await.money, rest.money, "the ledger says the same");
    assert_eq!(
        kinds(&b).await,
        [
            "payment.created",
            "payment.processing",
            "payment.authorized",
            "payment.partly_captured",
            "refund.processing",
            "refund.succeeded",
            "payment.captured",
            "refund.processing",
            "refund.succeeded"
        ]
    );
    b.settled().await;
    b.issuer_agrees().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_voided_and_a_partly_captured_one_ends_captured() {
    let b = Bench::new().await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let held = b.hold(GOOD).await;
    let gone = engine.cancel(held.intent.id, Some(CancelReason::RequestedByCustomer), &own).await.unwrap();
    assert_eq!((gone.intent.state, gone.money.held), (IntentState::Canceled, gbp(0)));
    assert!(matches!(gone.intent.canceled, Some((_, Some(CancelReason::RequestedByCustomer)))));
    let lines = b.booked(0).await;
    assert_eq!(
        lines[1..],
        [
            "release sent: reserve pay.authorized > memo.authorized 100.00",
            "released: post reserved pay.authorized > memo.authorized 100.00"
        ]
    );
    let id = b.hold(GOOD).await.intent.id;
    engine.capture(id, &part(2_500, true), &own).await.unwrap();
    let ended = engine.cancel(id, None, &own).await.unwrap();
    assert_eq!(ended.intent.state, IntentState::Captured);
    assert_eq!((ended.money.captured, ended.money.held), (gbp(2_500), gbp(0)));
    let new = b.new_payment(GOOD, CaptureMethod::Manual).await;
    let id = engine.create(new, &own).await.unwrap().intent.id;
    let gone = engine.cancel(id, None, &own).await.unwrap();
    assert_eq!((gone.intent.state, gone.operation), (IntentState::Canceled, None), "nothing to undo");
    let again = engine.cancel(id, None, &own).await.unwrap_err();
    assert_eq!(again.code().code, "PAYMENTS_INTENT_STATE");
    b.settled().await;
    b.issuer_agrees().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_raised_and_then_captured_whole() {
    let b = Bench::new().await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let id = b.hold(GOOD).await.intent.id;
    let more = engine.increment(id, gbp(12_000), &own).await.unwrap();
    assert_eq!((more.intent.state, more.intent.amount), (IntentState::Authorized, gbp(12_000)));
    assert_eq!((more.money.held, more.money.authorized), (gbp(12_000), gbp(12_000)));
    assert_eq!(b.as_the_ledger_says(id).await.money, more.money);
    let error = engine.increment(id, gbp(12_000), &own).await.unwrap_err();
    assert_eq!(error.code().code, "PAYMENTS_NOT_MORE");
    let all = engine.capture(id, &CaptureRequest::default(), &own).await.unwrap();
    assert_eq!((all.intent.state, all.money.captured), (IntentState::Captured, gbp(12_000)));
    let shares: Vec<_> = all.intent.splits.iter().map(|s| s.captured.minor()).collect();
    assert_eq!(shares, [8_400, 3_600]);
    b.settled().await;
    b.issuer_agrees().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_kept_if_it_was_allowed_and_a_decline_can_be_tried_again() {
    let b = Bench::new().await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let new = b.new_payment("4000001200000123", CaptureMethod::Automatic).await;
    let allow = Confirm { allow_partial: true, ..Confirm::default() };
    let half = engine.create_and_confirm(new, allow, &own).await.unwrap();
    assert_eq!((half.intent.state, half.money.captured), (IntentState::Captured, gbp(5_000)));
    assert_eq!(half.attempt.unwrap().effective(), gbp(5_000));

    let new = b.new_payment("4000000000009995", CaptureMethod::Automatic).await;
    let refused = engine.create_and_confirm(new, Confirm::default(), &own).await.unwrap();
    assert_eq!(refused.intent.decline.unwrap().code, DeclineCode::InsufficientFunds);
    let other = b.new_payment(GOOD, CaptureMethod::Automatic).await.method;
    let with_other = Confirm { method: other, ..Confirm::default() };
    let paid = engine.confirm(refused.intent.id, with_other, &own).await.unwrap();
    assert_eq!((paid.intent.state, paid.intent.decline), (IntentState::Captured, None));
    b.settled().await;
    b.issuer_agrees().await;
}

/// Runs the worker with a clock that stands `days` ahead, until `done` says so.
async fn work(b: &Bench, days: i64, done: impl Fn(&WorkerStats) -> bool) -> Engine {
    let clock = Arc::new(ManualClock::new(b.engine().clock.now().saturating_add_secs(days * 86_400)));
    let later = Engine { clock, ..b.engine().clone() };
    let (stop, stopped) = watch::channel(false);
    let stats = Arc::new(WorkerStats::default());
    let worker = {
        let (engine, stats) = (later.clone(), stats.clone());
        tokio::spawn(async move { engine.work(&stats, stopped).await })
    };
    while !done(&stats) {
        assert!(!worker.is_finished(), "{:?}", worker.await);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    stop.send(true).unwrap();
    worker.await.unwrap().unwrap();
    later
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_comes_to_its_end_is_given_up() {
    let b = Bench::new().await;
    let id = b.hold(GOOD).await.intent.id;
    work(&b, 8, |stats| stats.expired.load(Ordering::Relaxed) == 1).await;
    let view = b.engine().view(id, None).await.unwrap();
    assert_eq!((view.intent.state, view.money.held), (IntentState::Canceled, gbp(0)));
    assert!(matches!(view.intent.canceled, Some((_, Some(CancelReason::Expired)))));
    b.settled().await;
    b.issuer_agrees().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_resolves_is_given_to_a_person_and_stays_unknown() {
    // The host is silent from the authorization on; then it is gone for good.
    let b = Bench::new().await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let new = b.new_payment("4000001200000032", CaptureMethod::Manual).await;
    let view = engine.create_and_confirm(new, Confirm::default(), &own).await.unwrap();
    let id = view.operation.unwrap().id;
    assert_eq!(view.intent.state, IntentState::Authorizing, "shown neither as paid nor as declined");
    let open = engine.open_operations().await.unwrap();
    assert_eq!((open.len(), open[0].operation.state), (1, OperationState::Unknown));
    assert!(open[0].next_try.is_some() && open[0].task.is_none());

    b.issuer.shutdown();
    let later = work(&b, 8, |stats| stats.tries.load(Ordering::Relaxed) >= 1).await;
    let open = later.open_operations().await.unwrap();
    assert_eq!((open.len(), open[0].next_try), (1, None), "no more tries");
    assert!(open[0].task.as_ref().unwrap().contains("ask them"));
    assert!(b.platform.store.jobs_due(Timestamp::MAX, 10).await.unwrap().is_empty());
    assert_eq!(later.operation(id).await.unwrap().value.state, OperationState::Unknown);

    let happened = later.resolve_by_hand(id, Verdict::Happened, &own).await.unwrap_err();
    assert!(matches!(happened, EngineError::NotByHand(_)), "a late yes revives nothing");
    let resolved = later.resolve_by_hand(id, Verdict::DidNotHappen, &own).await.unwrap();
    assert_eq!(resolved.state, OperationState::Reversed);
    assert_eq!(later.intent(view.intent.id).await.unwrap().value.state, IntentState::Declined);
    assert!(later.tasks().await.unwrap().is_empty() && later.open_operations().await.unwrap().is_empty());
    let again = later.resolve_by_hand(id, Verdict::DidNotHappen, &own).await.unwrap_err();
    assert_eq!(again.code().code, "APP_NOT_BY_HAND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_void_or_release_is_repeated_with_one_effect() {
    for pan in ["4000001200000040", "4000001200000081"] {
        let b = Bench::new().await;
        let (engine, own) = (b.engine(), b.engine().own_request());
        let held = b.hold(pan).await;
        let view = engine.cancel(held.intent.id, None, &own).await.unwrap();
        engine.recover(Timestamp::MAX).await.unwrap();
        let after = engine.view(view.intent.id, None).await.unwrap();
        assert_eq!(after.intent.state, IntentState::Canceled, "{pan}");
        b.settled().await;
        b.issuer_agrees().await;
        assert!(b.issuer.totals(Currency::GBP).voided.count <= 1, "{pan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_callers_at_once_have_one_effect() {
    let b = Bench::new().await;
    let id = b.hold(GOOD).await.intent.id;
    let mut all = tokio::task::JoinSet::new();
    for n in 0..32 {
        let engine = b.engine().clone();
        all.spawn(async move {
            let own = engine.own_request();
            match n % 2 {
                0 => engine.capture(id, &CaptureRequest::default(), &own).await.map(|_| ()),
                _ => engine.cancel(id, None, &own).await.map(|_| ()),
            }
        });
    }
    let done = all.join_all().await.into_iter().filter(Result::is_ok).count();
    assert_eq!(done, 1, "one of them wins, the others are told");
    let totals = b.issuer.totals(Currency::GBP);
    assert_eq!(totals.captured.count + totals.voided.count, 1);
    b.settled().await;
    b.issuer_agrees().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_captured_in_parts_ends_captured_when_it_is_given_up_or_expires() {
    let b = Bench::new().await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    for given_up in [true, false] {
        let id = b.hold(GOOD).await.intent.id;
        for minor in [6_000, 4_000] {
            engine.capture(id, &part(minor, true), &own).await.unwrap();
        }
        if given_up {
            assert_eq!(engine.cancel(id, None, &own).await.unwrap().intent.state, IntentState::Captured);
        } else {
            work(&b, 8, |stats| stats.expired.load(Ordering::Relaxed) == 1).await;
        }
        let view = b.as_the_ledger_says(id).await;
        assert_eq!((view.intent.state, view.money.captured), (IntentState::Captured, gbp(10_000)));
    }
    b.settled().await;
    b.issuer_agrees().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_capture_leaves_a_hold_that_still_comes_to_its_end() {
    let b = Bench::new().await;
    let intent = b.buy("4000001200000024").await;
    assert_eq!(intent.state, IntentState::Authorized);
    work(&b, 8, |stats| stats.expired.load(Ordering::Relaxed) == 1).await;
    let view = b.as_the_ledger_says(intent.id).await;
    assert_eq!((view.intent.state, view.money.held), (IntentState::Canceled, gbp(0)));
    b.issuer_agrees().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_sent_for_a_week_can_be_decided_by_hand() {
    let b = Bench::new().await;
    let (engine, own) = (b.engine(), b.engine().own_request());
    let id = b.hold(GOOD).await.intent.id;
    b.issuer.shutdown();
    // Not sent, or, if the connection is found closed only after the message, unknown: both wait.
    let sent = engine.capture(id, &CaptureRequest::default(), &own).await.unwrap().operation.unwrap();
    assert!(!sent.state.is_final());
    if sent.state == OperationState::Pending {
        let early = engine.resolve_by_hand(sent.id, Verdict::DidNotHappen, &own).await;
        assert!(matches!(early, Err(EngineError::NotByHand(_))), "it may be on its way just now");
    }
    let later = work(&b, 8, |stats| stats.tries.load(Ordering::Relaxed) >= 1).await;
    assert_eq!(later.open_operations().await.unwrap()[0].next_try, None, "a person is asked");
    let done = later.resolve_by_hand(sent.id, Verdict::DidNotHappen, &own).await.unwrap();
    assert_eq!(done.state, OperationState::Declined);
    assert_eq!(later.intent(id).await.unwrap().value.state, IntentState::Authorized, "the hold stands");
    assert!(later.open_operations().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_has_one_effect_whatever_is_asked_under_it() {
    use pmts_app::engine::{AnswerSlot, Request};
    use pmts_store::CommitError;
    let b = Bench::new().await;
    let engine = b.engine();
    let request = |key: &str| Request {
        answer: Some(AnswerSlot {
            scope: "s".into(),
            key: key.into(),
            fingerprint: "f".into(),
            render: Arc::new(|view| format!("\"{}\"", view.intent.id)),
        }),
        ..engine.own_request()
    };
    let new = b.new_payment(GOOD, CaptureMethod::Automatic).await;
    engine.create(new.clone(), &request("a")).await.unwrap();
    let twice = engine.create_and_confirm(new.clone(), Confirm::default(), &request("a")).await;
    assert!(
        matches!(twice, Err(EngineError::Commit(CommitError::Answered(_)))),
        "made first, then confirmed"
    );
    engine.create_and_confirm(new.clone(), Confirm::default(), &request("b")).await.unwrap();
    let twice = engine.create(new, &request("b")).await;
    assert!(matches!(twice, Err(EngineError::Commit(CommitError::Answered(_)))), "and the other way round");
    assert_eq!(b.issuer.totals(Currency::GBP).authorized.count, 1);
    b.settled().await;
}
