//! What can be wrong with a list.

use crate::error::codes;
use pmts_kernel::{CodeInfo, Coded};

/// Why a list cannot be read. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The bytes cannot be had.
    #[error("the list cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// A line is not what the format says.
    #[error("line {line}: {what}")]
    Line {
        /// Which line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// The file is not well formed XML, or not the list.
    #[error("byte {at}: {what}")]
    Xml {
        /// Where, from 0.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// Columns are missing.
    #[error("the line of column heads lacks {missing}")]
    Columns {
        /// Which.
        missing: String,
    },
    /// There is no entry in it.
    #[error("there is no entry in the list")]
    Empty,
    /// An entry has no name.
    #[error("the entry {id} has no name")]
    Nameless {
        /// Which.
        id: String,
    },
    /// Two entries have the same id.
    #[error("the entry {id} is there twice")]
    Twice {
        /// Which.
        id: String,
    },
    /// The file is too large.
    #[error("the list is larger than 512 MiB")]
    TooLarge,
}

impl ListError {
    pub(crate) fn line(line: u64, what: impl Into<String>) -> Self {
        Self::Line { line, what: what.into() }
    }
}

impl From<csv::Error> for ListError {
    fn from(error: csv::Error) -> Self {
        let line = error.position().map_or(0, csv::Position::line);
        match error.into_kind() {
            csv::ErrorKind::Io(e) => Self::Io(e),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                Self::line(line, format!("{len} columns instead of {expected_len}"))
            }
            csv::ErrorKind::Utf8 { .. } => Self::line(line, "not UTF-8"),
            _ => Self::line(line, "not CSV"),
        }
    }
}

impl Coded for ListError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Io(_) => &codes::LIST_UNREADABLE,
            Self::Line { .. } | Self::Xml { .. } => &codes::LIST_MALFORMED,
            Self::Columns { .. } => &codes::LIST_COLUMNS,
            Self::Empty => &codes::LIST_EMPTY,
            Self::Nameless { .. } | Self::Twice { .. } => &codes::LIST_ENTRY,
            Self::TooLarge => &codes::LIST_TOO_LARGE,
        }
    }
}
