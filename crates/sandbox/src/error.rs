//! What can go wrong, with stable codes.

use pmts_kernel::{CodeInfo, Coded};

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The address cannot be listened on.
    #[error("cannot listen on the address")]
    Bind {
        /// Why.
        source: std::io::Error,
    },
    /// A list of test cards could not be read.
    #[error("test cards: {reason}")]
    TestCards {
        /// Which entry and why.
        reason: String,
    },
}

pmts_kernel::error_codes! {
    /// See [`SandboxError::Bind`](crate::SandboxError::Bind).
    BIND = "SANDBOX_BIND", Operator, "the sandbox cannot listen on the address: it is taken or not of this machine";
    /// See [`SandboxError::TestCards`](crate::SandboxError::TestCards).
    TEST_CARDS = "SANDBOX_TEST_CARDS", Fix, "a list of test cards is not valid";
}

impl Coded for SandboxError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Bind { .. } => &codes::BIND,
            Self::TestCards { .. } => &codes::TEST_CARDS,
        }
    }
}
