//! The errors of the crate and their codes.

use crate::Answer;
use pmts_kernel::{CodeInfo, Coded};
use pmts_ledger::RefusedTransfer;
use std::path::PathBuf;

/// Why a store could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process owns the data directory.
    #[error("the data directory {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The directory was written by another version of the format.
    #[error("the data directory {} has format {found}, this program reads format {supported}", .path.display())]
    Format {
        /// Where.
        path: PathBuf,
        /// The format found.
        found: String,
        /// The format this program reads and writes.
        supported: u32,
    },
    /// The directory or a file in it may not be read or written.
    #[error("no permission to write {}", .0.display())]
    Permission(PathBuf),
    /// The disk is full.
    #[error("the disk is full at {}", .0.display())]
    DiskFull(PathBuf),
    /// What lies on disk is not what was written.
    #[error("damaged data: {0}")]
    Damaged(String),
    /// A copy or a new data directory is to be made where something is already.
    #[error("{} is not empty", .0.display())]
    Occupied(PathBuf),
    /// A directory cannot be put back so far: what was overwritten since is no longer known.
    #[error("commit {commit} is too early: one can go back to commit {earliest}")]
    TooEarly {
        /// The last commit that was to be kept.
        commit: u64,
        /// The earliest one that can be.
        earliest: u64,
    },
    /// Entries of closed days were moved to a file that is not there: bring it back.
    #[error("the archive {} is missing: it holds entries that were moved out of the main file", .0.display())]
    ArchiveMissing(PathBuf),
    /// Days that are to go to the archive are not closed.
    #[error("the books of entity {entity} are not closed through day {day} (days since 1970-01-01)")]
    PeriodOpen {
        /// Whose books.
        entity: u16,
        /// The last day that was to go.
        day: i32,
    },
    /// A record does not have the shape its type expects.
    #[error("{kind} {id:032x} cannot be read")]
    Shape {
        /// The kind of record.
        kind: &'static str,
        /// Which one.
        id: u128,
        /// What was wrong.
        #[source]
        source: serde_json::Error,
    },
    /// The database server cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The database was set up by another version of this program.
    #[error("the database has schema {found}, this program knows schema {supported}")]
    Schema {
        /// The schema found.
        found: String,
        /// The latest schema this program knows.
        supported: u32,
    },
    /// The address of the database cannot be used.
    #[error("the address of the database cannot be used: {0}")]
    Address(String),
    /// The storage engine failed otherwise.
    #[error("the storage engine failed: {0}")]
    Engine(String),
    /// The engine has stopped after a failed write; reopen the directory.
    #[error("the store has stopped: {0}")]
    Stopped(String),
}

impl Coded for StoreError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::InUse(_) => &codes::IN_USE,
            Self::Format { .. } => &codes::FORMAT,
            Self::Permission(_) => &codes::PERMISSION,
            Self::DiskFull(_) => &codes::DISK_FULL,
            Self::Damaged(_) => &codes::DAMAGED,
            Self::Occupied(_) => &codes::OCCUPIED,
            Self::TooEarly { .. } => &codes::TOO_EARLY,
            Self::ArchiveMissing(_) => &codes::ARCHIVE_MISSING,
            Self::PeriodOpen { .. } => &codes::PERIOD_OPEN,
            Self::Shape { .. } => &codes::SHAPE,
            Self::Unreachable(_) => &codes::UNREACHABLE,
            Self::Schema { .. } => &codes::SCHEMA,
            Self::Address(_) => &codes::ADDRESS,
            Self::Engine(_) => &codes::ENGINE,
            Self::Stopped(_) => &codes::STOPPED,
        }
    }
}

/// Why a commit was not written. Nothing of it is written, unless it says `Unknown`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The commit has a shape that no state could accept.
    #[error("malformed commit: {0}")]
    Malformed(String),
    /// The idempotency key has an answer already.
    #[error("the key has an answer already")]
    Answered(Box<Answer>),
    /// A record has another version than the one that was read: read and decide again.
    #[error("{kind} {id:032x} has version {found}, not {expected}")]
    Conflict {
        /// The kind of record.
        kind: &'static str,
        /// Which one.
        id: u128,
        /// The version that was read.
        expected: u64,
        /// The version there is; 0: none.
        found: u64,
    },
    /// The ledger refused the journal.
    #[error("the journal is refused")]
    Refused(#[source] RefusedTransfer),
    /// The disk is full: nothing was written; the commit may be tried again when there is space.
    #[error("the disk is full")]
    DiskFull,
    /// The data directory has become read-only; nothing was written.
    #[error("the data directory is read-only")]
    ReadOnly,
    /// The index cannot keep up, the file is held by another, or the database cannot be reached: nothing was written. The
    /// commit may be tried again.
    #[error("the store cannot write now: {0}")]
    Unavailable(String),
    /// The engine has stopped after an earlier failure; nothing was written. Reopen the directory.
    #[error("the store has stopped: {0}")]
    Stopped(String),
    /// The durable write itself failed: the commit may or may not be there. The engine has stopped; reopen and look.
    #[error("the outcome of the commit is not known: {0}")]
    Unknown(String),
}

impl Coded for CommitError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Malformed(_) => &codes::MALFORMED,
            Self::Answered(_) => &codes::ANSWERED,
            Self::Conflict { .. } => &codes::CONFLICT,
            Self::Refused(refused) => refused.code(),
            Self::DiskFull => &codes::DISK_FULL,
            Self::ReadOnly => &codes::READ_ONLY,
            Self::Unavailable(_) => &codes::UNAVAILABLE,
            Self::Stopped(_) => &codes::STOPPED,
            Self::Unknown(_) => &codes::UNKNOWN,
        }
    }
}

pmts_kernel::error_codes! {
    /// Locked.
    IN_USE = "STORE_IN_USE", Operator, "another process owns the data directory";
    /// Other format.
    FORMAT = "STORE_FORMAT", Operator, "the data directory was written by another version of the format";
    /// No permission.
    PERMISSION = "STORE_PERMISSION", Operator, "the data directory or a file in it may not be read or written";
    /// Full.
    DISK_FULL = "STORE_DISK_FULL", Operator, "the disk is full; nothing was written";
    /// Bytes changed.
    DAMAGED = "STORE_DAMAGED", Operator, "what lies on disk is not what was written";
    /// Something is there.
    OCCUPIED = "STORE_OCCUPIED", Fix, "a copy or a new data directory is to be made in a directory that is not empty";
    /// Pruned.
    TOO_EARLY = "STORE_TOO_EARLY", Fix, "a directory cannot be put back so far: what was overwritten since then is no longer known";
    /// Archive away.
    ARCHIVE_MISSING = "STORE_ARCHIVE_MISSING", Operator, "entries of closed days were moved to a file that is not there: bring it back";
    /// Not closed.
    PERIOD_OPEN = "STORE_PERIOD_OPEN", Fix, "only closed days go to the archive: close the books of every entity first";
    /// Shape of a record.
    SHAPE = "STORE_SHAPE", Operator, "a record does not have the shape its type expects";
    /// Server away.
    UNREACHABLE = "STORE_UNREACHABLE", Retry, "the database server cannot be reached";
    /// Other schema.
    SCHEMA = "STORE_SCHEMA", Operator, "the database was set up by another version of this program";
    /// Wrong address.
    ADDRESS = "STORE_ADDRESS", Operator, "the address of the database cannot be used";
    /// Engine.
    ENGINE = "STORE_ENGINE", Operator, "the storage engine failed";
    /// Stopped.
    STOPPED = "STORE_STOPPED", Operator, "the engine has stopped after a failed write; reopen the data directory";
    /// Shape of a commit.
    MALFORMED = "STORE_MALFORMED", Fix, "the commit has a shape that no state could accept";
    /// Key used.
    ANSWERED = "STORE_ANSWERED", Decide, "the idempotency key has an answer already";
    /// Version.
    CONFLICT = "STORE_CONFLICT", Decide, "a record has another version than the one that was read";
    /// Read-only.
    READ_ONLY = "STORE_READ_ONLY", Operator, "the data directory is read-only; nothing was written";
    /// Index behind.
    UNAVAILABLE = "STORE_UNAVAILABLE", Retry, "the store cannot write now: index behind, file held by another, or database away; nothing was written";
    /// Not known.
    UNKNOWN = "STORE_UNKNOWN", Inquire, "the durable write failed: the commit may or may not be there; reopen and look";
}
