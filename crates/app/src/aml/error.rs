//! Why something of screening or monitoring was not done.

use pmts_compliance::VaultError;
use pmts_compliance::aml::ScreeningFailed;
use pmts_compliance::aml::cases::CaseError;
use pmts_compliance::aml::diligence::DiligenceError;
use pmts_compliance::aml::monitor::{MonitorFailed, ScenarioError};
use pmts_compliance::aml::reports::ReportError;
use pmts_compliance::aml::travel_rule::TravelRuleError;
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
    /// The monitoring did not answer: that is not the same as no alert.
    #[error(transparent)]
    Monitor(#[from] MonitorFailed),
    /// Scenarios.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A report to the authorities.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The keys of the case team.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What is kept of a case does not open. Says nothing of what it is.
    #[error("a record of the case team cannot be sealed or opened")]
    Sealed,
    /// Something told is no fact.
    #[error("fact {number}: {what}")]
    Fact {
        /// Which, from 1 on.
        number: usize,
        /// What is wrong.
        what: String,
    },
    /// Due diligence.
    #[error(transparent)]
    Diligence(#[from] DiligenceError),
    /// A travel-rule message.
    #[error(transparent)]
    TravelRule(#[from] TravelRuleError),
    /// What is told of somebody is malformed.
    #[error("{0}")]
    Told(String),
    /// A text is too long.
    #[error("a text is longer than {0} bytes")]
    Text(usize),
    /// A span of days.
    #[error("1 to {0} days")]
    Days(u32),
    /// A file of the case team cannot be read. Says nothing of what stands there.
    #[error("the file of the {what} is malformed in line {line}")]
    File {
        /// Which.
        what: &'static str,
        /// Where.
        line: usize,
    },
    /// A value that a report needs is missing or of another form.
    #[error("a report needs {0}")]
    Filer(&'static str),
    /// The file of history cannot be written.
    #[error("the history in {} cannot be kept: {why}", path.display())]
    Snapshot {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        why: String,
    },
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
            Self::Monitor(e) => e.code(),
            Self::Scenario(e) => e.code(),
            Self::Report(e) => e.code(),
            Self::Vault(e) => e.code(),
            Self::Sealed => &crate::codes::AML_SEALED,
            Self::Diligence(e) => e.code(),
            Self::TravelRule(e) => e.code(),
            Self::Told(_) => &crate::codes::AML_TOLD,
            Self::Fact { .. } => &crate::codes::AML_FACT,
            Self::Text(_) | Self::Days(_) | Self::File { .. } | Self::Filer(_) => &crate::codes::AML_INPUT,
            Self::Snapshot { .. } => &crate::codes::RISK_SNAPSHOT,
        }
    }
}
