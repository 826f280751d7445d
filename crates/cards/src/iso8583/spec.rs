//! One field of a table, and how it lies on the wire.

use super::kind::Kind;
use super::packed::Pad;
use serde::Deserialize;

/// How the length of a field is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum LengthRule {
    /// Always the same length.
    #[serde(rename = "fixed")]
    Fixed,
    /// A length of two digits comes first.
    #[serde(rename = "LL")]
    Ll,
    /// A length of three digits comes first.
    #[serde(rename = "LLL")]
    Lll,
    /// A length of four digits comes first.
    #[serde(rename = "LLLL")]
    Llll,
}

impl LengthRule {
    /// How many digits come before the value.
    pub const fn digits(self) -> usize {
        match self {
            Self::Fixed => 0,
            Self::Ll => 2,
            Self::Lll => 3,
            Self::Llll => 4,
        }
    }

    /// The largest length that a prefix of this rule can tell.
    pub const fn longest(self, prefix: Prefix) -> u16 {
        match (self, prefix) {
            (Self::Ll, Prefix::Binary) => 255,
            (Self::Ll, _) => 99,
            (Self::Lll, _) => 999,
            (Self::Fixed | Self::Llll, _) => 9999,
        }
    }
}

/// How a length prefix is written. It counts characters: digits of a packed number, bytes of a binary value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prefix {
    /// A byte for each digit.
    Ascii,
    /// Two digits to a byte, with a zero before an odd number of them: 1 byte for LL, 2 for LLL and LLLL.
    Bcd,
    /// A number, most significant byte first: 1 byte for LL, 2 for LLL and LLLL.
    Binary,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// A byte for each character; binary values as they are.
    Plain,
    /// Two digits to a byte: numbers and track data; a signed amount after its sign.
    Packed(Pad),
    /// A binary value as capital hexadecimal digits.
    Hex,
}

/// One field of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpec {
    /// What the field holds, in words.
    pub name: Box<str>,
    /// Which characters it may hold.
    pub kind: Kind,
    /// How its length is told.
    pub length: LengthRule,
    /// The length if fixed, otherwise the largest length: 1 to 9999 characters, or bytes of a binary value.
    pub max: u16,
    /// How its length prefix is written.
    pub prefix: Prefix,
    /// How its value is written.
    pub encoding: Encoding,
}
