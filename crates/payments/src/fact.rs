//! What a step did to the money: the only input of the books.

use crate::{OperationId, Payee, PaymentId};
use pmts_money::Money;

/// One payee's share of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundedPart {
    /// Whose part is refunded.
    pub payee: Payee,
    /// How much of it.
    pub amount: Money,
    /// The commission that goes back to the payee with it.
    pub commission_back: Money,
}

/// One payee's share of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedPart {
    /// Whose part is captured.
    pub payee: Payee,
    /// How much of it.
    pub amount: Money,
    /// What the marketplace keeps of that.
    pub commission: Money,
}

/// What happened to the money, and which operation did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The payment.
    pub payment: PaymentId,
    /// The operation.
    pub operation: OperationId,
    /// How much.
    pub amount: Money,
    /// What happened.
    pub event: MoneyEvent,
}

/// A business event about money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoneyEvent {
    /// The issuer holds the money, or holds so much more.
    Authorized,
    /// A capture is about to be sent.
    CaptureSent,
    /// The money is captured.
    Captured {
        /// Whose it is.
        parts: Vec<CapturedPart>,
    },
    /// The capture was refused; the hold stands.
    CaptureRefused,
    /// A hold, or what is left of it, is about to be given up.
    ReleaseSent,
    /// It is given up.
    Released,
    /// The issuer refused to give it up: the hold stands.
    ReleaseRefused,
    /// A refund is owed to the customer and about to be sent.
    RefundAccepted {
        /// Out of whose parts.
        parts: Vec<RefundedPart>,
    },
    /// The refund is on its way to the customer.
    RefundDone,
    /// The refund was refused: it is still owed, and a person has to find another way.
    RefundRefused,
}
