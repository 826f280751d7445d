//! Moments, and where they come from.

use crate::error_code::{CodeInfo, Coded, codes};
use serde::{Deserialize, Serialize};

/// A moment: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// The time does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time cannot be represented in microseconds since 1970")]
pub struct TimestampError;

impl Coded for TimestampError {
    fn code(&self) -> &'static CodeInfo {
        &codes::TIME_OUT_OF_RANGE
    }
}

impl Timestamp {
    /// The latest moment there is.
    pub const MAX: Self = Self(i64::MAX);

    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This many microseconds later (earlier if negative).
    ///
    /// # Errors
    /// [`TimestampError`] past the ends of the range.
    pub fn checked_add_micros(self, micros: i64) -> Result<Self, TimestampError> {
        self.0.checked_add(micros).map(Self).ok_or(TimestampError)
    }

    /// This many seconds later, at most [`Timestamp::MAX`].
    pub const fn saturating_add_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(1_000_000)))
    }
}

/// What the time is. Domain code never asks the machine: it is given a moment, or a `Clock`.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
