//! Text within base64 (RFC 4648, both alphabets), at any offset.

/// The place of a letter in the alphabets; `None`: in neither.
const fn place(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// The places by byte; 64: none.
const PLACES: [u8; 256] = {
    let mut places = [64; 256];
    let mut byte = 0;
    while byte < 256 {
        if let Some(place) = place(byte as u8) {
            places[byte] = place;
        }
        byte += 1;
    }
    places
};

/// Whether three digits in a row may be written here. A number of 13 digits or more, in groups of three or more, has such a place in any base64.
pub(super) fn three_digits(text: &[u8]) -> bool {
    let Some([a, b, c, d]) = text.get(..4) else { return false };
    matches!(a, b'M' | b'N' | b'O')
        && matches!(b, b'D' | b'T' | b'j' | b'z')
        && matches!(c, b'A' | b'E' | b'I' | b'M' | b'Q' | b'U' | b'Y' | b'c' | b'g' | b'k')
        && matches!(d, b'w'..=b'z' | b'0'..=b'5')
}

/// What is looked at before and after such a place, in groups of four letters.
const REACH: usize = 24;

/// What is written around a place: the plain bytes, and where in the text their letters begin.
pub(super) struct Within {
    pub(super) plain: Vec<u8>,
    pub(super) from: usize,
}

/// Reads what is written around a place at which four letters begin.
pub(super) fn around(text: &[u8], at: usize) -> Within {
    let four = |from: usize| -> Option<[u8; 4]> {
        let letters = text.get(from..from + 4)?;
        let places = [0, 1, 2, 3].map(|n| PLACES[usize::from(letters[n])]);
        places.iter().all(|p| *p < 64).then_some(places)
    };
    let mut from = at;
    while at - from < 4 * REACH && from >= 4 && four(from - 4).is_some() {
        from -= 4;
    }
    let mut plain = Vec::with_capacity(6 * REACH);
    let mut end = from;
    while end < at + 4 * REACH {
        let Some([a, b, c, d]) = four(end) else { break };
        plain.extend([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
        end += 4;
    }
    // The end: two or three letters, with or without `=`.
    let rest: Vec<u8> =
        text[end..].iter().take(3).map(|b| PLACES[usize::from(*b)]).take_while(|p| *p < 64).collect();
    if end < at + 4 * REACH {
        match rest[..] {
            [a, b] => plain.push(a << 2 | b >> 4),
            [a, b, c] => plain.extend([a << 2 | b >> 4, b << 4 | c >> 2]),
            _ => {}
        }
    }
    Within { plain, from }
}

/// Writes other bytes in the place of those at `at` of what was read, each into the letters it is in. Bits of other bytes in them stay.
pub(super) fn put(letters: &mut [u8], at: usize, byte: u8) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (four, place) = (at / 3 * 4, at % 3);
    let mut set = |n: usize, keep: u8, bits: u8| {
        if let Some(letter) = letters.get_mut(four + n) {
            let value = (PLACES[usize::from(*letter)] & keep) | bits;
            *letter = ALPHABET[usize::from(value & 63)];
        }
    };
    match place {
        0 => {
            set(0, 0, byte >> 2);
            set(1, 0b00_1111, (byte & 3) << 4);
        }
        1 => {
            set(1, 0b11_0000, byte >> 4);
            set(2, 0b00_0011, (byte & 15) << 2);
        }
        _ => {
            set(2, 0b11_1100, byte >> 6);
            set(3, 0, byte & 63);
        }
    }
}
