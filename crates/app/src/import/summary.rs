//! What an import came to, read back from the store: the same after one run or ten, killed or not.

use super::invoice::{ImportedInvoice, InvoiceRecord, Outcome, Reason};
use super::rejects::RejectsFile;
use super::run::may_pay_again;
use crate::AppError;
use crate::engine::{Engine, EngineError};
use pmts_money::{Currency, Money};
use pmts_payments::{IntentState, Payee};
use pmts_store::{ListQuery, StoreExt};
use serde::Serialize;
use std::collections::BTreeMap;

/// Totals of everything imported from one source. Amounts are in minor units of the import's currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Orders that were paid.
    pub orders: u64,
    /// Their sale lines.
    pub sale_lines: u64,
    /// What was paid for them.
    pub sales_minor: i64,
    /// What was refunded.
    pub refunds_minor: i64,
    /// Return lines refunded in full.
    pub refund_lines_full: u64,
    /// Return lines refunded in part.
    pub refund_lines_part: u64,
    /// Rejected lines by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Sales less refunds by payee, before commission.
    pub net_by_seller: BTreeMap<String, i64>,
}

impl Summary {
    fn net(&mut self, payee: &Payee, amount: Money) -> Result<(), AppError> {
        add_to(self.net_by_seller.entry(payee.to_string()).or_default(), amount)
    }

    fn reject(&mut self, reason: Reason) {
        *self.rejected.entry(reason.name().to_owned()).or_default() += 1;
    }
}

/// Adds an amount to a sum of its currency.
fn add_to(sum: &mut i64, amount: Money) -> Result<(), AppError> {
    let total = Money::new(*sum, amount.currency()).checked_add(amount).map_err(EngineError::from)?;
    *sum = total.minor();
    Ok(())
}

/// Reads back everything imported from `source` in one currency; rejected lines go to `rejects` as well, in order of import.
///
/// # Errors
/// [`AppError`].
pub async fn summarize(
    engine: &Engine,
    source: &str,
    currency: Currency,
    rejects: &mut RejectsFile,
) -> Result<Summary, AppError> {
    let mut summary = Summary::default();
    let mut lines: Vec<(String, u64, Reason, String, String)> = Vec::new();
    let mut after = None;
    loop {
        let (page, next) = engine
            .store
            .list_typed::<InvoiceRecord>(ListQuery { after, ..ListQuery::all("import_invoice") })
            .await?;
        for record in page {
            let invoice = record.value.0;
            if invoice.source == source && invoice.currency == currency {
                add(engine, &mut summary, &mut lines, invoice).await?;
            }
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    lines.sort();
    for (file, line, reason, detail, text) in lines {
        summary.reject(reason);
        rejects.reject(&file, line, reason, &detail, &text)?;
    }
    Ok(summary)
}

type RejectRow = (String, u64, Reason, String, String);

async fn add(
    engine: &Engine,
    summary: &mut Summary,
    rejects: &mut Vec<RejectRow>,
    invoice: ImportedInvoice,
) -> Result<(), AppError> {
    let intent = match invoice.payments.last().filter(|_| invoice.outcome == Outcome::Ordered) {
        Some(payment) => Some(engine.intent(*payment).await?.value),
        None => None,
    };
    match intent {
        Some(intent) if intent.state == IntentState::Captured => {
            summary.orders += 1;
            for line in &invoice.lines {
                summary.sale_lines += 1;
                add_to(&mut summary.sales_minor, line.amount)?;
                summary.net(&line.payee, line.amount)?;
            }
        }
        Some(other) => {
            let reason = match other.state {
                IntentState::Declined if may_pay_again(&other) => Reason::PaymentNotTaken,
                IntentState::Declined => Reason::PaymentDeclined,
                IntentState::Authorized => Reason::CaptureRefused,
                _ => Reason::PaymentUnresolved,
            };
            for l in &invoice.lines {
                let text = format!("{},{},{},{}", invoice.number, l.stock_code, l.quantity, l.unit_price);
                rejects.push((invoice.file.clone(), l.line, reason, String::new(), text));
            }
        }
        None => {}
    }
    for (payee, amount) in &invoice.refunded {
        add_to(&mut summary.refunds_minor, *amount)?;
        summary.net(payee, amount.checked_neg().map_err(EngineError::from)?)?;
    }
    summary.refund_lines_full += invoice.lines_full;
    summary.refund_lines_part += invoice.lines_part;
    rejects.extend(
        invoice.rejects.into_iter().map(|r| (invoice.file.clone(), r.line, r.reason, r.detail, r.raw)),
    );
    Ok(())
}
