//! Numbers as bytes: the few shapes that blocks of entries, blocks of commits and pages of the index are made of.
//!
//! A *varint* is a number in groups of 7 bits, low bits first, the high bit set on all bytes but the last. A *signed*
//! varint puts the sign into the lowest bit. Differences wrap around, so any two numbers have one.

/// What was read is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged(pub(super) &'static str);

/// Appends a varint.
pub(super) fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends a varint of up to 128 bits.
pub(super) fn put_wide(out: &mut Vec<u8>, mut n: u128) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends a signed varint.
pub(super) fn put_signed(out: &mut Vec<u8>, n: i64) {
    put(out, (n.cast_unsigned() << 1) ^ (n >> 63).cast_unsigned());
}

/// Appends the difference `now - before` as a signed varint.
pub(super) fn put_step(out: &mut Vec<u8>, before: u128, now: u128) {
    let step = now.wrapping_sub(before).cast_signed();
    put_wide(out, (step.cast_unsigned() << 1) ^ (step >> 127).cast_unsigned());
}

/// Appends bytes with their length before them.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what the functions above wrote.
#[derive(Debug, Clone)]
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.0.split_first().ok_or(Damaged("it ends too early"))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64, Damaged> {
        let (mut n, mut shift) = (0u64, 0);
        loop {
            let byte = self.byte()?;
            if shift > 63 || (shift == 63 && byte > 1) {
                return Err(Damaged("a number is too long"));
            }
            n |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(n);
            }
            shift += 7;
        }
    }

    pub(super) fn wide(&mut self) -> Result<u128, Damaged> {
        let (mut n, mut shift) = (0u128, 0);
        loop {
            let byte = self.byte()?;
            if shift > 126 || (shift == 126 && byte > 3) {
                return Err(Damaged("a number is too long"));
            }
            n |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(n);
            }
            shift += 7;
        }
    }

    pub(super) fn signed(&mut self) -> Result<i64, Damaged> {
        let n = self.number()?;
        Ok((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    pub(super) fn step(&mut self, before: u128) -> Result<u128, Damaged> {
        let n = self.wide()?;
        Ok(before.wrapping_add(((n >> 1).cast_signed() ^ -(n & 1).cast_signed()).cast_unsigned()))
    }

    /// A sum or an amount: from 0 to `i64::MAX`.
    pub(super) fn amount(&mut self) -> Result<i64, Damaged> {
        i64::try_from(self.number()?).map_err(|_| Damaged("an amount is out of range"))
    }

    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], Damaged> {
        if n > self.0.len() {
            return Err(Damaged("it ends too early"));
        }
        let (head, rest) = self.0.split_at(n);
        self.0 = rest;
        Ok(head)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let n = usize::try_from(self.number()?).map_err(|_| Damaged("a length is out of range"))?;
        self.take(n)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Damaged> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Damaged("a text is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_round_trip(n in any::<u64>(), i in any::<i64>(), a in any::<u128>(), b in any::<u128>(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut out = Vec::new();
            put(&mut out, n);
            put_signed(&mut out, i);
            put_step(&mut out, a, b);
            put_wide(&mut out, a);
            put_bytes(&mut out, &bytes);
            let mut input = Input(&out);
            prop_assert_eq!(input.number(), Ok(n));
            prop_assert_eq!(input.signed(), Ok(i));
            prop_assert_eq!(input.step(a), Ok(b));
            prop_assert_eq!(input.wide(), Ok(a));
            prop_assert_eq!(input.bytes(), Ok(&bytes[..]));
            prop_assert!(input.is_empty());
        }

        #[test]
        fn foreign_bytes_are_an_error_or_a_number(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut input = Input(&bytes);
            while !input.is_empty() && input.step(1).is_ok() && input.number().is_ok() && input.bytes().is_ok() {}
        }
    }
}
