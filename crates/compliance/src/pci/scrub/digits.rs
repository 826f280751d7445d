//! Digits and what may stand between them, in any form.

/// The zeros of all scripts that have digits of their own, ten in a row each (Unicode 16, category Nd), but those of ASCII.
const ZEROS: &[u32] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
    0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30,
    0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0,
    0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16130, 0x16A60,
    0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0,
    0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

/// How a digit is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// `4`.
    Plain,
    /// Of another script.
    Unicode,
    /// `%34`.
    Percent,
}

/// A digit at a place: its value, its bytes, how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digit {
    pub(super) value: u8,
    pub(super) len: usize,
    pub(super) written: Written,
}

/// A character in UTF-8 and its bytes.
fn decoded(text: &[u8]) -> Option<(u32, usize)> {
    let first = *text.first()?;
    let (len, mask) = match first {
        0xC2..=0xDF => (2, 0x1F),
        0xE0..=0xEF => (3, 0x0F),
        0xF0..=0xF4 => (4, 0x07),
        _ => return None,
    };
    let mut code = u32::from(first & mask);
    for byte in text.get(1..len)? {
        if byte & 0xC0 != 0x80 {
            return None;
        }
        code = (code << 6) | u32::from(byte & 0x3F);
    }
    Some((code, len))
}

/// A digit at the beginning of a text.
pub(super) fn digit(text: &[u8]) -> Option<Digit> {
    match *text.first()? {
        byte @ b'0'..=b'9' => Some(Digit { value: byte - b'0', len: 1, written: Written::Plain }),
        b'%' => match (text.get(1), text.get(2)) {
            (Some(b'3'), Some(byte @ b'0'..=b'9')) => {
                Some(Digit { value: byte - b'0', len: 3, written: Written::Percent })
            }
            // A digit of another script, each byte percent-encoded.
            (Some(b'D' | b'E' | b'F' | b'd' | b'e' | b'f'), Some(_)) => {
                let (bytes, count) = percents(text);
                let (code, len) = decoded(bytes.get(..count)?)?;
                Some(Digit { value: value_of(code)?, len: 3 * len, written: Written::Percent })
            }
            _ => None,
        },
        0xC2..=0xF4 => {
            let (code, len) = decoded(text)?;
            Some(Digit { value: value_of(code)?, len, written: Written::Unicode })
        }
        _ => None,
    }
}

/// Up to four percent-encoded bytes, and how many.
fn percents(text: &[u8]) -> ([u8; 4], usize) {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut bytes = [0; 4];
    for (count, place) in bytes.iter_mut().enumerate() {
        let at = 3 * count;
        let read = match text.get(at..at + 3) {
            Some([b'%', high, low]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        let Some((high, low)) = read else { return (bytes, count) };
        *place = high << 4 | low;
    }
    (bytes, 4)
}

fn value_of(code: u32) -> Option<u8> {
    let zero = match ZEROS.binary_search(&code) {
        Ok(at) => ZEROS[at],
        Err(0) => return None,
        Err(at) => ZEROS[at - 1],
    };
    u8::try_from(code - zero).ok().filter(|value| *value < 10)
}

/// Something that may stand between groups of digits, at the beginning of a text: what it stands for, and its bytes.
pub(super) fn separator(text: &[u8]) -> Option<(u8, usize)> {
    match *text.first()? {
        byte @ (b' ' | b'-' | b'.' | b'_' | b'/' | b',' | b'\t') => Some((byte, 1)),
        // A space in the query of a URL.
        b'+' => Some((b' ', 1)),
        b'%' => match text.get(1..3)? {
            b"20" => Some((b' ', 3)),
            b"2D" | b"2d" => Some((b'-', 3)),
            b"2E" | b"2e" => Some((b'.', 3)),
            b"2F" | b"2f" => Some((b'/', 3)),
            b"5F" | b"5f" => Some((b'_', 3)),
            _ => {
                let (bytes, count) = percents(text);
                let (kind, len) = wide(bytes.get(..count)?)?;
                Some((kind, 3 * len))
            }
        },
        0xC2..=0xF4 => wide(text),
        _ => None,
    }
}

/// Spaces and dashes beyond ASCII; what is not seen counts as a space.
fn wide(text: &[u8]) -> Option<(u8, usize)> {
    let (code, len) = decoded(text)?;
    let kind = match code {
        0x00A0 | 0x00AD | 0x1680 | 0x2000..=0x200D | 0x202F | 0x205F | 0x2060 | 0x3000 | 0xFEFF => b' ',
        0x2010..=0x2015 | 0x2043 | 0x2212 | 0xFE58 | 0xFE63 | 0xFF0D => b'-',
        0x00B7 | 0x2022 | 0x2024 | 0x2027 | 0x22C5 | 0xFF0E => b'.',
        _ => return None,
    };
    Some((kind, len))
}
