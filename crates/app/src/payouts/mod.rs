//! Sellers are paid.
//!
//! ```text
//! delivery ─▶ release ─▶ batch: propose ─▶ approve (another person) ─▶ file ─▶ the bank's answers
//!             pending ▸ available          available ▸ in transit      post     in transit ▸ bank, or back
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `records.rs` | what is kept |
//! | `sellers.rs` | sellers and our own accounts |
//! | `deliveries.rs` | deliveries, and the release of money and reserves |
//! | `propose.rs` | who is paid how much today, who is not and why |
//! | `steps.rs` | a batch is approved, released as a file, given up |
//! | `held.rs` | whom money goes to is screened, and what was found holds it |
//! | `known.rs` | how far it is known who is paid, and how much he may be paid |
//! | `risk.rs` | the risk screen before money leaves |
//! | `bank.rs` | files of the bank: status reports, announcements |
//! | `lines.rs` | statements of our accounts, line by line |
//! | `step.rs` | one commit |
//!
//! Each step is one commit of records, transfers and events.

mod bank;
mod deliveries;
mod error;
mod held;
mod known;
mod lines;
mod propose;
mod records;
mod risk;
mod sellers;
mod step;
mod steps;

pub use bank::Taken;
pub use deliveries::ReleaseSummary;
pub use error::DeskError;
pub use propose::{Proposal, Skipped, rail};
pub use records::{
    BankLineRecord, BatchRecord, DeliveryRecord, OwnAccountRecord, PayoutRecord, SellerRecord,
};
pub use sellers::SellerMoney;

use crate::aml::AmlDesk;
use crate::books::{Accounts, Books};
use crate::diligence::DiligenceDesk;
use crate::risk::Risk;
use pmts_kernel::{Clock, IdSource};
use pmts_ledger::EntityCode;
use pmts_money::Bps;
use pmts_store::Store;
use std::sync::Arc;

/// Pays sellers over a store.
#[derive(Clone)]
pub struct PayoutDesk {
    /// Where everything is committed.
    pub store: Arc<dyn Store>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// What the time is.
    pub clock: Arc<dyn Clock>,
    /// Who screens payees against sanctions lists; `None`: nobody.
    pub aml: Option<AmlDesk>,
    /// The risk screen; `None`: it is not asked.
    pub risk: Option<Arc<Risk>>,
    /// What sellers may be paid by their files of due diligence; `None`: it is not asked.
    pub diligence: Option<DiligenceDesk>,
    books: Books,
}

impl PayoutDesk {
    /// A desk for the books of the platform's legal entity.
    pub fn new(
        store: Arc<dyn Store>,
        ids: Arc<dyn IdSource>,
        clock: Arc<dyn Clock>,
        aml: Option<AmlDesk>,
    ) -> Self {
        let books = Books { accounts: Accounts { entity: EntityCode(1) }, acquirer_fee: Bps::new(0) };
        Self { store, ids, clock, aml, risk: None, diligence: None, books }
    }
}
