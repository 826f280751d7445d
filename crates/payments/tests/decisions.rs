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

fn method() -> MethodRef {
    MethodRef::new("tok", "4242", "3012")
}

fn birth(n: u128) -> Birth {
    Birth {
        id: OperationId::from_raw(n << 8),
        reference: GatewayReference(format!("keys {n}")),
        now: NOW,
        trace: None,
    }
}

fn purchase(parts: &[(&str, i64)]) -> Result<NewPayment, PaymentsError> {
    let split = |(s, minor): &(&str, i64)| {
        Split::new(Payee::seller(*s).unwrap(), gbp(*minor), gbp(minor / 10)).unwrap()
    };
    let new = NewPayment::of_splits(parts.iter().map(split).collect())?;
    Ok(NewPayment { method: Some(method()), ..new })
}

fn made(parts: &[(&str, i64)]) -> Result<Intent, PaymentsError> {
    create(purchase(parts)?, PaymentId::from_raw(1 << 8), NOW)
}

fn begin(parts: &[(&str, i64)]) -> Step {
    begin_authorization(made(parts).unwrap(), false, birth(2)).unwrap()
}

fn approved(amount: Option<i64>) -> GatewayOutcome {
    GatewayOutcome::Approved {
        approval_code: Some("A1".into()),
        amount: amount.map(gbp),
        checks: Checks::default(),
    }
}

fn declined() -> GatewayOutcome {
    let (code, raw) = (DeclineCode::InsufficientFunds, Some("51".into()));
    GatewayOutcome::Declined { code, raw, retry: Some(Retry::After(3_600)), checks: Checks::default() }
}

fn unknown() -> GatewayOutcome {
    GatewayOutcome::Unknown { why: "silence".into() }
}

fn reversal() -> GatewayReference {
    GatewayReference("reversal".into())
}

fn answered(step: Step, outcome: &GatewayOutcome) -> Result<Step, PaymentsError> {
    authorization_answered(step.intent, step.operations[0].clone(), outcome, NOW, reversal)
}

fn money(authorized: i64, held: i64, captured: i64) -> MoneyView {
    MoneyView { authorized: gbp(authorized), held: gbp(held), captured: gbp(captured), refunded: gbp(0) }
}

fn held(parts: &[(&str, i64)]) -> Intent {
    answered(begin(parts), &approved(None)).unwrap().intent
}

fn capture(intent: &Intent, request: &CaptureRequest, money: &MoneyView) -> Result<Step, PaymentsError> {
    let step = begin_capture(intent.clone(), request, money, birth(3))?;
    assert!(matches!(step.facts[0].event, MoneyEvent::CaptureSent));
    capture_answered(step.intent, step.operations[0].clone(), &approved(None))
}

fn captured(parts: &[(&str, i64)]) -> Intent {
    let all = parts.iter().map(|p| p.1).sum();
    let step = capture(&held(parts), &CaptureRequest::default(), &money(all, all, 0)).unwrap();
    assert!(
        matches!(&step.facts[0].event, MoneyEvent::Captured { parts: taken } if step.facts[0].amount == step.intent.amount && taken.len() == parts.len())
    );
    assert_eq!(
        (step.intent.state, step.operations[0].state),
        (IntentState::Captured, OperationState::Succeeded)
    );
    step.intent
}

#[test]
fn a_purchase_needs_parts_that_fit() {
    assert_eq!(made(&[("22", 500), ("84", 250)]).unwrap().amount, gbp(750));
    let code = |parts: &[(&str, i64)]| made(parts).unwrap_err().code().code;
    let other = NewPayment { amount: gbp(1), ..purchase(&[("22", 2)]).unwrap() };
    assert_eq!(
        create(other, PaymentId::from_raw(256), NOW).unwrap_err().code().code,
        "PAYMENTS_PARTS_DIFFER"
    );
    let own = NewPayment { splits: vec![], ..purchase(&[("22", 2)]).unwrap() };
    let own = create(own, PaymentId::from_raw(256), NOW).unwrap();
    assert_eq!((&own.splits[0].payee, own.splits[0].gross), (&Payee::Platform, gbp(2)));
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
    let answer = |outcome: &GatewayOutcome| answered(begin(&[("22", 500)]), outcome).unwrap();
    let step = answer(&approved(Some(500)));
    assert_eq!(
        (step.intent.state, step.operations[0].approval_code.as_deref()),
        (IntentState::Authorized, Some("A1"))
    );
    assert!(matches!(step.facts[0].event, MoneyEvent::Authorized));

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
        let step = reversed(step.intent, step.operations[0].clone()).unwrap();
        assert_eq!(
            (step.intent.state, step.operations[0].state),
            (IntentState::Declined, OperationState::Reversed)
        );
        assert_eq!(step.intent.decline.unwrap().code, reason);
    }
}

#[test]
fn a_declined_payment_can_be_tried_again_or_given_up() {
    let step = answered(begin(&[("22", 500)]), &declined()).unwrap();
    assert_eq!(step.intent.decline.as_ref().unwrap().retry, Some(Retry::After(3_600)));
    let again = begin_authorization(step.intent.clone(), false, birth(9)).unwrap();
    assert_eq!((again.intent.state, &again.intent.decline), (IntentState::Authorizing, &None));
    let over = give_up(step.intent, Some(CancelReason::Abandoned), NOW).unwrap();
    assert_eq!(over.canceled, Some((NOW, Some(CancelReason::Abandoned))));
    assert!(give_up(again.intent, None, NOW).is_err(), "not while its outcome is open");
    assert!(give_up(held(&[("22", 1)]), None, NOW).is_err(), "a hold is voided, not forgotten");
}

#[test]
fn a_part_is_kept_only_if_the_caller_allowed_it() {
    let begin = |allow| begin_authorization(made(&[("22", 500)]).unwrap(), allow, birth(2)).unwrap();
    let step = answered(begin(true), &approved(Some(200))).unwrap();
    assert_eq!((step.intent.state, step.operations[0].effective()), (IntentState::Authorized, gbp(200)));
    assert_eq!((step.facts[0].amount, step.intent.amount), (gbp(200), gbp(500)));
    let step = capture(&step.intent, &CaptureRequest::default(), &money(200, 200, 0)).unwrap();
    let MoneyEvent::Captured { parts } = &step.facts[0].event else { panic!() };
    assert_eq!((parts[0].amount, parts[0].commission), (gbp(200), gbp(20)));
    for odd in [0, -1, 501] {
        let step = answered(begin(true), &approved(Some(odd))).unwrap();
        assert_eq!(step.operations[0].state, OperationState::Reversing, "{odd} is no part of 500");
    }
}

#[test]
fn changes_are_taken_before_sending_only_but_words_always() {
    let intent = made(&[("22", 500)]).unwrap();
    let dearer = Changes { amount: Some((gbp(900), vec![])), ..Changes::default() };
    assert_eq!(update(intent, dearer.clone()).unwrap().amount, gbp(900));
    let intent = held(&[("22", 500)]);
    assert_eq!(update(intent.clone(), dearer).unwrap_err().code().code, "PAYMENTS_INTENT_STATE");
    let details = Details { description: Some("a book".into()), ..Details::default() };
    let words = Changes { details: Some(details.clone()), ..Changes::default() };
    assert_eq!(update(intent, words).unwrap().details, details);
    let bare =
        create(NewPayment { method: None, ..purchase(&[("22", 1)]).unwrap() }, PaymentId::from_raw(256), NOW);
    let error = begin_authorization(bare.unwrap(), false, birth(2)).unwrap_err();
    assert_eq!(error.code().code, "PAYMENTS_METHOD_MISSING");
}

#[test]
fn a_capture_is_repeated_until_it_is_answered() {
    let all = money(500, 500, 0);
    let begin_all = |intent| begin_capture(intent, &CaptureRequest::default(), &all, birth(3));
    let early = begin_all(begin(&[("22", 500)]).intent).unwrap_err();
    assert_eq!(early.code().code, "PAYMENTS_INTENT_STATE");
    let sent = begin_all(held(&[("22", 500)])).unwrap();
    let lost = capture_answered(sent.intent.clone(), sent.operations[0].clone(), &unknown()).unwrap();
    assert_eq!(
        (lost.intent.state, lost.operations[0].state),
        (IntentState::Capturing, OperationState::Unknown)
    );
    assert!(lost.facts.is_empty(), "nothing is booked on a guess");
    assert!(begin_void(lost.intent.clone(), None, &all, birth(8)).is_err(), "no void runs over an unknown");
    let again = capture_answered(lost.intent.clone(), lost.operations[0].clone(), &unknown()).unwrap();
    let done = capture_answered(again.intent, again.operations[0].clone(), &approved(None)).unwrap();
    assert_eq!(done.intent.state, IntentState::Captured);
    assert!(
        capture_answered(done.intent, done.operations[0].clone(), &approved(None)).is_err(),
        "an answer counts once"
    );
    let refused = capture_answered(lost.intent, lost.operations[0].clone(), &declined()).unwrap();
    assert_eq!(refused.intent.state, IntentState::Authorized, "the hold still stands");
    assert!(refused.intent.hold_until.is_some(), "and still comes to its end");
    assert!(matches!(refused.facts[0].event, MoneyEvent::CaptureRefused));
}

#[test]
fn captures_in_parts_keep_shares_and_give_up_the_rest() {
    let intent = held(&[("22", 700), ("84", 300)]);
    let some = |minor, more_follows| CaptureRequest { amount: Some(gbp(minor)), more_follows, parts: vec![] };
    let first = capture(&intent, &some(100, true), &money(1000, 1000, 0)).unwrap();
    let MoneyEvent::Captured { parts } = &first.facts[0].event else { panic!() };
    assert_eq!(parts.iter().map(|p| p.amount.minor()).collect::<Vec<_>>(), [70, 30]);
    assert_eq!((first.intent.state, first.intent.hold_until.is_some()), (IntentState::Authorized, true));
    let code = |request: &CaptureRequest| {
        capture(&first.intent, request, &money(1000, 900, 100)).unwrap_err().code().code
    };
    assert_eq!(code(&some(901, false)), "PAYMENTS_HOLD_EXCEEDED");
    assert_eq!(code(&some(0, false)), "PAYMENTS_AMOUNT_NOT_POSITIVE");
    let part = |who: &str, minor| Part { payee: Payee::seller(who).unwrap(), amount: gbp(minor) };
    let named =
        |minor, parts: Vec<Part>| CaptureRequest { amount: Some(gbp(minor)), more_follows: false, parts };
    assert_eq!(code(&named(271, vec![part("84", 271)])), "PAYMENTS_CAPTURE_EXCEEDS");
    assert_eq!(code(&named(10, vec![part("99", 10)])), "PAYMENTS_NO_SUCH_PAYEE");
    assert_eq!(code(&named(10, vec![part("84", 9)])), "PAYMENTS_PARTS_DIFFER");
    assert_eq!(code(&named(10, vec![part("84", 5), part("84", 5)])), "PAYMENTS_PAYEE_TWICE");
    let last = capture(&first.intent, &named(270, vec![part("84", 270)]), &money(1000, 900, 100)).unwrap();
    assert_eq!((last.intent.state, last.operations[0].last), (IntentState::Captured, true));

    let rest = money(1000, 630, 370);
    let sent = begin_release(last.intent, Ending::LastCapture, &rest, birth(6)).unwrap();
    assert!(sent.facts[0].event == MoneyEvent::ReleaseSent && sent.facts[0].amount == gbp(630));
    let lost = release_answered(sent.intent, sent.operations[0].clone(), &unknown()).unwrap();
    assert!(lost.facts.is_empty() && lost.intent.state == IntentState::Captured);
    let done = release_answered(lost.intent, lost.operations[0].clone(), &approved(None)).unwrap();
    assert_eq!(done.facts[0].event, MoneyEvent::Released);

    let given_up =
        begin_release(first.intent, Ending::RestGivenUp, &money(1000, 900, 100), birth(7)).unwrap();
    assert_eq!(given_up.intent.state, IntentState::Captured);
}

#[test]
fn a_void_ends_the_payment_unless_the_issuer_refuses() {
    let all = money(500, 500, 0);
    let sent = begin_void(held(&[("22", 500)]), Some(CancelReason::Duplicate), &all, birth(4)).unwrap();
    assert_eq!((sent.intent.state, sent.facts[0].amount), (IntentState::Canceling, gbp(500)));
    let answer = |outcome: &GatewayOutcome| {
        void_answered(sent.intent.clone(), sent.operations[0].clone(), outcome).unwrap()
    };
    let done = answer(&approved(None));
    assert_eq!((done.intent.state, &done.facts[0].event), (IntentState::Canceled, &MoneyEvent::Released));
    let refused = answer(&declined());
    assert_eq!((refused.intent.state, &refused.intent.canceled), (IntentState::Authorized, &None));
    assert_eq!(refused.intent.hold_until, sent.intent.hold_until, "a refused void makes the hold no longer");
    assert_eq!(refused.facts[0].event, MoneyEvent::ReleaseRefused);
    let lost = answer(&unknown());
    assert!(lost.facts.is_empty() && lost.intent.state == IntentState::Canceling);

    let sent = begin_void(held(&[("22", 500)]), Some(CancelReason::Expired), &all, birth(4)).unwrap();
    let gone = void_answered(sent.intent, sent.operations[0].clone(), &declined()).unwrap();
    assert_eq!(
        (gone.intent.state, &gone.facts[0].event),
        (IntentState::Canceled, &MoneyEvent::Released),
        "a hold past its end is gone whatever the issuer says"
    );
}

#[test]
fn an_increment_raises_the_hold_or_leaves_it() {
    let intent = held(&[("22", 700), ("84", 300)]);
    let all = money(1000, 1000, 0);
    // After a partial approval of 600 the hold is raised to what was wanted, and the amount stays.
    let partly = money(600, 600, 0);
    let rest = begin_increment(intent.clone(), gbp(1000), &partly, birth(5)).unwrap();
    assert_eq!(rest.operations[0].amount, gbp(400));
    let done =
        increment_answered(rest.intent, rest.operations[0].clone(), &approved(None), &partly, reversal);
    assert_eq!(done.unwrap().intent.amount, gbp(1000));
    for total in [999, 1000] {
        let error = begin_increment(intent.clone(), gbp(total), &all, birth(5)).unwrap_err();
        assert_eq!(error.code().code, "PAYMENTS_NOT_MORE");
    }
    let sent = begin_increment(intent, gbp(1200), &all, birth(5)).unwrap();
    assert_eq!((sent.intent.state, sent.operations[0].amount), (IntentState::Incrementing, gbp(200)));
    let answer = |outcome: &GatewayOutcome| {
        increment_answered(sent.intent.clone(), sent.operations[0].clone(), outcome, &all, reversal).unwrap()
    };
    let more = answer(&approved(None));
    assert_eq!((more.intent.state, more.intent.amount), (IntentState::Authorized, gbp(1200)));
    let gross: Vec<_> = more.intent.splits.iter().map(|s| (s.gross.minor(), s.commission.minor())).collect();
    assert_eq!((gross, more.facts[0].amount), (vec![(840, 84), (360, 36)], gbp(200)));
    let refused = answer(&declined());
    assert_eq!((refused.intent.state, refused.intent.amount), (IntentState::Authorized, gbp(1000)));
    for lost in [answer(&unknown()), answer(&approved(Some(100)))] {
        assert!(lost.intent.state == IntentState::Incrementing && lost.facts.is_empty());
        assert!(lost.operations[0].reversal.is_some());
        let back = reversed(lost.intent, lost.operations[0].clone()).unwrap();
        assert_eq!((back.intent.state, back.intent.amount), (IntentState::Authorized, gbp(1000)));
        assert!(back.intent.decline.is_none(), "the payment is not declined");
    }
}

#[test]
fn refunds_never_exceed_what_was_captured() {
    let refund = |intent: &Intent, parts: &[(&str, i64)], n| {
        let parts = parts.iter().map(|(s, m)| (Payee::seller(*s).unwrap(), gbp(*m))).collect();
        begin_refund(intent.clone(), &RefundRequest::of(parts), birth(n))
    };
    let open = begin(&[("22", 500)]).intent;
    assert_eq!(refund(&open, &[("22", 1)], 4).unwrap_err().code().code, "PAYMENTS_NOT_CAPTURED");
    let intent = captured(&[("22", 500), ("84", 105)]);
    let first = refund(&intent, &[("22", 200), ("84", 5)], 4).unwrap();
    let MoneyEvent::RefundAccepted { parts } = &first.facts[0].event else { panic!("{:?}", first.facts) };
    assert_eq!(
        (first.facts[0].amount, parts[0].commission_back, parts[1].commission_back),
        (gbp(205), gbp(20), gbp(0))
    );
    let code = |parts: &[(&str, i64)]| refund(&first.intent, parts, 5).unwrap_err().code().code;
    assert_eq!(code(&[("22", 301)]), "PAYMENTS_REFUND_EXCEEDS");
    assert_eq!(code(&[("22", 0)]), "PAYMENTS_AMOUNT_NOT_POSITIVE");
    assert_eq!(code(&[("21", 1)]), "PAYMENTS_NO_SUCH_PAYEE");
    assert_eq!(code(&[("22", 1), ("22", 1)]), "PAYMENTS_PAYEE_TWICE");
    assert_eq!(code(&[]), "PAYMENTS_PAYEE_COUNT");
    let by_amount = |minor: Option<i64>| RefundRequest::of_amount(&first.intent, minor.map(gbp));
    assert_eq!(by_amount(Some(401)).unwrap_err().code().code, "PAYMENTS_REFUND_EXCEEDS");
    assert_eq!(by_amount(Some(0)).unwrap_err().code().code, "PAYMENTS_AMOUNT_NOT_POSITIVE");
    let sum = by_amount(None).unwrap().parts.iter().map(|p| p.1.minor()).sum::<i64>();
    assert_eq!(sum, 400, "all that is left");
    assert_eq!(RefundRequest::of_amount(&open, None).unwrap_err().code().code, "PAYMENTS_NOT_CAPTURED");
    let rest = refund(&first.intent, &[("22", 300), ("84", 100)], 6).unwrap();
    assert_eq!(refund(&rest.intent, &[("84", 1)], 7).unwrap_err().code().code, "PAYMENTS_REFUND_EXCEEDS");

    let operation = rest.operations[0].clone();
    let (lost, facts) = refund_answered(operation.clone(), &unknown()).unwrap();
    assert!((lost.state, facts.as_slice()) == (OperationState::Unknown, &[]));
    let (done, facts) = refund_answered(lost, &approved(None)).unwrap();
    assert!(done.state == OperationState::Succeeded && facts[0].event == MoneyEvent::RefundDone);
    let (refused, facts) = refund_answered(operation, &declined()).unwrap();
    assert!(refused.state == OperationState::Declined && facts[0].event == MoneyEvent::RefundRefused);
}

#[test]
fn records_keep_their_shape() {
    let step = begin(&[("22", 500)]);
    let json = serde_json::to_string(&(&step.intent, &step.operations)).unwrap();
    assert_eq!(
        serde_json::from_str::<(Intent, Vec<Operation>)>(&json).unwrap(),
        (step.intent, step.operations)
    );
}

#[test]
fn what_the_screen_blocks_was_never_sent() {
    let step = block(begin(&[("a", 100)]), DeclineCode::Blocked).unwrap();
    assert_eq!(step.intent.state, IntentState::Declined);
    assert_eq!(step.intent.decline.as_ref().map(|d| d.code), Some(DeclineCode::Blocked));
    assert_eq!(step.operations[0].state, OperationState::NotSent);
    assert!(step.facts.is_empty());
    let again = begin_authorization(step.intent.clone(), false, birth(3)).unwrap();
    assert_eq!(again.intent.state, IntentState::Authorizing, "it can be tried again");
    let sent = answered(begin(&[("a", 100)]), &approved(None)).unwrap();
    assert_eq!(block(sent, DeclineCode::Blocked).unwrap_err().code().code, "PAYMENTS_OPERATION_STATE");
}

#[test]
fn a_challenge_stands_for_one_amount_one_method_and_one_time() {
    let id = ChallengeId::from_raw(7 << 8);
    let asked = challenge(made(&[("a", 100)]).unwrap(), id, NOW).unwrap();
    assert_eq!(asked.state, IntentState::ActionRequired);
    let again = challenge(asked.clone(), ChallengeId::from_raw(8 << 8), NOW).unwrap();
    assert_eq!(again.risk.challenge, asked.risk.challenge, "the one that is asked stays");

    let other = ChallengeId::from_raw(9 << 8);
    let no = challenge_ended(asked.clone(), other, Some("totp".into()), NOW).unwrap_err();
    assert_eq!(no.code().code, "PAYMENTS_NO_SUCH_CHALLENGE");
    let late = NOW.saturating_add_secs(Challenge::SECS);
    assert!(challenge_ended(asked.clone(), id, Some("totp".into()), late).is_err(), "it ran out");

    let passed = challenge_ended(asked.clone(), id, Some("totp".into()), NOW).unwrap();
    assert_eq!(passed.state, IntentState::New);
    assert!(passed.risk.challenge.as_ref().unwrap().passed(&passed, NOW));
    assert!(!passed.risk.challenge.as_ref().unwrap().passed(&passed, late), "used too late");
    assert!(challenge_ended(passed.clone(), id, None, NOW).is_err(), "it ends once");
    let changes = Changes { amount: Some((gbp(101), vec![])), ..Changes::default() };
    let dearer = update(passed.clone(), changes).unwrap();
    assert!(!dearer.risk.challenge.as_ref().unwrap().passed(&dearer, NOW), "another amount");
    let card = Changes { method: Some(MethodRef::new("tok2", "1111", "3012")), ..Changes::default() };
    let other_card = update(passed, card).unwrap();
    assert!(!other_card.risk.challenge.as_ref().unwrap().passed(&other_card, NOW), "another card");

    let failed = challenge_ended(asked, id, None, NOW).unwrap();
    assert_eq!(failed.decline.as_ref().map(|d| d.code), Some(DeclineCode::AuthenticationRequired));
    assert_eq!(failed.state, IntentState::Declined);
}

#[test]
fn nothing_is_captured_while_a_person_looks() {
    let mut intent = held(&[("a", 100)]);
    let id = ReviewId::from_raw(5 << 8);
    intent.risk.review = Some(id);
    let money = money(100, 100, 0);
    let refused = capture(&intent, &CaptureRequest::default(), &money).unwrap_err();
    assert_eq!(refused.code().code, "PAYMENTS_UNDER_REVIEW");
    let other = ReviewId::from_raw(6 << 8);
    assert_eq!(
        review_closed(intent.clone(), other, true).unwrap_err().code().code,
        "PAYMENTS_NO_SUCH_REVIEW"
    );
    let closed = review_closed(intent, id, true).unwrap();
    assert!(capture(&closed, &CaptureRequest::default(), &money).is_ok());
}
