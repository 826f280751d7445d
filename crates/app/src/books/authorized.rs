//! The issuer holds the money: nothing is earned yet, so it stands on memo accounts.

use super::{Books, Code, Journal, Line};
use pmts_money::Money;
use pmts_payments::{OperationId, PaymentId};

/// memo.authorized ▸ pay.authorized
pub(super) fn book(
    books: &Books,
    payment: PaymentId,
    operation: OperationId,
    amount: Money,
    journal: &mut Journal,
) {
    journal.begin(payment, operation, 1);
    let memo = books.accounts.common(Line::MemoAuthorized, amount.currency());
    let held = books.accounts.payment(Line::PayAuthorized, amount.currency(), payment);
    journal.post(memo, held, amount, Code::Authorized);
}
