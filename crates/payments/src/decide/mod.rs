//! The decisions: pure functions from what is known to what is written next. A file per operation.
//!
//! Each takes the records as they were read, and for what depends on money the [`MoneyView`](crate::MoneyView) read from
//! the ledger, and gives a [`Step`]: the records after it and the facts to book. The caller commits all of it at once; if
//! another was faster, the commit fails and the step is decided again.

mod authorize;
mod capture;
mod create;
mod increment;
mod refund;
mod release;
mod risk;

pub use authorize::{authorization_answered, begin_authorization, reversed};
pub use capture::{CaptureRequest, begin_capture, capture_answered};
pub use create::{Changes, NewPayment, create, give_up, update};
pub use increment::{begin_increment, increment_answered};
pub use refund::{RefundRequest, begin_refund, refund_answered};
pub use release::{Ending, begin_release, begin_void, end_captured, release_answered, void_answered};
pub use risk::{block, challenge, challenge_ended, review_closed};

use crate::{
    Checks, Decline, DeclineCode, Fact, GatewayOutcome, GatewayReference, Intent, MoneyEvent, Operation,
    OperationEvent, OperationId, OperationKind, OperationState, Part, Payee, PaymentsError,
};
use pmts_kernel::Timestamp;
use pmts_money::Money;

/// Most payees of one purchase: what one step can book.
pub const PAYEES_MAX: usize = 60;

/// How long an issuer holds money for us. The networks allow more to some trades; no issuer of a plain online purchase
/// owes more.
pub const HOLD_SECS: i64 = 7 * 86_400;

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

/// What an operation is born with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// Its id.
    pub id: OperationId,
    /// What the outside will know it by.
    pub reference: GatewayReference,
    /// When it is decided.
    pub now: Timestamp,
    /// The request that asks for it, to be found again in logs.
    pub trace: Option<String>,
}

impl Birth {
    fn operation(self, intent: &Intent, kind: OperationKind, amount: Money) -> Operation {
        Operation {
            id: self.id,
            payment: intent.id,
            kind,
            amount,
            approved: None,
            state: OperationState::Pending,
            reference: self.reference,
            reversal: None,
            approval_code: None,
            decline: None,
            created: self.now,
            allow_partial: false,
            last: false,
            parts: vec![],
            method: None,
            checks: Checks::default(),
            reason: None,
            metadata: std::collections::BTreeMap::new(),
            live: intent.live,
            trace: self.trace,
        }
    }
}

fn fact(operation: &Operation, event: MoneyEvent) -> Fact {
    Fact { payment: operation.payment, operation: operation.id, amount: operation.effective(), event }
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
        GatewayOutcome::Declined { code, raw, retry, .. } => {
            Decline { code: *code, raw: raw.clone(), retry: *retry }
        }
        _ => Decline { code: DeclineCode::GatewayUnavailable, raw: None, retry: None },
    }
}

/// Keeps what the issuer said beside yes or no.
fn note(operation: &mut Operation, outcome: &GatewayOutcome) {
    match outcome {
        GatewayOutcome::Approved { approval_code, checks, .. } => {
            operation.approval_code.clone_from(approval_code);
            operation.checks = *checks;
        }
        GatewayOutcome::Declined { checks, .. } => operation.checks = *checks,
        GatewayOutcome::NotSent { .. } | GatewayOutcome::Unknown { .. } => {}
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

/// Spreads an amount over parts of which so much is left, in proportion to it: by the largest remainder, the earlier part
/// first. What falls out at zero is left out.
fn spread(amount: Money, left: &[(&Payee, Money)]) -> Result<Vec<Part>, PaymentsError> {
    let weights: Vec<u64> = left.iter().map(|(_, m)| m.minor().max(0).unsigned_abs()).collect();
    let shares = amount.allocate(&weights)?;
    let parts = left.iter().zip(shares).filter(|(_, share)| !share.is_zero());
    Ok(parts.map(|((payee, _), amount)| Part { payee: (*payee).clone(), amount }).collect())
}
