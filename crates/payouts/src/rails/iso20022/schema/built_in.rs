//! The schemas that are built in: tables made from the published XSDs with the example `schema_table`.

use super::Schema;
use std::sync::OnceLock;

/// Namespaces of ISO 20022 messages begin so.
const PREFIX: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// Name and table.
type BuiltIn = (&'static str, &'static str);

macro_rules! tables {
    ($($name:literal),+ $(,)?) => {
        const TABLES: &[BuiltIn] =
            &[$(($name, include_str!(concat!("../../../../data/schemas/", $name, ".txt")))),+];
        static READ: [OnceLock<Option<Schema>>; TABLES.len()] = [const { OnceLock::new() }; TABLES.len()];
    };
}

tables!(
    "camt.029.001.12",
    "camt.052.001.08",
    "camt.053.001.02",
    "camt.053.001.04",
    "camt.053.001.08",
    "camt.054.001.02",
    "camt.054.001.04",
    "camt.054.001.08",
    "camt.056.001.11",
    "head.001.001.02",
    "pacs.002.001.10",
    "pacs.002.001.12",
    "pacs.004.001.10",
    "pacs.004.001.11",
    "pacs.008.001.08",
    "pacs.008.001.10",
    "pain.001.001.03",
    "pain.001.001.09",
    "pain.001.001.11",
    "pain.002.001.03",
    "pain.002.001.11",
    "pain.002.001.13",
    "pain.008.001.08",
);

/// The schema of a message by its short name or namespace: `pain.001.001.09`. `None` if it is not built in.
pub fn built_in(name: &str) -> Option<&'static Schema> {
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    let at = TABLES.iter().position(|(known, _)| *known == name)?;
    READ[at].get_or_init(|| Schema::from_table(TABLES[at].1)).as_ref()
}

/// The short names of all built-in schemas, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_read_and_written_the_same() {
        for (name, table) in TABLES {
            let schema = built_in(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(schema.name(), *name);
            let lines = |text: &str| -> String {
                text.lines().filter(|l| !l.starts_with('#')).map(|l| format!("{l}\n")).collect()
            };
            assert_eq!(lines(table), schema.to_table(), "{name}");
        }
        assert!(built_in("pain.001.001.99").is_none());
    }
}
