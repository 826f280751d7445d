//! Bytes to message and back.
//!
//! ```text
//! | type: 4 digits | bitmap: 8 bytes | second bitmap: 8 bytes, if bit 1 is set | fields in order |
//! ```
//!
//! How digits, bitmaps and lengths are written is said by the table.

use super::kind::Kind;
use super::message::{FieldBits, Message, Span, USUAL_BYTES, bit, normal};
use super::packed::{hex, pack, packed_len, unhex, unpack};
use super::spec::{Encoding, FieldSpec, Prefix};
use super::table::{BitmapEncoding, DigitEncoding};
use super::{FieldTable, LengthRule, Mti, Pad};
use crate::CardsError;
use zeroize::{Zeroize, Zeroizing};

/// The longest message that is read, in bytes.
const FRAME_BYTES_MAX: usize = u16::MAX as usize;
const TOO_LONG: CardsError = CardsError::MessageTooLong { max: FRAME_BYTES_MAX };

impl Message {
    /// The bytes of the message by `table`. They may hold card data: see [`Message::encode_into`] to reuse a buffer.
    ///
    /// # Errors
    /// [`CardsError::FieldUnknown`], [`CardsError::FieldLength`] or [`CardsError::FieldCharacter`] for the first field
    /// that the table does not allow; `offset` is where the field would have been written.
    pub fn encode(&self, table: &FieldTable) -> Result<Vec<u8>, CardsError> {
        let mut out = Vec::with_capacity(self.values.len() + 64);
        self.encode_into(table, &mut out)?;
        Ok(out)
    }

    /// Appends the bytes of the message to `out`.
    ///
    /// # Errors
    /// As [`Message::encode`]; `out` is then as it was.
    pub fn encode_into(&self, table: &FieldTable, out: &mut Vec<u8>) -> Result<(), CardsError> {
        let from = out.len();
        let result = self.append(table, out, from);
        if result.is_err() {
            out[from..].zeroize();
            out.truncate(from);
        }
        result
    }

    fn append(&self, table: &FieldTable, out: &mut Vec<u8>, from: usize) -> Result<(), CardsError> {
        let mti = self.mti().digits();
        match table.mti {
            DigitEncoding::Ascii => out.extend_from_slice(&mti),
            DigitEncoding::Bcd => pack(Kind::N, &mti, Pad::LeftZero, out),
        }
        let wide = self.present >> 64 != 0 || self.present & 1 != 0;
        let bitmap = (self.present | u128::from(wide)).reverse_bits().to_be_bytes();
        let bitmap = &bitmap[..if wide { 16 } else { 8 }];
        match table.bitmap {
            BitmapEncoding::Binary => out.extend_from_slice(bitmap),
            BitmapEncoding::Hex => hex(bitmap, out),
        }
        for field in self.fields() {
            let offset = out.len() - from;
            let spec = table.get(field).ok_or(CardsError::FieldUnknown { field, offset })?;
            let value = self.get(field).unwrap_or_default();
            let (len, max) = (value.len(), usize::from(spec.max));
            if len > max || (spec.length == LengthRule::Fixed && len != max) {
                return Err(CardsError::FieldLength { field, offset, length: len, allowed: max });
            }
            if spec.length != LengthRule::Fixed {
                write_length(spec, len, out);
            }
            check(field, spec.kind, value, out.len() - from)?;
            match spec.encoding {
                Encoding::Plain => out.extend_from_slice(value),
                Encoding::Packed(pad) => pack(spec.kind, value, pad, out),
                Encoding::Hex => hex(value, out),
            }
        }
        Ok(())
    }

    /// Reads a message by `table`. What was read encodes to the same bytes again.
    ///
    /// # Errors
    /// The first thing wrong, in the order of the bytes: [`CardsError::Truncated`], [`CardsError::MtiMalformed`],
    /// [`CardsError::FieldUnknown`], [`CardsError::LengthMalformed`], [`CardsError::FieldLength`],
    /// [`CardsError::FieldCharacter`], [`CardsError::TrailingBytes`]. More than 65,535 bytes are
    /// [`CardsError::MessageTooLong`] at once.
    pub fn decode(bytes: &[u8], table: &FieldTable) -> Result<Self, CardsError> {
        if bytes.len() > FRAME_BYTES_MAX {
            return Err(TOO_LONG);
        }
        let mut reader = Reader { bytes, at: 0 };
        let mti = reader.mti(table.mti)?;
        let mut present = u128::from(reader.bitmap(table.bitmap)?) << 64;
        if present >> 127 == 1 {
            present |= u128::from(reader.bitmap(table.bitmap)?);
        }
        let present = normal(present.reverse_bits());
        let mut spans = [Span::default(); 128];
        let values = if table.is_plain {
            for field in FieldBits(present & !bit(1)) {
                let (spec, len) = reader.field(field, table)?;
                let start = reader.at;
                check(field, spec.kind, reader.take(field, len)?, start)?;
                spans[usize::from(field) - 1] = Span::new(start, len).ok_or(TOO_LONG)?;
            }
            let mut values = Zeroizing::new(Vec::with_capacity(bytes.len().max(USUAL_BYTES)));
            values.extend_from_slice(bytes);
            values
        } else {
            reader.values(FieldBits(present & !bit(1)), table, &mut spans)?
        };
        if reader.at < bytes.len() {
            return Err(CardsError::TrailingBytes { offset: reader.at, count: bytes.len() - reader.at });
        }
        Ok(Self { mti, present, spans, values })
    }
}

/// Appends the length prefix of a value whose length fits.
fn write_length(spec: &FieldSpec, len: usize, out: &mut Vec<u8>) {
    let digit = |unit: usize| (len / unit % 10) as u8;
    let digits = [digit(1000), digit(100), digit(10), digit(1)];
    let two = spec.length == LengthRule::Ll;
    match spec.prefix {
        Prefix::Ascii => out.extend(digits[4 - spec.length.digits()..].iter().map(|d| b'0' + d)),
        Prefix::Bcd if two => out.push(digits[2] << 4 | digits[3]),
        Prefix::Bcd => out.extend_from_slice(&[digits[0] << 4 | digits[1], digits[2] << 4 | digits[3]]),
        Prefix::Binary if two => out.push(len as u8),
        Prefix::Binary => out.extend_from_slice(&[(len >> 8) as u8, len as u8]),
    }
}

fn check(field: u8, kind: Kind, value: &[u8], offset: usize) -> Result<(), CardsError> {
    match kind.first_bad(value) {
        None => Ok(()),
        Some(at) => Err(CardsError::FieldCharacter { field, offset: offset + at }),
    }
}

/// Takes bytes off the front.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, field: u8, len: usize) -> Result<&'a [u8], CardsError> {
        let end = self.at + len;
        let taken = self.bytes.get(self.at..end).ok_or(CardsError::Truncated { field, offset: self.at })?;
        self.at = end;
        Ok(taken)
    }

    /// The description of the next field, and the length of its value.
    #[inline(always)]
    fn field<'t>(&mut self, field: u8, table: &'t FieldTable) -> Result<(&'t FieldSpec, usize), CardsError> {
        let offset = self.at;
        let spec = table.get(field).ok_or(CardsError::FieldUnknown { field, offset })?;
        let max = usize::from(spec.max);
        let len = match spec.length {
            LengthRule::Fixed => max,
            _ => self.length(field, spec)?,
        };
        if len > max {
            return Err(CardsError::FieldLength { field, offset: self.at, length: len, allowed: max });
        }
        Ok((spec, len))
    }

    /// The values of the fields, where they are not on the wire as they are in a message.
    #[inline(never)]
    fn values(
        &mut self,
        fields: FieldBits,
        table: &FieldTable,
        spans: &mut [Span; 128],
    ) -> Result<Zeroizing<Vec<u8>>, CardsError> {
        // Packed digits take twice the room; with all of it at once no copy is left in freed memory.
        let room = (2 * self.bytes.len()).max(USUAL_BYTES);
        let mut values = Zeroizing::new(Vec::with_capacity(room));
        for field in fields {
            let (spec, len) = self.field(field, table)?;
            let start = values.len();
            self.append_value(field, spec, len, &mut values)?;
            spans[usize::from(field) - 1] = Span::new(start, len).ok_or(TOO_LONG)?;
        }
        if values.len() > FRAME_BYTES_MAX { Err(TOO_LONG) } else { Ok(values) }
    }

    fn mti(&mut self, encoding: DigitEncoding) -> Result<Mti, CardsError> {
        match encoding {
            DigitEncoding::Ascii => Mti::from_digits(self.take(0, 4)?),
            DigitEncoding::Bcd => {
                let mut digits = Vec::with_capacity(4);
                unpack(Kind::N, self.take(0, 2)?, 4, Pad::LeftZero, &mut digits)
                    .map_err(|_| CardsError::MtiMalformed)?;
                Mti::from_digits(&digits)
            }
        }
    }

    fn bitmap(&mut self, encoding: BitmapEncoding) -> Result<u64, CardsError> {
        let bits = |bytes: &[u8]| bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        let offset = self.at;
        match encoding {
            BitmapEncoding::Binary => Ok(bits(self.take(1, 8)?)),
            BitmapEncoding::Hex => {
                let mut bytes = Vec::with_capacity(8);
                unhex(self.take(1, 16)?, &mut bytes)
                    .map_err(|at| CardsError::FieldCharacter { field: 1, offset: offset + at })?;
                Ok(bits(&bytes))
            }
        }
    }

    fn length(&mut self, field: u8, spec: &FieldSpec) -> Result<usize, CardsError> {
        if spec.prefix != Prefix::Ascii {
            return self.narrow_length(field, spec);
        }
        let offset = self.at;
        self.take(field, spec.length.digits())?.iter().try_fold(0, |n, d| {
            if d.is_ascii_digit() {
                Ok(n * 10 + usize::from(d - b'0'))
            } else {
                Err(CardsError::LengthMalformed { field, offset })
            }
        })
    }

    /// A length prefix that is not in ASCII.
    #[inline(never)]
    fn narrow_length(&mut self, field: u8, spec: &FieldSpec) -> Result<usize, CardsError> {
        let offset = self.at;
        let bytes = self.take(field, if spec.length == LengthRule::Ll { 1 } else { 2 })?;
        if spec.prefix == Prefix::Binary {
            return Ok(bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b)));
        }
        bytes.iter().try_fold(0, |n, b| {
            let (high, low) = (usize::from(b >> 4), usize::from(b & 15));
            if high < 10 && low < 10 {
                Ok(n * 100 + high * 10 + low)
            } else {
                Err(CardsError::LengthMalformed { field, offset })
            }
        })
    }

    /// Takes and checks a value of so many characters and appends it to `values`.
    fn append_value(
        &mut self,
        field: u8,
        spec: &FieldSpec,
        len: usize,
        values: &mut Vec<u8>,
    ) -> Result<(), CardsError> {
        let offset = self.at;
        let wrong = |at| CardsError::FieldCharacter { field, offset: offset + at };
        match spec.encoding {
            Encoding::Plain => {
                let value = self.take(field, len)?;
                check(field, spec.kind, value, offset)?;
                values.extend_from_slice(value);
                Ok(())
            }
            Encoding::Packed(pad) => {
                let wire = self.take(field, packed_len(spec.kind, len))?;
                if spec.kind == Kind::Xn && !matches!(wire.first(), None | Some(b'C' | b'D')) {
                    return Err(wrong(0));
                }
                unpack(spec.kind, wire, len, pad, values).map_err(wrong)
            }
            Encoding::Hex => unhex(self.take(field, 2 * len)?, values).map_err(wrong),
        }
    }
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
