//! A capture is about to be sent: what is held is reserved for it, so nothing else can take or release it.

use super::{Books, Code, Journal, Line};
use pmts_money::Money;
use pmts_payments::{OperationId, PaymentId};

/// The tag of the reservation among the capture's transfers.
pub(super) const RESERVED: u8 = 1;

/// reserve: pay.authorized ▸ memo.authorized
pub(super) fn book(
    books: &Books,
    payment: PaymentId,
    operation: OperationId,
    amount: Money,
    journal: &mut Journal,
) {
    journal.begin(payment, operation, RESERVED);
    let held = books.accounts.payment(Line::PayAuthorized, amount.currency(), payment);
    let memo = books.accounts.common(Line::MemoAuthorized, amount.currency());
    journal.reserve(held, memo, amount, Code::CaptureSent);
}
