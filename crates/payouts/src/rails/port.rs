//! A rail as a port: how a batch becomes a file for a bank.

use super::iso20022::{Initiation, InitiationVersion, Order, OrderBatch, Scheme};
use crate::PayoutsError;
use crate::accounts::Iban;
use crate::batches::{Batch, Payout};
use crate::error::codes;
use crate::sellers::Destination;
use chrono::NaiveDateTime;
use pmts_kernel::Timestamp;
use pmts_money::Currency;
use serde::{Deserialize, Serialize};

/// Our own account at a bank, out of which payouts are made. `Debug` shows no number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAccount {
    /// Its holder.
    pub name: String,
    /// The account.
    pub account: Destination,
    /// Its currency.
    pub currency: Currency,
}

impl std::fmt::Debug for OwnAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnAccount({:?}, {})", self.account, self.currency)
    }
}

/// A way to pay. The file of a batch is a function of what is kept of it: written again it is the same, byte for byte.
pub trait PayoutRail: Send + Sync {
    /// Its name, as it is kept with batches.
    fn name(&self) -> &'static str;

    /// Whether it can pay to an account in a currency; a sentence if not.
    ///
    /// # Errors
    /// What is wrong.
    fn accepts(&self, destination: &Destination, currency: Currency) -> Result<(), String>;

    /// The name of the file of a batch.
    fn file_name(&self, batch: &Batch) -> String;

    /// The file of a batch that is released.
    ///
    /// # Errors
    /// [`PayoutsError`] for a value that the format cannot hold.
    fn write(&self, batch: &Batch, payouts: &[Payout]) -> Result<Vec<u8>, PayoutsError>;
}

/// Credit transfers as pain.001, for the operator's bank.
#[derive(Debug, Clone, Copy)]
pub struct CreditTransfers {
    scheme: Scheme,
    version: InitiationVersion,
}

impl CreditTransfers {
    /// SEPA credit transfers: euro, IBANs of its countries.
    pub const SEPA: Self = Self { scheme: Scheme::Sepa, version: InitiationVersion::V09 };
    /// Any other transfer.
    pub const WIRE: Self = Self { scheme: Scheme::Wire, version: InitiationVersion::V09 };

    /// The same for banks that read the version 03 only.
    pub const fn for_old_banks(self) -> Self {
        Self { version: InitiationVersion::V03, ..self }
    }
}

impl PayoutRail for CreditTransfers {
    fn name(&self) -> &'static str {
        match (self.scheme, self.version) {
            (Scheme::Sepa, InitiationVersion::V09) => "sepa",
            (Scheme::Sepa, InitiationVersion::V03) => "sepa-v03",
            (Scheme::Wire, InitiationVersion::V09) => "wire",
            (Scheme::Wire, InitiationVersion::V03) => "wire-v03",
        }
    }

    fn accepts(&self, destination: &Destination, currency: Currency) -> Result<(), String> {
        let iban: Iban = destination.as_iban().map_err(|e| e.to_string())?;
        if self.scheme == Scheme::Sepa && currency.code() != "EUR" {
            return Err("SEPA pays euro only".into());
        }
        if self.scheme == Scheme::Sepa && !iban.is_sepa() {
            return Err(format!("{} is no country of SEPA", iban.country()));
        }
        Ok(())
    }

    fn file_name(&self, batch: &Batch) -> String {
        format!("{}.xml", batch.message_id())
    }

    fn write(&self, batch: &Batch, payouts: &[Payout]) -> Result<Vec<u8>, PayoutsError> {
        let (Some(released), Some(own)) = (&batch.released, &batch.from) else {
            let what = format!("the batch {} is not released", batch.id);
            return Err(PayoutsError::Refused { code: &codes::BATCH_STATE, what });
        };
        let orders = payouts.iter().map(|p| {
            Ok(Order {
                end_to_end_id: p.id.end_to_end_id(),
                amount: p.amount,
                creditor: p.name.clone(),
                address: None,
                creditor_account: p.destination.as_iban()?,
                creditor_bic: p.destination.bic().map(str::to_owned),
                remittance: format!("PAYOUT {}", p.payee),
            })
        });
        let batches = vec![OrderBatch {
            id: batch.message_id(),
            scheme: self.scheme,
            execution: batch.execution,
            debtor: own.name.clone(),
            debtor_account: own.account.as_iban()?,
            debtor_bic: own.account.bic().unwrap_or_default().to_owned(),
            orders: orders.collect::<Result<_, PayoutsError>>()?,
        }];
        let message = Initiation {
            message_id: batch.message_id(),
            created: second(released.at),
            initiator: own.name.clone(),
            batches,
        };
        message.write(self.version, Vec::new())
    }
}

/// A moment to the second, UTC.
fn second(at: Timestamp) -> NaiveDateTime {
    chrono::DateTime::from_timestamp(at.as_secs(), 0).unwrap_or_default().naive_utc()
}
