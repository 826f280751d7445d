//! Chip data (field 55): a list of tags, lengths and values as EMV writes it (BER-TLV, EMV Book 3, annex B).

use crate::CardsError;
use std::fmt;
use zeroize::Zeroizing;

/// A tag of one to three bytes: `9F26` is 0x9f26.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u32);

impl Tag {
    /// From its bytes as a number.
    ///
    /// # Errors
    /// [`CardsError::TlvMalformed`] when the bytes are not one whole tag of at most three bytes.
    pub fn try_new(number: u32) -> Result<Self, CardsError> {
        let bytes = number.to_be_bytes();
        let start = bytes.iter().position(|b| *b != 0).unwrap_or(3);
        match take_tag(&bytes[start..]) {
            Some((tag, [])) if !matches!(bytes[start], 0x00 | 0xff) => Ok(tag),
            _ => Err(CardsError::TlvMalformed { offset: 0, expected: "a tag of one to three bytes" }),
        }
    }

    /// The bytes as a number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Whether the value is itself such a list.
    pub const fn is_constructed(self) -> bool {
        let first = if self.0 > 0xffff {
            self.0 >> 16
        } else if self.0 > 0xff {
            self.0 >> 8
        } else {
            self.0
        };
        first & 0x20 != 0
    }

    fn write(self, out: &mut Vec<u8>) {
        let bytes = self.0.to_be_bytes();
        let start = bytes.iter().position(|b| *b != 0).unwrap_or(3);
        out.extend_from_slice(&bytes[start..]);
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// A tag off the front, and the rest.
fn take_tag(bytes: &[u8]) -> Option<(Tag, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let mut number = u32::from(*first);
    if first & 0x1f == 0x1f {
        for place in 0.. {
            let (next, after) = rest.split_first()?;
            rest = after;
            number = number << 8 | u32::from(*next);
            if next & 0x80 == 0 {
                break;
            }
            if place == 1 {
                return None;
            }
        }
    }
    Some((Tag(number), rest))
}

#[derive(Clone, PartialEq, Eq)]
enum Part {
    /// So many bytes of 00 or FF, which mean nothing.
    Padding(u8, usize),
    Element {
        tag: Tag,
        /// How many bytes the length takes: 1 to 3.
        length_bytes: u8,
        value: Zeroizing<Vec<u8>>,
    },
}

/// A list of tags and values in their order, unknown ones too. What was parsed builds the same bytes again, with its
/// padding and with lengths that are longer than they need be.
///
/// `Debug` shows tags and lengths, never values: there are card numbers and names among them. Values are overwritten when
/// the list is dropped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct TlvList {
    parts: Vec<Part>,
}

impl TlvList {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses a list. The values of constructed tags are left as they are: parse them in turn.
    ///
    /// # Errors
    /// [`CardsError::TlvMalformed`] with the byte where a tag, a length or a value is cut, a tag has more than three bytes,
    /// or a length is not written in one to three bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, CardsError> {
        let mut parts = Vec::new();
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            let offset = bytes.len() - rest.len();
            if let byte @ (0x00 | 0xff) = *first {
                let count = rest.iter().take_while(|b| **b == byte).count();
                parts.push(Part::Padding(byte, count));
                rest = &rest[count..];
                continue;
            }
            let bad = |expected| CardsError::TlvMalformed { offset, expected };
            let (tag, after) = take_tag(rest).ok_or(bad("a tag of one to three bytes"))?;
            let (length, length_bytes, after) =
                take_length(after).ok_or(bad("a length of one to three bytes"))?;
            let (value, after) =
                after.split_at_checked(length).ok_or(bad("a value of the length that is told"))?;
            parts.push(Part::Element { tag, length_bytes, value: Zeroizing::new(value.to_vec()) });
            rest = after;
        }
        Ok(Self { parts })
    }

    /// Adds a tag at the end, with the shortest length.
    ///
    /// # Errors
    /// [`CardsError::TlvMalformed`] when the value is longer than 65,535 bytes.
    pub fn push(&mut self, tag: Tag, value: &[u8]) -> Result<(), CardsError> {
        let length_bytes = match value.len() {
            0..=0x7f => 1,
            0x80..=0xff => 2,
            0x100..=0xffff => 3,
            _ => {
                return Err(CardsError::TlvMalformed {
                    offset: 0,
                    expected: "a value of at most 65535 bytes",
                });
            }
        };
        self.parts.push(Part::Element { tag, length_bytes, value: Zeroizing::new(value.to_vec()) });
        Ok(())
    }

    /// The first value of a tag.
    pub fn get(&self, tag: Tag) -> Option<&[u8]> {
        self.iter().find(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// All tags and values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Tag, &[u8])> {
        self.parts.iter().filter_map(|part| match part {
            Part::Element { tag, value, .. } => Some((*tag, value.as_slice())),
            Part::Padding(..) => None,
        })
    }

    /// The bytes. They may hold card data.
    pub fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let size = |part: &Part| match part {
            Part::Padding(_, count) => *count,
            Part::Element { value, .. } => value.len() + 6,
        };
        let mut out = Zeroizing::new(Vec::with_capacity(self.parts.iter().map(size).sum()));
        for part in &self.parts {
            match part {
                Part::Padding(byte, count) => out.extend(std::iter::repeat_n(*byte, *count)),
                Part::Element { tag, length_bytes, value } => {
                    tag.write(&mut out);
                    let [_, _, high, low] = (value.len() as u32).to_be_bytes();
                    match length_bytes {
                        1 => out.push(low),
                        2 => out.extend_from_slice(&[0x81, low]),
                        _ => out.extend_from_slice(&[0x82, high, low]),
                    }
                    out.extend_from_slice(value);
                }
            }
        }
        out
    }
}

/// A length off the front, how many bytes it took, and the rest.
fn take_length(bytes: &[u8]) -> Option<(usize, u8, &[u8])> {
    match bytes {
        [short @ 0..=0x7f, rest @ ..] => Some((usize::from(*short), 1, rest)),
        [0x81, one, rest @ ..] => Some((usize::from(*one), 2, rest)),
        [0x82, high, low, rest @ ..] => Some((usize::from(*high) << 8 | usize::from(*low), 3, rest)),
        _ => None,
    }
}

impl fmt::Debug for TlvList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlvList(")?;
        for (place, (tag, value)) in self.iter().enumerate() {
            write!(f, "{}{tag:?}=({})", if place > 0 { " " } else { "" }, value.len())?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tag(number: u32) -> Tag {
        Tag::try_new(number).unwrap()
    }

    #[test]
    fn tags_lengths_and_padding_are_kept_as_they_came() {
        let bytes: &[u8] = &[
            0x00, 0x9f, 0x26, 0x02, 0xab, 0xcd, 0x5a, 0x81, 0x01, 0x42, 0xff, 0xff, 0x95, 0x00, 0xdf, 0x81,
            0x01, 0x82, 0x00, 0x01, 0x07,
        ];
        let list = TlvList::parse(bytes).unwrap();
        assert_eq!(&list.bytes()[..], bytes);
        assert_eq!(list.get(tag(0x9f26)), Some(&[0xab, 0xcd][..]));
        assert_eq!(list.get(tag(0x95)), Some(&[][..]));
        assert_eq!(list.get(tag(0xdf8101)), Some(&[7][..]));
        assert_eq!(list.get(tag(0x82)), None);
        assert_eq!(format!("{list:?}"), "TlvList(9F26=(2) 5A=(1) 95=(0) DF8101=(1))");
    }

    #[test]
    fn what_is_cut_or_of_no_sense_is_refused_where_it_starts() {
        let check = |bytes: &[u8], offset: usize, expected: &'static str| {
            assert_eq!(
                TlvList::parse(bytes),
                Err(CardsError::TlvMalformed { offset, expected }),
                "{bytes:02x?}"
            );
        };
        check(&[0x9f], 0, "a tag of one to three bytes");
        check(&[0x9f, 0x81, 0x81, 0x01, 0x00], 0, "a tag of one to three bytes");
        check(&[0x95, 0x00, 0x5a], 2, "a length of one to three bytes");
        check(&[0x5a, 0x80], 0, "a length of one to three bytes");
        check(&[0x5a, 0x83, 0, 0, 0], 0, "a length of one to three bytes");
        check(&[0x5a, 0x81], 0, "a length of one to three bytes");
        check(&[0x5a, 0x02, 0x01], 0, "a value of the length that is told");
        for bad in [0, 0xff, 0x9f, 0x5a5a, 0x009f_2601, 0x9f81_8101] {
            assert!(Tag::try_new(bad).is_err(), "{bad:x}");
        }
        assert!(tag(0x77).is_constructed() && tag(0xbf0c).is_constructed());
        assert!(!tag(0x5a).is_constructed() && !tag(0x9f26).is_constructed());
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(list) = TlvList::parse(&bytes) {
                prop_assert_eq!(&list.bytes()[..], &bytes[..]);
            }
        }

        #[test]
        fn what_is_built_is_parsed(values in proptest::collection::vec((proptest::sample::select(&[0x5a_u32, 0x82, 0x9f26, 0x5f2a, 0xdf8101][..]), proptest::collection::vec(any::<u8>(), 0..400)), 0..8)) {
            let mut list = TlvList::new();
            for (number, value) in &values {
                list.push(tag(*number), value).unwrap();
            }
            let back = TlvList::parse(&list.bytes()).unwrap();
            prop_assert_eq!(&back, &list);
            let found: Vec<_> = back.iter().map(|(tag, value)| (tag.number(), value.to_vec())).collect();
            prop_assert_eq!(found, values);
        }
    }
}
