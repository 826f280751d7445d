//! Which characters a field may hold.

use serde::Deserialize;

/// The kind of a field's value (ISO 8583:1987, the attributes of data elements).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// Digits; padded with zeros on the left.
    N,
    /// Letters; padded with spaces on the right.
    A,
    /// Letters and digits; padded with spaces on the right.
    An,
    /// Printable ASCII; padded with spaces on the right.
    Ans,
    /// Bytes; never padded.
    B,
    /// Track data: digits, `=` and `D`; never padded.
    Z,
    /// `C` or `D` and digits: a signed amount; never padded.
    Xn,
}

/// How a value that is shorter than its fixed field is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    LeftZeros,
    RightSpaces,
    Refused,
}

const DIGIT: u8 = 1;
const LETTER: u8 = 2;
const SPACE: u8 = 4;
const PRINTABLE: u8 = 8;
const TRACK: u8 = 16;
const ANY: u8 = 32;

/// For every byte the sets it belongs to.
static CLASSES: [u8; 256] = {
    let mut classes = [ANY; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        let b = byte as u8;
        classes[byte] |= PRINTABLE;
        if b.is_ascii_digit() {
            classes[byte] |= DIGIT | TRACK;
        }
        if b.is_ascii_alphabetic() {
            classes[byte] |= LETTER;
        }
        if b == b' ' {
            classes[byte] |= SPACE;
        }
        if b == b'=' || b == b'D' {
            classes[byte] |= TRACK;
        }
        byte += 1;
    }
    classes
};

impl Kind {
    const fn allowed(self) -> u8 {
        match self {
            Self::N | Self::Xn => DIGIT,
            Self::A => LETTER | SPACE,
            Self::An => LETTER | DIGIT | SPACE,
            Self::Ans => PRINTABLE,
            Self::B => ANY,
            Self::Z => TRACK,
        }
    }

    /// The position of the first byte that this kind does not allow.
    pub(super) fn first_bad(self, value: &[u8]) -> Option<usize> {
        let signed = usize::from(self == Self::Xn && matches!(value.first(), Some(b'C' | b'D')));
        if self == Self::Xn && signed == 0 && !value.is_empty() {
            return Some(0);
        }
        let allowed = self.allowed();
        value[signed..].iter().position(|b| CLASSES[usize::from(*b)] & allowed == 0).map(|at| at + signed)
    }

    pub(super) const fn padding(self) -> Padding {
        match self {
            Self::N => Padding::LeftZeros,
            Self::A | Self::An | Self::Ans => Padding::RightSpaces,
            Self::B | Self::Z | Self::Xn => Padding::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_refuse_what_they_do_not_allow() {
        let check = |kind: Kind, value: &[u8], bad: Option<usize>| {
            assert_eq!(kind.first_bad(value), bad, "{kind:?} {value:?}")
        };
        check(Kind::N, b"0123456789", None);
        check(Kind::N, b"12 3", Some(2));
        check(Kind::A, b"AB c", None);
        check(Kind::A, b"A1", Some(1));
        check(Kind::An, b"aZ9 ", None);
        check(Kind::An, b"a-", Some(1));
        check(Kind::Ans, b" ~-", None);
        check(Kind::Ans, b"ab\n", Some(2));
        check(Kind::Ans, b"\xc3\xa9", Some(0));
        check(Kind::B, &[0, 255, 128], None);
        check(Kind::Z, b"4111=2512", None);
        check(Kind::Z, b"4111X", Some(4));
        check(Kind::Xn, b"D00000012", None);
        check(Kind::Xn, b"000000012", Some(0));
        check(Kind::Xn, b"CC", Some(1));
    }
}
