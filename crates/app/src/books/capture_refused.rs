//! The capture was refused: the reservation is let go, the hold stands.

use super::capture_sent::RESERVED;
use super::{Books, Code, Journal, Line};
use pmts_money::Money;
use pmts_payments::{OperationId, PaymentId};

/// void: pay.authorized ▸ memo.authorized
pub(super) fn book(
    books: &Books,
    payment: PaymentId,
    operation: OperationId,
    amount: Money,
    journal: &mut Journal,
) {
    journal.begin(payment, operation, RESERVED + 1);
    let held = books.accounts.payment(Line::PayAuthorized, amount.currency(), payment);
    let memo = books.accounts.common(Line::MemoAuthorized, amount.currency());
    journal.void(RESERVED, &held, &memo, amount, Code::CaptureRefused);
}
