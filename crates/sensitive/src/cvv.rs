//! Card verification codes.

use crate::SensitiveError;
use serde::{Serialize, Serializer, ser};
use std::fmt;
use zeroize::Zeroizing;

/// A card verification code (CVV2, CVC2, CID, CVN2): 3 or 4 digits. Text, not a number: `012` is not `12`.
///
/// It may not be kept after authorization, not even encrypted (PCI DSS v4.0.1, 3.3.1.2), so it has no stored form:
/// serializing it is an **error**, always, and there is no `Deserialize`. `{:?}` and `{}` print `***`. The digits are
/// overwritten on drop.
///
/// ```compile_fail
/// let cvv: pmts_sensitive::Cvv = serde_json::from_str("\"123\"").unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Cvv(Zeroizing<Box<str>>);

impl Cvv {
    /// Reads 3 or 4 ASCII digits.
    ///
    /// # Errors
    /// [`SensitiveError::CvvMalformed`] for anything else; it does not carry the text.
    pub fn parse(text: &str) -> Result<Self, SensitiveError> {
        if matches!(text.len(), 3 | 4) && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(Box::from(text))))
        } else {
            Err(SensitiveError::CvvMalformed)
        }
    }

    /// The digits: for the one authorization message that needs them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cvv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Cvv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Always an error: a card verification code has no stored form.
impl Serialize for Cvv {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom("a card verification code has no stored form"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn three_or_four_digits() {
        assert_eq!(Cvv::parse("012").unwrap().expose(), "012");
        assert_eq!(Cvv::parse("0123").unwrap().expose(), "0123");
        for bad in ["", "12", "12345", "12a", "+12", " 12", "\u{661}1", "\u{661}\u{661}"] {
            assert_eq!(Cvv::parse(bad), Err(SensitiveError::CvvMalformed), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,6}") {
            let _ = Cvv::parse(&text);
        }
    }
}
