//! Why a step of a payout was not done.

use crate::aml::AmlError;
use pmts_kernel::{CodeInfo, Coded};
use pmts_money::MoneyError;
use pmts_payouts::PayoutsError;
use pmts_store::{CommitError, StoreError};

/// Why a step of a payout was not done. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The rules of payouts, or a file.
    #[error(transparent)]
    Payouts(#[from] PayoutsError),
    /// The commit was refused or failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An amount left the range of amounts.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The screening did not answer, or its records: nobody is paid as if nothing had been found.
    #[error(transparent)]
    Aml(#[from] AmlError),
    /// Everyone in a batch is held: nobody in it can be paid.
    #[error("everyone in the batch {0} is held by the sanctions screening: it was given up")]
    AllHeld(String),
    /// The risk screen's rules or records.
    #[error(transparent)]
    Risk(#[from] crate::risk::RiskError),
    /// Something that must be there is not.
    #[error("{0} is missing")]
    Missing(String),
    /// It was done before.
    #[error("{0}")]
    DoneBefore(String),
}

impl Coded for DeskError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Payouts(e) => e.code(),
            Self::Commit(e) => e.code(),
            Self::Store(e) => e.code(),
            Self::Money(e) => e.code(),
            Self::Aml(e) => e.code(),
            Self::AllHeld(_) => &crate::codes::AML_HELD,
            Self::Risk(e) => e.code(),
            Self::Missing(_) => &crate::codes::RECORD_MISSING,
            Self::DoneBefore(_) => &crate::codes::DONE_BEFORE,
        }
    }
}
