//! Invoices: as a source gives them, and as the record that keeps what became of them.

use pmts_money::{Currency, Money};
use pmts_payments::{OperationId, Payee, PaymentId};
use pmts_store::Record;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What an invoice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    /// An order, paid by one purchase.
    Order,
    /// A return: refunds of earlier orders.
    Return,
    /// A correction of the shop's own books.
    Adjustment,
}

/// Why a line was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A line of an order whose quantity or price is not above zero.
    NoSale,
    /// A line of a return (or the rest of one) for which no earlier purchase is found.
    OriginalNotFound,
    /// A line of an invoice that only adjusts the shop's own books.
    LedgerAdjustment,
    /// The invoice was imported before with other lines.
    InvoiceConflict,
    /// The line cannot be read.
    Malformed,
    /// The payment was declined.
    PaymentDeclined,
    /// The host could not be reached, or did not answer and what it may have held was taken back: nothing is paid.
    PaymentNotTaken,
    /// A line of a return that waits: an order it may be of is not paid yet. Run the import again.
    OrderUnpaid,
    /// What became of the payment is not known yet: run the import again.
    PaymentUnresolved,
    /// The money is held, but the capture was refused: a task asks a person to act.
    CaptureRefused,
    /// The order has more payees, or a larger sum, than one payment can have.
    NotPayable,
}

impl Reason {
    /// The name in files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoSale => "no_sale",
            Self::OriginalNotFound => "original_not_found",
            Self::LedgerAdjustment => "ledger_adjustment",
            Self::InvoiceConflict => "invoice_conflict",
            Self::Malformed => "malformed",
            Self::PaymentDeclined => "payment_declined",
            Self::PaymentNotTaken => "payment_not_taken",
            Self::OrderUnpaid => "order_unpaid",
            Self::PaymentUnresolved => "payment_unresolved",
            Self::CaptureRefused => "capture_refused",
            Self::NotPayable => "not_payable",
        }
    }
}

/// A line as the source gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its line number in the file, from 1.
    pub number: u64,
    /// The text of the line, as far as it can be read.
    pub raw: String,
    /// What it says, or why it cannot be read.
    pub content: Result<LineContent, String>,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub struct LineContent {
    /// The article.
    pub stock_code: String,
    /// How many; negative on returns.
    pub quantity: i64,
    /// Price of one, with up to three decimals, in the invoice's currency.
    pub unit_price: Decimal,
    /// Whose part it is.
    pub payee: Payee,
}

/// An invoice as the source gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoice {
    /// The source: the same number in another source is another invoice.
    pub source: &'static str,
    /// Its number.
    pub number: String,
    /// What it is.
    pub kind: InvoiceKind,
    /// The file it is in.
    pub file: String,
    /// The customer; `None`: a guest.
    pub customer: Option<String>,
    /// The card it is paid with, for orders: digits of a test card.
    pub card: Option<String>,
    /// Its lines, in order.
    pub lines: Vec<Line>,
}

/// What became of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An order whose payment is under way, or whose outcome is in the payment.
    Ordered,
    /// Returned: the refunds are under way or done.
    Returned,
    /// A return of an order that is not paid yet but may be by a later run.
    Waiting,
    /// Nothing to pay or refund: all lines were rejected.
    Nothing,
}

/// A sale line as it is kept, with what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedLine {
    /// Its line number in the file.
    pub line: u64,
    /// The article.
    pub stock_code: String,
    /// Price of one, decimal text without trailing zeros.
    pub unit_price: String,
    /// Whose part it is.
    pub payee: Payee,
    /// How many were sold.
    pub quantity: i64,
    /// How many were not returned.
    pub left: i64,
    /// What the line came to.
    pub amount: Money,
}

/// A line that was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedLine {
    /// The line number.
    pub line: u64,
    /// Why.
    pub reason: Reason,
    /// More about it.
    pub detail: String,
    /// The text of the line.
    pub raw: String,
}

/// The record of an imported invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedInvoice {
    /// The source.
    pub source: String,
    /// Its number.
    pub number: String,
    /// The file it was in.
    pub file: String,
    /// When it was imported, as a time-ordered number: the latest order of a customer has the highest.
    pub position: u128,
    /// What it is.
    pub kind: InvoiceKind,
    /// The customer.
    pub customer: Option<String>,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Fingerprint of its lines.
    pub fingerprint: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Sale lines, of orders.
    pub lines: Vec<ImportedLine>,
    /// Payments tried for it; the last one counts.
    pub payments: Vec<PaymentId>,
    /// Refunds it led to.
    pub refunds: Vec<OperationId>,
    /// What was refunded, by payee: (payee, amount).
    pub refunded: Vec<(Payee, Money)>,
    /// Return lines refunded in full.
    pub lines_full: u64,
    /// Return lines refunded in part.
    pub lines_part: u64,
    /// Lines rejected when it was imported.
    pub rejects: Vec<RejectedLine>,
}

impl Invoice {
    /// Equal for equal lines and currency: 32 hexadecimal digits.
    pub fn fingerprint(&self, currency: Currency) -> String {
        let text: Vec<&str> = self.lines.iter().map(|l| l.raw.as_str()).collect();
        let text = format!("{currency}\n{}", text.join("\n"));
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
    }
}

impl Line {
    /// The line as rejected.
    pub fn reject(&self, reason: Reason, detail: impl Into<String>) -> RejectedLine {
        RejectedLine { line: self.number, reason, detail: detail.into(), raw: self.raw.clone() }
    }
}

impl ImportedInvoice {
    /// The record of an invoice of which nothing is known yet.
    pub fn new(invoice: &Invoice, currency: Currency, position: u128, outcome: Outcome) -> Self {
        Self {
            source: invoice.source.into(),
            number: invoice.number.clone(),
            file: invoice.file.clone(),
            position,
            kind: invoice.kind,
            customer: invoice.customer.clone(),
            fingerprint: invoice.fingerprint(currency),
            currency,
            outcome,
            lines: vec![],
            payments: vec![],
            refunds: vec![],
            refunded: vec![],
            lines_full: 0,
            lines_part: 0,
            rejects: vec![],
        }
    }

    /// The id of an invoice's record follows from its source and number, so that there is one of each.
    pub fn id_of(source: &str, number: &str) -> u128 {
        xxhash_rust::xxh3::xxh3_128(format!("{source}/{number}").as_bytes())
    }

    /// The key under which a customer's orders are listed.
    pub fn customer_key(source: &str, customer: &str) -> String {
        format!("{source}/{customer}")
    }
}

/// The record of an invoice, found by its number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvoiceRecord(pub ImportedInvoice);

impl Record for InvoiceRecord {
    const KIND: &'static str = "import_invoice";

    fn record_id(&self) -> u128 {
        Self::id(&self.0)
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        let customer = self.0.customer.iter().filter(|_| self.0.kind == InvoiceKind::Order);
        customer.map(|c| ("customer", ImportedInvoice::customer_key(&self.0.source, c))).collect()
    }
}

impl InvoiceRecord {
    /// The id of the record of an invoice.
    pub fn id(invoice: &ImportedInvoice) -> u128 {
        ImportedInvoice::id_of(&invoice.source, &invoice.number)
    }
}
