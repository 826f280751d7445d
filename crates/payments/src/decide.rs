//! The decisions: pure functions from what is known to what is written next.

use crate::{
    CustomerRef, Decline, DeclineCode, Fact, GatewayOutcome, GatewayReference, Intent, IntentEvent,
    IntentState, MethodRef, Operation, OperationEvent, OperationId, OperationKind, OperationState, OrderRef,
    Payee, PaymentId, PaymentsError, RefundedPart, Split, next_intent, next_operation,
};
use pmts_kernel::Timestamp;
use pmts_money::Money;

/// Most payees of one purchase: what one step can book.
pub const PAYEES_MAX: usize = 60;

/// What a step wrote: the intent, the operations it touched, and what happened to the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The intent after the step.
    pub intent: Intent,
    /// Operations made or changed.
    pub operations: Vec<Operation>,
    /// What to book.
    pub facts: Vec<Fact>,
}

/// The ids a purchase needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    /// For the payment.
    pub payment: PaymentId,
    /// For its first operation.
    pub operation: OperationId,
}

/// A purchase to be authorized and captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// What is paid for.
    pub order: OrderRef,
    /// Who pays; `None`: a guest.
    pub customer: Option<CustomerRef>,
    /// How.
    pub method: MethodRef,
    /// Who gets which part; their sum is the amount.
    pub splits: Vec<Split>,
}

/// A refund of a captured payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// How much of whose parts.
    pub parts: Vec<(Payee, Money)>,
}

/// Begins a purchase: the authorization is about to be sent.
///
/// # Errors
/// [`PaymentsError`] when the splits are not possible.
pub fn begin_purchase(
    purchase: Purchase,
    ids: Ids,
    reference: GatewayReference,
    now: Timestamp,
) -> Result<Step, PaymentsError> {
    let Purchase { order, customer, method, splits } = purchase;
    if splits.is_empty() || splits.len() > PAYEES_MAX {
        return Err(PaymentsError::PayeeCount { found: splits.len(), max: PAYEES_MAX });
    }
    no_payee_twice(splits.iter().map(|s| &s.payee))?;
    let amount = Money::sum(splits[0].gross.currency(), splits.iter().map(|s| s.gross))?;
    let state = next_intent(IntentState::New, IntentEvent::AuthorizationSent)?;
    let intent = Intent {
        id: ids.payment,
        order,
        customer,
        method,
        amount,
        splits,
        state,
        decline: None,
        created: now,
    };
    let operation = operation(ids.operation, intent.id, OperationKind::Authorize, amount, reference, now);
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
    reversal: impl FnOnce() -> GatewayReference,
) -> Result<Step, PaymentsError> {
    let partial = matches!(outcome, GatewayOutcome::Approved { amount: Some(amount), .. } if *amount != operation.amount);
    let event = if partial { OperationEvent::PartlyApproved } else { event_of(outcome) };
    operation.state = next_operation(operation.kind, operation.state, event)?;
    let mut facts = Vec::new();
    match operation.state {
        OperationState::Succeeded => {
            intent.state = next_intent(intent.state, IntentEvent::AuthorizationApproved)?;
            facts.push(Fact::Authorized {
                payment: intent.id,
                operation: operation.id,
                amount: operation.amount,
            });
        }
        OperationState::Declined | OperationState::NotSent => {
            intent.state = next_intent(intent.state, IntentEvent::AuthorizationEnded)?;
            intent.decline = Some(decline_of(outcome));
            operation.decline = intent.decline.clone();
        }
        OperationState::Reversing => {
            operation.decline = Some(Decline { code: DeclineCode::PartialApproval, raw: None })
        }
        _ => {}
    }
    if matches!(operation.state, OperationState::Unknown | OperationState::Reversing) {
        operation.reversal = Some(reversal());
    }
    if let GatewayOutcome::Approved { approval_code, .. } = outcome {
        operation.approval_code.clone_from(approval_code);
    }
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Takes the confirmation that an authorization was reversed.
///
/// # Errors
/// [`PaymentsError`] when there was nothing to reverse.
pub fn authorization_reversed(mut intent: Intent, mut operation: Operation) -> Result<Step, PaymentsError> {
    operation.state = next_operation(operation.kind, operation.state, OperationEvent::ReversalConfirmed)?;
    intent.state = next_intent(intent.state, IntentEvent::AuthorizationEnded)?;
    let decline =
        operation.decline.clone().unwrap_or(Decline { code: DeclineCode::ReversedAfterTimeout, raw: None });
    (intent.decline, operation.decline) = (Some(decline.clone()), Some(decline));
    Ok(Step { intent, operations: vec![operation], facts: vec![] })
}

/// Begins the capture of all that is held.
///
/// # Errors
/// [`PaymentsError::IntentState`] unless the money is held and no capture is under way.
pub fn begin_capture(
    mut intent: Intent,
    id: OperationId,
    reference: GatewayReference,
    now: Timestamp,
) -> Result<Step, PaymentsError> {
    intent.state = next_intent(intent.state, IntentEvent::CaptureSent)?;
    let operation = operation(id, intent.id, OperationKind::Capture, intent.amount, reference, now);
    let facts = vec![Fact::CaptureSent { payment: intent.id, operation: id, amount: intent.amount }];
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Takes what became of a capture.
///
/// # Errors
/// [`PaymentsError`] when intent or operation are not in a state for it.
pub fn capture_answered(
    mut intent: Intent,
    mut operation: Operation,
    outcome: &GatewayOutcome,
) -> Result<Step, PaymentsError> {
    operation.state = next_operation(operation.kind, operation.state, event_of(outcome))?;
    let (payment, id, amount) = (intent.id, operation.id, operation.amount);
    let mut facts = Vec::new();
    match operation.state {
        OperationState::Succeeded => {
            intent.state = next_intent(intent.state, IntentEvent::CaptureDone)?;
            facts.push(Fact::Captured { payment, operation: id, amount, splits: intent.splits.clone() });
        }
        OperationState::Declined => {
            intent.state = next_intent(intent.state, IntentEvent::CaptureRefused)?;
            operation.decline = Some(decline_of(outcome));
            facts.push(Fact::CaptureRefused { payment, operation: id, amount });
        }
        _ => {}
    }
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Accepts a refund: from here on it is owed to the customer.
///
/// # Errors
/// [`PaymentsError`] when the payment is not captured or a part exceeds what is left.
pub fn begin_refund(
    mut intent: Intent,
    request: &RefundRequest,
    id: OperationId,
    reference: GatewayReference,
    now: Timestamp,
) -> Result<Step, PaymentsError> {
    if intent.state != IntentState::Captured {
        return Err(PaymentsError::NotCaptured(intent.state));
    }
    if request.parts.is_empty() {
        return Err(PaymentsError::PayeeCount { found: 0, max: PAYEES_MAX });
    }
    no_payee_twice(request.parts.iter().map(|p| &p.0))?;
    let mut parts = Vec::with_capacity(request.parts.len());
    for (payee, amount) in &request.parts {
        let split = intent
            .splits
            .iter_mut()
            .find(|s| s.payee == *payee)
            .ok_or_else(|| PaymentsError::NoSuchPayee(payee.to_string()))?;
        let commission_back = split.refund(*amount)?;
        parts.push(RefundedPart { payee: payee.clone(), amount: *amount, commission_back });
    }
    let amount = Money::sum(intent.amount.currency(), parts.iter().map(|p| p.amount))?;
    let operation = operation(id, intent.id, OperationKind::Refund, amount, reference, now);
    let facts = vec![Fact::RefundAccepted { payment: intent.id, operation: id, amount, parts }];
    Ok(Step { intent, operations: vec![operation], facts })
}

/// Takes what became of a refund. The intent does not change: the ledger tells what was refunded.
///
/// # Errors
/// [`PaymentsError`] when the operation is not in a state for it.
pub fn refund_answered(
    mut operation: Operation,
    outcome: &GatewayOutcome,
) -> Result<(Operation, Vec<Fact>), PaymentsError> {
    operation.state = next_operation(operation.kind, operation.state, event_of(outcome))?;
    let (payment, id, amount) = (operation.payment, operation.id, operation.amount);
    let facts = match operation.state {
        OperationState::Succeeded => vec![Fact::RefundDone { payment, operation: id, amount }],
        OperationState::Declined => {
            operation.decline = Some(decline_of(outcome));
            vec![Fact::RefundRefused { payment, operation: id, amount }]
        }
        _ => vec![],
    };
    Ok((operation, facts))
}

fn operation(
    id: OperationId,
    payment: PaymentId,
    kind: OperationKind,
    amount: Money,
    reference: GatewayReference,
    now: Timestamp,
) -> Operation {
    Operation {
        id,
        payment,
        kind,
        amount,
        state: OperationState::Pending,
        reference,
        reversal: None,
        approval_code: None,
        decline: None,
        created: now,
    }
}

fn event_of(outcome: &GatewayOutcome) -> OperationEvent {
    match outcome {
        GatewayOutcome::Approved { .. } => OperationEvent::Approved,
        GatewayOutcome::Declined { .. } => OperationEvent::Declined,
        GatewayOutcome::NotSent { .. } => OperationEvent::NotSent,
        GatewayOutcome::Unknown { .. } => OperationEvent::TimedOut,
    }
}

fn decline_of(outcome: &GatewayOutcome) -> Decline {
    match outcome {
        GatewayOutcome::Declined { code, raw } => Decline { code: *code, raw: raw.clone() },
        _ => Decline { code: DeclineCode::GatewayUnavailable, raw: None },
    }
}

fn no_payee_twice<'a>(payees: impl Iterator<Item = &'a Payee>) -> Result<(), PaymentsError> {
    let mut seen = std::collections::HashSet::new();
    for payee in payees {
        if !seen.insert(payee) {
            return Err(PaymentsError::PayeeTwice(payee.to_string()));
        }
    }
    Ok(())
}
