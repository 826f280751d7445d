//! One line of a NACHA file: 94 characters whose fields are read and set by their place.

use super::layout::{Field, Fill, addenda05};
use crate::PayoutsError;

/// Characters in a record.
pub const RECORD_LEN: usize = 94;

/// The kinds of record, by their first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 1.
    FileHeader,
    /// 5.
    BatchHeader,
    /// 6.
    Entry,
    /// 7.
    Addenda,
    /// 8.
    BatchControl,
    /// 9.
    FileControl,
    /// 9 and nothing but nines: fills the last block of ten lines.
    Padding,
}

impl Kind {
    /// Its name in the rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FileHeader => "file header",
            Self::BatchHeader => "batch header",
            Self::Entry => "entry detail",
            Self::Addenda => "addenda",
            Self::BatchControl => "batch control",
            Self::FileControl => "file control",
            Self::Padding => "padding",
        }
    }

    const fn digit(self) -> u8 {
        match self {
            Self::FileHeader => b'1',
            Self::BatchHeader => b'5',
            Self::Entry => b'6',
            Self::Addenda => b'7',
            Self::BatchControl => b'8',
            Self::FileControl | Self::Padding => b'9',
        }
    }
}

/// A record: 94 bytes. What is in them is not checked; [`check`](super::check) does that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Record([u8; RECORD_LEN]);

impl Record {
    /// A record of these bytes; what is missing of 94 is filled with spaces, what is more is cut off.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut record = [b' '; RECORD_LEN];
        let len = bytes.len().min(RECORD_LEN);
        record[..len].copy_from_slice(&bytes[..len]);
        Self(record)
    }

    /// An empty record of a kind: spaces.
    pub fn new(kind: Kind) -> Self {
        let mut bytes = [if kind == Kind::Padding { b'9' } else { b' ' }; RECORD_LEN];
        bytes[0] = kind.digit();
        Self(bytes)
    }

    /// The 94 bytes.
    pub const fn bytes(&self) -> &[u8; RECORD_LEN] {
        &self.0
    }

    /// Its kind. `None` for a first character that no record has.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self.0[0] {
            b'1' => Kind::FileHeader,
            b'5' => Kind::BatchHeader,
            b'6' => Kind::Entry,
            b'7' => Kind::Addenda,
            b'8' => Kind::BatchControl,
            b'9' if self.0.iter().all(|b| *b == b'9') => Kind::Padding,
            b'9' => Kind::FileControl,
            _ => return None,
        })
    }

    /// The bytes of a field, with the spaces around it.
    pub fn raw(&self, field: Field) -> &[u8] {
        &self.0[field.at - 1..field.at - 1 + field.len]
    }

    /// The text of a field without the spaces around it; empty if it is no ASCII.
    pub fn text(&self, field: Field) -> &str {
        std::str::from_utf8(self.raw(field)).unwrap_or("").trim_matches(' ')
    }

    /// The number in a field of digits. `None` if there are other characters than digits. At most 19 digits are read.
    pub fn number(&self, field: Field) -> Option<u64> {
        let mut number: u64 = 0;
        for byte in self.raw(field) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
        }
        Some(number)
    }

    /// The addenda type of a record 7: `05`.
    pub fn addenda_type(&self) -> &[u8] {
        self.raw(addenda05::TYPE)
    }

    /// Sets a field to a text, filled up as the field wants it.
    ///
    /// # Errors
    /// [`PayoutsError::Unwritable`] if it is too long, or has other characters than printable ASCII or, in a field of
    /// digits, than digits.
    pub fn set(&mut self, field: Field, value: &str) -> Result<(), PayoutsError> {
        let record = self.kind().map_or("record", Kind::as_str);
        let refuse = |why| Err(PayoutsError::Unwritable { record, field: field.name, why });
        if value.len() > field.len {
            return refuse("the value is too long");
        }
        let place = &mut self.0[field.at - 1..field.at - 1 + field.len];
        match field.fill {
            Fill::Digits => {
                if !value.bytes().all(|b| b.is_ascii_digit()) {
                    return refuse("only digits may stand here");
                }
                place.fill(b'0');
                place[field.len - value.len()..].copy_from_slice(value.as_bytes());
            }
            Fill::Text | Fill::Blank => {
                if !value.bytes().all(|b| matches!(b, b' '..=b'~')) {
                    return refuse("only printable ASCII may stand here");
                }
                place.fill(b' ');
                place[..value.len()].copy_from_slice(value.as_bytes());
            }
        }
        Ok(())
    }

    /// Sets a field of digits to a number.
    ///
    /// # Errors
    /// [`PayoutsError::Unwritable`] if it has too many digits.
    pub fn set_number(&mut self, field: Field, value: u64) -> Result<(), PayoutsError> {
        self.set(field, &value.to_string())
    }
}

/// Only the kind: the rest may hold names and account numbers.
impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Record").field(&self.kind()).finish()
    }
}
