//! Tables and lines on standard output.

use super::scrubbed::scrubbed;
use crate::AppError;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};
use std::fmt::Display;
use std::io::Write;

/// Prints a line.
pub(super) fn line(text: impl Display) -> Result<(), AppError> {
    writeln!(std::io::stdout().lock(), "{text}").map_err(AppError::Output)
}

/// Says something on standard error, without any card number. If nobody can hear it, that is no reason to stop.
pub(super) fn say(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", scrubbed(&text.to_string()));
}

/// Prints a table; columns whose head starts with `>` are aligned right.
pub(super) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), AppError> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.iter().map(|h| h.trim_start_matches('>')));
    table.add_rows(rows);
    for (i, _) in head.iter().enumerate().filter(|(_, h)| h.starts_with('>')) {
        if let Some(column) = table.column_mut(i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for text in table.lines() {
        line(text.trim_end())?;
    }
    Ok(())
}

/// An amount with its digits, thousands apart: `12,345.60`.
pub(super) fn amount(minor: i128, currency: Currency) -> String {
    let text = i64::try_from(minor)
        .map_or_else(|_| format!("{minor} minor units"), |m| Money::new(m, currency).to_decimal_string());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |d| ("-", d));
    let mut out = String::from(sign);
    out += &count(digits);
    if let Some(fraction) = fraction {
        out.push('.');
        out += fraction;
    }
    out
}

/// A whole number, thousands apart.
pub(super) fn count(digits: impl Display) -> String {
    let digits = digits.to_string();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return digits;
    }
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A moment as people read it, UTC.
pub(super) fn moment(at: Timestamp) -> String {
    let time = chrono::DateTime::from_timestamp_micros(at.as_micros()).unwrap_or_default();
    time.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// A moment as programs read it: RFC 3339, UTC.
pub(super) fn rfc3339(at: Timestamp) -> String {
    let time = chrono::DateTime::from_timestamp_micros(at.as_micros()).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// Reads a moment: RFC 3339, as tables show it, or a date (its first moment), UTC.
///
/// # Errors
/// [`AppError::Usage`].
pub(super) fn parse_moment(text: &str) -> Result<Timestamp, AppError> {
    use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
    let moment = DateTime::parse_from_rfc3339(text)
        .map(|t| t.timestamp_micros())
        .or_else(|_| {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
                .map(|t| t.and_utc().timestamp_micros())
        })
        .or_else(|_| {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
            day.map(|d| d.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
        });
    moment.map(Timestamp::from_micros).map_err(|_| {
        AppError::Usage(format!("not a moment: {text} (write 2026-11-22 or 2026-11-22T18:00:00Z)"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let gbp = Currency::GBP;
        for (minor, text) in [
            (0, "0.00"),
            (-5, "-0.05"),
            (123_456_789, "1,234,567.89"),
            (-100_000, "-1,000.00"),
            (99_999, "999.99"),
        ] {
            assert_eq!(amount(minor, gbp), text);
        }
        assert_eq!(amount(1_000, Currency::JPY), "1,000");
        assert_eq!(amount(i128::MAX, gbp), format!("{} minor units", i128::MAX));
    }

    #[test]
    fn moments_are_read_as_dates_or_rfc_3339() {
        assert_eq!(parse_moment("1970-01-02").unwrap().as_micros(), 86_400_000_000);
        assert_eq!(parse_moment("1970-01-01T01:00:00+01:00").unwrap().as_micros(), 0);
        let at = Timestamp::from_micros(86_400_000_001);
        assert_eq!((parse_moment(&moment(at)).unwrap(), parse_moment(&rfc3339(at)).unwrap()), (at, at));
        assert!(parse_moment("yesterday").is_err());
    }
}
