//! Refunds: captured money is given back.

use super::{Birth, PAYEES_MAX, Step, decline_of, event_of, fact, no_payee_twice, note};
use crate::{
    Fact, GatewayOutcome, Intent, MoneyEvent, Operation, OperationKind, OperationState, Part, Payee,
    PaymentsError, RefundedPart, next_operation,
};
use pmts_money::Money;
use std::collections::BTreeMap;

/// A refund of a captured payment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefundRequest {
    /// How much of whose parts.
    pub parts: Vec<(Payee, Money)>,
    /// Why, a word for the caller's own use.
    pub reason: Option<String>,
    /// Names and values of the caller's own.
    pub metadata: BTreeMap<String, String>,
}

impl RefundRequest {
    /// A refund of these parts.
    pub fn of(parts: Vec<(Payee, Money)>) -> Self {
        Self { parts, ..Self::default() }
    }

    /// A refund of so much (`None`: of all that is left), out of all parts in proportion to what is left of each.
    ///
    /// # Errors
    /// [`PaymentsError::NotCaptured`]; [`PaymentsError::RefundExceeds`]; [`PaymentsError::AmountNotPositive`].
    pub fn of_amount(intent: &Intent, amount: Option<Money>) -> Result<Self, PaymentsError> {
        let left: Vec<_> = intent.splits.iter().map(|s| (&s.payee, s.refundable())).collect();
        let all = Money::sum(intent.amount.currency(), left.iter().map(|(_, m)| *m))?;
        if intent.splits.iter().all(|s| s.captured.is_zero()) {
            return Err(PaymentsError::NotCaptured(intent.state));
        }
        let amount = amount.unwrap_or(all);
        if amount.currency() != all.currency() || amount.minor() > all.minor() || all.is_zero() {
            return Err(PaymentsError::RefundExceeds {
                payee: "the payment".into(),
                asked: amount,
                left: all,
            });
        }
        if !amount.is_positive() {
            return Err(PaymentsError::AmountNotPositive(amount));
        }
        let parts = super::spread(amount, &left)?.into_iter().map(|p| (p.payee, p.amount)).collect();
        Ok(Self::of(parts))
    }
}

/// Accepts a refund: from here on it is owed to the customer.
///
/// # Errors
/// [`PaymentsError`] when nothing is captured or a part exceeds what is left.
pub fn begin_refund(
    mut intent: Intent,
    request: &RefundRequest,
    birth: Birth,
) -> Result<Step, PaymentsError> {
    if intent.splits.iter().all(|s| s.captured.is_zero()) {
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
    let mut operation = birth.operation(&intent, OperationKind::Refund, amount);
    operation.parts = parts.iter().map(|p| Part { payee: p.payee.clone(), amount: p.amount }).collect();
    (operation.reason, operation.metadata) = (request.reason.clone(), request.metadata.clone());
    let facts = vec![fact(&operation, MoneyEvent::RefundAccepted { parts })];
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
    let facts = match operation.state {
        OperationState::Succeeded => vec![fact(&operation, MoneyEvent::RefundDone)],
        OperationState::Declined => {
            operation.decline = Some(decline_of(outcome));
            vec![fact(&operation, MoneyEvent::RefundRefused)]
        }
        _ => vec![],
    };
    note(&mut operation, outcome);
    Ok((operation, facts))
}
