//! Statements and notifications of banks, entry by entry: camt.052, .053 and .054 in the versions 02, 04 and 08.

use super::amount::amount;
use super::elements::{Elements, Next};
use crate::PayoutsError;
use crate::error::codes;
use pmts_money::Money;
use std::io::BufRead;

/// What a statement begins with.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StatementHead {
    /// The bank's identifier of the statement: the same again is the same statement.
    pub id: String,
    /// The electronic sequence number, if the bank gives one.
    pub sequence: Option<u64>,
    /// The account: its IBAN or the bank's number.
    pub account: String,
}

/// A balance; negative if the account is overdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// OPBD opening, PRCD closing of the day before, CLBD closing, ITBD in between, and others.
    pub code: String,
    /// The amount.
    pub amount: Money,
    /// The day: `2026-11-22`.
    pub day: String,
}

/// A line of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The amount; negative for a debit.
    pub amount: Money,
    /// Whether it is booked; what is pending may still go away.
    pub booked: bool,
    /// Whether it undoes an earlier entry. The sign of `amount` is that of this entry.
    pub reversal: bool,
    /// The day it is booked on; may be empty.
    pub booking_day: String,
    /// The day from which interest counts; may be empty.
    pub value_day: String,
    /// The bank's reference; may be empty.
    pub bank_reference: String,
    /// The entry's own reference; may be empty.
    pub entry_reference: String,
    /// Identifier of the group of payments that the entry is the sum of; may be empty.
    pub payment_id: String,
    /// Identifier of the message they were ordered with; may be empty.
    pub message_id: String,
    /// What it consists of; their sum may differ from the entry's amount.
    pub details: Vec<Detail>,
}

/// A part of an entry.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// Identifier that the ordering party gave.
    pub end_to_end_id: String,
    /// Identifier of the group of payments.
    pub payment_id: String,
    /// Identifier of the instruction.
    pub instruction_id: String,
    /// Identifier of the message.
    pub message_id: String,
    /// UETR.
    pub uetr: String,
    /// The amount, without sign; `None` if not given.
    pub amount: Option<Money>,
    /// Remittance, unstructured, lines joined by a space.
    pub remittance: String,
    /// The bank says that it is a return of an earlier payment.
    pub is_return: bool,
    /// Why it came back, if it is a return: `AC04`.
    pub return_reason: String,
}

/// What comes out of the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CamtItem {
    /// A statement begins; told before its first balance or entry.
    Statement(StatementHead),
    /// A balance of it.
    Balance(Balance),
    /// An entry of it.
    Entry(Box<Entry>),
    /// The statement ends.
    End,
}

/// Whose account it is stays out.
impl std::fmt::Debug for StatementHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatementHead")
            .field("id", &self.id)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

/// Remittance may hold names: it stays out.
impl std::fmt::Debug for Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = f.debug_struct("Detail");
        out.field("end_to_end_id", &self.end_to_end_id).field("amount", &self.amount).finish_non_exhaustive()
    }
}

const KNOWN: &[&str] = &[
    "Ntry",
    "Amt",
    "CdtDbtInd",
    "NtryDtls",
    "Btch",
    "TxDtls",
    "Refs",
    "RmtInf",
    "Ustrd",
    "EndToEndId",
    "Sts",
    "Cd",
    "BookgDt",
    "ValDt",
    "Dt",
    "DtTm",
    "AcctSvcrRef",
    "NtryRef",
    "RvslInd",
    "TxAmt",
    "AmtDtls",
    "PmtInfId",
    "InstrId",
    "MsgId",
    "UETR",
    "RtrInf",
    "Rsn",
    "Stmt",
    "Rpt",
    "Ntfctn",
    "Bal",
    "Tp",
    "CdOrPrtry",
    "Acct",
    "Id",
    "IBAN",
    "Othr",
    "ElctrncSeqNb",
];

/// Reads statements one item at a time; memory does not depend on the length of the file. It does not check: `check` does.
pub struct CamtReader<R> {
    elements: Elements<R>,
    head: StatementHead,
    /// The head was told.
    told: bool,
    held: Option<CamtItem>,
}

/// An entry or a balance while it is read.
#[derive(Default)]
struct Draft {
    text: String,
    currency: String,
    is_debit: bool,
}

impl<R: BufRead> CamtReader<R> {
    /// Statements of `input`.
    pub fn new(input: R) -> Self {
        Self {
            elements: Elements::new(input, KNOWN),
            head: StatementHead::default(),
            told: false,
            held: None,
        }
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// [`PayoutsError::Io`]; [`PayoutsError::Content`] with the line for XML that cannot be read or an amount that is none.
    pub fn next_item(&mut self) -> Result<Option<CamtItem>, PayoutsError> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        loop {
            let next = self.elements.next()?;
            let last: [_; 1] = self.elements.tail();
            let item = match (next, last) {
                (Next::End, _) => return Ok(None),
                (Next::Open, ["Stmt" | "Rpt" | "Ntfctn"]) => {
                    self.head = StatementHead::default();
                    self.told = false;
                    continue;
                }
                (Next::Open, ["Bal"]) => CamtItem::Balance(self.balance()?),
                (Next::Open, ["Ntry"]) => CamtItem::Entry(Box::new(self.entry()?)),
                (Next::Close, ["Stmt" | "Rpt" | "Ntfctn"]) => CamtItem::End,
                (Next::Close, _) => {
                    self.head_value();
                    continue;
                }
                _ => continue,
            };
            if self.told {
                return Ok(Some(item));
            }
            self.told = true;
            self.held = Some(item);
            return Ok(Some(CamtItem::Statement(self.head.clone())));
        }
    }

    fn head_value(&mut self) {
        let text = &self.elements.text;
        match self.elements.tail::<4>() {
            [_, _, "Stmt" | "Rpt" | "Ntfctn", "Id"] => self.head.id.clone_from(text),
            [_, _, "Stmt" | "Rpt" | "Ntfctn", "ElctrncSeqNb"] => {
                self.head.sequence = text.trim().parse().ok()
            }
            [_, "Acct", "Id", "IBAN"] | ["Acct", "Id", "Othr", "Id"] if self.head.account.is_empty() => {
                self.head.account.clone_from(text);
            }
            _ => {}
        }
    }

    /// The amount of a balance or entry that ends here.
    fn amount(&self, draft: &Draft) -> Result<Money, PayoutsError> {
        let money = amount(&draft.text, &draft.currency)
            .and_then(|money| if draft.is_debit { money.checked_neg() } else { Ok(money) });
        money.map_err(|e| self.elements.fault(&codes::ISO_CURRENCY, &e.to_string()))
    }

    fn balance(&mut self) -> Result<Balance, PayoutsError> {
        let (mut draft, mut code, mut day) = (Draft::default(), String::new(), String::new());
        let depth = self.elements.path().len();
        loop {
            if self.elements.next()? != Next::Close {
                continue;
            }
            if self.elements.path().len() == depth {
                return Ok(Balance { code, amount: self.amount(&draft)?, day });
            }
            let e = &self.elements;
            match e.tail::<3>() {
                [_, "Bal", "Amt"] => draft.take(e),
                [_, "Bal", "CdtDbtInd"] => draft.is_debit = e.text.trim() == "DBIT",
                [_, "CdOrPrtry", "Cd"] => code.clone_from(&e.text),
                ["Bal", "Dt", "Dt" | "DtTm"] => day = day_of(&e.text),
                _ => {}
            }
        }
    }

    fn entry(&mut self) -> Result<Entry, PayoutsError> {
        let mut draft = Draft::default();
        let (mut booked, mut reversal) = (false, false);
        let [mut booking_day, mut value_day, mut bank_reference, mut entry_reference] =
            [const { String::new() }; 4];
        let [mut payment_id, mut message_id] = [const { String::new() }; 2];
        let mut details = Vec::new();
        let depth = self.elements.path().len();
        loop {
            let next = self.elements.next()?;
            let at = self.elements.path().len();
            if next == Next::Open {
                if self.elements.tail::<1>() == ["TxDtls"] {
                    details.push(self.detail()?);
                }
                continue;
            }
            if at == depth {
                let amount = self.amount(&draft)?;
                return Ok(Entry {
                    amount,
                    booked,
                    reversal,
                    booking_day,
                    value_day,
                    bank_reference,
                    entry_reference,
                    payment_id,
                    message_id,
                    details,
                });
            }
            let e = &self.elements;
            match e.tail::<3>() {
                [_, "Ntry", "Amt"] => draft.take(e),
                [_, "Ntry", "CdtDbtInd"] => draft.is_debit = e.text.trim() == "DBIT",
                // Version 08 has a code below; the element itself then closes with what stands around it.
                [_, "Ntry", "Sts"] if !e.text.trim().is_empty() => booked = e.text.trim() == "BOOK",
                ["Ntry", "Sts", "Cd"] => booked = e.text.trim() == "BOOK",
                [_, "Ntry", "RvslInd"] => reversal = matches!(e.text.trim(), "true" | "1"),
                [_, "Ntry", "AcctSvcrRef"] => bank_reference.clone_from(&e.text),
                [_, "Ntry", "NtryRef"] => entry_reference.clone_from(&e.text),
                ["NtryDtls", "Btch", "PmtInfId"] => payment_id.clone_from(&e.text),
                ["NtryDtls", "Btch", "MsgId"] => message_id.clone_from(&e.text),
                ["Ntry", "BookgDt", "Dt" | "DtTm"] => booking_day = day_of(&e.text),
                ["Ntry", "ValDt", "Dt" | "DtTm"] => value_day = day_of(&e.text),
                _ => {}
            }
        }
    }

    fn detail(&mut self) -> Result<Detail, PayoutsError> {
        let mut detail = Detail::default();
        let depth = self.elements.path().len();
        loop {
            if self.elements.next()? != Next::Close {
                continue;
            }
            if self.elements.path().len() == depth {
                return Ok(detail);
            }
            let e = &self.elements;
            match e.tail::<4>() {
                [_, _, "Refs", "EndToEndId"] => detail.end_to_end_id.clone_from(&e.text),
                [_, _, "Refs", "PmtInfId"] => detail.payment_id.clone_from(&e.text),
                [_, _, "Refs", "InstrId"] => detail.instruction_id.clone_from(&e.text),
                [_, _, "Refs", "MsgId"] => detail.message_id.clone_from(&e.text),
                [_, _, "Refs", "UETR"] => detail.uetr.clone_from(&e.text),
                [_, _, "RmtInf", "Ustrd"] => {
                    if !detail.remittance.is_empty() {
                        detail.remittance.push(' ');
                    }
                    detail.remittance.push_str(&e.text);
                }
                [_, "RtrInf", "Rsn", "Cd"] => detail.return_reason.clone_from(&e.text),
                [.., "RtrInf"] => detail.is_return = true,
                // What was instructed, perhaps in another currency: only where the amount on the account is not given.
                [_, "AmtDtls", "TxAmt", "Amt"] if detail.amount.is_some() => {}
                [_, _, "TxDtls", "Amt"] | [_, "AmtDtls", "TxAmt", "Amt"] => {
                    let money = amount(&e.text, &e.currency);
                    detail.amount = Some(money.map_err(|x| e.fault(&codes::ISO_CURRENCY, &x.to_string()))?);
                }
                _ => {}
            }
        }
    }
}

impl Draft {
    fn take<R>(&mut self, elements: &Elements<R>) {
        self.text.clone_from(&elements.text);
        self.currency.clone_from(&elements.currency);
    }
}

/// The day of a date or of a moment.
fn day_of(text: &str) -> String {
    text.trim().get(..10).unwrap_or_default().to_owned()
}

impl<R: BufRead> Iterator for CamtReader<R> {
    type Item = Result<CamtItem, PayoutsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_item().transpose()
    }
}
