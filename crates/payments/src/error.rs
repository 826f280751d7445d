//! The errors of the crate and their codes.

use crate::{IntentEvent, IntentState, OperationEvent, OperationKind, OperationState};
use pmts_kernel::{CodeInfo, Coded};
use pmts_money::Money;

/// Why a payment step was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentsError {
    /// A reference has a length or characters that are not allowed.
    #[error("{what} must be 1 to {max} printable ASCII characters without spaces")]
    Reference {
        /// Which one.
        what: &'static str,
        /// The longest allowed.
        max: usize,
    },
    /// No seller may be called `platform`.
    #[error("a seller cannot be called platform: that is the marketplace itself")]
    SellerReserved,
    /// The amount is zero or negative.
    #[error("the amount must be positive, not {0}")]
    AmountNotPositive(Money),
    /// A split is not possible: its commission is not between zero and its gross.
    #[error("the commission {commission} must lie between zero and the gross {gross}")]
    Commission {
        /// What the payee's part comes to.
        gross: Money,
        /// What is taken from it.
        commission: Money,
    },
    /// No split, or more than can be booked in one step.
    #[error("a purchase has 1 to {max} payees, not {found}")]
    PayeeCount {
        /// How many there were.
        found: usize,
        /// The most.
        max: usize,
    },
    /// A payee is named twice in one purchase or refund.
    #[error("payee {0} is named twice")]
    PayeeTwice(String),
    /// Amounts of different currencies, or a sum out of range.
    #[error("the amounts cannot be added")]
    Amounts(#[source] pmts_money::MoneyError),
    /// The payment is not in a state for this.
    #[error("a payment that is {state:?} takes no {event:?}")]
    IntentState {
        /// The state it is in.
        state: IntentState,
        /// What was to happen.
        event: IntentEvent,
    },
    /// The operation is not in a state for this.
    #[error("a {kind:?} that is {state:?} takes no {event:?}")]
    OperationState {
        /// Of which kind.
        kind: OperationKind,
        /// The state it is in.
        state: OperationState,
        /// What was to happen.
        event: OperationEvent,
    },
    /// Only what was captured can be refunded.
    #[error("nothing of a payment that is {0:?} is captured: there is nothing to refund")]
    NotCaptured(IntentState),
    /// The capture exceeds what is left of the payee's part.
    #[error("{asked} exceeds the {left} that is left to capture of {payee}")]
    CaptureExceeds {
        /// Whose part.
        payee: String,
        /// The amount asked for.
        asked: Money,
        /// What is left.
        left: Money,
    },
    /// More is to be captured or given up than is held.
    #[error("{asked} exceeds the {held} that is held")]
    HoldExceeded {
        /// The amount asked for.
        asked: Money,
        /// What is held.
        held: Money,
    },
    /// The parts do not add up to the amount.
    #[error("the parts add up to {parts}, not to {amount}")]
    PartsDiffer {
        /// The sum of the parts.
        parts: Money,
        /// The amount they were to add up to.
        amount: Money,
    },
    /// A payment cannot be confirmed before it is known how it is paid.
    #[error("the payment has no payment method yet")]
    MethodMissing,
    /// The new amount of a hold is not above the one there is.
    #[error("{asked} is not more than the {held} that is held")]
    NotMore {
        /// The amount asked for.
        asked: Money,
        /// What is held.
        held: Money,
    },
    /// The refund exceeds what is left of the payee's part.
    #[error("{asked} exceeds the {left} that is left to refund of {payee}")]
    RefundExceeds {
        /// Whose part.
        payee: String,
        /// The amount asked for.
        asked: Money,
        /// What is left.
        left: Money,
    },
    /// A person looks at the payment: nothing is captured before that is done.
    #[error("a person looks at the payment (review {0}): nothing is captured before that is done")]
    UnderReview(String),
    /// A person looked at the payment and said no.
    #[error("a person looked at the payment and rejected it: nothing more is held or captured")]
    Rejected,
    /// No such review is open for the payment.
    #[error("the payment does not wait for review {0}")]
    NoSuchReview(String),
    /// No such challenge is asked, it ran out, or the payment was changed since.
    #[error("no challenge {0} is asked for the payment as it is now")]
    NoSuchChallenge(String),
    /// The challenger of the platform says whether a challenge is passed, nobody else.
    #[error("whether challenge {0} is passed is said by the challenger: confirm the payment again")]
    ChallengerSays(String),
    /// The payee had no part in this payment.
    #[error("payee {0} had no part in the payment")]
    NoSuchPayee(String),
}

impl From<pmts_money::MoneyError> for PaymentsError {
    fn from(error: pmts_money::MoneyError) -> Self {
        Self::Amounts(error)
    }
}

impl Coded for PaymentsError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Reference { .. } => &codes::REFERENCE,
            Self::SellerReserved => &codes::SELLER_RESERVED,
            Self::AmountNotPositive(_) => &codes::AMOUNT_NOT_POSITIVE,
            Self::Commission { .. } => &codes::COMMISSION,
            Self::PayeeCount { .. } => &codes::PAYEE_COUNT,
            Self::PayeeTwice(_) => &codes::PAYEE_TWICE,
            Self::Amounts(_) => &codes::AMOUNTS,
            Self::IntentState { .. } => &codes::INTENT_STATE,
            Self::OperationState { .. } => &codes::OPERATION_STATE,
            Self::NotCaptured(_) => &codes::NOT_CAPTURED,
            Self::CaptureExceeds { .. } => &codes::CAPTURE_EXCEEDS,
            Self::HoldExceeded { .. } => &codes::HOLD_EXCEEDED,
            Self::PartsDiffer { .. } => &codes::PARTS_DIFFER,
            Self::MethodMissing => &codes::METHOD_MISSING,
            Self::NotMore { .. } => &codes::NOT_MORE,
            Self::RefundExceeds { .. } => &codes::REFUND_EXCEEDS,
            Self::UnderReview(_) => &codes::UNDER_REVIEW,
            Self::Rejected => &codes::REJECTED,
            Self::NoSuchReview(_) => &codes::NO_SUCH_REVIEW,
            Self::NoSuchChallenge(_) => &codes::NO_SUCH_CHALLENGE,
            Self::ChallengerSays(_) => &codes::CHALLENGER_SAYS,
            Self::NoSuchPayee(_) => &codes::NO_SUCH_PAYEE,
        }
    }
}

pmts_kernel::error_codes! {
    /// Bad reference.
    REFERENCE = "PAYMENTS_REFERENCE", Fix, "a reference is too long, empty, or has spaces or other than printable ASCII characters";
    /// Reserved name.
    SELLER_RESERVED = "PAYMENTS_SELLER_RESERVED", Fix, "a seller cannot be called platform: that is the marketplace itself";
    /// Zero or less.
    AMOUNT_NOT_POSITIVE = "PAYMENTS_AMOUNT_NOT_POSITIVE", Fix, "the amount must be positive";
    /// Bad commission.
    COMMISSION = "PAYMENTS_COMMISSION", Fix, "the commission of a part must lie between zero and its gross";
    /// Too few or many.
    PAYEE_COUNT = "PAYMENTS_PAYEE_COUNT", Fix, "a purchase has 1 to 60 payees";
    /// Twice.
    PAYEE_TWICE = "PAYMENTS_PAYEE_TWICE", Fix, "a payee is named twice in one purchase or refund";
    /// Not addable.
    AMOUNTS = "PAYMENTS_AMOUNTS", Fix, "the amounts have different currencies or a sum out of range";
    /// Wrong state.
    INTENT_STATE = "PAYMENTS_INTENT_STATE", Decide, "the payment is not in a state for this";
    /// Wrong state.
    OPERATION_STATE = "PAYMENTS_OPERATION_STATE", Decide, "the operation is not in a state for this";
    /// Nothing captured.
    NOT_CAPTURED = "PAYMENTS_NOT_CAPTURED", Decide, "only a captured payment can be refunded";
    /// Too much.
    CAPTURE_EXCEEDS = "PAYMENTS_CAPTURE_EXCEEDS", Decide, "the capture exceeds what is left of the payee's part";
    /// Too much.
    HOLD_EXCEEDED = "PAYMENTS_HOLD_EXCEEDED", Decide, "more is to be captured or given up than is held";
    /// Sum differs.
    PARTS_DIFFER = "PAYMENTS_PARTS_DIFFER", Fix, "the parts do not add up to the amount";
    /// No method.
    METHOD_MISSING = "PAYMENTS_METHOD_MISSING", Fix, "the payment has no payment method yet";
    /// Not more.
    NOT_MORE = "PAYMENTS_NOT_MORE", Fix, "the new amount of a hold must be above the one there is";
    /// Too much.
    REFUND_EXCEEDS = "PAYMENTS_REFUND_EXCEEDS", Decide, "the refund exceeds what is left of the payee's part";
    /// A person looks.
    UNDER_REVIEW = "PAYMENTS_UNDER_REVIEW", Decide, "a person looks at the payment: nothing is captured before the review is closed";
    /// Said no.
    REJECTED = "PAYMENTS_REJECTED", Decide, "a person looked at the payment and rejected it: nothing more is held or captured";
    /// No review.
    NO_SUCH_REVIEW = "PAYMENTS_NO_SUCH_REVIEW", Decide, "the payment does not wait for this review";
    /// No challenge.
    NO_SUCH_CHALLENGE = "PAYMENTS_NO_SUCH_CHALLENGE", Decide, "no such challenge is asked, it ran out, or the payment was changed since";
    /// Said by another.
    CHALLENGER_SAYS = "PAYMENTS_CHALLENGER_SAYS", Decide, "whether the challenge is passed is said by the challenger that is configured: confirm the payment again";
    /// Not a payee.
    NO_SUCH_PAYEE = "PAYMENTS_NO_SUCH_PAYEE", Fix, "the payee had no part in the payment";
}

/// Reads a reference of at most `max` printable ASCII characters.
pub(crate) fn reference(what: &'static str, max: usize, text: String) -> Result<String, PaymentsError> {
    let good = !text.is_empty() && text.len() <= max && text.bytes().all(|b| b.is_ascii_graphic());
    if good { Ok(text) } else { Err(PaymentsError::Reference { what, max }) }
}
