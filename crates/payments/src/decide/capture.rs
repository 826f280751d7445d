//! Captures: held money is taken, at once or in parts.

use super::{Birth, Step, decline_of, event_of, fact, no_payee_twice, note, spread};
use crate::{
    CapturedPart, GatewayOutcome, Intent, IntentEvent, MoneyEvent, MoneyView, Operation, OperationKind,
    OperationState, Part, PaymentsError, next_intent, next_operation,
};
use pmts_money::Money;

/// What to capture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaptureRequest {
    /// How much; `None`: all that is held.
    pub amount: Option<Money>,
    /// Another capture may follow: the rest of the hold stays.
    pub more_follows: bool,
    /// Whose parts; they add up to the amount. None: of all, in proportion to what is left of each.
    pub parts: Vec<Part>,
}

/// Begins a capture: it is about to be sent, and what it takes is reserved.
///
/// # Errors
/// [`PaymentsError::IntentState`] unless the money is held and nothing is under way; [`PaymentsError::HoldExceeded`];
/// [`PaymentsError`] when the parts are not possible.
pub fn begin_capture(
    mut intent: Intent,
    request: &CaptureRequest,
    money: &MoneyView,
    birth: Birth,
) -> Result<Step, PaymentsError> {
    intent.risk.admits()?;
    intent.state = next_intent(intent.state, IntentEvent::CaptureSent)?;
    let amount = request.amount.unwrap_or(money.held);
    if !amount.is_positive() {
        return Err(PaymentsError::AmountNotPositive(amount));
    }
    if amount.currency() != money.held.currency() || amount.minor() > money.held.minor() {
        return Err(PaymentsError::HoldExceeded { asked: amount, held: money.held });
    }
    let left: Vec<_> = intent.splits.iter().map(|s| (&s.payee, s.uncaptured())).collect();
    let everything = Money::sum(amount.currency(), left.iter().map(|(_, m)| *m))?;
    let parts = if !request.parts.is_empty() {
        request.parts.clone()
    } else if everything == amount {
        vec![]
    } else {
        spread(amount, &left)?
    };
    let mut operation = birth.operation(&intent, OperationKind::Capture, amount);
    (operation.last, operation.parts) = (!request.more_follows, parts);
    // Judged now, not when the money is taken.
    take(&mut intent.clone(), &operation)?;
    let facts = vec![fact(&operation, MoneyEvent::CaptureSent)];
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Takes what became of a capture. After the last one, what is left of the hold is to be given up: see
/// [`begin_release`](super::begin_release).
///
/// # Errors
/// [`PaymentsError`] when intent or operation are not in a state for it.
pub fn capture_answered(
    mut intent: Intent,
    mut operation: Operation,
    outcome: &GatewayOutcome,
) -> Result<Step, PaymentsError> {
    operation.state = next_operation(operation.kind, operation.state, event_of(outcome))?;
    let mut facts = Vec::new();
    match operation.state {
        OperationState::Succeeded => {
            let event = if operation.last { IntentEvent::LastCaptureDone } else { IntentEvent::CaptureDone };
            intent.state = next_intent(intent.state, event)?;
            let parts = take(&mut intent, &operation)?;
            facts.push(fact(&operation, MoneyEvent::Captured { parts }));
        }
        OperationState::Declined => {
            intent.state = next_intent(intent.state, IntentEvent::CaptureRefused)?;
            operation.decline = Some(decline_of(outcome));
            facts.push(fact(&operation, MoneyEvent::CaptureRefused));
        }
        _ => {}
    }
    note(&mut operation, outcome);
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Takes the operation's parts from the splits.
fn take(intent: &mut Intent, operation: &Operation) -> Result<Vec<CapturedPart>, PaymentsError> {
    let parts: Vec<Part> = if operation.parts.is_empty() {
        let rest = intent.splits.iter().map(|s| Part { payee: s.payee.clone(), amount: s.uncaptured() });
        rest.filter(|p| !p.amount.is_zero()).collect()
    } else {
        operation.parts.clone()
    };
    no_payee_twice(parts.iter().map(|p| &p.payee))?;
    let sum = Money::sum(operation.amount.currency(), parts.iter().map(|p| p.amount))?;
    if sum != operation.amount {
        return Err(PaymentsError::PartsDiffer { parts: sum, amount: operation.amount });
    }
    let mut captured = Vec::with_capacity(parts.len());
    for Part { payee, amount } in parts {
        let split = intent.splits.iter_mut().find(|s| s.payee == payee);
        let split = split.ok_or_else(|| PaymentsError::NoSuchPayee(payee.to_string()))?;
        captured.push(CapturedPart { commission: split.capture(amount)?, payee, amount });
    }
    Ok(captured)
}
