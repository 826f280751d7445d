//! Transactions of a file, for training and backtests.

use super::GzipReader;
use crate::AppError;
use pmts_fraud::{Facts, Key, KeyKind, Step};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// A transaction, and whether it was fraud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// What is known of it when it happens.
    pub facts: Facts,
    /// Whether it was fraud: known only later.
    pub fraud: bool,
}

/// The transactions of a CSV file, plain or gzipped (`.gz`), in the order of time.
///
/// Columns, in any order, by their names: `TRANSACTION_ID`, `TX_TIME_SECONDS` (seconds since the first day), `CUSTOMER_ID`, `TERMINAL_ID`,
/// `TX_AMOUNT` (rounded to two decimals), `TX_FRAUD` (0 or 1). Other columns are not read.
pub struct Transactions {
    path: PathBuf,
    reader: csv::Reader<Box<dyn Read>>,
    record: csv::StringRecord,
    places: [usize; 6],
    start: i64,
    last: i64,
}

const COLUMNS: [&str; 6] =
    ["TRANSACTION_ID", "TX_TIME_SECONDS", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD"];

impl Transactions {
    /// Opens a file. `start` is second 0 of the file, in seconds since 1970.
    ///
    /// # Errors
    /// [`AppError::File`], [`AppError::Columns`].
    pub fn open(path: &Path, start: i64) -> Result<Self, AppError> {
        let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(AppError::file(path))?);
        let zipped = path.extension().is_some_and(|e| e == "gz");
        let bytes: Box<dyn Read> = if zipped { Box::new(GzipReader::new(file)) } else { Box::new(file) };
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
        let heads = reader.headers().map_err(|e| AppError::Usage(format!("{}: {e}", path.display())))?;
        let place = |name: &str| heads.iter().position(|h| h.trim_start_matches('\u{feff}').trim() == name);
        let found = COLUMNS.map(place);
        let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] = found else {
            let found = heads.iter().collect::<Vec<_>>().join(",");
            return Err(AppError::Columns { path: path.to_owned(), found, expected: COLUMNS.join(",") });
        };
        let (places, record) = ([a, b, c, d, e, f], csv::StringRecord::new());
        Ok(Self { path: path.to_owned(), reader, record, places, start, last: i64::MIN })
    }

    /// The next transaction.
    ///
    /// # Errors
    /// [`AppError::Usage`] with the line: it cannot be read, or is older than the one before.
    pub fn read(&mut self) -> Result<Option<Transaction>, AppError> {
        let more = self
            .reader
            .read_record(&mut self.record)
            .map_err(|e| AppError::Usage(format!("{}: {e}", self.path.display())))?;
        if !more {
            return Ok(None);
        }
        let [id, seconds, customer, terminal, amount, fraud] =
            self.places.map(|p| self.record.get(p).unwrap_or("").trim());
        let line = self.record.position().map_or(0, csv::Position::line);
        let bad = |what: &str| AppError::Usage(format!("{}: line {line}: {what}", self.path.display()));
        let seconds: i64 = seconds.parse().map_err(|_| bad("TX_TIME_SECONDS is no whole number"))?;
        if seconds < self.last {
            return Err(bad("older than the line before: the file must be in the order of time"));
        }
        let at = self.start.checked_add(seconds).ok_or_else(|| bad("TX_TIME_SECONDS is out of range"))?;
        let amount = minor(amount).ok_or_else(|| bad("TX_AMOUNT is no amount"))?;
        let fraud = match fraud {
            "0" => false,
            "1" => true,
            _ => return Err(bad("TX_FRAUD is neither 0 nor 1")),
        };
        let keys = vec![Key::of(KeyKind::Customer, customer), Key::of(KeyKind::Terminal, terminal)];
        let id = id.to_owned();
        self.last = seconds;
        let facts = Facts { id, step: Step::Authorization, at, amount, keys, attributes: BTreeMap::new() };
        Ok(Some(Transaction { facts, fraud }))
    }
}

/// Hundredths of a number, not below zero, rounded half up: files written from floats say 85.64999999999999 for 85.65.
fn minor(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let three = format!("{part:0<3}");
    let thousandths = three.get(..3)?.parse::<i64>().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add((thousandths + 5) / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        for (text, cents) in [
            ("57.16", 5_716),
            ("146.0", 14_600),
            ("7", 700),
            ("0.05", 5),
            ("3.", 300),
            ("85.64999999999999", 8_565),
            ("52.300000000000004", 5_230),
        ] {
            assert_eq!(minor(text), Some(cents), "{text}");
        }
        for bad in ["", ".5", "-1", "1e3", "NaN", "99999999999999999999"] {
            assert_eq!(minor(bad), None, "{bad}");
        }
    }
}
