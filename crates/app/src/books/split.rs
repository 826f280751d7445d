//! A captured payment is split among its payees, in the same journal as the capture.

use super::{Books, Code, Journal, Line};
use pmts_payments::{Payee, PaymentId, Split};

/// pay.clearing ▸ seller pending (gross), own sales; seller pending ▸ commission revenue
pub(super) fn book(books: &Books, payment: PaymentId, splits: &[Split], journal: &mut Journal) {
    for split in splits {
        let currency = split.gross.currency();
        let clearing = books.accounts.payment(Line::PayClearing, currency, payment);
        match &split.payee {
            Payee::Platform => journal.post(
                clearing,
                books.accounts.common(Line::OwnSales, currency),
                split.gross,
                Code::Split,
            ),
            Payee::Seller(seller) => {
                let pending = books.accounts.seller(Line::SellerPending, currency, seller);
                journal.post(clearing, pending.clone(), split.gross, Code::Split);
                let revenue = books.accounts.common(Line::CommissionRevenue, currency);
                journal.post(pending, revenue, split.commission, Code::Commission);
            }
        }
    }
}
