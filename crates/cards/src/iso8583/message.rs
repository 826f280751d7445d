//! A message: its type and the values of its fields.

use super::kind::Padding;
use super::{FieldTable, LengthRule, Mti};
use crate::CardsError;
use zeroize::{Zeroize, Zeroizing};

/// Where a value lies in the buffer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) start: u16,
    pub(super) len: u16,
}

impl Span {
    /// `None` if one of them does not fit into 16 bits.
    pub(super) fn new(start: usize, len: usize) -> Option<Self> {
        Some(Self { start: u16::try_from(start).ok()?, len: u16::try_from(len).ok()? })
    }
}

/// Room for the values of a usual message without growing.
pub(super) const USUAL_BYTES: usize = 512;
/// All values of a message together, in bytes.
const BYTES_MAX: usize = u16::MAX as usize;

/// An ISO 8583 message: its type and the values of fields 2 to 128.
///
/// Values are bytes as they stand on the wire, without their length prefix. `Debug` and `Display` show only fields that
/// never hold card data; field 2 is truncated to its first six and last four digits. The values are overwritten when
/// the message is dropped.
#[derive(Clone)]
pub struct Message {
    pub(super) mti: Mti,
    /// Bit `n - 1` stands for field `n`; bit 0 for a second bitmap that is there although it is empty.
    pub(super) present: u128,
    pub(super) spans: [Span; 128],
    pub(super) values: Zeroizing<Vec<u8>>,
}

impl Message {
    /// A message without fields.
    pub fn new(mti: Mti) -> Self {
        Self {
            mti,
            present: 0,
            spans: [Span::default(); 128],
            values: Zeroizing::new(Vec::with_capacity(USUAL_BYTES)),
        }
    }

    /// The message type.
    pub fn mti(&self) -> Mti {
        self.mti
    }

    /// The bytes of a field, or `None` if the message does not have it.
    pub fn get(&self, field: u8) -> Option<&[u8]> {
        if !(2..=128).contains(&field) || self.present & bit(field) == 0 {
            return None;
        }
        let span = self.spans[usize::from(field) - 1];
        self.values.get(usize::from(span.start)..usize::from(span.start) + usize::from(span.len))
    }

    /// A field as text, or `None` if the message does not have it or it is not UTF-8.
    pub fn text(&self, field: u8) -> Option<&str> {
        std::str::from_utf8(self.get(field)?).ok()
    }

    /// The bytes of a field that must be there.
    ///
    /// # Errors
    /// [`CardsError::FieldMissing`].
    pub fn need(&self, field: u8) -> Result<&[u8], CardsError> {
        self.get(field).ok_or(CardsError::FieldMissing { field })
    }

    /// The numbers of the fields that are there, in order.
    pub fn fields(&self) -> impl Iterator<Item = u8> + '_ {
        FieldBits(self.present & !1)
    }

    /// Sets a field, padded by the rule of its kind if it is fixed and the value is shorter: digits with zeros on the
    /// left, text with spaces on the right.
    ///
    /// # Errors
    /// [`CardsError::FieldUnknown`] when the table does not have the field, [`CardsError::FieldLength`] and
    /// [`CardsError::FieldCharacter`] when the value does not fit (offsets count within the value),
    /// [`CardsError::MessageTooLong`]. The message is then unchanged.
    pub fn set(&mut self, table: &FieldTable, field: u8, value: impl AsRef<[u8]>) -> Result<(), CardsError> {
        let value = value.as_ref();
        let spec = table.get(field).ok_or(CardsError::FieldUnknown { field, offset: 0 })?;
        let max = usize::from(spec.max);
        if let Some(offset) = spec.kind.first_bad(value) {
            return Err(CardsError::FieldCharacter { field, offset });
        }
        let missing = if spec.length == LengthRule::Fixed { max.saturating_sub(value.len()) } else { 0 };
        let padding = if missing == 0 { Padding::RightSpaces } else { spec.kind.padding() };
        if value.len() > max || padding == Padding::Refused {
            return Err(CardsError::FieldLength { field, offset: 0, length: value.len(), allowed: max });
        }
        let (left, right) = if padding == Padding::LeftZeros { (missing, 0) } else { (0, missing) };
        self.write(field, left, value, right)
    }

    /// Sets a field as it is. Whether length and characters fit is seen when the message is encoded.
    ///
    /// # Errors
    /// [`CardsError::FieldUnknown`] when the number is outside 2 to 128, [`CardsError::MessageTooLong`].
    pub fn put(&mut self, field: u8, value: impl AsRef<[u8]>) -> Result<(), CardsError> {
        if !(2..=128).contains(&field) {
            return Err(CardsError::FieldUnknown { field, offset: 0 });
        }
        self.write(field, 0, value.as_ref(), 0)
    }

    /// Removes a field and overwrites its value.
    pub fn remove(&mut self, field: u8) {
        if self.get(field).is_none() {
            return;
        }
        let gone = self.spans[usize::from(field) - 1];
        let (start, end) = (usize::from(gone.start), usize::from(gone.start) + usize::from(gone.len));
        let kept = self.values.len() - usize::from(gone.len);
        self.values.copy_within(end.., start);
        self.values[kept..].zeroize();
        self.values.truncate(kept);
        for span in self.spans.iter_mut().filter(|s| s.start > gone.start) {
            span.start -= gone.len;
        }
        self.present &= !bit(field);
    }

    fn write(&mut self, field: u8, zeros: usize, value: &[u8], spaces: usize) -> Result<(), CardsError> {
        let len = zeros + value.len() + spaces;
        let old = self.get(field).map_or(0, <[u8]>::len);
        if self.values.len() - old + len > BYTES_MAX {
            return Err(CardsError::MessageTooLong { max: BYTES_MAX });
        }
        self.remove(field);
        self.reserve(len);
        let narrow = |n: usize| u16::try_from(n).expect("all values together fit in 16 bits: checked above");
        let span = Span { start: narrow(self.values.len()), len: narrow(len) };
        let start = self.values.len();
        self.values.resize(start + zeros, b'0');
        self.values.extend_from_slice(value);
        self.values.resize(start + len, b' ');
        self.spans[usize::from(field) - 1] = span;
        self.present = normal(self.present | bit(field));
        Ok(())
    }

    /// Makes room without leaving a copy of the values in freed memory.
    fn reserve(&mut self, more: usize) {
        if self.values.capacity() - self.values.len() < more {
            let mut larger = Zeroizing::new(Vec::with_capacity(
                (self.values.len() + more).max(self.values.capacity() * 2),
            ));
            larger.extend_from_slice(&self.values);
            self.values = larger;
        }
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.mti == other.mti
            && self.present == other.present
            && self.fields().all(|f| self.get(f) == other.get(f))
    }
}

impl Eq for Message {}

/// Clears bit 0 where the second bitmap is needed anyway.
pub(super) const fn normal(present: u128) -> u128 {
    if present >> 64 == 0 { present } else { present & !1 }
}

/// The bit of a field in [`Message::present`].
pub(super) const fn bit(field: u8) -> u128 {
    1 << (field - 1)
}

/// Walks the set bits.
pub(super) struct FieldBits(pub(super) u128);

impl Iterator for FieldBits {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.0 == 0 {
            return None;
        }
        let lowest = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        u8::try_from(lowest + 1).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> &'static FieldTable {
        FieldTable::iso1987_ascii()
    }

    #[test]
    fn setting_pads_fixed_fields_by_their_kind() {
        let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
        let mut check = |field: u8, value: &str, expected: &str| {
            m.set(table(), field, value).unwrap();
            assert_eq!(m.text(field), Some(expected));
        };
        check(4, "1999", "000000001999");
        check(41, "T1", "T1      ");
        check(37, "", "            ");
        check(32, "123", "123");
        check(4, "5", "000000000005");
    }

    #[test]
    fn values_that_do_not_fit_leave_the_message_as_it_was() {
        let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
        m.set(table(), 4, "7").unwrap();
        let before = m.clone();
        assert_eq!(
            m.set(table(), 4, "1234567890123"),
            Err(CardsError::FieldLength { field: 4, offset: 0, length: 13, allowed: 12 })
        );
        assert_eq!(m.set(table(), 4, "1x"), Err(CardsError::FieldCharacter { field: 4, offset: 1 }));
        assert_eq!(
            m.set(table(), 52, [1, 2]),
            Err(CardsError::FieldLength { field: 52, offset: 0, length: 2, allowed: 8 })
        );
        assert_eq!(m.set(table(), 65, "1"), Err(CardsError::FieldUnknown { field: 65, offset: 0 }));
        assert_eq!(m.put(129, "1"), Err(CardsError::FieldUnknown { field: 129, offset: 0 }));
        assert_eq!(m.put(48, vec![b'x'; 70_000]), Err(CardsError::MessageTooLong { max: BYTES_MAX }));
        assert_eq!(m, before);
    }

    #[test]
    fn replacing_and_removing_keep_the_other_values() {
        let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
        for (field, value) in [(48, "first"), (37, "ref"), (41, "terminal")] {
            m.put(field, value).unwrap();
        }
        m.put(48, "a longer second value").unwrap();
        m.put(48, "x").unwrap();
        m.remove(37);
        m.remove(37);
        assert_eq!((m.text(48), m.text(37), m.text(41)), (Some("x"), None, Some("terminal")));
        assert_eq!(m.fields().collect::<Vec<_>>(), [41, 48]);
        assert_eq!(m.values.len(), "xterminal".len());
        m.put(60, vec![b'y'; 4000]).unwrap();
        assert_eq!(m.text(41), Some("terminal"));
    }
}
