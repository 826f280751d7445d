//! Which earlier purchases a return refunds.
//!
//! Each line refunds the same customer's earlier lines with the same stock code and unit price, latest order first, up to
//! what is left of their quantity.

use super::ImportedInvoice;
use super::invoice::{Line, LineContent, Reason, RejectedLine};
use pmts_money::{Currency, Money, MoneyError, Rounding};
use pmts_payments::Payee;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What a return comes to.
#[derive(Debug, Default)]
pub(super) struct Allocation {
    /// By position in the list of orders: how much of whose part.
    pub(super) refunds: BTreeMap<usize, BTreeMap<Payee, Money>>,
    /// Lines found in full.
    pub(super) full: u64,
    /// Lines found in part.
    pub(super) part: u64,
    /// Lines not found, or the rest of those found in part.
    pub(super) rejects: Vec<RejectedLine>,
}

/// Finds the purchases of a return and takes what is returned off them. `orders` are the customer's, latest first.
pub(super) fn allocate(
    lines: &[Line],
    orders: &mut [ImportedInvoice],
    currency: Currency,
) -> Result<Allocation, MoneyError> {
    let mut result = Allocation::default();
    for line in lines {
        match &line.content {
            Err(why) => result.rejects.push(line.reject(Reason::Malformed, why.clone())),
            Ok(content) => one(line, content, orders, currency, &mut result)?,
        }
    }
    Ok(result)
}

/// What so many articles at a price come to, rounded half to even.
///
/// # Errors
/// [`MoneyError`] when it leaves the range of amounts.
pub(super) fn line_amount(
    quantity: i64,
    unit_price: Decimal,
    currency: Currency,
) -> Result<Money, MoneyError> {
    let product = Decimal::from(quantity)
        .checked_mul(unit_price)
        .expect("quantity and price are bounded when they are read");
    Money::from_decimal(product, currency, Rounding::HalfEven)
}

fn one(
    line: &Line,
    content: &LineContent,
    orders: &mut [ImportedInvoice],
    currency: Currency,
    result: &mut Allocation,
) -> Result<(), MoneyError> {
    let wanted = content.quantity.checked_neg().unwrap_or(0).max(0);
    let price = content.unit_price.to_string();
    let mut rest = wanted;
    for (position, order) in orders.iter_mut().enumerate() {
        for sold in
            order.lines.iter_mut().filter(|s| s.stock_code == content.stock_code && s.unit_price == price)
        {
            let taken = rest.min(sold.left);
            if taken == 0 {
                continue;
            }
            // What the first n articles of the line came to, so that all returns of a line add up to the line.
            let up_to = |n: i64| line_amount(n, content.unit_price, currency);
            let before = sold.quantity - sold.left;
            let amount = up_to(before + taken)?.checked_sub(up_to(before)?)?;
            sold.left -= taken;
            rest -= taken;
            let of_payee = result
                .refunds
                .entry(position)
                .or_default()
                .entry(sold.payee.clone())
                .or_insert(Money::new(0, currency));
            *of_payee = of_payee.checked_add(amount)?;
        }
    }
    match (rest, wanted) {
        (0, 1..) => result.full += 1,
        _ if rest < wanted => {
            result.part += 1;
            result.rejects.push(line.reject(Reason::OriginalNotFound, format!("{rest} of {wanted}")));
        }
        _ => result.rejects.push(line.reject(Reason::OriginalNotFound, "")),
    }
    Ok(())
}
