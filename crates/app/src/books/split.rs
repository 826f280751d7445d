//! Captured money is split among its payees, in the same journal as the capture.

use super::{Books, Code, Journal, Line};
use pmts_payments::{CapturedPart, Payee, PaymentId};

/// pay.clearing ▸ seller pending (gross), own sales; seller pending ▸ commission revenue
pub(super) fn book(books: &Books, payment: PaymentId, parts: &[CapturedPart], journal: &mut Journal) {
    for part in parts {
        let currency = part.amount.currency();
        let clearing = books.accounts.payment(Line::PayClearing, currency, payment);
        match &part.payee {
            Payee::Platform => journal.post(
                clearing,
                books.accounts.common(Line::OwnSales, currency),
                part.amount,
                Code::Split,
            ),
            Payee::Seller(seller) => {
                let pending = books.accounts.seller(Line::SellerPending, currency, seller);
                journal.post(clearing, pending.clone(), part.amount, Code::Split);
                let revenue = books.accounts.common(Line::CommissionRevenue, currency);
                journal.post(pending, revenue, part.commission, Code::Commission);
            }
        }
    }
}
