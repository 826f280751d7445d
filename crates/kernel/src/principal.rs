//! Who caused a commit.

use crate::error_code::{CodeInfo, Coded, codes};
use serde::{Deserialize, Serialize};

/// Who caused a change: `cli:import`, `key:sk_...abcd`, `job:recovery`. Never a secret, never personal data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Principal(String);

/// The name cannot be a principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a principal is kind:name in printable ASCII, at most 64 characters")]
pub struct PrincipalError;

impl Coded for PrincipalError {
    fn code(&self) -> &'static CodeInfo {
        &codes::PRINCIPAL_MALFORMED
    }
}

impl Principal {
    /// Reads `kind:name`.
    ///
    /// # Errors
    /// [`PrincipalError`] unless it is 3 to 64 characters of printable ASCII with a colon inside.
    pub fn try_new(name: impl Into<String>) -> Result<Self, PrincipalError> {
        let name = name.into();
        let shape = name.split_once(':').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
        if shape && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(name))
        } else {
            Err(PrincipalError)
        }
    }

    /// The platform itself, acting through the named part: `system:name`. Other characters than letters, digits, `-`
    /// and `_` become `_`; the name is cut at 50 characters.
    pub fn system(name: &str) -> Self {
        let clean = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
        Self(format!("system:{}", name.chars().take(50).map(clean).collect::<String>()))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Principal {
    type Error = PrincipalError;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::try_new(name)
    }
}

impl From<Principal> for String {
    fn from(p: Principal) -> Self {
        p.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kind_and_name_in_printable_ascii() {
        assert_eq!(Principal::try_new("cli:import").unwrap().as_str(), "cli:import");
        for bad in ["", "import", ":x", "x:", "a:b c", "a:\u{e9}", &format!("a:{}", "x".repeat(80))] {
            assert_eq!(Principal::try_new(bad), Err(PrincipalError), "{bad}");
        }
        assert_eq!(Principal::system("a b").as_str(), "system:a_b");
    }
}
