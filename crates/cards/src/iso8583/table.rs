//! The field table: which fields a host's messages have, how long they are, and how all of it is written.

use super::table_file::{BUILT_IN, resolve};
use super::{FieldSpec, LengthRule};
use crate::{CardsError, ResponseDialect};
use serde::Deserialize;
use std::sync::LazyLock;

/// Whether the message type is written in four bytes or in two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DigitEncoding {
    /// A byte for each digit.
    Ascii,
    /// Two digits to a byte.
    Bcd,
}

/// How the bitmaps are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BitmapEncoding {
    /// 8 bytes each.
    Binary,
    /// 16 capital hexadecimal digits each.
    Hex,
}

/// The fields of a host's messages: data, one table for each kind of host.
///
/// A table is TOML text; `data/iso8583-1987-ascii.toml` explains its words. Values in a [`Message`](super::Message) are
/// the same under every table: digits as ASCII, bytes as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldTable {
    pub(super) name: Box<str>,
    pub(super) mti: DigitEncoding,
    pub(super) bitmap: BitmapEncoding,
    pub(super) responses: ResponseDialect,
    pub(super) fields: Box<[Option<FieldSpec>]>,
    /// Whether every value is on the wire as it is in a message, so that a message is its bytes.
    pub(super) is_plain: bool,
}

static BUILT_IN_TABLES: LazyLock<Vec<FieldTable>> = LazyLock::new(|| {
    let load = |(_, text): &(&str, &str)| {
        FieldTable::from_toml(text).expect("the built-in tables are valid: a test loads them")
    };
    BUILT_IN.iter().map(load).collect()
});

impl FieldTable {
    /// ISO 8583:1987 with ASCII lengths and digits and a binary bitmap: `data/iso8583-1987-ascii.toml`.
    pub fn iso1987_ascii() -> &'static Self {
        &BUILT_IN_TABLES[0]
    }

    /// The same fields with digits packed two to a byte: `data/iso8583-1987-bcd.toml`.
    pub fn iso1987_bcd() -> &'static Self {
        &BUILT_IN_TABLES[1]
    }

    /// The built-in table of this name.
    pub fn built_in(name: &str) -> Option<&'static Self> {
        Self::all_built_in().iter().find(|table| table.name() == name)
    }

    /// All built-in tables.
    pub fn all_built_in() -> &'static [Self] {
        &BUILT_IN_TABLES
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`CardsError::TableMalformed`] with the line, when the text is not TOML of this shape, a field lacks something, a
    /// number is out of range or given twice, a length does not fit its prefix, or an encoding does not fit its kind.
    pub fn from_toml(text: &str) -> Result<Self, CardsError> {
        resolve(text)
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether response codes (field 39) are those of 1987 or of 2003.
    pub fn responses(&self) -> ResponseDialect {
        self.responses
    }

    /// The field with this number, if the table has it.
    pub fn get(&self, field: u8) -> Option<&FieldSpec> {
        self.fields.get(usize::from(field))?.as_ref()
    }

    /// All fields with their numbers, in order.
    pub fn fields(&self) -> impl Iterator<Item = (u8, &FieldSpec)> {
        (0_u8..).zip(&self.fields).filter_map(|(number, spec)| Some((number, spec.as_ref()?)))
    }

    /// The lengths that a field may have, in characters or bytes.
    pub fn lengths(&self, field: u8) -> Option<std::ops::RangeInclusive<usize>> {
        let spec = self.get(field)?;
        let max = usize::from(spec.max);
        Some(if spec.length == LengthRule::Fixed { max..=max } else { 0..=max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iso8583::{Encoding, Kind, Pad, Prefix};

    fn refused(text: &str) -> (Option<u32>, Box<str>) {
        match FieldTable::from_toml(text) {
            Err(CardsError::TableMalformed { line, reason }) => (line, reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_built_in_tables_have_every_field_but_65() {
        for table in FieldTable::all_built_in() {
            let numbers: Vec<u8> = table.fields().map(|(n, _)| n).collect();
            assert_eq!(numbers, (2..=128).filter(|n| *n != 65).collect::<Vec<u8>>(), "{}", table.name());
            assert!(table.get(1).is_none() && table.get(65).is_none() && table.get(129).is_none());
            assert_eq!(FieldTable::built_in(table.name()), Some(table));
        }
        let spec = |table: &FieldTable, field| {
            let spec = table.get(field).unwrap();
            (spec.kind, spec.length, spec.max, spec.prefix, spec.encoding)
        };
        let (ascii, bcd) = (FieldTable::iso1987_ascii(), FieldTable::iso1987_bcd());
        assert_eq!(spec(ascii, 2), (Kind::N, LengthRule::Ll, 19, Prefix::Ascii, Encoding::Plain));
        assert_eq!(spec(bcd, 2), (Kind::N, LengthRule::Ll, 19, Prefix::Bcd, Encoding::Packed(Pad::RightF)));
        assert_eq!(spec(bcd, 49).4, Encoding::Packed(Pad::LeftZero));
        assert_eq!((spec(bcd, 37).4, spec(bcd, 52).4), (Encoding::Plain, Encoding::Plain));
        assert!(ascii.is_plain && !bcd.is_plain);
        assert_eq!((bcd.mti, bcd.bitmap), (DigitEncoding::Bcd, BitmapEncoding::Binary));
    }

    #[test]
    fn a_table_says_only_what_differs_from_the_one_it_is_based_on() {
        let table = FieldTable::from_toml(
            "name = 'host'\nbased_on = 'iso8583-1987-ascii'\nbitmap = 'hex'\nresponses = '2003'\nwithout = [127]\n\
             field = [\n{ number = 44, max = 99 },\n{ number = 39, kind = 'n', max = 4 },\n\
             { number = 52, encoding = 'hex' },\n]",
        )
        .unwrap();
        assert_eq!((table.get(44).unwrap().max, table.get(44).unwrap().length), (99, LengthRule::Ll));
        assert_eq!((table.get(39).unwrap().kind, table.get(52).unwrap().encoding), (Kind::N, Encoding::Hex));
        assert!(table.get(127).is_none() && table.get(126).is_some());
        assert_eq!((table.responses(), table.bitmap), (ResponseDialect::Iso2003, BitmapEncoding::Hex));
    }

    #[test]
    fn bad_tables_are_refused_with_line_and_reason() {
        let check = |field: &str, reason: &str| {
            let (line, found) = refused(&format!("name = 't'\nfield = [\n{field}\n]"));
            assert!(found.contains(reason), "{found}");
            assert_eq!(line, Some(3), "{found}");
        };
        let good = "{ number = 3, name = 'x', kind = 'n', length = 'fixed', max = 6 }";
        check(&format!("{good}, {good}"), "field 3 is there twice");
        check("{ number = 1, name = 'x', kind = 'n', length = 'fixed', max = 6 }", "field 1 is outside");
        check("{ number = 65, name = 'x', kind = 'b', length = 'fixed', max = 8 }", "65");
        check("{ number = 129, name = 'x', kind = 'n', length = 'fixed', max = 6 }", "129");
        check("{ number = 2, name = 'x', kind = 'n', length = 'LL', max = 100 }", "1 to 99");
        check("{ number = 2, name = 'x', kind = 'n', length = 'LLL', max = 0 }", "1 to 999");
        check("{ number = 2, name = 'x', kind = 'q', length = 'LL', max = 9 }", "unknown variant");
        check("{ number = 2, name = 'x', kind = 'n', length = 'LL', max = 9, extra = 1 }", "unknown field");
        check("{ number = 2, name = 'x', length = 'LL', max = 9 }", "field 2 has no kind");
        check(
            "{ number = 41, name = 'x', kind = 'ans', length = 'LL', max = 9, encoding = 'bcd' }",
            "packed",
        );
        check("{ number = 2, name = 'x', kind = 'n', length = 'LL', max = 9, encoding = 'hex' }", "binary");
        check("{ number = 39, name = 'x', kind = 'an', length = 'fixed', max = 5 }", "response code");
        assert_eq!(refused("not toml").0, Some(1));
        let (_, reason) = refused("name = 't'\nbased_on = 'no such'");
        assert_eq!(&*reason, "there is no built-in table to base it on");
        let error = FieldTable::from_toml("name = 't'\nfield = 3").unwrap_err();
        assert!(error.to_string().starts_with("field table, line 2: "), "{error}");
    }
}
