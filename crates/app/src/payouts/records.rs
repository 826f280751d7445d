//! What is kept of sellers and payouts. The names of the kinds are on disk and stay.

use crate::records::record_of;
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};
use pmts_payouts::batches::{Batch, BatchState, Payout, PayoutState};
use pmts_payouts::rails::OwnAccount;
use pmts_payouts::sellers::{Delivery, Destination, Seller};
use pmts_store::Record;
use serde::{Deserialize, Serialize};

record_of! {
    /// A seller. Its id is made of his name.
    SellerRecord(Seller), "seller", |s| s.payee.number(), vec![]
}
record_of! {
    /// A delivery. Those with something still to be released are listed under `open`.
    DeliveryRecord(Delivery), "delivery", |d| d.purchase, {
        d.next().map(|_| ("open", "1".to_owned())).into_iter().collect()
    }
}
record_of! {
    /// A batch of payouts. Listed by its state.
    BatchRecord(Batch), "payout_batch", |b| b.id.raw(), vec![("state", state_name(b.state).to_owned())]
}
record_of! {
    /// A payout. Listed by its batch and by its seller; those that the bank says nothing of under `silent`.
    PayoutRecord(Payout), "payout", |p| p.id.raw(), {
        let silent = (p.state == PayoutState::Sent).then(|| ("silent", "1".to_owned()));
        [("batch", p.batch.to_string()), ("seller", p.payee.to_string())].into_iter().chain(silent).collect()
    }
}

/// Our account of a currency, and those it was before: their statements are still ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OwnAccountRecord {
    /// Out of which payouts are made.
    pub now: OwnAccount,
    /// Earlier ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Destination>,
}

impl OwnAccountRecord {
    /// Whether an account, by its IBAN, is or was ours.
    pub(super) fn has(&self, account: &str) -> bool {
        let mut all = self.before.iter().chain([&self.now.account]);
        all.any(|a| a.as_iban().is_ok_and(|iban| iban.as_str() == account))
    }
}

impl Record for OwnAccountRecord {
    const KIND: &'static str = "own_account";

    fn record_id(&self) -> u128 {
        own_account_id(self.now.currency)
    }
}

/// The id of the record of our account of a currency.
pub(super) fn own_account_id(currency: Currency) -> u128 {
    currency.code().bytes().fold(0, |id, byte| (id << 8) | u128::from(byte))
}

/// The name of a batch's state in lists.
pub(super) fn state_name(state: BatchState) -> &'static str {
    match state {
        BatchState::Proposed => "proposed",
        BatchState::Approved => "approved",
        BatchState::Released => "released",
        BatchState::Cancelled => "cancelled",
    }
}

/// A line of our account, or what the bank said against what was known: kept so that it is taken once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankLineRecord {
    /// Made of what the bank names the line by.
    pub id: u128,
    /// What moved on our account, with its sign; `None`: nothing, as far as it says.
    pub moved: Option<Money>,
    /// The bank's reference.
    pub reference: String,
    /// When it was taken in.
    pub taken: Timestamp,
}

impl Record for BankLineRecord {
    const KIND: &'static str = "bank_line";

    fn record_id(&self) -> u128 {
        self.id
    }
}
