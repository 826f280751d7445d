//! Holds given up: the whole by a void, what is left beside captures by a release.

use super::{Birth, Step, decline_of, event_of, fact, note};
use crate::{
    CancelReason, GatewayOutcome, Intent, IntentEvent, MoneyEvent, MoneyView, Operation, OperationKind,
    OperationState, PaymentsError, next_intent, next_operation,
};

/// What a release follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The last capture, which the step before recorded.
    LastCapture,
    /// The wish to capture no more, while the rest is held.
    RestGivenUp,
}

/// Begins to give up the whole hold, of which nothing is captured.
///
/// # Errors
/// [`PaymentsError::IntentState`] unless the money is held and nothing is under way.
pub fn begin_void(
    mut intent: Intent,
    reason: Option<CancelReason>,
    money: &MoneyView,
    birth: Birth,
) -> Result<Step, PaymentsError> {
    intent.state = next_intent(intent.state, IntentEvent::VoidSent)?;
    intent.canceled = Some((birth.now, reason));
    let operation = birth.operation(&intent, OperationKind::Void, money.held);
    let facts = vec![fact(&operation, MoneyEvent::ReleaseSent)];
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Takes what became of a void. A hold that had come to its end is gone, whatever the issuer says.
///
/// # Errors
/// [`PaymentsError`] when intent or operation are not in a state for it.
pub fn void_answered(
    mut intent: Intent,
    mut operation: Operation,
    outcome: &GatewayOutcome,
) -> Result<Step, PaymentsError> {
    operation.state = next_operation(operation.kind, operation.state, event_of(outcome))?;
    let expired = matches!(intent.canceled, Some((_, Some(CancelReason::Expired))));
    let mut facts = Vec::new();
    match operation.state {
        OperationState::Declined if !expired => {
            intent.state = next_intent(intent.state, IntentEvent::VoidRefused)?;
            intent.canceled = None;
            operation.decline = Some(decline_of(outcome));
            facts.push(fact(&operation, MoneyEvent::ReleaseRefused));
        }
        OperationState::Declined | OperationState::Succeeded => {
            intent.state = next_intent(intent.state, IntentEvent::VoidDone)?;
            facts.push(fact(&operation, MoneyEvent::Released));
        }
        _ => {}
    }
    note(&mut operation, outcome);
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Ends a payment of which all that was held is captured, though more captures could have followed.
///
/// # Errors
/// [`PaymentsError::IntentState`] when something else is under way.
pub fn end_captured(mut intent: Intent) -> Result<Intent, PaymentsError> {
    intent.state = next_intent(intent.state, IntentEvent::RestGivenUp)?;
    Ok(intent)
}

/// Begins to give up what is left of a hold of which a part is captured.
///
/// # Errors
/// [`PaymentsError::IntentState`] when something else is under way.
pub fn begin_release(
    mut intent: Intent,
    ending: Ending,
    money: &MoneyView,
    birth: Birth,
) -> Result<Step, PaymentsError> {
    if ending == Ending::RestGivenUp {
        intent.state = next_intent(intent.state, IntentEvent::RestGivenUp)?;
    }
    let operation = birth.operation(&intent, OperationKind::Release, money.held);
    let facts = vec![fact(&operation, MoneyEvent::ReleaseSent)];
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Takes what became of a release. The intent does not change: what is captured stays captured.
///
/// # Errors
/// [`PaymentsError`] when the operation is not in a state for it.
pub fn release_answered(
    intent: Intent,
    mut operation: Operation,
    outcome: &GatewayOutcome,
) -> Result<Step, PaymentsError> {
    operation.state = next_operation(operation.kind, operation.state, event_of(outcome))?;
    let facts = match operation.state {
        // The hold is of no use to us in any case: what the issuer keeps of it lapses.
        OperationState::Succeeded | OperationState::Declined => vec![fact(&operation, MoneyEvent::Released)],
        _ => vec![],
    };
    note(&mut operation, outcome);
    Ok(Step { intent, operations: vec![operation], facts })
}
