//! What a step is refused for.

use super::case::CaseState;
use crate::error::codes;
use pmts_kernel::{CodeInfo, Coded};

/// Why a step of a case or a review was refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// The state does not lead there.
    #[error("a case that is {from:?} cannot become {to:?}")]
    Move {
        /// What it is.
        from: CaseState,
        /// What it was to be.
        to: CaseState,
    },
    /// The second pair of eyes has to be another person's.
    #[error("whoever decided cannot approve it as well")]
    SamePerson,
    /// A decision, or a step back, needs a reason.
    #[error("a reason is missing")]
    NoReason,
    /// It was decided already, or nothing was decided that could be approved.
    #[error("there is nothing to decide here")]
    NotPending,
}

impl Coded for CaseError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Move { .. } => &codes::CASE_MOVE,
            Self::SamePerson => &codes::CASE_FOUR_EYES,
            Self::NoReason => &codes::CASE_REASON,
            Self::NotPending => &codes::CASE_NOT_PENDING,
        }
    }
}
