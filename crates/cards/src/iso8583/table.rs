//! The field table: which fields a host's messages have and how long they are.

use super::kind::Kind;
use crate::CardsError;
use serde::Deserialize;
use std::sync::LazyLock;

/// How the length of a field is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum LengthRule {
    /// Always the same length.
    #[serde(rename = "fixed")]
    Fixed,
    /// Two ASCII digits come first.
    #[serde(rename = "LL")]
    Ll,
    /// Three ASCII digits come first.
    #[serde(rename = "LLL")]
    Lll,
}

impl LengthRule {
    /// How many digits come before the value.
    pub const fn digits(self) -> usize {
        match self {
            Self::Fixed => 0,
            Self::Ll => 2,
            Self::Lll => 3,
        }
    }
}

/// One field of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpec {
    /// What the field holds, in words.
    pub name: Box<str>,
    /// Which characters it may hold.
    pub kind: Kind,
    /// How its length is told.
    pub length: LengthRule,
    /// The length if fixed, otherwise the largest length; in bytes on the wire, 1 to 999.
    pub max: u16,
}

/// The fields of a host's messages: data, one table for each kind of host.
///
/// The TOML text has a `name` and a list `field` of `{ number, name, kind, length, max }`: `number` 2 to 128 without 65
/// (a third bitmap is not supported), `kind` one of `n a an ans b z xn`, `length` one of `fixed LL LLL`, `max` in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldTable {
    name: Box<str>,
    fields: Box<[Option<FieldSpec>]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    name: String,
    field: Vec<FieldEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldEntry {
    number: u8,
    name: String,
    kind: Kind,
    length: LengthRule,
    max: u16,
}

static ISO1987_ASCII: LazyLock<FieldTable> = LazyLock::new(|| {
    FieldTable::from_toml(include_str!("../../data/iso8583-1987-ascii.toml"))
        .expect("the built-in table is valid: a test loads it")
});

impl FieldTable {
    /// ISO 8583:1987 with ASCII lengths and a binary bitmap: `data/iso8583-1987-ascii.toml`.
    pub fn iso1987_ascii() -> &'static Self {
        &ISO1987_ASCII
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`CardsError::TableMalformed`] when the text is not TOML of this shape, a number is out of range or given
    /// twice, or a length does not fit its prefix.
    pub fn from_toml(text: &str) -> Result<Self, CardsError> {
        let bad = |reason: String| CardsError::TableMalformed { reason };
        let file: TableFile = toml::from_str(text).map_err(|e| bad(e.message().to_owned()))?;
        let mut fields: Vec<Option<FieldSpec>> = vec![None; 129];
        for entry in file.field {
            let FieldEntry { number, name, kind, length, max } = entry;
            if !(2..=128).contains(&number) || number == 65 {
                return Err(bad(format!("field {number} is outside 2 to 128 or is 65")));
            }
            let longest = if length == LengthRule::Ll { 99 } else { 999 };
            if max == 0 || max > longest {
                return Err(bad(format!("field {number}: length {max} is outside 1 to {longest}")));
            }
            let spec = FieldSpec { name: name.into(), kind, length, max };
            if fields[usize::from(number)].replace(spec).is_some() {
                return Err(bad(format!("field {number} is there twice")));
            }
        }
        Ok(Self { name: file.name.into(), fields: fields.into() })
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The field with this number, if the table has it.
    pub fn get(&self, field: u8) -> Option<&FieldSpec> {
        self.fields.get(usize::from(field))?.as_ref()
    }

    /// All fields with their numbers, in order.
    pub fn fields(&self) -> impl Iterator<Item = (u8, &FieldSpec)> {
        (0_u8..).zip(&self.fields).filter_map(|(number, spec)| Some((number, spec.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(field: &str) -> String {
        match FieldTable::from_toml(&format!("name = \"t\"\nfield = [{field}]")) {
            Err(CardsError::TableMalformed { reason }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_built_in_table_has_every_field_but_65() {
        let table = FieldTable::iso1987_ascii();
        assert_eq!(table.fields().count(), 126);
        assert_eq!(
            table.fields().map(|(n, _)| n).collect::<Vec<_>>(),
            (2..=128).filter(|n| *n != 65).collect::<Vec<u8>>()
        );
        let pan = table.get(2).unwrap();
        assert_eq!((pan.kind, pan.length, pan.max), (Kind::N, LengthRule::Ll, 19));
        assert!(table.get(1).is_none() && table.get(65).is_none() && table.get(129).is_none());
    }

    #[test]
    fn bad_tables_are_refused_with_the_reason() {
        let good = "{ number = 3, name = 'x', kind = 'n', length = 'fixed', max = 6 }";
        assert!(refused(&format!("{good}, {good}")).contains("field 3 is there twice"));
        assert!(
            refused("{ number = 1, name = 'x', kind = 'n', length = 'fixed', max = 6 }")
                .contains("field 1 is outside")
        );
        assert!(refused("{ number = 65, name = 'x', kind = 'b', length = 'fixed', max = 8 }").contains("65"));
        assert!(
            refused("{ number = 129, name = 'x', kind = 'n', length = 'fixed', max = 6 }").contains("129")
        );
        assert!(
            refused("{ number = 2, name = 'x', kind = 'n', length = 'LL', max = 100 }").contains("1 to 99")
        );
        assert!(
            refused("{ number = 2, name = 'x', kind = 'n', length = 'LLL', max = 0 }").contains("1 to 999")
        );
        assert!(
            refused("{ number = 2, name = 'x', kind = 'q', length = 'LL', max = 9 }")
                .contains("unknown variant")
        );
        assert!(
            refused("{ number = 2, name = 'x', kind = 'n', length = 'LL', max = 9, extra = 1 }")
                .contains("unknown field")
        );
        assert!(FieldTable::from_toml("not toml").is_err());
    }
}
