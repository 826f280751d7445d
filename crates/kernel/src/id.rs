//! Ids in text form: a prefix that names the kind, and a time-ordered 128-bit number in Crockford base 32.

use crate::error_code::{CodeInfo, Coded, codes};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: usize = 26;

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of kind {expected}: expected {expected}_ and 26 characters of base 32")]
pub struct IdParseError {
    /// The prefix that was expected.
    pub expected: &'static str,
}

impl Coded for IdParseError {
    fn code(&self) -> &'static CodeInfo {
        &codes::ID_MALFORMED
    }
}

/// Writes `prefix_` and the number as 26 digits of Crockford base 32, lower case. Text order is number order.
pub fn format_id(prefix: &str, raw: u128) -> String {
    let mut out = String::with_capacity(prefix.len() + 1 + DIGITS);
    out.push_str(prefix);
    out.push('_');
    for i in (0..DIGITS).rev() {
        let digit = (raw >> (i * 5)) & 31;
        out.push(char::from(ALPHABET[digit as usize]));
    }
    out
}

/// Reads what [`format_id`] wrote.
///
/// # Errors
/// [`IdParseError`] when prefix, length, a digit or the range is wrong.
pub fn parse_id(prefix: &'static str, text: &str) -> Result<u128, IdParseError> {
    let err = IdParseError { expected: prefix };
    let digits = text.strip_prefix(prefix).and_then(|t| t.strip_prefix('_')).ok_or(err.clone())?.as_bytes();
    if digits.len() != DIGITS || digits[0] > b'7' {
        return Err(err);
    }
    let mut raw: u128 = 0;
    for digit in digits {
        let value = ALPHABET.iter().position(|a| a == digit).ok_or(err.clone())?;
        raw = (raw << 5) | value as u128;
    }
    Ok(raw)
}

/// Declares an id type of its own: a `u128` that prints as `prefix_` and 26 characters and serializes as that text.
#[macro_export]
macro_rules! typed_id {
    ($(#[$doc:meta])* $vis:vis struct $name:ident($prefix:literal);) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(u128);

        impl $name {
            /// What the text form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// From the bare number.
            pub const fn from_raw(raw: u128) -> Self {
                Self(raw)
            }

            /// The bare number.
            pub const fn raw(self) -> u128 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::format_id($prefix, self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::IdParseError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::parse_id($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&$crate::format_id($prefix, self.0))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_form_round_trips_and_keeps_order(a: u128, b: u128) {
            let (ta, tb) = (format_id("x", a), format_id("x", b));
            prop_assert_eq!(parse_id("x", &ta), Ok(a));
            prop_assert_eq!(a.cmp(&b), ta.cmp(&tb));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = parse_id("x", &text);
        }
    }

    #[test]
    fn other_kinds_and_ranges_are_refused() {
        for bad in [
            "y_00000000000000000000000000",
            "x_0",
            "x_80000000000000000000000000",
            "x_0000000000000000000000000U",
            "",
        ] {
            assert_eq!(parse_id("x", bad), Err(IdParseError { expected: "x" }), "{bad}");
        }
    }
}
