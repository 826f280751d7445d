//! The marketplace's name for whoever is paid.

use crate::PayoutsError;
use crate::error::codes;
use serde::{Deserialize, Serialize};

/// The marketplace's name for a seller: 1 to 32 printable ASCII characters without spaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PayeeRef(String);

impl PayeeRef {
    /// Reads a name.
    ///
    /// # Errors
    /// [`PayoutsError::Refused`] with `PAYOUTS_PAYEE_INVALID`.
    pub fn try_new(name: impl Into<String>) -> Result<Self, PayoutsError> {
        let name = name.into();
        if (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(Self(name));
        }
        let what = "a seller's name is 1 to 32 printable ASCII characters without spaces".to_owned();
        Err(PayoutsError::Refused { code: &codes::PAYEE_INVALID, what })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a number, the same everywhere: what records of the seller are found by.
    pub fn number(&self) -> u128 {
        xxhash_rust::xxh3::xxh3_128(self.0.as_bytes())
    }
}

impl std::fmt::Display for PayeeRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PayeeRef {
    type Error = PayoutsError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::try_new(name)
    }
}

impl From<PayeeRef> for String {
    fn from(payee: PayeeRef) -> Self {
        payee.0
    }
}
