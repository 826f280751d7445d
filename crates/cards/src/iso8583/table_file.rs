//! The text of a field table, and what becomes of it.

use super::kind::Kind;
use super::packed::Pad;
use super::spec::{Encoding, FieldSpec, LengthRule, Prefix};
use super::table::{BitmapEncoding, DigitEncoding, FieldTable};
use crate::{CardsError, ResponseDialect};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The names and texts of the built-in tables.
pub(super) const BUILT_IN: [(&str, &str); 2] = [
    ("iso8583-1987-ascii", include_str!("../../data/iso8583-1987-ascii.toml")),
    ("iso8583-1987-bcd", include_str!("../../data/iso8583-1987-bcd.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    name: String,
    based_on: Option<String>,
    #[serde(rename = "type")]
    mti: Option<DigitEncoding>,
    bitmap: Option<BitmapEncoding>,
    lengths: Option<Prefix>,
    numbers: Option<DigitEncoding>,
    pad: Option<Pad>,
    responses: Option<ResponseDialect>,
    #[serde(default)]
    without: Vec<u8>,
    #[serde(default)]
    field: Vec<Spanned<FieldEntry>>,
}

#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields)]
struct FieldEntry {
    number: u8,
    name: Option<String>,
    kind: Option<Kind>,
    length: Option<LengthRule>,
    max: Option<u16>,
    encoding: Option<Written>,
    pad: Option<Pad>,
    prefix: Option<Prefix>,
}

/// The word for an [`Encoding`].
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Written {
    Ascii,
    Binary,
    Bcd,
    Hex,
}

/// A table with what it is based on filled in.
struct Whole {
    file: TableFile,
    /// By number, with the line.
    fields: BTreeMap<u8, (FieldEntry, u32)>,
}

/// Reads a table.
pub(super) fn resolve(text: &str) -> Result<FieldTable, CardsError> {
    let Whole { file, fields } = read(text)?;
    let mti = file.mti.unwrap_or(DigitEncoding::Ascii);
    let bitmap = file.bitmap.unwrap_or(BitmapEncoding::Binary);
    let responses = file.responses.unwrap_or_default();
    let mut specs: Vec<Option<FieldSpec>> = vec![None; 129];
    for (number, (entry, line)) in fields {
        let spec =
            spec(&file, entry).map_err(|reason| malformed(line, format!("field {number} {reason}")))?;
        if number == 39 && spec.max < responses.digits() {
            let reason =
                format!("field 39 has no room for a response code of {} characters", responses.digits());
            return Err(malformed(line, reason));
        }
        if number == 39 && spec.max > responses.digits() {
            let reason =
                format!("field 39 is longer than a response code of {} characters", responses.digits());
            return Err(malformed(line, reason));
        }
        specs[usize::from(number)] = Some(spec);
    }
    let plain = |spec: &FieldSpec| spec.encoding == Encoding::Plain;
    let is_plain = specs.iter().flatten().all(plain);
    Ok(FieldTable { name: file.name.into(), mti, bitmap, responses, fields: specs.into(), is_plain })
}

fn malformed(line: u32, reason: String) -> CardsError {
    CardsError::TableMalformed { line: Some(line), reason: reason.into() }
}

fn line_of(text: &str, at: usize) -> u32 {
    u32::try_from(text.bytes().take(at).filter(|b| *b == b'\n').count() + 1).unwrap_or(u32::MAX)
}

fn read(text: &str) -> Result<Whole, CardsError> {
    let mut file: TableFile = toml::from_str(text).map_err(|e| CardsError::TableMalformed {
        line: e.span().map(|span| line_of(text, span.start)),
        reason: e.message().into(),
    })?;
    let mut fields = match &file.based_on {
        Some(base) => {
            let built_in = BUILT_IN.iter().find(|(name, _)| name == base);
            let reason = "there is no built-in table to base it on".into();
            let (_, text) = built_in.ok_or(CardsError::TableMalformed { line: None, reason })?;
            let Whole { file: base, fields } = read(text)?;
            file.mti = file.mti.or(base.mti);
            file.bitmap = file.bitmap.or(base.bitmap);
            file.lengths = file.lengths.or(base.lengths);
            file.numbers = file.numbers.or(base.numbers);
            file.pad = file.pad.or(base.pad);
            file.responses = file.responses.or(base.responses);
            fields
        }
        None => BTreeMap::new(),
    };
    fields.retain(|number, _| !file.without.contains(number));
    let mut own = BTreeMap::new();
    for entry in std::mem::take(&mut file.field) {
        let line = line_of(text, entry.span().start);
        let entry = entry.into_inner();
        let number = entry.number;
        if !(2..=128).contains(&number) || number == 65 {
            return Err(malformed(line, format!("field {number} is outside 2 to 128 or is 65")));
        }
        if own.insert(number, ()).is_some() {
            return Err(malformed(line, format!("field {number} is there twice")));
        }
        let before = fields.remove(&number).map(|(entry, _)| entry);
        fields.insert(number, (entry.over(before.unwrap_or_default()), line));
    }
    Ok(Whole { file, fields })
}

impl FieldEntry {
    /// This entry, with what it does not say taken from another.
    fn over(self, base: Self) -> Self {
        // What the base says of encoding and filling is about its own kind.
        let same_kind = self.kind.is_none_or(|kind| base.kind == Some(kind));
        let inherit = |it: Self| if same_kind { it } else { Self { encoding: None, pad: None, ..it } };
        let base = inherit(base);
        Self {
            number: self.number,
            name: self.name.or(base.name),
            kind: self.kind.or(base.kind),
            length: self.length.or(base.length),
            max: self.max.or(base.max),
            encoding: self.encoding.or(base.encoding),
            pad: self.pad.or(base.pad),
            prefix: self.prefix.or(base.prefix),
        }
    }
}

fn spec(file: &TableFile, entry: FieldEntry) -> Result<FieldSpec, String> {
    let FieldEntry { name, kind, length, max, encoding, pad, prefix, .. } = entry;
    let name = name.ok_or("has no name")?.into_boxed_str();
    let kind = kind.ok_or("has no kind")?;
    let length = length.ok_or("has no length")?;
    let max = max.ok_or("has no max")?;
    let prefix = prefix.or(file.lengths).unwrap_or(Prefix::Ascii);
    let longest = length.longest(prefix);
    if !(1..=longest).contains(&max) {
        return Err(format!("has length {max}, which is outside 1 to {longest}"));
    }
    let digits = matches!(kind, Kind::N | Kind::Z);
    let packed = Encoding::Packed(pad.or(file.pad).unwrap_or(Pad::LeftZero));
    let encoding = match encoding {
        None if digits && file.numbers == Some(DigitEncoding::Bcd) => packed,
        None => Encoding::Plain,
        Some(Written::Ascii) if kind != Kind::B => Encoding::Plain,
        Some(Written::Binary) if kind == Kind::B => Encoding::Plain,
        Some(Written::Bcd) if digits || kind == Kind::Xn => packed,
        Some(Written::Hex) if kind == Kind::B => Encoding::Hex,
        Some(Written::Ascii) => return Err("is binary: it is written in binary or hex".to_owned()),
        Some(Written::Bcd) => return Err("has no digits: it cannot be packed".to_owned()),
        Some(Written::Binary | Written::Hex) => return Err("is not a binary value".to_owned()),
    };
    Ok(FieldSpec { name, kind, length, max, prefix, encoding })
}
