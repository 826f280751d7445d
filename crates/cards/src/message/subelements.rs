//! Field 48: a list of tag (2 characters), length (2 digits) and value. Field 123: the billing address.

use crate::{BillingAddress, CardsError};
use zeroize::Zeroizing;

/// The security code: 3 or 4 digits. In requests.
pub(super) const SECURITY_CODE: [u8; 2] = *b"92";
/// What the terminal can do: five digits, of which the first is 1 where a partial approval is taken. In requests.
pub(super) const POINT_OF_SERVICE: [u8; 2] = *b"61";
/// 52 asks the issuer to compare the address in field 123. In requests.
pub(super) const ADDRESS_CHECK: [u8; 2] = *b"82";
/// 1 if no further capture follows. In captures.
pub(super) const LAST_CAPTURE: [u8; 2] = *b"70";
/// What came of comparing the address: a letter. In answers.
pub(super) const ADDRESS_RESULT: [u8; 2] = *b"83";
/// Whether a declined request may be sent again: two digits. In answers.
pub(super) const RETRY_ADVICE: [u8; 2] = *b"84";
/// What came of comparing the security code: a letter. In answers.
pub(super) const SECURITY_CODE_RESULT: [u8; 2] = *b"87";

/// Field 48 while it is written. Overwritten when dropped: it may hold a security code.
pub(super) struct Subelements(Zeroizing<Vec<u8>>);

impl Subelements {
    pub(super) fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(64)))
    }

    /// Adds one; `value` has at most 99 bytes.
    pub(super) fn add(&mut self, tag: [u8; 2], value: &[u8]) {
        let len = super::elements::digits::<2>(value.len() as u64);
        debug_assert!(len.is_some(), "subelements are short: they are written by this crate");
        self.0.extend_from_slice(&tag);
        self.0.extend_from_slice(&len.unwrap_or(*b"00"));
        self.0.extend_from_slice(value);
    }

    /// All of it, or `None` if nothing was added.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        (!self.0.is_empty()).then_some(&self.0[..])
    }
}

/// The value of one subelement; others are passed over.
///
/// # Errors
/// [`CardsError::FieldMeaning`] if what comes before it, or all if it is not there, is no such list.
pub(super) fn find(field_48: &[u8], wanted: [u8; 2]) -> Result<Option<&[u8]>, CardsError> {
    let bad = CardsError::FieldMeaning {
        field: 48,
        expected: "a list of tag (2 characters), length (2 digits) and value",
    };
    let mut rest = field_48;
    while !rest.is_empty() {
        let (tag, after) = rest.split_at_checked(2).ok_or(bad.clone())?;
        let (len, after) = after.split_at_checked(2).ok_or(bad.clone())?;
        let len = super::elements::number(len).and_then(|n| usize::try_from(n).ok()).ok_or(bad.clone())?;
        let (value, after) = after.split_at_checked(len).ok_or(bad.clone())?;
        if tag == wanted {
            return Ok(Some(value));
        }
        rest = after;
    }
    Ok(None)
}

/// Postal code and line of an address within field 123, in bytes.
const POSTAL_CODE: std::ops::Range<usize> = 0..9;
const LINE: std::ops::Range<usize> = 9..29;

/// Field 123: postal code 9, house number and street 20 characters.
pub(super) fn address(given: &BillingAddress) -> Zeroizing<[u8; 29]> {
    let mut out = Zeroizing::new([b' '; 29]);
    super::elements::fill(&mut out[POSTAL_CODE], given.postal_code.as_deref().unwrap_or_default());
    super::elements::fill(&mut out[LINE], given.line.as_deref().unwrap_or_default());
    out
}

/// Postal code and line in field 123, without padding; empty if not given.
pub(super) fn read_address(field_123: &str) -> Option<(&str, &str)> {
    Some((field_123.get(POSTAL_CODE)?.trim_end(), field_123.get(LINE)?.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subelement_is_found_among_others() {
        let mut list = Subelements::new();
        assert_eq!(list.bytes(), None);
        list.add(SECURITY_CODE, b"0123");
        assert_eq!(list.bytes(), Some(&b"92040123"[..]));
        list.add(POINT_OF_SERVICE, b"10000");
        assert_eq!(find(list.bytes().unwrap(), POINT_OF_SERVICE), Ok(Some(&b"10000"[..])));
        assert_eq!(find(b"4202xx9203123", SECURITY_CODE), Ok(Some(&b"123"[..])));
        assert_eq!(find(b"4202xx", SECURITY_CODE), Ok(None));
        assert_eq!(find(b"", SECURITY_CODE), Ok(None));
        for bad in [&b"9"[..], b"920", b"9203", b"920312", b"92xx123"] {
            assert!(find(bad, SECURITY_CODE).is_err());
        }
    }

    #[test]
    fn an_address_has_fixed_places() {
        let given = BillingAddress {
            line: Some("1 Caf\u{e9} Street, third floor".to_owned()),
            postal_code: Some("BA1 1AA".to_owned()),
        };
        let field = address(&given);
        assert_eq!(&field[..], b"BA1 1AA  1 Caf? Street, third");
        assert_eq!(
            read_address(std::str::from_utf8(&field[..]).unwrap()),
            Some(("BA1 1AA", "1 Caf? Street, third"))
        );
        assert_eq!(read_address("BA1"), None);
        assert!(!format!("{given:?}").contains("BA1"));
    }
}
