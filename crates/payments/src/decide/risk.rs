//! What the risk screen does to a payment: it is blocked, its payer is challenged, it waits for a person.

use super::Step;
use crate::{
    Challenge, ChallengeId, ChallengeState, Decline, DeclineCode, Intent, IntentEvent, OperationEvent,
    PaymentsError, ReviewId, next_intent, next_operation,
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
    let asked = |c: &Challenge| c.state == ChallengeState::Asked && c.fits(&intent, now);
    if !intent.risk.challenge.as_ref().is_some_and(asked) {
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

/// Closes the review a payment waits for. Released, it can be captured, and waits for no other review.
///
/// # Errors
/// [`PaymentsError::NoSuchReview`] when it does not wait for this one.
pub fn review_closed(mut intent: Intent, id: ReviewId, released: bool) -> Result<Intent, PaymentsError> {
    if intent.risk.review != Some(id) {
        return Err(PaymentsError::NoSuchReview(id.to_string()));
    }
    (intent.risk.review, intent.risk.released) = (None, released);
    Ok(intent)
}
