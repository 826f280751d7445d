//! What a step did to the money: the only input of the books.

use crate::{OperationId, Payee, PaymentId, Split};
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

/// A business event about money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The issuer holds the money.
    Authorized {
        /// The payment.
        payment: PaymentId,
        /// Its authorization.
        operation: OperationId,
        /// How much is held.
        amount: Money,
    },
    /// A capture is about to be sent.
    CaptureSent {
        /// The payment.
        payment: PaymentId,
        /// Its capture.
        operation: OperationId,
        /// How much.
        amount: Money,
    },
    /// The money is captured.
    Captured {
        /// The payment.
        payment: PaymentId,
        /// Its capture.
        operation: OperationId,
        /// How much.
        amount: Money,
        /// Whose it is.
        splits: Vec<Split>,
    },
    /// The capture was refused; the hold stands.
    CaptureRefused {
        /// The payment.
        payment: PaymentId,
        /// Its capture.
        operation: OperationId,
        /// How much was to be captured.
        amount: Money,
    },
    /// A refund is owed to the customer and about to be sent.
    RefundAccepted {
        /// The payment.
        payment: PaymentId,
        /// The refund.
        operation: OperationId,
        /// How much.
        amount: Money,
        /// Out of whose parts.
        parts: Vec<RefundedPart>,
    },
    /// The refund is on its way to the customer.
    RefundDone {
        /// The payment.
        payment: PaymentId,
        /// The refund.
        operation: OperationId,
        /// How much.
        amount: Money,
    },
    /// The refund was refused: it is still owed, and a person has to find another way.
    RefundRefused {
        /// The payment.
        payment: PaymentId,
        /// The refund.
        operation: OperationId,
        /// How much.
        amount: Money,
    },
}
