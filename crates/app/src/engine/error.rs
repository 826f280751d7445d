//! Why a payment could not be carried on.

use pmts_kernel::{CodeInfo, Coded};
use pmts_payments::PaymentsError;
use pmts_store::{CommitError, StoreError};

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
    /// The risk screen refused the step: nothing was sent.
    #[error("the risk screen refused it (decision {0}): nothing was sent")]
    Blocked(crate::risk::DecisionId),
    /// Somebody in the payment is held by the sanctions screening: nothing was sent.
    #[error("somebody in the payment is held by the sanctions screening: nothing was sent")]
    Held,
    /// A seller in the payment may not receive, by what is known of him: nothing was sent.
    #[error("a seller in the payment may not receive, by the due diligence about him: nothing was sent")]
    MayNotReceive,
    /// Screening.
    #[error(transparent)]
    Aml(#[from] crate::aml::AmlError),
    /// Rules, lists, labels or signals of the risk screen.
    #[error(transparent)]
    Risk(#[from] crate::risk::RiskError),
    /// A person cannot decide this about an operation of this kind or state.
    #[error("{0}")]
    NotByHand(&'static str),
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
            Self::Risk(e) => e.code(),
            Self::Held => &crate::codes::AML_HELD,
            Self::MayNotReceive => &crate::codes::DILIGENCE_STOPPED,
            Self::Aml(e) => e.code(),
            Self::Blocked(_) => &crate::codes::RISK_BLOCKED,
            Self::NotByHand(_) => &crate::codes::NOT_BY_HAND,
        }
    }
}
