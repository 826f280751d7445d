//! One payment of a batch.

use super::BatchId;
use crate::sellers::{Destination, PayeeRef};
use pmts_kernel::typed_id;
use pmts_money::Money;
use serde::{Deserialize, Serialize};

typed_id! {
    /// A payout.
    pub struct PayoutId("po");
}

impl PayoutId {
    /// What the bank's files name it by: 34 characters that every rail takes, never used again.
    pub fn end_to_end_id(self) -> String {
        format!("PO{:032x}", self.raw())
    }

    /// Reads [`PayoutId::end_to_end_id`].
    pub fn of_end_to_end_id(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("PO").filter(|d| d.len() == 32)?;
        u128::from_str_radix(digits, 16).ok().map(Self::from_raw)
    }
}

/// Where a payout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutState {
    /// In a batch that nobody approved yet.
    Proposed,
    /// Its money is set aside.
    Approved,
    /// In a file for the bank. What became of it is not known: it is asked about, never sent again under another identifier.
    Sent,
    /// The bank took the money from our account.
    Paid,
    /// The bank did not carry it out; the money is the seller's again.
    Rejected,
    /// It came back; the money is the seller's again.
    Returned,
    /// Its batch was given up.
    Cancelled,
}

/// A payout. `Debug` leaves name and account out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// Its batch.
    pub batch: BatchId,
    /// Whose money.
    pub payee: PayeeRef,
    /// The holder of the account.
    pub name: String,
    /// The account, as it was when the batch was made.
    pub destination: Destination,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub state: PayoutState,
    /// The bank's line that took the money from our account was seen.
    #[serde(default)]
    pub debited: bool,
    /// A bank announced that it comes back: a credit in a statement that names it is its return.
    #[serde(default)]
    pub return_told: bool,
    /// Why it was not carried out or came back: `AC04`; `NARR` for what the bank said in words of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl std::fmt::Debug for Payout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payout")
            .field("id", &self.id)
            .field("amount", &self.amount)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
