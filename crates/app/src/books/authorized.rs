//! The issuer holds the money, or holds more: nothing is earned yet, so it stands on memo accounts.

use super::{Books, Code, Journal, Line};
use pmts_payments::Fact;

/// memo.authorized ▸ pay.authorized
pub(super) fn book(books: &Books, fact: &Fact, journal: &mut Journal) {
    journal.begin(fact.payment, fact.operation, 1);
    let memo = books.accounts.common(Line::MemoAuthorized, fact.amount.currency());
    let held = books.accounts.payment(Line::PayAuthorized, fact.amount.currency(), fact.payment);
    journal.post(memo, held, fact.amount, Code::Authorized);
}
