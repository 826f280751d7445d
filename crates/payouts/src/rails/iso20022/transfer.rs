//! A payment between banks: pacs.008.001.08 in its business header (head.001.001.02), for who takes part directly.

use super::write::{Elements, fits};
use crate::PayoutsError;
use crate::accounts;
use chrono::{NaiveDate, NaiveDateTime};
use pmts_money::Money;
use std::io::Write;

/// One payment. Fedwire and CBPR+ carry one in a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Transfer {
    /// At most 35 characters, never used again.
    pub message_id: String,
    /// At most 35 characters.
    pub end_to_end_id: String,
    /// The unique reference of the payment: a UUID of version 4 in small letters.
    pub uetr: String,
    /// When it was made, UTC.
    pub created: NaiveDateTime,
    /// What is settled, above zero.
    pub amount: Money,
    /// The day it is settled.
    pub settlement: NaiveDate,
    /// The clearing system: `FDW` for Fedwire, `TGT` for T2.
    pub clearing: String,
    /// BIC of the bank that sends.
    pub from_bic: String,
    /// BIC of the bank that receives.
    pub to_bic: String,
    /// Who pays, town, country.
    pub debtor: (String, String, String),
    /// Account of who pays.
    pub debtor_account: String,
    /// Who gets it, town, country.
    pub creditor: (String, String, String),
    /// Account of who gets it.
    pub creditor_account: String,
    /// What they read; may be empty.
    pub remittance: String,
}

/// Names and accounts stay out.
impl std::fmt::Debug for Transfer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transfer({}, {})", self.uetr, self.amount)
    }
}

const NAME: &str = "pacs.008";

impl Transfer {
    /// Writes header and message within one envelope element, `BizMsg`, which is of no namespace.
    ///
    /// # Errors
    /// [`PayoutsError::Unwritable`], [`PayoutsError::Account`] for a BIC, [`PayoutsError::Io`].
    pub fn write<W: Write>(&self, out: W) -> Result<W, PayoutsError> {
        let unwritable = |field, why| PayoutsError::Unwritable { record: NAME, field, why };
        for (field, text) in [("MsgId", &self.message_id), ("EndToEndId", &self.end_to_end_id)] {
            fits(NAME, field, text, 35)?;
        }
        fits(NAME, "ClrSys", &self.clearing, 5)?;
        accounts::bic(&self.from_bic)?;
        accounts::bic(&self.to_bic)?;
        if !self.amount.is_positive() {
            return Err(unwritable("IntrBkSttlmAmt", "an amount is above zero"));
        }
        if !is_uetr(&self.uetr) {
            return Err(unwritable("UETR", "it is no UUID of version 4 in small letters"));
        }
        let created = self.created.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut e = Elements::new(out);
        e.declaration()?;
        e.open("BizMsg")?;
        e.root("AppHdr", "head.001.001.02")?;
        e.nested(&["Fr", "FIId", "FinInstnId", "BICFI"], &self.from_bic)?;
        e.nested(&["To", "FIId", "FinInstnId", "BICFI"], &self.to_bic)?;
        e.leaf("BizMsgIdr", &self.message_id)?;
        e.leaf("MsgDefIdr", "pacs.008.001.08")?;
        e.leaf("CreDt", &created)?;
        e.close(1)?;
        e.root("Document", "pacs.008.001.08")?;
        e.open("FIToFICstmrCdtTrf")?;
        e.open("GrpHdr")?;
        e.leaf("MsgId", &self.message_id)?;
        e.leaf("CreDtTm", &created)?;
        e.leaf("NbOfTxs", "1")?;
        e.open("SttlmInf")?;
        e.leaf("SttlmMtd", "CLRG")?;
        e.nested(&["ClrSys", "Cd"], &self.clearing)?;
        e.close(2)?;
        e.open("CdtTrfTxInf")?;
        e.open("PmtId")?;
        e.leaf("EndToEndId", &self.end_to_end_id)?;
        e.leaf("UETR", &self.uetr)?;
        e.close(1)?;
        e.money("IntrBkSttlmAmt", self.amount)?;
        e.leaf("IntrBkSttlmDt", &self.settlement.to_string())?;
        e.leaf("ChrgBr", "SHAR")?;
        e.nested(&["InstgAgt", "FinInstnId", "BICFI"], &self.from_bic)?;
        e.nested(&["InstdAgt", "FinInstnId", "BICFI"], &self.to_bic)?;
        party(&mut e, "Dbtr", &self.debtor)?;
        account(&mut e, "DbtrAcct", &self.debtor_account)?;
        e.nested(&["DbtrAgt", "FinInstnId", "BICFI"], &self.from_bic)?;
        e.nested(&["CdtrAgt", "FinInstnId", "BICFI"], &self.to_bic)?;
        party(&mut e, "Cdtr", &self.creditor)?;
        account(&mut e, "CdtrAcct", &self.creditor_account)?;
        if !self.remittance.is_empty() {
            fits(NAME, "Ustrd", &self.remittance, 140)?;
            e.nested(&["RmtInf", "Ustrd"], &self.remittance)?;
        }
        e.finish()
    }
}

fn party<W: Write>(
    e: &mut Elements<W>,
    element: &'static str,
    (name, town, country): &(String, String, String),
) -> Result<(), PayoutsError> {
    fits(NAME, "Nm", name, 140)?;
    fits(NAME, "TwnNm", town, 35)?;
    if !accounts::is_country(country) {
        return Err(PayoutsError::Unwritable {
            record: NAME,
            field: "Ctry",
            why: "it is no country of ISO 3166",
        });
    }
    e.open(element)?;
    e.leaf("Nm", name)?;
    e.open("PstlAdr")?;
    e.leaf("TwnNm", town)?;
    e.leaf("Ctry", country)?;
    e.close(2)
}

/// An IBAN as such, anything else as the bank's own number.
fn account<W: Write>(e: &mut Elements<W>, element: &'static str, text: &str) -> Result<(), PayoutsError> {
    if accounts::Iban::parse(text).is_ok() {
        return e.nested(&[element, "Id", "IBAN"], text);
    }
    fits(NAME, element, text, 34)?;
    e.nested(&[element, "Id", "Othr", "Id"], text)
}

fn is_uetr(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            14 => *b == b'4',
            19 => matches!(b, b'8' | b'9' | b'a' | b'b'),
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        })
}
