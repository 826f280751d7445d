//! Increments: the issuer is asked to hold more.

use super::{Birth, Step, decline_of, event_of, fact, note, spread};
use crate::{
    GatewayOutcome, GatewayReference, Intent, IntentEvent, MoneyEvent, MoneyView, Operation, OperationEvent,
    OperationKind, OperationState, PaymentsError, next_intent, next_operation,
};
use pmts_money::Money;

/// Asks for a hold of `total` in all.
///
/// # Errors
/// [`PaymentsError::NotMore`] unless that is more than what was authorized, [`PaymentsError::UnderReview`],
/// [`PaymentsError::Rejected`], [`PaymentsError::IntentState`].
pub fn begin_increment(
    mut intent: Intent,
    total: Money,
    money: &MoneyView,
    birth: Birth,
) -> Result<Step, PaymentsError> {
    intent.risk.admits()?;
    intent.state = next_intent(intent.state, IntentEvent::IncrementSent)?;
    // What a person let go on was less.
    intent.risk.released = false;
    let now = money.authorized;
    if total.currency() != now.currency() || total.minor() <= now.minor() {
        return Err(PaymentsError::NotMore { asked: total, held: now });
    }
    let operation = birth.operation(&intent, OperationKind::Increment, total.checked_sub(now)?);
    Ok(Step { intent, operations: vec![operation], facts: vec![] })
}

/// Takes what became of an increment; `money` is that from before it. The amount grows only if more than it is held then;
/// each payee's part grows in proportion.
///
/// # Errors
/// [`PaymentsError`] when intent or operation are not in a state for it.
pub fn increment_answered(
    mut intent: Intent,
    mut operation: Operation,
    outcome: &GatewayOutcome,
    money: &MoneyView,
    reversal: impl FnOnce() -> GatewayReference,
) -> Result<Step, PaymentsError> {
    let partly = matches!(outcome, GatewayOutcome::Approved { amount: Some(amount), .. } if *amount != operation.amount);
    let event = if partly { OperationEvent::PartlyApproved } else { event_of(outcome) };
    operation.state = next_operation(operation.kind, operation.state, event)?;
    let mut facts = Vec::new();
    match operation.state {
        OperationState::Succeeded => {
            intent.state = next_intent(intent.state, IntentEvent::IncrementEnded)?;
            // After a partial approval more may be held, and still not more than the amount.
            let total = money.authorized.checked_add(operation.amount)?;
            let more = total.checked_sub(intent.amount)?;
            if more.is_positive() {
                let shares: Vec<_> = intent.splits.iter().map(|s| (&s.payee, s.gross)).collect();
                for part in spread(more, &shares)? {
                    if let Some(split) = intent.splits.iter_mut().find(|s| s.payee == part.payee) {
                        split.grow(part.amount)?;
                    }
                }
                intent.amount = total;
            }
            facts.push(fact(&operation, MoneyEvent::Authorized));
        }
        OperationState::Declined | OperationState::NotSent => {
            intent.state = next_intent(intent.state, IntentEvent::IncrementEnded)?;
            operation.decline = Some(decline_of(outcome));
        }
        _ => operation.reversal = Some(reversal()),
    }
    note(&mut operation, outcome);
    Ok(Step { intent, operations: vec![operation], facts })
}
