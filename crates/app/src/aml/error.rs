//! Why something of screening or monitoring was not done.

use pmts_compliance::aml::ScreeningFailed;
use pmts_compliance::aml::cases::CaseError;
use pmts_kernel::{CodeInfo, Coded};
use pmts_store::{CommitError, StoreError};

/// Why something of screening or monitoring was not done. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum AmlError {
    /// The screening did not answer: nobody goes on as if nothing had been found.
    #[error(transparent)]
    Screening(#[from] ScreeningFailed),
    /// What people may do.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The commit was refused or failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task of this process ended before its work was done.
    #[error("a task was cut off: {0}")]
    CutOff(String),
    /// Something that must be there is not.
    #[error("{0} is missing")]
    Missing(String),
    /// Nobody can be screened with this.
    #[error("{0}")]
    Party(String),
}

impl Coded for AmlError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Screening(e) => e.code(),
            Self::Case(e) => e.code(),
            Self::Commit(e) => e.code(),
            Self::Store(e) => e.code(),
            Self::CutOff(_) => &crate::codes::CUT_OFF,
            Self::Missing(_) => &crate::codes::RECORD_MISSING,
            Self::Party(_) => &crate::codes::AML_PARTY,
        }
    }
}
