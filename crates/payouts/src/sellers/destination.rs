//! The account that is paid.

use crate::PayoutsError;
use crate::accounts::{Iban, bic as check_bic};
use serde::{Deserialize, Serialize};

/// An account at a bank. `Debug` shows country and last four characters only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Its IBAN, without spaces.
    iban: String,
    /// Its bank, where the rail must have it named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bic: Option<String>,
}

impl Destination {
    /// Reads an IBAN, as it is written by people too, and a BIC.
    ///
    /// # Errors
    /// [`PayoutsError::Account`].
    pub fn iban(iban: &str, bic: Option<&str>) -> Result<Self, PayoutsError> {
        let iban = Iban::parse_written(iban)?.as_str().to_owned();
        if let Some(bic) = bic {
            check_bic(bic)?;
        }
        Ok(Self { iban, bic: bic.map(str::to_owned) })
    }

    /// The IBAN.
    ///
    /// # Errors
    /// [`PayoutsError::Account`] for a record that somebody changed by hand.
    pub fn as_iban(&self) -> Result<Iban, PayoutsError> {
        Iban::parse(&self.iban)
    }

    /// The bank, if it is named.
    pub fn bic(&self) -> Option<&str> {
        self.bic.as_deref()
    }

    /// For people: `NL..0001`.
    pub fn masked(&self) -> String {
        let (country, last) = (self.iban.get(..2), self.iban.get(self.iban.len().saturating_sub(4)..));
        format!("{}..{}", country.unwrap_or_default(), last.unwrap_or_default())
    }
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Destination({})", self.masked())
    }
}
