//! Two digits to a byte, and hexadecimal digits for bytes.

use super::Kind;
use serde::Deserialize;

/// What fills the half byte that an odd number of digits leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Pad {
    /// A zero before the first digit.
    #[serde(rename = "left-0")]
    LeftZero,
    /// An F before the first digit.
    #[serde(rename = "left-F")]
    LeftF,
    /// A zero after the last digit.
    #[serde(rename = "right-0")]
    RightZero,
    /// An F after the last digit.
    #[serde(rename = "right-F")]
    RightF,
}

impl Pad {
    const fn is_left(self) -> bool {
        matches!(self, Self::LeftZero | Self::LeftF)
    }

    const fn half(self) -> u8 {
        match self {
            Self::LeftZero | Self::RightZero => 0,
            Self::LeftF | Self::RightF => 15,
        }
    }
}

/// The sign of a signed amount stays a byte of its own.
const fn unpacked(kind: Kind, len: usize) -> usize {
    if matches!(kind, Kind::Xn) && len > 0 { 1 } else { 0 }
}

/// How many bytes so many characters take.
pub(super) const fn packed_len(kind: Kind, len: usize) -> usize {
    let sign = unpacked(kind, len);
    sign + (len - sign).div_ceil(2)
}

/// Appends a value of digits (track data: `=` or `D` too; signed amount: after its sign), whose characters were checked.
pub(super) fn pack(kind: Kind, value: &[u8], pad: Pad, out: &mut Vec<u8>) {
    let (sign, digits) = value.split_at(unpacked(kind, value.len()));
    out.extend_from_slice(sign);
    let half = |c: &u8| if c.is_ascii_digit() { c - b'0' } else { 13 };
    let odd = digits.len() % 2 == 1;
    let digits = match digits.split_first() {
        Some((first, rest)) if odd && pad.is_left() => {
            out.push(pad.half() << 4 | half(first));
            rest
        }
        _ => digits,
    };
    let (pairs, last) = digits.as_chunks::<2>();
    out.extend(pairs.iter().map(|[high, low]| half(high) << 4 | half(low)));
    out.extend(last.iter().map(|digit| half(digit) << 4 | pad.half()));
}

/// Appends the characters that `packed_len` bytes stand for, so that packing them gives the same bytes again; else the
/// position of the first byte that is wrong, and something may have been appended.
pub(super) fn unpack(kind: Kind, wire: &[u8], len: usize, pad: Pad, out: &mut Vec<u8>) -> Result<(), usize> {
    let sign = unpacked(kind, len);
    let (first, packed) = wire.split_at(sign);
    out.extend_from_slice(first);
    let odd = (len - sign) % 2 == 1;
    let last = packed.len().wrapping_sub(1);
    for (at, byte) in packed.iter().enumerate() {
        let mut take = |half: u8| {
            match half {
                0..=9 => out.push(b'0' + half),
                13 if kind == Kind::Z => out.push(b'='),
                _ => return false,
            }
            true
        };
        let (high, low) = (byte >> 4, byte & 15);
        let fits = if odd && pad.is_left() && at == 0 {
            high == pad.half() && take(low)
        } else if odd && !pad.is_left() && at == last {
            low == pad.half() && take(high)
        } else {
            take(high) && take(low)
        };
        if !fits {
            return Err(sign + at);
        }
    }
    Ok(())
}

/// Appends bytes as capital hexadecimal digits.
pub(super) fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

/// Appends the bytes that capital hexadecimal digits stand for; else the position of the first that is none.
pub(super) fn unhex(digits: &[u8], out: &mut Vec<u8>) -> Result<(), usize> {
    let half = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let (pairs, rest) = digits.as_chunks::<2>();
    for (at, [high, low]) in pairs.iter().enumerate() {
        match (half(*high), half(*low)) {
            (Some(high), Some(low)) => out.push(high << 4 | low),
            (Some(_), None) => return Err(2 * at + 1),
            (None, _) => return Err(2 * at),
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(digits.len() - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PADS: [Pad; 4] = [Pad::LeftZero, Pad::LeftF, Pad::RightZero, Pad::RightF];

    fn packed(kind: Kind, value: &[u8], pad: Pad) -> Vec<u8> {
        let mut out = Vec::new();
        pack(kind, value, pad, &mut out);
        out
    }

    #[test]
    fn odd_digits_are_filled_on_the_side_that_the_table_says() {
        assert_eq!(packed(Kind::N, b"123", Pad::LeftZero), [0x01, 0x23]);
        assert_eq!(packed(Kind::N, b"123", Pad::LeftF), [0xf1, 0x23]);
        assert_eq!(packed(Kind::N, b"123", Pad::RightZero), [0x12, 0x30]);
        assert_eq!(packed(Kind::Z, b"12=", Pad::RightF), [0x12, 0xdf]);
        assert_eq!(packed(Kind::Xn, b"D12", Pad::LeftZero), [b'D', 0x12]);
        for (pad, bytes) in
            [(Pad::LeftZero, [0x11, 0x23]), (Pad::LeftF, [0x01, 0x23]), (Pad::RightF, [0x12, 0x30])]
        {
            assert!(unpack(Kind::N, &bytes, 3, pad, &mut Vec::new()).is_err(), "{pad:?}");
        }
        assert_eq!(unpack(Kind::N, &[0x12, 0x3d], 4, Pad::LeftZero, &mut Vec::new()), Err(1));
    }

    proptest! {
        #[test]
        fn digits_come_back(value in "[0-9]{0,40}", pad in proptest::sample::select(&PADS[..])) {
            let bytes = packed(Kind::N, value.as_bytes(), pad);
            prop_assert_eq!(bytes.len(), packed_len(Kind::N, value.len()));
            let mut out = Vec::new();
            prop_assert_eq!(unpack(Kind::N, &bytes, value.len(), pad, &mut out), Ok(()));
            prop_assert_eq!(out, value.as_bytes());
        }

        #[test]
        fn any_bytes_are_refused_or_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..20), odd: bool, pad in proptest::sample::select(&PADS[..])) {
            let len = (bytes.len() * 2).saturating_sub(usize::from(odd));
            for kind in [Kind::N, Kind::Z] {
                let mut out = Vec::new();
                if unpack(kind, &bytes, len, pad, &mut out).is_ok() {
                    prop_assert_eq!(out.len(), len);
                    prop_assert_eq!(packed(kind, &out, pad), &bytes[..]);
                }
            }
        }

        #[test]
        fn hexadecimal_digits_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let (mut digits, mut back) = (Vec::new(), Vec::new());
            hex(&bytes, &mut digits);
            prop_assert_eq!(unhex(&digits, &mut back), Ok(()));
            prop_assert_eq!(back, bytes);
        }
    }

    #[test]
    fn small_and_odd_hexadecimal_digits_are_refused() {
        assert_eq!(unhex(b"0a", &mut Vec::new()), Err(1));
        assert_eq!(unhex(b"0A1", &mut Vec::new()), Err(2));
        assert_eq!(unhex(b"G0", &mut Vec::new()), Err(0));
    }
}
