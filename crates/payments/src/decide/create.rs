//! A payment is made, changed before it is sent, or given up while nothing is held.

use super::{PAYEES_MAX, no_payee_twice};
use crate::{
    CancelReason, CaptureMethod, CustomerRef, Details, Intent, IntentEvent, IntentState, MethodRef, OrderRef,
    Payee, PaymentId, PaymentsError, Risk, Split, next_intent,
};
use pmts_kernel::Timestamp;
use pmts_money::Money;

/// A payment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// How much.
    pub amount: Money,
    /// Who gets which part; they add up to the amount. None: the marketplace itself gets all.
    pub splits: Vec<Split>,
    /// What is paid for.
    pub order: Option<OrderRef>,
    /// Who pays; `None`: a guest.
    pub customer: Option<CustomerRef>,
    /// How; `None`: to be said later.
    pub method: Option<MethodRef>,
    /// When it is captured.
    pub capture: CaptureMethod,
    /// Real money, not a test.
    pub live: bool,
    /// What the caller says about it.
    pub details: Details,
}

impl NewPayment {
    /// A purchase with these parts, captured at once.
    ///
    /// # Errors
    /// [`PaymentsError::PayeeCount`] without parts, [`PaymentsError::Amounts`].
    pub fn of_splits(splits: Vec<Split>) -> Result<Self, PaymentsError> {
        let first = splits.first().ok_or(PaymentsError::PayeeCount { found: 0, max: PAYEES_MAX })?;
        let amount = Money::sum(first.gross.currency(), splits.iter().map(|s| s.gross))?;
        Ok(Self {
            amount,
            splits,
            order: None,
            customer: None,
            method: None,
            capture: CaptureMethod::Automatic,
            live: false,
            details: Details::default(),
        })
    }
}

/// Makes a payment. Nothing is sent yet.
///
/// # Errors
/// [`PaymentsError`] when amount and splits are not possible.
pub fn create(new: NewPayment, id: PaymentId, now: Timestamp) -> Result<Intent, PaymentsError> {
    let splits = fitting(new.amount, new.splits)?;
    Ok(Intent {
        id,
        order: new.order,
        customer: new.customer,
        method: new.method,
        amount: new.amount,
        splits,
        state: IntentState::New,
        decline: None,
        created: now,
        attempt: None,
        capture: new.capture,
        hold_until: None,
        canceled: None,
        live: new.live,
        details: new.details,
        risk: Risk::default(),
    })
}

/// The splits of an amount, judged.
fn fitting(amount: Money, splits: Vec<Split>) -> Result<Vec<Split>, PaymentsError> {
    if splits.is_empty() {
        return Ok(vec![Split::new(Payee::Platform, amount, Money::new(0, amount.currency()))?]);
    }
    if splits.len() > PAYEES_MAX {
        return Err(PaymentsError::PayeeCount { found: splits.len(), max: PAYEES_MAX });
    }
    no_payee_twice(splits.iter().map(|s| &s.payee))?;
    let parts = Money::sum(amount.currency(), splits.iter().map(|s| s.gross))?;
    if parts != amount {
        return Err(PaymentsError::PartsDiffer { parts, amount });
    }
    Ok(splits)
}

/// What to change of a payment; `None` leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// The amount, with its splits as in [`NewPayment`]: only before it is sent.
    pub amount: Option<(Money, Vec<Split>)>,
    /// How it is paid: only before it is sent.
    pub method: Option<MethodRef>,
    /// Who pays: only before it is sent.
    pub customer: Option<CustomerRef>,
    /// When it is captured: only before it is sent.
    pub capture: Option<CaptureMethod>,
    /// What the caller says about it: at any time.
    pub details: Option<Details>,
}

/// Changes a payment.
///
/// # Errors
/// [`PaymentsError::IntentState`] when it is sent already, [`PaymentsError`] as in [`create`].
pub fn update(mut intent: Intent, changes: Changes) -> Result<Intent, PaymentsError> {
    let Changes { amount, method, customer, capture, details } = changes;
    let before_sending = amount.is_some() || method.is_some() || customer.is_some() || capture.is_some();
    if before_sending {
        next_intent(intent.state, IntentEvent::AuthorizationSent)?;
    }
    if let Some((amount, splits)) = amount {
        intent.splits = fitting(amount, splits)?;
        intent.amount = amount;
    }
    intent.method = method.or(intent.method);
    intent.customer = customer.or(intent.customer);
    intent.capture = capture.unwrap_or(intent.capture);
    intent.details = details.unwrap_or(intent.details);
    Ok(intent)
}

/// Gives up a payment of which nothing is held.
///
/// # Errors
/// [`PaymentsError::IntentState`] when something is, or its outcome is not known.
pub fn give_up(
    mut intent: Intent,
    reason: Option<CancelReason>,
    now: Timestamp,
) -> Result<Intent, PaymentsError> {
    intent.state = next_intent(intent.state, IntentEvent::GivenUp)?;
    intent.canceled = Some((now, reason));
    Ok(intent)
}
