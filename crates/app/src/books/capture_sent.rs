//! A capture is about to be sent: what is held is reserved for it, so nothing else can take or release it.

use super::{Books, Code, Journal, Line};
use pmts_payments::Fact;

/// The tag of the reservation among the capture's transfers.
pub(super) const RESERVED: u8 = 1;

/// reserve: pay.authorized ▸ memo.authorized
pub(super) fn book(books: &Books, fact: &Fact, journal: &mut Journal) {
    journal.begin(fact.payment, fact.operation, RESERVED);
    let held = books.accounts.payment(Line::PayAuthorized, fact.amount.currency(), fact.payment);
    let memo = books.accounts.common(Line::MemoAuthorized, fact.amount.currency());
    journal.reserve(held, memo, fact.amount, Code::CaptureSent);
}
