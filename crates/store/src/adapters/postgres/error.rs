//! What the server's failures mean.

use crate::{CommitError, StoreError};
use std::error::Error as _;
use std::path::PathBuf;

/// What is read is not what can have been written.
#[derive(Debug)]
pub(super) struct Damage(String);

impl Damage {
    pub(super) fn of(what: &str) -> Self {
        Self(what.to_owned())
    }
}

impl From<tokio_postgres::Error> for Damage {
    fn from(error: tokio_postgres::Error) -> Self {
        Self(told(&error))
    }
}

impl From<Damage> for StoreError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage.0)
    }
}

/// Why a group or a read failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another transaction came in between: the same again has a good chance.
    Again(String),
    /// The connection is gone, or the server is going down or cannot serve now.
    Lost(String),
    /// The server's disk is full.
    Full,
    /// The server takes no writes.
    ReadOnly,
    /// A value that the database cannot hold.
    Value(String),
    /// What was read makes no sense.
    Damaged(String),
    /// Anything else.
    Other(String),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = told(&error);
        let Some(db) = error.as_db_error() else {
            let value = error.to_string().starts_with("error serializing");
            let damaged = error.to_string().starts_with("error deserializing");
            return match (value, damaged) {
                (true, _) => Self::Value(text),
                (_, true) => Self::Damaged(text),
                _ => Self::Lost(text),
            };
        };
        let code = db.code().code();
        match code {
            "40001" | "40P01" | "55P03" => Self::Again(text),
            // A guard of ours, or a key that another has just taken: judged upon what is no longer true.
            "23514" | "23505" => Self::Again(text),
            // A table, or its type, that another has made at the same moment, though it was asked whether it is there.
            "42P07" | "42710" => Self::Again(text),
            // Somebody canceled the statement.
            "57014" => Self::Again(text),
            "53100" => Self::Full,
            "25006" => Self::ReadOnly,
            // Cannot connect, too many, out of memory, shutting down, starting up.
            _ if matches!(&code[..2], "08" | "53" | "57" | "58") => Self::Lost(text),
            "25P03" => Self::Lost(text),
            _ if matches!(&code[..2], "22" | "54") => Self::Value(text),
            _ => Self::Other(text),
        }
    }
}

impl From<Damage> for Trouble {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage.0)
    }
}

impl Trouble {
    /// What a caller is told whose commit is certainly not there.
    pub(super) fn not_written(self) -> CommitError {
        match self {
            Self::Full => CommitError::DiskFull,
            Self::ReadOnly => CommitError::ReadOnly,
            Self::Value(why) => CommitError::Malformed(why),
            Self::Again(why) | Self::Lost(why) | Self::Damaged(why) | Self::Other(why) => {
                CommitError::Unavailable(why)
            }
        }
    }

    /// What a reader is told.
    pub(super) fn not_read(self) -> StoreError {
        match self {
            Self::Lost(why) => StoreError::Unreachable(why),
            Self::Damaged(why) => StoreError::Damaged(why),
            Self::Full => StoreError::DiskFull(PathBuf::from("the database server")),
            Self::ReadOnly => StoreError::Engine("the database takes no writes".into()),
            Self::Again(why) | Self::Value(why) | Self::Other(why) => StoreError::Engine(why),
        }
    }
}

/// An error in words, without the values it was about: the server's details can quote rows.
fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
