//! Card numbers.

use crate::SensitiveError;
use crate::luhn::luhn_valid;
use serde::{Serialize, Serializer};
use std::fmt;
use zeroize::Zeroizing;

/// A primary account number: 12 to 19 digits with a correct check digit (ISO/IEC 7812-1).
///
/// `{:?}`, `{}` and serde show the [masked](Pan::masked) form. There is no `Deserialize`: a card number enters the
/// platform only through [`Pan::parse`], and what was serialized is not a card number any more:
///
/// ```compile_fail
/// let pan: pmts_sensitive::Pan = serde_json::from_str("\"4242424242424242\"").unwrap();
/// ```
///
/// The digits are on the heap in one block, so a move leaves no copy behind, and are overwritten on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Pan(Zeroizing<Box<str>>);

/// Shorter numbers show the last four only: with the first six, too little would be left to guess.
const SHORTEST_WITH_FIRST_SIX: usize = 14;

impl Pan {
    /// Reads 12 to 19 ASCII digits, without spaces or dashes.
    ///
    /// # Errors
    /// [`SensitiveError::PanLength`], [`SensitiveError::PanNotDigits`], [`SensitiveError::PanCheckDigit`]: the first of
    /// these that applies. None of them carries the text.
    pub fn parse(text: &str) -> Result<Self, SensitiveError> {
        if !(12..=19).contains(&text.len()) {
            return Err(SensitiveError::PanLength);
        }
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SensitiveError::PanNotDigits);
        }
        if !luhn_valid(text) {
            return Err(SensitiveError::PanCheckDigit);
        }
        Ok(Self(Zeroizing::new(Box::from(text))))
    }

    /// All the digits: the one way to them. For the vault, a BIN look-up and a message to an acquirer, nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first six digits, as far as they may be shown: empty if the number has fewer than 14 digits. For a BIN
    /// look-up, which needs them always, use [`Pan::expose`].
    pub fn first_six(&self) -> &str {
        if self.len() < SHORTEST_WITH_FIRST_SIX { "" } else { &self.0[..6] }
    }

    /// The last four digits.
    pub fn last_four(&self) -> &str {
        &self.0[self.len() - 4..]
    }

    /// How many digits: 12 to 19.
    #[allow(clippy::len_without_is_empty, reason = "a card number is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What may be shown: `424242******4242`, as long as the number itself. The first six and the last four digits are
    /// the most that is ever shown, which is within PCI DSS v4.0.1, 3.4.1 (BIN and last four); below 14 digits it is
    /// the last four.
    pub fn masked(&self) -> String {
        let (first, last) = (self.first_six(), self.last_four());
        let hidden = self.len() - first.len() - last.len();
        format!("{first}{}{last}", "*".repeat(hidden))
    }
}

impl fmt::Debug for Pan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for Pan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Writes the masked form.
impl Serialize for Pan {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luhn_check_digit;
    use proptest::prelude::*;

    #[test]
    fn reads_and_masks() {
        let check = |text: &str, masked: &str| {
            let pan = Pan::parse(text).unwrap();
            assert_eq!((pan.expose(), pan.masked().as_str(), pan.len()), (text, masked, text.len()));
        };
        check("4242424242424242", "424242******4242");
        check("378282246310005", "378282*****0005");
        check("30569309025904", "305693****5904");
        check("4222222222222", "*********2222");
        check("676700000000", "********0000");
        check("6212345678900000003", "621234*********0003");
    }

    #[test]
    fn refuses() {
        let check = |text: &str, error| assert_eq!(Pan::parse(text), Err(error), "{text}");
        check("", SensitiveError::PanLength);
        check("42424242420", SensitiveError::PanLength);
        check("42424242424242424242", SensitiveError::PanLength);
        check("4242 4242 4242 4242", SensitiveError::PanNotDigits);
        check("424242424242424\u{661}", SensitiveError::PanNotDigits);
        check("4242424242424243", SensitiveError::PanCheckDigit);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            let _ = Pan::parse(&text);
        }

        #[test]
        fn all_lengths_are_read_and_never_shown_whole(body in "[0-9]{11,18}") {
            let text = format!("{body}{}", luhn_check_digit(&body).unwrap());
            let pan = Pan::parse(&text).unwrap();
            prop_assert_eq!(pan.expose(), &text);
            let shown = pan.masked().bytes().filter(u8::is_ascii_digit).count();
            prop_assert!(shown <= 10 && text.len() - shown >= 4);
            prop_assert_eq!(pan.masked().len(), text.len());
        }
    }
}
