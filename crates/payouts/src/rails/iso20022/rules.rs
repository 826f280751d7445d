//! What schemas cannot say: counts and control sums, balances of statements, digits of currencies, check digits.

use super::check::Frame;
use super::sum::Sum;
use crate::accounts::{self, Iban, is_country};
use crate::error::codes;
use crate::{PayoutsError, Severity};
use pmts_kernel::CodeInfo;
use pmts_money::Currency;

type Said = (Severity, &'static CodeInfo, String);
type SaidAt = (Severity, &'static CodeInfo, u64, &'static str, String);

/// How a family of messages holds its transactions.
struct Family {
    prefix: &'static str,
    /// What groups transactions, if anything does.
    block: Option<&'static str>,
    item: &'static str,
    /// The element of a transaction, directly or in `Amt` or `EqvtAmt`, that control sums are made of.
    amount: &'static str,
    /// The total in the group header.
    total: Option<&'static str>,
}

const FAMILIES: &[Family] = &[
    Family {
        prefix: "pain.001",
        block: Some("PmtInf"),
        item: "CdtTrfTxInf",
        amount: "InstdAmt",
        total: None,
    },
    Family {
        prefix: "pain.008",
        block: Some("PmtInf"),
        item: "DrctDbtTxInf",
        amount: "InstdAmt",
        total: None,
    },
    Family {
        prefix: "pacs.008",
        block: None,
        item: "CdtTrfTxInf",
        amount: "IntrBkSttlmAmt",
        total: Some("TtlIntrBkSttlmAmt"),
    },
    Family {
        prefix: "pacs.004",
        block: None,
        item: "TxInf",
        amount: "RtrdIntrBkSttlmAmt",
        total: Some("TtlRtrdIntrBkSttlmAmt"),
    },
];

/// What was counted, and what the message says of it.
#[derive(Default)]
struct Counted {
    items: u64,
    sum: Sum,
    said_items: Option<(u64, u64)>,
    said_sum: Option<(u64, Sum)>,
    said_total: Option<(u64, Sum)>,
}

/// A balance or an entry while it is read.
#[derive(Default)]
struct Amounts {
    code: String,
    amount: Sum,
    currency: String,
    is_debit: bool,
    is_pending: bool,
}

impl Amounts {
    fn signed(&self) -> Sum {
        if self.is_debit { Sum::default().minus(self.amount) } else { self.amount }
    }
}

/// What is known of a statement.
#[derive(Default)]
struct Statement {
    opening: Vec<(Sum, String)>,
    previous: Vec<(Sum, String)>,
    closing: Vec<(Sum, String)>,
    interim: bool,
    booked: Sum,
    currencies: Vec<String>,
    entries: [(u64, Sum); 3],
    said: [(Option<u64>, Option<Sum>); 3],
}

/// The sums that a statement's summary has: of all entries, of credits, of debits.
const TOTALS: [&str; 3] = ["TtlNtries", "TtlCdtNtries", "TtlDbtNtries"];

#[derive(Default)]
pub(super) struct Rules {
    family: Option<&'static Family>,
    is_camt: bool,
    is_statement: bool,
    all: Counted,
    block: Counted,
    open: Amounts,
    statement: Statement,
    items: u64,
}

impl Rules {
    /// The rules of a message by its short name.
    pub(super) fn of(name: &str) -> Self {
        Self {
            family: FAMILIES.iter().find(|f| name.starts_with(f.prefix)),
            is_camt: name.starts_with("camt.05"),
            is_statement: name.starts_with("camt.053"),
            ..Self::default()
        }
    }

    /// Transactions or entries seen.
    pub(super) const fn items(&self) -> u64 {
        self.items
    }

    /// An element was opened: the last frame.
    pub(super) fn open(&mut self, frames: &[Frame]) {
        let Some(last) = frames.last() else { return };
        if let Some(family) = self.family {
            if last.name == family.item {
                self.items += 1;
                self.all.items += 1;
                self.block.items += 1;
            } else if Some(last.name) == family.block {
                self.block = Counted::default();
            }
        } else if self.is_camt && frames.len() == 4 {
            if matches!(last.name, "Ntry" | "Bal") {
                self.items += u64::from(last.name == "Ntry");
                self.open = Amounts::default();
            }
        } else if self.is_camt && frames.len() == 3 {
            self.statement = Statement::default();
        }
    }

    /// A value that fits its type was read; the last frame is its element.
    pub(super) fn value(
        &mut self,
        frames: &[Frame],
        ty: &str,
        text: &str,
        currency: Option<&str>,
    ) -> Vec<Said> {
        let mut said = Vec::new();
        // Statements come from banks, with codes and currencies of their own; what we send must be right.
        let severity = if self.is_camt { Severity::Warning } else { Severity::Error };
        if ty.starts_with("IBAN") {
            if let Err(PayoutsError::Account { why, .. }) = Iban::parse(text) {
                said.push((Severity::Error, &codes::IBAN_INVALID, why.to_owned()));
            }
        } else if ty.contains("BIC") {
            if let Err(PayoutsError::Account { why, .. }) = accounts::bic(text) {
                said.push((severity, &codes::BIC_INVALID, why.to_owned()));
            }
        } else if ty == "CountryCode" && !is_country(text) {
            said.push((severity, &codes::ISO_COUNTRY, "it is no country of ISO 3166".to_owned()));
        } else if ty.ends_with("CurrencyCode") && Currency::from_code(text).is_err() {
            said.push((severity, &codes::ISO_CURRENCY, "it is no currency of ISO 4217".to_owned()));
        }
        if let Some(code) = currency {
            match Currency::from_code(code) {
                Err(_) => {
                    said.push((severity, &codes::ISO_CURRENCY, "Ccy is no currency of ISO 4217".to_owned()))
                }
                Ok(currency) => {
                    let digits =
                        text.trim().split_once('.').map_or("", |(_, f)| f).trim_end_matches('0').len();
                    if digits > usize::from(currency.digits()) {
                        let message = format!(
                            "it has {digits} digits after the point, {code} has {}",
                            currency.digits()
                        );
                        said.push((severity, &codes::ISO_CURRENCY, message));
                    }
                }
            }
        }
        if self.family.is_some() {
            self.transaction(frames, text);
        } else if self.is_camt {
            self.entry(frames, text, currency);
        }
        said
    }

    fn transaction(&mut self, frames: &[Frame], text: &str) {
        let Some(family) = self.family else { return };
        let [.., parent, last] = frames else { return };
        let counted = if Some(parent.name) == family.block {
            &mut self.block
        } else if parent.name == "GrpHdr" && frames.len() == 4 {
            &mut self.all
        } else {
            let of_item = match frames {
                [.., item, amt, _] if amt.name == "Amt" => {
                    item.name == family.item && last.name == family.amount
                }
                [.., item, amt, equivalent, _] if amt.name == "Amt" && equivalent.name == "EqvtAmt" => {
                    item.name == family.item && last.name == "Amt"
                }
                [.., item, _] => item.name == family.item && last.name == family.amount,
                _ => false,
            };
            if of_item && let Some(amount) = Sum::parse(text) {
                self.all.sum = self.all.sum.plus(amount);
                self.block.sum = self.block.sum.plus(amount);
            }
            return;
        };
        match last.name {
            "NbOfTxs" => counted.said_items = text.parse().ok().map(|n| (last.line, n)),
            "CtrlSum" => counted.said_sum = Sum::parse(text).map(|s| (last.line, s)),
            name if Some(name) == family.total => {
                counted.said_total = Sum::parse(text).map(|s| (last.line, s))
            }
            _ => {}
        }
    }

    fn entry(&mut self, frames: &[Frame], text: &str, currency: Option<&str>) {
        let Some(last) = frames.last() else { return };
        let names: [&str; 4] = std::array::from_fn(|i| frames.get(i + 3).map_or("", |f| f.name));
        match (names, frames.len()) {
            (["Bal" | "Ntry", "Amt", ..], 5) => {
                self.open.amount = Sum::parse(text).unwrap_or_default();
                currency.unwrap_or("").clone_into(&mut self.open.currency);
            }
            (["Bal" | "Ntry", "CdtDbtInd", ..], 5) => self.open.is_debit = text == "DBIT",
            (["Ntry", "Sts", ..], 5) | (["Ntry", "Sts", "Cd", _], 6) => self.open.is_pending = text != "BOOK",
            (["Bal", "Tp", "CdOrPrtry", "Cd"], 7) => text.clone_into(&mut self.open.code),
            (["TxsSummry", total, _, _], 6) => {
                let Some(at) = TOTALS.iter().position(|t| *t == total) else { return };
                let said = &mut self.statement.said[at];
                match last.name {
                    "NbOfNtries" => said.0 = text.parse().ok(),
                    "Sum" => said.1 = Sum::parse(text),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Whether the element that closes ends something that is counted.
    pub(super) fn has_findings(&self, frames: &[Frame]) -> bool {
        let Some(last) = frames.last() else { return false };
        match self.family {
            Some(family) => frames.len() == 2 || Some(last.name) == family.block,
            None => {
                self.is_camt
                    && (frames.len() == 3 || frames.len() == 4 && matches!(last.name, "Ntry" | "Bal"))
            }
        }
    }

    /// An element closes: the last frame. Says what does not add up.
    pub(super) fn close(&mut self, frames: &[Frame]) -> Vec<SaidAt> {
        let Some(last) = frames.last() else { return Vec::new() };
        if let Some(family) = self.family {
            let counted = if Some(last.name) == family.block { &self.block } else { &self.all };
            return counted.compare();
        }
        let open = std::mem::take(&mut self.open);
        match last.name {
            "Bal" => self.statement.balance(&open),
            "Ntry" => self.statement.entry(&open),
            "Stmt" | "Ntfctn" | "Rpt" => return self.statement.compare(last.line, self.is_statement),
            _ => {}
        }
        Vec::new()
    }
}

impl Counted {
    fn compare(&self) -> Vec<SaidAt> {
        let mut said = Vec::new();
        let error = Severity::Error;
        if let Some((line, items)) = self.said_items
            && items != self.items
        {
            let message = format!("it is {items}, counted {}", self.items);
            said.push((error, &codes::ISO_COUNT, line, "NbOfTxs", message));
        }
        for (name, sum) in [("CtrlSum", self.said_sum), ("total amount", self.said_total)] {
            if let Some((line, sum)) = sum
                && sum != self.sum
            {
                let message = format!("it is {sum}, summed {}", self.sum);
                said.push((error, &codes::ISO_SUM, line, name, message));
            }
        }
        said
    }
}

impl Statement {
    fn balance(&mut self, balance: &Amounts) {
        let list = match balance.code.as_str() {
            "OPBD" => &mut self.opening,
            "PRCD" => &mut self.previous,
            "CLBD" => &mut self.closing,
            "ITBD" => {
                self.interim = true;
                return;
            }
            _ => return,
        };
        if list.len() < 2 {
            list.push((balance.signed(), balance.currency.clone()));
        }
    }

    fn entry(&mut self, entry: &Amounts) {
        let side = if entry.is_debit { 2 } else { 1 };
        for at in [0, side] {
            let (count, sum) = &mut self.entries[at];
            *count += 1;
            *sum = sum.plus(entry.amount);
        }
        if entry.is_pending {
            return;
        }
        self.booked = self.booked.plus(entry.signed());
        if self.currencies.len() < 2 && !self.currencies.contains(&entry.currency) {
            self.currencies.push(entry.currency.clone());
        }
    }

    fn compare(&self, line: u64, is_statement: bool) -> Vec<SaidAt> {
        let mut said = Vec::new();
        for ((name, (count, sum)), (said_count, said_sum)) in TOTALS.iter().zip(self.entries).zip(self.said) {
            if let Some(number) = said_count
                && number != count
            {
                let message = format!("the number of entries is {number}, counted {count}");
                said.push((Severity::Error, &codes::ISO_COUNT, line, *name, message));
            }
            if let Some(amount) = said_sum
                && amount != sum
                && self.currencies.len() < 2
            {
                let message = format!("the sum of entries is {amount}, summed {sum}");
                said.push((Severity::Error, &codes::ISO_SUM, line, *name, message));
            }
        }
        let opening = if self.opening.is_empty() { &self.previous } else { &self.opening };
        let ([(from, currency)], [(to, other)]) = (&opening[..], &self.closing[..]) else { return said };
        let same = currency == other && self.currencies.iter().all(|c| c == currency);
        let expected = from.plus(self.booked);
        if is_statement && same && !self.interim && expected != *to {
            let message = format!("opening balance and entries give {expected}, the closing balance is {to}");
            // A warning: schemas cannot say it, and such statements are in circulation.
            said.push((Severity::Warning, &codes::ISO_BALANCE, line, "Bal", message));
        }
        said
    }
}
