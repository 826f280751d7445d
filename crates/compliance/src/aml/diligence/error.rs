//! Why a step of due diligence is refused.

use super::file::FileState;
use super::identity::Missing;
use crate::error::codes;
use pmts_kernel::{CodeInfo, Coded};

/// Why a step was refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiligenceError {
    /// The state does not lead there.
    #[error("a file that is {from:?} cannot become {to:?}")]
    Move {
        /// What it is.
        from: FileState,
        /// What it was to be.
        to: FileState,
    },
    /// Something is still needed.
    #[error("still needed: {}", .0.iter().map(Missing::to_string).collect::<Vec<_>>().join(", "))]
    Incomplete(Vec<Missing>),
    /// High risk needs the approval of a second person.
    #[error("high risk: whoever proposed cannot approve it as well")]
    SamePerson,
    /// A decision needs a reason.
    #[error("a reason is missing")]
    NoReason,
    /// Shares of owners are more than the whole, or one is nothing.
    #[error("the shares of owners are not what they can be")]
    Shares,
    /// A file of rules is not what it should be.
    #[error("the rules of due diligence are malformed: {0}")]
    Rules(String),
}

impl Coded for DiligenceError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Move { .. } => &codes::DILIGENCE_MOVE,
            Self::Incomplete(_) => &codes::DILIGENCE_INCOMPLETE,
            Self::SamePerson => &codes::DILIGENCE_FOUR_EYES,
            Self::NoReason => &codes::CASE_REASON,
            Self::Shares => &codes::DILIGENCE_SHARES,
            Self::Rules(_) => &codes::DILIGENCE_RULES,
        }
    }
}
