//! Authorizations: the issuer is asked to hold the money.

use super::{Birth, HOLD_SECS, Step, decline_of, event_of, fact, note};
use crate::{
    Decline, DeclineCode, GatewayOutcome, GatewayReference, Intent, IntentEvent, IntentState, MoneyEvent,
    Operation, OperationEvent, OperationKind, OperationState, PaymentsError, next_intent, next_operation,
};
use pmts_kernel::Timestamp;

/// Begins an authorization of the whole amount: it is about to be sent.
///
/// # Errors
/// [`PaymentsError::IntentState`], [`PaymentsError::MethodMissing`].
pub fn begin_authorization(
    mut intent: Intent,
    allow_partial: bool,
    birth: Birth,
) -> Result<Step, PaymentsError> {
    let method = intent.method.clone().ok_or(PaymentsError::MethodMissing)?;
    intent.state = next_intent(intent.state, IntentEvent::AuthorizationSent)?;
    intent.decline = None;
    intent.attempt = Some(birth.id);
    let mut operation = birth.operation(&intent, OperationKind::Authorize, intent.amount);
    (operation.allow_partial, operation.method) = (allow_partial, Some(method));
    Ok(Step { intent, operations: vec![operation], facts: vec![] })
}

/// Takes what became of an authorization. `reversal` makes the reference of its reversal, if one is needed now.
///
/// # Errors
/// [`PaymentsError`] when intent or operation are not in a state for it: a late answer revives nothing.
pub fn authorization_answered(
    mut intent: Intent,
    mut operation: Operation,
    outcome: &GatewayOutcome,
    now: Timestamp,
    reversal: impl FnOnce() -> GatewayReference,
) -> Result<Step, PaymentsError> {
    let less = match outcome {
        GatewayOutcome::Approved { amount: Some(amount), .. } if *amount != operation.amount => Some(*amount),
        _ => None,
    };
    // Nothing or more than was asked for, or another currency, is no part of it.
    let usable = less.is_none_or(|part| {
        operation.allow_partial
            && part.currency() == operation.amount.currency()
            && part.is_positive()
            && part.minor() < operation.amount.minor()
    });
    let event = if usable { event_of(outcome) } else { OperationEvent::PartlyApproved };
    operation.state = next_operation(operation.kind, operation.state, event)?;
    let mut facts = Vec::new();
    match operation.state {
        OperationState::Succeeded => {
            operation.approved = less;
            intent.state = next_intent(intent.state, IntentEvent::AuthorizationApproved)?;
            intent.hold_until = Some(now.saturating_add_secs(HOLD_SECS));
            facts.push(fact(&operation, MoneyEvent::Authorized));
        }
        OperationState::Declined | OperationState::NotSent => {
            intent.state = next_intent(intent.state, IntentEvent::AuthorizationEnded)?;
            intent.decline = Some(decline_of(outcome));
            operation.decline = intent.decline.clone();
        }
        OperationState::Reversing => operation.decline = Some(own(DeclineCode::PartialApproval)),
        _ => {}
    }
    if matches!(operation.state, OperationState::Unknown | OperationState::Reversing) {
        operation.reversal = Some(reversal());
    }
    note(&mut operation, outcome);
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Takes the confirmation that an authorization or an increment was reversed.
///
/// # Errors
/// [`PaymentsError`] when there was nothing to reverse.
pub fn reversed(mut intent: Intent, mut operation: Operation) -> Result<Step, PaymentsError> {
    operation.state = next_operation(operation.kind, operation.state, OperationEvent::ReversalConfirmed)?;
    let decline = operation.decline.clone().unwrap_or(own(DeclineCode::ReversedAfterTimeout));
    operation.decline = Some(decline.clone());
    if operation.kind == OperationKind::Increment {
        intent.state = next_intent(intent.state, IntentEvent::IncrementEnded)?;
    } else {
        intent.state = next_intent(intent.state, IntentEvent::AuthorizationEnded)?;
        intent.decline = Some(decline);
    }
    debug_assert!(intent.state != IntentState::Authorizing);
    Ok(Step { intent, operations: vec![operation], facts: vec![] })
}

fn own(code: DeclineCode) -> Decline {
    Decline { code, raw: None, retry: None }
}
