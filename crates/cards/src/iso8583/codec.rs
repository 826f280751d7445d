//! Bytes to message and back.
//!
//! ```text
//! | type: 4 ASCII digits | bitmap: 8 bytes | second bitmap: 8 bytes, if bit 1 is set | fields in order |
//! ```

use super::kind::Kind;
use super::message::{FieldBits, Message, Span, USUAL_BYTES, bit, normal};
use super::{FieldTable, LengthRule, Mti};
use crate::CardsError;
use zeroize::{Zeroize, Zeroizing};

/// The longest message that is read, in bytes.
const FRAME_BYTES_MAX: usize = u16::MAX as usize;

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
        out.extend_from_slice(&self.mti().digits());
        let wide = self.present >> 64 != 0 || self.present & 1 != 0;
        let bitmap = (self.present | u128::from(wide)).reverse_bits().to_be_bytes();
        out.extend_from_slice(&bitmap[..if wide { 16 } else { 8 }]);
        for field in self.fields() {
            let offset = out.len() - from;
            let spec = table.get(field).ok_or(CardsError::FieldUnknown { field, offset })?;
            let value = self.get(field).unwrap_or_default();
            let (len, max) = (value.len(), usize::from(spec.max));
            if len > max || (spec.length == LengthRule::Fixed && len != max) {
                return Err(CardsError::FieldLength { field, offset, length: len, allowed: max });
            }
            let digits = [(len / 100) as u8 + b'0', (len / 10 % 10) as u8 + b'0', (len % 10) as u8 + b'0'];
            out.extend_from_slice(&digits[3 - spec.length.digits()..]);
            check(field, spec.kind, value, out.len() - from)?;
            out.extend_from_slice(value);
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
            return Err(CardsError::MessageTooLong { max: FRAME_BYTES_MAX });
        }
        let mut reader = Reader { bytes, at: 0 };
        let mti = Mti::from_digits(reader.take(0, 4)?)?;
        let mut present = u128::from(reader.bitmap()?) << 64;
        if present >> 127 == 1 {
            present |= u128::from(reader.bitmap()?);
        }
        let present = normal(present.reverse_bits());
        let mut spans = [Span::default(); 128];
        for field in FieldBits(present & !bit(1)) {
            let offset = reader.at;
            let spec = table.get(field).ok_or(CardsError::FieldUnknown { field, offset })?;
            let max = usize::from(spec.max);
            let len = match spec.length {
                LengthRule::Fixed => max,
                prefixed => reader.length(field, prefixed.digits())?,
            };
            if len > max {
                return Err(CardsError::FieldLength { field, offset: reader.at, length: len, allowed: max });
            }
            let start = reader.at;
            check(field, spec.kind, reader.take(field, len)?, start)?;
            let narrow =
                |n: usize| u16::try_from(n).expect("the message is shorter than 65,536 bytes: checked above");
            spans[usize::from(field) - 1] = Span { start: narrow(start), len: narrow(len) };
        }
        if reader.at < bytes.len() {
            return Err(CardsError::TrailingBytes { offset: reader.at, count: bytes.len() - reader.at });
        }
        let mut values = Zeroizing::new(Vec::with_capacity(bytes.len().max(USUAL_BYTES)));
        values.extend_from_slice(bytes);
        Ok(Self { mti, present, spans, values })
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

    fn bitmap(&mut self) -> Result<u64, CardsError> {
        Ok(self.take(1, 8)?.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }

    fn length(&mut self, field: u8, digits: usize) -> Result<usize, CardsError> {
        let offset = self.at;
        self.take(field, digits)?.iter().try_fold(0, |n, d| {
            if d.is_ascii_digit() {
                Ok(n * 10 + usize::from(d - b'0'))
            } else {
                Err(CardsError::LengthMalformed { field, offset })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table() -> &'static FieldTable {
        FieldTable::iso1987_ascii()
    }

    /// Any value that a field may have.
    fn value(field: u8) -> BoxedStrategy<Vec<u8>> {
        let spec = table().get(field).unwrap();
        let max = usize::from(spec.max);
        let len = if spec.length == LengthRule::Fixed { max..=max } else { 0..=max };
        let bytes = |alphabet: &'static [u8]| {
            proptest::collection::vec(proptest::sample::select(alphabet), len.clone()).boxed()
        };
        match spec.kind {
            Kind::N => bytes(b"0123456789"),
            Kind::A => bytes(b"AbcZ "),
            Kind::An => bytes(b"AbZ019 "),
            Kind::Ans => bytes(b"AbZ019 ~!-/"),
            Kind::Z => bytes(b"0123456789=D"),
            Kind::B => proptest::collection::vec(any::<u8>(), len).boxed(),
            Kind::Xn => proptest::collection::vec(proptest::sample::select(&b"0123456789"[..]), max - 1)
                .prop_map(|digits| [b"D".to_vec(), digits].concat())
                .boxed(),
        }
    }

    fn message() -> impl Strategy<Value = Message> {
        let fields: Vec<u8> = table().fields().map(|(n, _)| n).collect();
        (0_u16..=9999, proptest::sample::subsequence(fields, 0..30)).prop_flat_map(|(mti, fields)| {
            let values: Vec<_> = fields.iter().map(|f| value(*f)).collect();
            values.prop_map(move |values| {
                let mut m = Message::new(Mti::try_from(mti).unwrap());
                for (field, value) in fields.iter().zip(values) {
                    m.put(*field, value).unwrap();
                }
                m
            })
        })
    }

    /// What is read encodes to the same bytes; what is not read is refused without a panic.
    fn read_back(bytes: &[u8]) -> Result<(), TestCaseError> {
        if let Ok(m) = Message::decode(bytes, table()) {
            prop_assert_eq!(m.encode(table()).unwrap(), bytes);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn messages_round_trip(m in message()) {
            let bytes = m.encode(table()).unwrap();
            let back = Message::decode(&bytes, table()).unwrap();
            prop_assert_eq!(&back, &m);
            prop_assert_eq!(back.encode(table()).unwrap(), bytes);
        }

        #[test]
        fn every_cut_is_refused(m in message(), cut: prop::sample::Index) {
            let bytes = m.encode(table()).unwrap();
            let at = cut.index(bytes.len());
            prop_assert!(Message::decode(&bytes[..at], table()).is_err());
            let longer = [&bytes[..], b"0"].concat();
            prop_assert_eq!(Message::decode(&longer, table()), Err(CardsError::TrailingBytes { offset: bytes.len(), count: 1 }));
        }

        #[test]
        fn changed_bytes_are_read_back_or_refused(m in message(), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
            let mut bytes = m.encode(table()).unwrap();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            read_back(&bytes)?;
        }

        #[test]
        fn any_bytes_are_read_back_or_refused(head in "0[0-9]{3}", tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            read_back(&tail)?;
            read_back(&[head.as_bytes(), &tail].concat())?;
        }
    }

    fn refused(bytes: &[u8], error: CardsError) {
        assert_eq!(Message::decode(bytes, table()), Err(error));
    }

    #[test]
    fn errors_name_the_field_and_the_byte() {
        let b = |head: &[u8; 4], bits: [u8; 8], rest: &[u8]| [&head[..], &bits, rest].concat();
        refused(b"01", CardsError::Truncated { field: 0, offset: 0 });
        refused(b"01x0\0\0\0\0\0\0\0\0", CardsError::MtiMalformed);
        refused(b"0100\0\0\0", CardsError::Truncated { field: 1, offset: 4 });
        refused(
            &b(b"0100", [0x80, 0, 0, 0, 0, 0, 0, 0], b""),
            CardsError::Truncated { field: 1, offset: 12 },
        );
        refused(
            &b(b"0100", [0x40, 0, 0, 0, 0, 0, 0, 0], b"x6"),
            CardsError::LengthMalformed { field: 2, offset: 12 },
        );
        let long = CardsError::FieldLength { field: 2, offset: 14, length: 20, allowed: 19 };
        refused(&b(b"0100", [0x40, 0, 0, 0, 0, 0, 0, 0], b"2041111111111111111111"), long);
        refused(
            &b(b"0100", [0x20, 0, 0, 0, 0, 0, 0, 0], b"00a000"),
            CardsError::FieldCharacter { field: 3, offset: 14 },
        );
        refused(
            &b(b"0100", [0x20, 0, 0, 0, 0, 0, 0, 0], b"0000"),
            CardsError::Truncated { field: 3, offset: 12 },
        );
        let third = b(b"0100", [0x80, 0, 0, 0, 0, 0, 0, 0], &[0x80, 0, 0, 0, 0, 0, 0, 0]);
        refused(&third, CardsError::FieldUnknown { field: 65, offset: 20 });
        refused(&vec![b'0'; 70_000], CardsError::MessageTooLong { max: 65_535 });
    }

    #[test]
    fn encoding_refuses_what_the_table_does_not_allow_and_leaves_the_buffer() {
        let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
        m.put(3, "00000").unwrap();
        let mut out = b"kept".to_vec();
        let error = CardsError::FieldLength { field: 3, offset: 12, length: 5, allowed: 6 };
        assert_eq!(m.encode_into(table(), &mut out), Err(error));
        assert_eq!(out, b"kept");
    }

    #[test]
    fn a_second_table_reads_other_lengths() {
        let narrow = FieldTable::from_toml(
            "name = 'host b'\nfield = [{ number = 44, name = 'x', kind = 'ans', length = 'LL', max = 99 }]",
        )
        .unwrap();
        let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
        m.put(44, "y".repeat(60)).unwrap();
        assert!(m.encode(table()).is_err());
        let bytes = m.encode(&narrow).unwrap();
        assert_eq!(Message::decode(&bytes, &narrow).unwrap(), m);
        assert!(Message::decode(&bytes, table()).is_err());
    }

    #[test]
    fn an_empty_second_bitmap_is_kept() {
        let bytes = [&b"0800"[..], &[0x80, 0, 0, 0, 0, 0, 0, 0], &[0; 8]].concat();
        assert_eq!(Message::decode(&bytes, table()).unwrap().encode(table()).unwrap(), bytes);
    }
}
