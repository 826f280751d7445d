//! A hold, or what is left of it beside captures, is given up: by a void, a release, or because it came to its end.

use super::{Books, Code, Journal, Line};
use pmts_ledger::Account;
use pmts_payments::Fact;

/// The tag of the reservation among the operation's transfers.
const RESERVED: u8 = 1;

/// reserve: pay.authorized ▸ memo.authorized
pub(super) fn sent(books: &Books, fact: &Fact, journal: &mut Journal) {
    journal.begin(fact.payment, fact.operation, RESERVED);
    let (held, memo) = accounts(books, fact);
    journal.reserve(held, memo, fact.amount, Code::ReleaseSent);
}

/// post the reservation
pub(super) fn done(books: &Books, fact: &Fact, journal: &mut Journal) {
    journal.begin(fact.payment, fact.operation, RESERVED + 1);
    let (held, memo) = accounts(books, fact);
    journal.post_reserved(RESERVED, &held, &memo, fact.amount, Code::Released);
}

/// let go of the reservation: the hold stands
pub(super) fn refused(books: &Books, fact: &Fact, journal: &mut Journal) {
    journal.begin(fact.payment, fact.operation, RESERVED + 1);
    let (held, memo) = accounts(books, fact);
    journal.void(RESERVED, &held, &memo, fact.amount, Code::ReleaseRefused);
}

fn accounts(books: &Books, fact: &Fact) -> (Account, Account) {
    let currency = fact.amount.currency();
    let held = books.accounts.payment(Line::PayAuthorized, currency, fact.payment);
    (held, books.accounts.common(Line::MemoAuthorized, currency))
}
