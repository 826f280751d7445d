//! The capture was refused: the reservation is let go, the hold stands.

use super::capture_sent::RESERVED;
use super::{Books, Code, Journal, Line};
use pmts_payments::Fact;

/// void: pay.authorized ▸ memo.authorized
pub(super) fn book(books: &Books, fact: &Fact, journal: &mut Journal) {
    let (payment, operation, amount) = (fact.payment, fact.operation, fact.amount);
    journal.begin(payment, operation, RESERVED + 1);
    let held = books.accounts.payment(Line::PayAuthorized, amount.currency(), payment);
    let memo = books.accounts.common(Line::MemoAuthorized, amount.currency());
    journal.void(RESERVED, &held, &memo, amount, Code::CaptureRefused);
}
