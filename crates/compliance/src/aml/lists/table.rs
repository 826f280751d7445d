//! CSV files: bytes to text, and columns by their heads.

use super::{LIST_BYTES_MAX, ListError};
use std::io::Read;

/// All of a file as text: UTF-8, or else Latin-1 as older lists are written. A byte-order mark is dropped.
pub(super) fn text(input: impl Read) -> Result<String, ListError> {
    let mut bytes = Vec::new();
    input.take(LIST_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIST_BYTES_MAX {
        return Err(ListError::TooLarge);
    }
    let text =
        String::from_utf8(bytes).unwrap_or_else(|e| e.as_bytes().iter().map(|b| char::from(*b)).collect());
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A file with a line of column heads, which need not be the first.
pub(super) struct Table {
    heads: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads a file. `needed` are heads without which it is not the file: each is one of several spellings, letters and digits only.
    pub(super) fn read(text: &str, delimiter: u8, needed: &[&[&str]]) -> Result<Self, ListError> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let mut best = needed.iter().map(|n| n[0]).collect::<Vec<_>>();
        for record in records.by_ref().take(3) {
            let heads: Vec<String> = record?.iter().map(plain).collect();
            let missing: Vec<&str> = needed
                .iter()
                .filter(|names| !names.iter().any(|n| heads.iter().any(|h| h == n)))
                .map(|names| names[0])
                .collect();
            if missing.is_empty() {
                let width = heads.len();
                let mut rows = Vec::new();
                for row in records {
                    let row = row?;
                    if row.len() != width
                        && !(row.len() == 1 && row.get(0).is_some_and(|f| f.trim().is_empty()))
                    {
                        let line = row.position().map_or(0, csv::Position::line);
                        return Err(ListError::line(
                            line,
                            format!("{} columns instead of {width}", row.len()),
                        ));
                    }
                    if row.len() == width {
                        rows.push(row);
                    }
                }
                return Ok(Self { heads, rows });
            }
            if missing.len() < best.len() {
                best = missing;
            }
        }
        Err(ListError::Columns { missing: best.join(", ") })
    }

    /// The column of the first of these heads that is there.
    pub(super) fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.heads.iter().position(|h| h == name))
    }

    /// All columns with these heads.
    pub(super) fn columns(&self, names: &[&str]) -> Vec<usize> {
        (0..self.heads.len()).filter(|at| names.contains(&self.heads[*at].as_str())).collect()
    }

    /// The rows, each with its line.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u64, &csv::StringRecord)> {
        self.rows.iter().map(|row| (row.position().map_or(0, csv::Position::line), row))
    }
}

/// A field of a row, without spaces at its ends; empty if there is no such column.
pub(super) fn field(row: &csv::StringRecord, column: Option<usize>) -> &str {
    column.and_then(|at| row.get(at)).map_or("", str::trim)
}

fn plain(head: &str) -> String {
    head.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
