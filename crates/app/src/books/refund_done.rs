//! A refund is on its way to the customer: the acquirer pays it out of what it owes us.

use super::refund_accepted::RESERVED;
use super::{Books, Code, Journal, Line};
use pmts_money::Money;
use pmts_payments::{OperationId, PaymentId};

/// The first tag of this step: the refund's own transfers, at most 4 a payee, stay below it.
const FIRST: u8 = 250;

/// post the reservation of the refund; refunds payable ▸ acquirer receivable
pub(super) fn book(
    books: &Books,
    payment: PaymentId,
    operation: OperationId,
    amount: Money,
    journal: &mut Journal,
) {
    let common = |line| books.accounts.common(line, amount.currency());
    journal.begin(payment, operation, FIRST);
    let refundable = books.accounts.payment(Line::PayRefundable, amount.currency(), payment);
    journal.post_reserved(RESERVED, &refundable, &common(Line::MemoRefundable), amount, Code::Refunded);
    journal.post(common(Line::RefundsPayable), common(Line::AcquirerReceivable), amount, Code::RefundPaid);
}
