//! Payments for the operator's bank: pain.001.001.09, and .03 for banks that have not moved.

use super::write::{Elements, fits};
use crate::PayoutsError;
use crate::accounts::{self, Iban};
use chrono::{NaiveDate, NaiveDateTime};
use pmts_money::{Currency, Money};
use std::io::Write;

/// The version of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitiationVersion {
    /// pain.001.001.03.
    V03,
    /// pain.001.001.09.
    V09,
}

/// By which rules the payments of a batch go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// SEPA credit transfer: euro, shared costs, IBANs, the small character set.
    Sepa,
    /// Any other transfer, costs shared.
    Wire,
}

/// A file of payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initiation {
    /// At most 35 characters, never used again.
    pub message_id: String,
    /// When it was made.
    pub created: NaiveDateTime,
    /// Who makes it.
    pub initiator: String,
    /// One batch for each day and account.
    pub batches: Vec<OrderBatch>,
}

/// Payments from one account on one day.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderBatch {
    /// At most 35 characters, never used again.
    pub id: String,
    /// The rules.
    pub scheme: Scheme,
    /// The day the bank is to carry them out.
    pub execution: NaiveDate,
    /// Whose account.
    pub debtor: String,
    /// The account.
    pub debtor_account: Iban,
    /// Its bank.
    pub debtor_bic: String,
    /// The payments.
    pub orders: Vec<Order>,
}

/// A payment.
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    /// At most 35 characters, never used again: statements and returns name it.
    pub end_to_end_id: String,
    /// The amount, above zero.
    pub amount: Money,
    /// Who gets it.
    pub creditor: String,
    /// Their town and country, which many banks ask for.
    pub address: Option<(String, String)>,
    /// Their account.
    pub creditor_account: Iban,
    /// Its bank, if it must be named.
    pub creditor_bic: Option<String>,
    /// What the creditor reads, at most 140 characters; may be empty.
    pub remittance: String,
}

/// Names and accounts stay out.
impl std::fmt::Debug for OrderBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OrderBatch({}, {} orders)", self.id, self.orders.len())
    }
}

/// Names and accounts stay out.
impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Order({}, {})", self.end_to_end_id, self.amount)
    }
}

const NAME: &str = "pain.001";

const fn unwritable(field: &'static str, why: &'static str) -> PayoutsError {
    PayoutsError::Unwritable { record: NAME, field, why }
}

/// An identifier: at most 35 characters of those that every bank takes, no slash at its ends.
fn identifier(field: &'static str, text: &str) -> Result<(), PayoutsError> {
    fits(NAME, field, text, 35)?;
    if accounts::to_sepa(text) != text {
        return Err(unwritable(field, "it has a character that SEPA does not take, or a slash at its end"));
    }
    Ok(())
}

impl Initiation {
    /// Writes the file.
    ///
    /// # Errors
    /// [`PayoutsError::Unwritable`] for a value that the message cannot hold or the scheme does not allow,
    /// [`PayoutsError::Account`] for a BIC, [`PayoutsError::Io`].
    pub fn write<W: Write>(&self, version: InitiationVersion, out: W) -> Result<W, PayoutsError> {
        identifier("MsgId", &self.message_id)?;
        let orders = || self.batches.iter().flat_map(|b| &b.orders);
        if self.batches.is_empty() || self.batches.iter().any(|b| b.orders.is_empty()) {
            return Err(unwritable("PmtInf", "a batch has at least one payment"));
        }
        let message = match version {
            InitiationVersion::V03 => "pain.001.001.03",
            InitiationVersion::V09 => "pain.001.001.09",
        };
        let mut e = Elements::new(out);
        e.declaration()?;
        e.root("Document", message)?;
        e.open("CstmrCdtTrfInitn")?;
        e.open("GrpHdr")?;
        e.leaf("MsgId", &self.message_id)?;
        e.leaf("CreDtTm", &self.created.format("%Y-%m-%dT%H:%M:%S").to_string())?;
        e.leaf("NbOfTxs", &orders().count().to_string())?;
        e.leaf("CtrlSum", &control_sum(orders())?)?;
        e.open("InitgPty")?;
        name(&mut e, &self.initiator)?;
        e.close(2)?;
        for batch in &self.batches {
            batch.write(version, &mut e)?;
        }
        e.finish()
    }
}

/// A name in the characters that SEPA takes; 70 characters, which is what SEPA allows.
fn name<W: Write>(e: &mut Elements<W>, text: &str) -> Result<(), PayoutsError> {
    let text: String = accounts::to_sepa(text).chars().take(70).collect();
    fits(NAME, "Nm", &text, 70)?;
    e.leaf("Nm", text.trim_end())
}

fn agent<W: Write>(
    e: &mut Elements<W>,
    element: &'static str,
    bic: &str,
    version: InitiationVersion,
) -> Result<(), PayoutsError> {
    accounts::bic(bic)?;
    let tag = if version == InitiationVersion::V03 { "BIC" } else { "BICFI" };
    e.nested(&[element, "FinInstnId", tag], bic)
}

impl OrderBatch {
    fn write<W: Write>(&self, version: InitiationVersion, e: &mut Elements<W>) -> Result<(), PayoutsError> {
        identifier("PmtInfId", &self.id)?;
        e.open("PmtInf")?;
        e.leaf("PmtInfId", &self.id)?;
        e.leaf("PmtMtd", "TRF")?;
        // A line for each payment, so that each is found in the statement.
        e.leaf("BtchBookg", "false")?;
        e.leaf("NbOfTxs", &self.orders.len().to_string())?;
        e.leaf("CtrlSum", &control_sum(&self.orders)?)?;
        if self.scheme == Scheme::Sepa {
            e.nested(&["PmtTpInf", "SvcLvl", "Cd"], "SEPA")?;
        }
        let day = self.execution.to_string();
        match version {
            InitiationVersion::V03 => e.leaf("ReqdExctnDt", &day)?,
            InitiationVersion::V09 => e.nested(&["ReqdExctnDt", "Dt"], &day)?,
        }
        e.open("Dbtr")?;
        name(e, &self.debtor)?;
        e.close(1)?;
        e.nested(&["DbtrAcct", "Id", "IBAN"], self.debtor_account.as_str())?;
        agent(e, "DbtrAgt", &self.debtor_bic, version)?;
        e.leaf("ChrgBr", if self.scheme == Scheme::Sepa { "SLEV" } else { "SHAR" })?;
        for order in &self.orders {
            order.write(self.scheme, version, e)?;
        }
        e.close(1)
    }
}

impl Order {
    fn write<W: Write>(
        &self,
        scheme: Scheme,
        version: InitiationVersion,
        e: &mut Elements<W>,
    ) -> Result<(), PayoutsError> {
        identifier("EndToEndId", &self.end_to_end_id)?;
        if !self.amount.is_positive() {
            return Err(unwritable("InstdAmt", "an amount is above zero"));
        }
        if scheme == Scheme::Sepa {
            if self.amount.currency() != Currency::EUR {
                return Err(unwritable("InstdAmt", "SEPA moves euro only"));
            }
            if self.amount.minor() > 99_999_999_999 {
                return Err(unwritable("InstdAmt", "SEPA moves at most 999,999,999.99 euro"));
            }
            if !self.creditor_account.is_sepa() {
                return Err(unwritable("IBAN", "the country of the account is not in SEPA"));
            }
        }
        e.open("CdtTrfTxInf")?;
        e.nested(&["PmtId", "EndToEndId"], &self.end_to_end_id)?;
        e.open("Amt")?;
        e.money("InstdAmt", self.amount)?;
        e.close(1)?;
        if let Some(bic) = &self.creditor_bic {
            agent(e, "CdtrAgt", bic, version)?;
        }
        e.open("Cdtr")?;
        name(e, &self.creditor)?;
        if let Some((town, country)) = &self.address {
            let town: String = accounts::to_sepa(town).chars().take(35).collect();
            fits(NAME, "TwnNm", &town, 35)?;
            if !accounts::is_country(country) {
                return Err(unwritable("Ctry", "it is no country of ISO 3166"));
            }
            e.open("PstlAdr")?;
            e.leaf("TwnNm", &town)?;
            e.leaf("Ctry", country)?;
            e.close(1)?;
        }
        e.close(1)?;
        e.nested(&["CdtrAcct", "Id", "IBAN"], self.creditor_account.as_str())?;
        let remittance = accounts::to_sepa(&self.remittance);
        if !remittance.is_empty() {
            fits(NAME, "Ustrd", &remittance, 140)?;
            e.nested(&["RmtInf", "Ustrd"], &remittance)?;
        }
        e.close(1)
    }
}

/// The sum of the amounts as numbers, whatever their currencies: what the message wants.
fn control_sum<'a>(orders: impl IntoIterator<Item = &'a Order>) -> Result<String, PayoutsError> {
    let mut sum = super::sum::Sum::default();
    for order in orders {
        let amount = super::sum::Sum::parse(&order.amount.to_decimal_string());
        sum = sum.plus(amount.ok_or(unwritable("CtrlSum", "an amount has too many digits"))?);
    }
    Ok(sum.to_string())
}
