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
const LETTER_OR_DIGIT: u8 = 4;
const PRINTABLE: u8 = 8;
const TRACK: u8 = 16;
const ANY: u8 = 32;

/// For every byte the sets it belongs to; the space is the padding of letters and of letters and digits.
static CLASSES: [u8; 256] = {
    let mut classes = [ANY; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        let b = byte as u8;
        classes[byte] |= PRINTABLE;
        if b.is_ascii_digit() {
            classes[byte] |= DIGIT | LETTER_OR_DIGIT | TRACK;
        }
        if b.is_ascii_alphabetic() || b == b' ' {
            classes[byte] |= LETTER | LETTER_OR_DIGIT;
        }
        if b == b'=' || b == b'D' {
            classes[byte] |= TRACK;
        }
        byte += 1;
    }
    classes
};

/// Whether all bytes pass a check of eight at once; `false` also where there are too few for it.
#[inline(always)]
fn eight_by_eight(value: &[u8], check: impl Fn(u64) -> bool) -> bool {
    if let (Some(first), Some(last)) = (value.first_chunk::<4>(), value.last_chunk::<4>())
        && value.len() <= 8
    {
        return check(u64::from(u32::from_ne_bytes(*first)) << 32 | u64::from(u32::from_ne_bytes(*last)));
    }
    let Some(last) = value.last_chunk::<8>() else { return false };
    let (words, _) = value.as_chunks::<8>();
    words.iter().all(|word| check(u64::from_ne_bytes(*word))) && check(u64::from_ne_bytes(*last))
}

const HIGH_BITS: u64 = 0x80 * EACH;
const EACH: u64 = 0x0101_0101_0101_0101;

/// Whether eight bytes are ASCII digits: without the 3 of `0` to `9` at most 9, so that adding 0x76 leaves the high bit.
const fn eight_digits(word: u64) -> bool {
    let bare = word ^ (0x30 * EACH);
    (bare | bare.wrapping_add(0x76 * EACH)) & HIGH_BITS == 0
}

/// Whether eight bytes are printable ASCII: adding 0x60 sets the high bit from 0x20 on, adding 1 does at 0x7f.
const fn eight_printable(word: u64) -> bool {
    (word | word.wrapping_add(EACH) | !word.wrapping_add(0x60 * EACH)) & HIGH_BITS == 0
}

impl Kind {
    const fn allowed(self) -> u8 {
        match self {
            Self::N | Self::Xn => DIGIT,
            Self::A => LETTER,
            Self::An => LETTER_OR_DIGIT,
            Self::Ans => PRINTABLE,
            Self::B => ANY,
            Self::Z => TRACK,
        }
    }

    /// The position of the first byte that this kind does not allow.
    #[inline]
    pub(super) fn first_bad(self, value: &[u8]) -> Option<usize> {
        let fits = match self {
            Self::N => eight_by_eight(value, eight_digits),
            Self::Ans => eight_by_eight(value, eight_printable),
            Self::B => true,
            Self::A | Self::An | Self::Z | Self::Xn => false,
        };
        if fits { None } else { self.find_bad(value) }
    }

    fn find_bad(self, value: &[u8]) -> Option<usize> {
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
    use proptest::prelude::*;

    proptest! {
        /// Eight bytes at once say the same as one at a time.
        #[test]
        fn bytes_are_judged_one_like_many(mut value in "[ -~]{0,40}|[0-9]{0,40}".prop_map(String::into_bytes), at: prop::sample::Index, byte: u8, change: bool) {
            if change && !value.is_empty() {
                let at = at.index(value.len());
                value[at] = byte;
            }
            for kind in [Kind::N, Kind::A, Kind::An, Kind::Ans, Kind::B, Kind::Z] {
                let one_by_one = value.iter().position(|b| CLASSES[usize::from(*b)] & kind.allowed() == 0);
                prop_assert_eq!(kind.first_bad(&value), one_by_one);
            }
        }
    }

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
