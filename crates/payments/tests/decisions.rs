//! The decisions, from a purchase to its refunds, with every outcome a gateway can give.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{Coded, Timestamp};
use pmts_money::{Currency, Money};
use pmts_payments::decide::*;
use pmts_payments::*;

const NOW: Timestamp = Timestamp::from_micros(1);

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::from_code("GBP").unwrap())
}

fn reference() -> GatewayReference {
    GatewayReference("keys".into())
}

fn purchase(parts: &[(&str, i64)]) -> Purchase {
    let split = |(s, minor): &(&str, i64)| {
        Split::new(Payee::seller(*s).unwrap(), gbp(*minor), gbp(minor / 10)).unwrap()
    };
    Purchase {
        order: OrderRef::try_new("A1").unwrap(),
        customer: None,
        method: MethodRef { token: "tok".into(), last_four: "4242".into(), expiry_yymm: "3012".into() },
        splits: parts.iter().map(split).collect(),
    }
}

fn id(n: u128) -> OperationId {
    OperationId::from_raw(n << 8)
}

fn begin(parts: &[(&str, i64)]) -> Result<Step, PaymentsError> {
    begin_purchase(
        purchase(parts),
        Ids { payment: PaymentId::from_raw(1 << 8), operation: id(2) },
        reference(),
        NOW,
    )
}

fn approved(amount: Option<i64>) -> GatewayOutcome {
    GatewayOutcome::Approved { approval_code: Some("A1".into()), amount: amount.map(gbp) }
}

fn declined() -> GatewayOutcome {
    GatewayOutcome::Declined { code: DeclineCode::InsufficientFunds, raw: Some("51".into()) }
}

fn unknown() -> GatewayOutcome {
    GatewayOutcome::Unknown { why: "silence".into() }
}

fn answered(step: Step, outcome: &GatewayOutcome) -> Result<Step, PaymentsError> {
    authorization_answered(step.intent, step.operations[0].clone(), outcome, || {
        GatewayReference("reversal".into())
    })
}

fn captured(parts: &[(&str, i64)]) -> Intent {
    let step = begin(parts).unwrap();
    let step = answered(step, &approved(None)).unwrap();
    let step = begin_capture(step.intent, id(3), reference(), NOW).unwrap();
    assert!(matches!(step.facts[..], [Fact::CaptureSent { .. }]));
    let step = capture_answered(step.intent, step.operations[0].clone(), &approved(None)).unwrap();
    assert!(
        matches!(&step.facts[..], [Fact::Captured { amount, splits, .. }] if *amount == step.intent.amount && splits.len() == parts.len())
    );
    assert_eq!(
        (step.intent.state, step.operations[0].state),
        (IntentState::Captured, OperationState::Succeeded)
    );
    step.intent
}

#[test]
fn a_purchase_needs_parts_that_fit() {
    assert_eq!(begin(&[("22", 500), ("84", 250)]).unwrap().intent.amount, gbp(750));
    let code = |parts: &[(&str, i64)]| begin(parts).unwrap_err().code().code;
    assert_eq!(code(&[]), "PAYMENTS_PAYEE_COUNT");
    assert_eq!(code(&[("22", 1), ("22", 2)]), "PAYMENTS_PAYEE_TWICE");
    assert_eq!(code(&[("22", i64::MAX), ("84", 1)]), "PAYMENTS_AMOUNTS");
    let many: Vec<(String, i64)> = (0..=PAYEES_MAX).map(|n| (n.to_string(), 1)).collect();
    assert_eq!(code(&many.iter().map(|(s, n)| (s.as_str(), *n)).collect::<Vec<_>>()), "PAYMENTS_PAYEE_COUNT");
    assert_eq!(
        Split::new(Payee::Platform, gbp(0), gbp(0)).unwrap_err().code().code,
        "PAYMENTS_AMOUNT_NOT_POSITIVE"
    );
    assert_eq!(Split::new(Payee::Platform, gbp(5), gbp(6)).unwrap_err().code().code, "PAYMENTS_COMMISSION");
    assert_eq!(OrderRef::try_new("a b").unwrap_err().code().code, "PAYMENTS_REFERENCE");
    assert_eq!(Payee::seller("platform").unwrap_err().code().code, "PAYMENTS_SELLER_RESERVED");
    assert_eq!(Payee::seller("").unwrap_err().code().code, "PAYMENTS_REFERENCE");
}

#[test]
fn an_authorization_ends_as_the_gateway_says() {
    let answer = |outcome: &GatewayOutcome| {
        let step = begin(&[("22", 500)]).unwrap();
        answered(step, outcome).unwrap()
    };
    let step = answer(&approved(Some(500)));
    assert_eq!(
        (step.intent.state, step.operations[0].approval_code.as_deref()),
        (IntentState::Authorized, Some("A1"))
    );
    assert!(matches!(step.facts[..], [Fact::Authorized { .. }]));

    let step = answer(&declined());
    assert_eq!(
        (step.intent.state, step.operations[0].state),
        (IntentState::Declined, OperationState::Declined)
    );
    assert_eq!(step.intent.decline.unwrap().code, DeclineCode::InsufficientFunds);

    let step = answer(&GatewayOutcome::NotSent { why: "down".into() });
    assert_eq!(
        (step.intent.state, step.operations[0].state),
        (IntentState::Declined, OperationState::NotSent)
    );

    for (outcome, state, reason) in [
        (unknown(), OperationState::Unknown, DeclineCode::ReversedAfterTimeout),
        (approved(Some(250)), OperationState::Reversing, DeclineCode::PartialApproval),
    ] {
        let step = answer(&outcome);
        assert_eq!(
            (step.intent.state, step.operations[0].state),
            (IntentState::Authorizing, state),
            "shown neither as declined nor as paid"
        );
        assert!(step.facts.is_empty() && step.operations[0].reversal.is_some());
        let late = answered(step.clone(), &approved(None));
        assert_eq!(
            late.unwrap_err().code().code,
            "PAYMENTS_OPERATION_STATE",
            "a late approval revives nothing"
        );
        let step = authorization_reversed(step.intent, step.operations[0].clone()).unwrap();
        assert_eq!(
            (step.intent.state, step.operations[0].state),
            (IntentState::Declined, OperationState::Reversed)
        );
        assert_eq!(step.intent.decline.unwrap().code, reason);
    }
}

#[test]
fn a_capture_is_repeated_until_it_is_answered() {
    let step = begin(&[("22", 500)]).unwrap();
    let early = begin_capture(step.intent.clone(), id(3), reference(), NOW).unwrap_err();
    assert_eq!(early.code().code, "PAYMENTS_INTENT_STATE");
    let held = answered(step, &approved(None)).unwrap().intent;
    let sent = begin_capture(held, id(3), reference(), NOW).unwrap();
    let lost = capture_answered(sent.intent.clone(), sent.operations[0].clone(), &unknown()).unwrap();
    assert_eq!(
        (lost.intent.state, lost.operations[0].state),
        (IntentState::Capturing, OperationState::Unknown)
    );
    assert!(lost.facts.is_empty(), "nothing is booked on a guess");
    let again = capture_answered(lost.intent.clone(), lost.operations[0].clone(), &unknown()).unwrap();
    let done = capture_answered(again.intent, again.operations[0].clone(), &approved(None)).unwrap();
    assert_eq!(done.intent.state, IntentState::Captured);
    assert!(
        capture_answered(done.intent, done.operations[0].clone(), &approved(None)).is_err(),
        "an answer counts once"
    );
    let refused = capture_answered(lost.intent, lost.operations[0].clone(), &declined()).unwrap();
    assert_eq!(refused.intent.state, IntentState::Authorized, "the hold still stands");
    assert!(matches!(refused.facts[..], [Fact::CaptureRefused { .. }]));
}

#[test]
fn refunds_never_exceed_what_was_captured() {
    let refund = |intent: &Intent, parts: &[(&str, i64)], n| {
        let parts = parts.iter().map(|(s, m)| (Payee::seller(*s).unwrap(), gbp(*m))).collect();
        begin_refund(intent.clone(), &RefundRequest { parts }, id(n), reference(), NOW)
    };
    let open = begin(&[("22", 500)]).unwrap().intent;
    assert_eq!(refund(&open, &[("22", 1)], 4).unwrap_err().code().code, "PAYMENTS_NOT_CAPTURED");
    let intent = captured(&[("22", 500), ("84", 105)]);
    let first = refund(&intent, &[("22", 200), ("84", 5)], 4).unwrap();
    let [Fact::RefundAccepted { amount, parts, .. }] = &first.facts[..] else { panic!("{:?}", first.facts) };
    assert_eq!((*amount, parts[0].commission_back, parts[1].commission_back), (gbp(205), gbp(20), gbp(0)));
    let code = |parts: &[(&str, i64)]| refund(&first.intent, parts, 5).unwrap_err().code().code;
    assert_eq!(code(&[("22", 301)]), "PAYMENTS_REFUND_EXCEEDS");
    assert_eq!(code(&[("22", 0)]), "PAYMENTS_AMOUNT_NOT_POSITIVE");
    assert_eq!(code(&[("21", 1)]), "PAYMENTS_NO_SUCH_PAYEE");
    assert_eq!(code(&[("22", 1), ("22", 1)]), "PAYMENTS_PAYEE_TWICE");
    assert_eq!(code(&[]), "PAYMENTS_PAYEE_COUNT");
    let rest = refund(&first.intent, &[("22", 300), ("84", 100)], 6).unwrap();
    assert_eq!(refund(&rest.intent, &[("84", 1)], 7).unwrap_err().code().code, "PAYMENTS_REFUND_EXCEEDS");

    let operation = rest.operations[0].clone();
    let (lost, facts) = refund_answered(operation.clone(), &unknown()).unwrap();
    assert!((lost.state, facts.as_slice()) == (OperationState::Unknown, &[]));
    let (done, facts) = refund_answered(lost, &approved(None)).unwrap();
    assert!(done.state == OperationState::Succeeded && matches!(facts[..], [Fact::RefundDone { .. }]));
    let (refused, facts) = refund_answered(operation, &declined()).unwrap();
    assert!(refused.state == OperationState::Declined && matches!(facts[..], [Fact::RefundRefused { .. }]));
}

#[test]
fn records_keep_their_shape() {
    let step = begin(&[("22", 500)]).unwrap();
    let json = serde_json::to_string(&(&step.intent, &step.operations)).unwrap();
    assert_eq!(
        serde_json::from_str::<(Intent, Vec<Operation>)>(&json).unwrap(),
        (step.intent, step.operations)
    );
}
