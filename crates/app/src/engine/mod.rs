//! The engine: carries a decision through. Commit the intent, do the effect, commit the outcome; and work on what is
//! unknown until it is known.

mod purchase;
mod recovery;
mod refund;
mod unit;

pub use recovery::{RecoverySummary, UNRESOLVED_TRIES};
pub use refund::RefundOrder;

use crate::books::Books;
use pmts_kernel::{Clock, CodeInfo, Coded, IdSource, Principal};
use pmts_payments::{Gateway, PaymentsError};
use pmts_store::{CommitError, Store, StoreError};
use std::sync::Arc;

/// Runs payments over a store and a gateway.
#[derive(Clone)]
pub struct Engine {
    /// Where everything is committed.
    pub store: Arc<dyn Store>,
    /// Who moves the money outside.
    pub gateway: Arc<dyn Gateway>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// What the time is.
    pub clock: Arc<dyn Clock>,
    /// How facts are booked.
    pub books: Books,
    /// On whose behalf.
    pub by: Principal,
}

/// Why a payment could not be carried on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The payment does not allow it.
    #[error(transparent)]
    Payments(#[from] PaymentsError),
    /// The commit was refused or failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An amount left the range of amounts.
    #[error(transparent)]
    Money(#[from] pmts_money::MoneyError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] pmts_compliance::VaultError),
    /// A task of this process ended before its work was done; what it had committed goes on at the next run.
    #[error("a task was cut off: {0}")]
    CutOff(String),
    /// A record that must be there is not.
    #[error("{0} is missing")]
    Missing(String),
}

impl Coded for EngineError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Payments(e) => e.code(),
            Self::Commit(e) => e.code(),
            Self::Store(e) => e.code(),
            Self::Money(e) => e.code(),
            Self::Vault(e) => e.code(),
            Self::CutOff(_) => &crate::codes::CUT_OFF,
            Self::Missing(_) => &crate::codes::RECORD_MISSING,
        }
    }
}
