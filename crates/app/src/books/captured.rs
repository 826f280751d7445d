//! The money is captured: the acquirer owes it to us, and we owe it to whoever gets a part.

use super::capture_sent::RESERVED;
use super::{Books, Code, Journal, Line};
use pmts_money::{MoneyError, Rounding};
use pmts_payments::Fact;

/// post the reservation of the capture; acquirer receivable ▸ pay.clearing; memo.refundable ▸ pay.refundable; processing
/// cost ▸ accrued acquirer fees (estimate, rounded half to even)
pub(super) fn book(books: &Books, fact: &Fact, journal: &mut Journal) -> Result<(), MoneyError> {
    let (payment, operation, amount) = (fact.payment, fact.operation, fact.amount);
    let currency = amount.currency();
    let common = |line| books.accounts.common(line, currency);
    let own = |line| books.accounts.payment(line, currency, payment);
    journal.begin(payment, operation, RESERVED + 1);
    journal.post_reserved(
        RESERVED,
        &own(Line::PayAuthorized),
        &common(Line::MemoAuthorized),
        amount,
        Code::Captured,
    );
    journal.post(common(Line::AcquirerReceivable), own(Line::PayClearing), amount, Code::Receivable);
    journal.post(common(Line::MemoRefundable), own(Line::PayRefundable), amount, Code::Refundable);
    let fee = amount.percent(books.acquirer_fee, Rounding::HalfEven)?;
    journal.post(common(Line::ProcessingCost), common(Line::AccruedAcquirerFees), fee, Code::ProcessingFee);
    Ok(())
}
