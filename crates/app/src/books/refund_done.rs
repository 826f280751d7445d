//! A refund is on its way to the customer: the acquirer pays it out of what it owes us.

use super::refund_accepted::RESERVED;
use super::{Books, Code, Journal, Line};
use pmts_payments::Fact;

/// The first tag of this step: the refund's own transfers, at most 4 a payee, stay below it.
const FIRST: u8 = 250;

/// post the reservation of the refund; refunds payable ▸ acquirer receivable
pub(super) fn book(books: &Books, fact: &Fact, journal: &mut Journal) {
    let (payment, operation, amount) = (fact.payment, fact.operation, fact.amount);
    let common = |line| books.accounts.common(line, amount.currency());
    journal.begin(payment, operation, FIRST);
    let refundable = books.accounts.payment(Line::PayRefundable, amount.currency(), payment);
    journal.post_reserved(RESERVED, &refundable, &common(Line::MemoRefundable), amount, Code::Refunded);
    journal.post(common(Line::RefundsPayable), common(Line::AcquirerReceivable), amount, Code::RefundPaid);
}
