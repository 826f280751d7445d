//! What the engine's failures mean to the caller.

use crate::{CommitError, StoreError};
use rusqlite::ErrorCode;
use std::path::Path;

/// A failure while opening the directory.
pub(super) fn opening(path: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::DiskFull(path.to_owned()),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::Permission(path.to_owned())
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            StoreError::Damaged(format!("{}: {error}", path.display()))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::InUse(path.to_owned()),
        _ if no_space(&error) => StoreError::DiskFull(path.to_owned()),
        _ => StoreError::Engine(format!("{}: {error}", path.display())),
    }
}

/// A failure of a file operation beside the database.
pub(super) fn file(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::Permission(path.to_owned())
        }
        std::io::ErrorKind::StorageFull => StoreError::DiskFull(path.to_owned()),
        _ => StoreError::Engine(format!("{}: {error}", path.display())),
    }
}

/// A failure while reading.
pub(super) fn reading(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::Damaged(error.to_string()),
        _ => match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => StoreError::Damaged(error.to_string()),
            _ => StoreError::Engine(error.to_string()),
        },
    }
}

/// A failure while a group of commits was written. `committing`: it was the durable write itself. The second value tells
/// whether the engine must stop.
pub(super) fn writing(error: &rusqlite::Error, committing: bool) -> (CommitError, bool) {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (CommitError::DiskFull, false),
        _ if no_space(error) => (CommitError::DiskFull, false),
        Some(ErrorCode::ReadOnly) => (CommitError::ReadOnly, false),
        Some(ErrorCode::DatabaseBusy) if !committing => (CommitError::Unavailable(error.to_string()), false),
        _ if committing => (CommitError::Unknown(error.to_string()), true),
        _ => (CommitError::Stopped(error.to_string()), true),
    }
}

/// The shared-memory file of the write-ahead log could not grow: on a full disk the engine says so as an I/O error.
fn no_space(error: &rusqlite::Error) -> bool {
    const SHM_SIZE: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    matches!(error, rusqlite::Error::SqliteFailure(e, _) if e.extended_code == SHM_SIZE)
}
