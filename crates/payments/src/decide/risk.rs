//! What the risk screen does to a payment: it is blocked, its payer is challenged, it waits for a person.

use super::Step;
use crate::{
    Challenge, ChallengeId, ChallengeState, Decline, DeclineCode, Intent, IntentEvent, IntentState,
    OperationEvent, PaymentsError, ReviewId, next_intent, next_operation,
};
use pmts_kernel::Timestamp;

/// Ends an authorization that was begun and not sent, and is not to be: the screen says so, or the payer who is asked for a
/// challenge is not there. The attempt is kept as one that never left us.
///
/// # Errors
/// [`PaymentsError`] when the step is none that begins an authorization.
pub fn block(step: Step, code: DeclineCode) -> Result<Step, PaymentsError> {
    let Step { mut intent, mut operations, .. } = step;
    for operation in &mut operations {
        operation.state = next_operation(operation.kind, operation.state, OperationEvent::NotSent)?;
        operation.decline = Some(Decline { code, raw: None, retry: None });
    }
    intent.state = next_intent(intent.state, IntentEvent::AuthorizationEnded)?;
    intent.decline = Some(Decline { code, raw: None, retry: None });
    Ok(Step { intent, operations, facts: vec![] })
}

/// Asks the payer for a challenge before anything is sent. A challenge that is asked already and still fits stays.
///
/// # Errors
/// [`PaymentsError::IntentState`] when it was sent already.
pub fn challenge(mut intent: Intent, id: ChallengeId, now: Timestamp) -> Result<Intent, PaymentsError> {
    intent.state = next_intent(intent.state, IntentEvent::ChallengeAsked)?;
    intent.decline = None;
    if !intent.risk.awaits(&intent, now) {
        intent.risk.challenge = Some(Challenge::of(&intent, id, now));
    }
    Ok(intent)
}

/// Takes what came of a challenge. Passed, the payment can be confirmed again; failed, it is declined and can be tried again.
///
/// # Errors
/// [`PaymentsError::NoSuchChallenge`] for another challenge than the one that is asked, one that ran out, or one whose payment
/// was changed; [`PaymentsError::IntentState`].
pub fn challenge_ended(
    mut intent: Intent,
    id: ChallengeId,
    passed: Option<String>,
    now: Timestamp,
) -> Result<Intent, PaymentsError> {
    let asked = intent.risk.challenge.clone().filter(|c| c.id == id && c.state == ChallengeState::Asked);
    let mut challenge = asked
        .filter(|c| c.fits(&intent, now))
        .ok_or_else(|| PaymentsError::NoSuchChallenge(id.to_string()))?;
    if let Some(factor) = passed {
        intent.state = next_intent(intent.state, IntentEvent::ChallengePassed)?;
        (challenge.state, challenge.factor) = (ChallengeState::Passed, Some(factor));
    } else {
        intent.state = next_intent(intent.state, IntentEvent::ChallengeFailed)?;
        challenge.state = ChallengeState::Failed;
        intent.decline = Some(Decline { code: DeclineCode::AuthenticationRequired, raw: None, retry: None });
    }
    intent.risk.challenge = Some(challenge);
    Ok(intent)
}

/// Closes the review a payment waits for. Released, it can be captured, and waits for no other review; rejected, it never can.
///
/// # Errors
/// [`PaymentsError::NoSuchReview`] when it does not wait for this one, [`PaymentsError::IntentState`] while something is under way:
/// what becomes of the hold is not known then.
pub fn review_closed(mut intent: Intent, id: ReviewId, released: bool) -> Result<Intent, PaymentsError> {
    if intent.risk.review != Some(id) {
        return Err(PaymentsError::NoSuchReview(id.to_string()));
    }
    let event = if released { IntentEvent::CaptureSent } else { IntentEvent::VoidSent };
    if matches!(
        intent.state,
        IntentState::Authorizing
            | IntentState::Incrementing
            | IntentState::Capturing
            | IntentState::Canceling
    ) {
        return Err(PaymentsError::IntentState { state: intent.state, event });
    }
    intent.risk.review = None;
    (intent.risk.released, intent.risk.rejected) = (released, !released);
    Ok(intent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CaptureMethod, MoneyView, NewPayment, Payee, PaymentId, Split};
    use pmts_money::{Currency, Money};

    #[test]
    fn what_a_person_rejects_is_never_captured_also_if_the_hold_is_not_given_up() {
        let gbp = |minor| Money::new(minor, Currency::GBP);
        let split = Split::new(Payee::Platform, gbp(100), gbp(0)).unwrap();
        let new =
            NewPayment { capture: CaptureMethod::Manual, ..NewPayment::of_splits(vec![split]).unwrap() };
        let now = Timestamp::from_micros(0);
        let mut intent = super::super::create(new, PaymentId::from_raw(1 << 8), now).unwrap();
        let review = ReviewId::from_raw(2 << 8);
        (intent.state, intent.risk.review) = (crate::IntentState::Authorized, Some(review));
        for under_way in [IntentState::Incrementing, IntentState::Capturing, IntentState::Canceling] {
            let busy = Intent { state: under_way, ..intent.clone() };
            assert!(matches!(review_closed(busy, review, false), Err(PaymentsError::IntentState { .. })));
        }
        let rejected = review_closed(intent.clone(), review, false).unwrap();
        let money = MoneyView { authorized: gbp(100), held: gbp(100), ..MoneyView::none(gbp(0)) };
        let birth = || super::super::Birth {
            id: crate::OperationId::from_raw(3 << 8),
            reference: crate::GatewayReference("r".into()),
            now,
            trace: None,
        };
        let capture = super::super::begin_capture(rejected.clone(), &Default::default(), &money, birth());
        assert_eq!(capture.unwrap_err(), PaymentsError::Rejected);
        let more = super::super::begin_increment(rejected, gbp(200), &money, birth());
        assert_eq!(more.unwrap_err(), PaymentsError::Rejected);
        let released = review_closed(intent, review, true).unwrap();
        assert!(released.risk.released);
        let more = super::super::begin_increment(released, gbp(200), &money, birth()).unwrap();
        assert!(!more.intent.risk.released, "what a person let go on was less");
    }
}
