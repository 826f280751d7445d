//! What an issuer says beside yes and no: whether address and security code are right.

use serde::{Deserialize, Serialize};

/// What came of comparing one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// It is what the issuer knows.
    Pass,
    /// It is not.
    Fail,
    /// The issuer could not compare: it does not do it, or not now, or knows nothing to compare with.
    Unavailable,
    /// Nobody compared: it was not given, or the issuer says nothing about it.
    #[default]
    Unchecked,
}

/// What came of comparing what the cardholder gave with what the issuer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Checks {
    /// House number and street.
    pub address: CheckResult,
    /// The postal code.
    pub postal_code: CheckResult,
    /// The security code.
    pub security_code: CheckResult,
}

impl Checks {
    /// From the result letters of address verification and of the security code, as the networks use them.
    pub fn from_letters(address: Option<u8>, security_code: Option<u8>) -> Self {
        use CheckResult::{Fail, Pass, Unavailable, Unchecked};
        let (address, postal_code) = match address {
            Some(b'X' | b'Y' | b'D' | b'F' | b'M') => (Pass, Pass),
            Some(b'A') => (Pass, Fail),
            Some(b'B') => (Pass, Unavailable),
            Some(b'W' | b'Z') => (Fail, Pass),
            Some(b'P') => (Unavailable, Pass),
            Some(b'N') => (Fail, Fail),
            Some(b'C' | b'E' | b'G' | b'I' | b'R' | b'S' | b'U') => (Unavailable, Unavailable),
            _ => (Unchecked, Unchecked),
        };
        let security_code = match security_code {
            Some(b'M') => Pass,
            Some(b'N') => Fail,
            Some(b'U') => Unavailable,
            // P was not processed, S says that it should have been there.
            _ => Unchecked,
        };
        Self { address, postal_code, security_code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_say_what_was_compared() {
        use CheckResult::{Fail, Pass, Unavailable, Unchecked};
        let check = |letter: u8, address, postal_code| {
            let expected = Checks { address, postal_code, security_code: Unchecked };
            assert_eq!(Checks::from_letters(Some(letter), None), expected, "{}", char::from(letter));
        };
        check(b'Y', Pass, Pass);
        check(b'A', Pass, Fail);
        check(b'Z', Fail, Pass);
        check(b'N', Fail, Fail);
        check(b'U', Unavailable, Unavailable);
        check(b'?', Unchecked, Unchecked);
        for (letter, expected) in [(b'M', Pass), (b'N', Fail), (b'U', Unavailable), (b'P', Unchecked)] {
            assert_eq!(Checks::from_letters(None, Some(letter)).security_code, expected);
        }
        assert_eq!(Checks::from_letters(None, None), Checks::default());
    }
}
