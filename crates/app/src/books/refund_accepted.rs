//! A refund is accepted: it is taken from the payees and owed to the customer.

use super::{Books, Code, Journal, Line};
use pmts_money::{Money, MoneyError};
use pmts_payments::{Fact, Payee, RefundedPart, SellerRef};
use std::collections::HashMap;

/// The tag of the reservation among the refund's transfers.
pub(super) const RESERVED: u8 = 1;

/// What sellers had when the refund was decided: (pending, available) in minor units of the refund's currency. If less is
/// there when it is committed, the floors of the accounts refuse it and it is decided again.
pub type SellerFunds = HashMap<SellerRef, (i64, i64)>;

/// reserve: pay.refundable ▸ memo.refundable; commission revenue ▸ seller pending; seller pending, then available, then
/// receivable ▸ pay.clearing, own sales ▸ pay.clearing; pay.clearing ▸ refunds payable
pub(super) fn book(
    books: &Books,
    fact: &Fact,
    parts: &[RefundedPart],
    funds: &SellerFunds,
    journal: &mut Journal,
) -> Result<(), MoneyError> {
    let (payment, operation, amount) = (fact.payment, fact.operation, fact.amount);
    let currency = amount.currency();
    let common = |line| books.accounts.common(line, currency);
    let clearing = books.accounts.payment(Line::PayClearing, currency, payment);
    journal.begin(payment, operation, RESERVED);
    journal.reserve(
        books.accounts.payment(Line::PayRefundable, currency, payment),
        common(Line::MemoRefundable),
        amount,
        Code::RefundReserved,
    );
    for part in parts {
        let Payee::Seller(seller) = &part.payee else {
            journal.post(common(Line::OwnSales), clearing.clone(), part.amount, Code::RefundPart);
            continue;
        };
        let own = |line| books.accounts.seller(line, currency, seller);
        journal.post(
            common(Line::CommissionRevenue),
            own(Line::SellerPending),
            part.commission_back,
            Code::CommissionBack,
        );
        let (pending, available) = funds.get(seller).copied().unwrap_or_default();
        let pending = Money::new(pending, currency).checked_add(part.commission_back)?;
        let mut rest = part.amount;
        for (line, there) in
            [(Line::SellerPending, pending), (Line::SellerAvailable, Money::new(available, currency))]
        {
            let taken = Money::new(rest.minor().min(there.minor()).max(0), currency);
            journal.post(own(line), clearing.clone(), taken, Code::RefundPart);
            rest = rest.checked_sub(taken)?;
        }
        journal.post(own(Line::SellerReceivable), clearing.clone(), rest, Code::RefundPart);
    }
    journal.post(clearing, common(Line::RefundsPayable), amount, Code::RefundOwed);
    Ok(())
}
