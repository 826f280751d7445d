//! Why something of the risk screen was not done.

use pmts_fraud::FraudError;
use pmts_kernel::{CodeInfo, Coded};
use pmts_store::{CommitError, StoreError};

/// Why something of the risk screen was not done. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RiskError {
    /// A rule, a list, a model.
    #[error(transparent)]
    Fraud(#[from] FraudError),
    /// The commit was refused or failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something that must be there is not.
    #[error("{0} is missing")]
    Missing(String),
    /// A signal has no such name, or not this type.
    #[error("{name} is no signal of the screen, or {value:?} is not what it takes")]
    Signal {
        /// The name.
        name: String,
        /// The value.
        value: String,
    },
    /// The recipient of a report is no public key.
    #[error("the recipient is no public key of the format age (age1...)")]
    Recipient,
    /// The file of history cannot be read or written.
    #[error("the history in {path} cannot be kept: {why}")]
    Snapshot {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        why: String,
    },
}

impl Coded for RiskError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Fraud(e) => e.code(),
            Self::Commit(e) => e.code(),
            Self::Store(e) => e.code(),
            Self::Missing(_) => &crate::codes::RECORD_MISSING,
            Self::Signal { .. } => &crate::codes::RISK_SIGNAL,
            Self::Recipient => &crate::codes::RISK_RECIPIENT,
            Self::Snapshot { .. } => &crate::codes::RISK_SNAPSHOT,
        }
    }
}
