//! What somebody wrote, and when. Never changed.

use crate::error::FraudError;
use pmts_kernel::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// The most notes of one review or case.
pub const NOTES_MAX: usize = 200;
/// The longest text of a note or reason, in bytes.
pub const TEXT_MAX: usize = 4_000;

/// What somebody wrote, and when. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
    /// What.
    pub text: String,
}

/// A text that says something, and not too much.
///
/// # Errors
/// [`FraudError::Text`].
pub(super) fn text(text: &str) -> Result<String, FraudError> {
    let text = text.trim();
    if text.is_empty() || text.len() > TEXT_MAX {
        return Err(FraudError::Text { max: TEXT_MAX });
    }
    Ok(text.to_owned())
}

/// Adds a note.
///
/// # Errors
/// [`FraudError::Text`], [`FraudError::TooMany`].
pub(super) fn add(
    notes: &mut Vec<Note>,
    by: &Principal,
    what: &str,
    at: Timestamp,
) -> Result<(), FraudError> {
    if notes.len() >= NOTES_MAX {
        return Err(FraudError::TooMany { what: "notes", max: NOTES_MAX });
    }
    notes.push(Note { at, by: by.clone(), text: text(what)? });
    Ok(())
}
