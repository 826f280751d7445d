//! Whether a text has the form its type wants.

use super::{Base, Simple};
use chrono::{NaiveDate, NaiveTime};

impl Simple {
    /// What is wrong with a text, in words; `None` if nothing is.
    pub(crate) fn fault(&self, text: &str) -> Option<String> {
        let text = if self.base == Base::String { text } else { text.trim_matches([' ', '\t', '\n', '\r']) };
        if !self.values.is_empty() && !self.values.iter().any(|v| v == text) {
            return Some("it is none of the codes of its type".to_owned());
        }
        if self.min_len.is_some() || self.max_len.is_some() {
            let len = if self.base == Base::Base64 { decoded_len(text) } else { text.chars().count() };
            if self.min_len.is_some_and(|min| len < min) || self.max_len.is_some_and(|max| len > max) {
                let (min, max) = (self.min_len.unwrap_or(0), self.max_len.unwrap_or(usize::MAX));
                return Some(format!("it has {len} characters, allowed are {min} to {max}"));
            }
        }
        if !self.patterns.is_empty() && !self.patterns.iter().any(|p| p.fits(text)) {
            return Some(format!("it does not fit the pattern {:?}", self.patterns[0]));
        }
        let fits = match self.base {
            Base::String => true,
            Base::Boolean => matches!(text, "true" | "false" | "1" | "0"),
            Base::Decimal => return self.decimal_fault(text),
            Base::Date => without_zone(text).is_some_and(|t| date(t).is_some()),
            Base::DateTime => text
                .split_once('T')
                .is_some_and(|(day, rest)| date(day).is_some() && without_zone(rest).is_some_and(time)),
            Base::Time => without_zone(text).is_some_and(time),
            Base::Base64 => text.bytes().all(|b| {
                b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b' ' | b'\n' | b'\r' | b'\t')
            }),
            Base::Year => without_zone(text).is_some_and(year),
            Base::YearMonth => without_zone(text).is_some_and(|t| {
                t.rsplit_once('-')
                    .is_some_and(|(y, m)| year(y) && number(m, 2).is_some_and(|m| matches!(m, 1..=12)))
            }),
        };
        (!fits).then(|| format!("it is no {}", self.base.name()))
    }

    fn decimal_fault(&self, text: &str) -> Option<String> {
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return Some("it is no decimal number".to_owned());
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        if self.not_negative && negative && whole.len() + fraction.len() > 0 {
            return Some("it is below zero".to_owned());
        }
        if let Some(max) = self.fraction_digits
            && fraction.len() > max
        {
            return Some(format!("it has {} digits after the point, allowed are {max}", fraction.len()));
        }
        let significant = whole.len() + fraction.len();
        if let Some(max) = self.total_digits
            && significant > max
        {
            return Some(format!("it has {significant} digits, allowed are {max}"));
        }
        None
    }
}

/// The text without `Z`, `+01:00` or `-01:00` at its end. `None` for a zone of a wrong form.
fn without_zone(text: &str) -> Option<&str> {
    if let Some(before) = text.strip_suffix('Z') {
        return Some(before);
    }
    let split = text.len().checked_sub(6).and_then(|at| text.split_at_checked(at));
    let Some((before, zone)) = split else { return Some(text) };
    if !zone.starts_with(['+', '-']) || zone.as_bytes().get(3) != Some(&b':') {
        return Some(text);
    }
    let (hours, minutes) = (number(zone.get(1..3)?, 2)?, number(zone.get(4..)?, 2)?);
    (hours < 14 && minutes < 60 || hours == 14 && minutes == 0).then_some(before)
}

/// How many bytes a text in base 64 stands for.
fn decoded_len(text: &str) -> usize {
    text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').count() * 3 / 4
}

fn number(text: &str, len: usize) -> Option<u32> {
    (text.len() == len && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn year(text: &str) -> bool {
    number(text, 4).is_some_and(|y| y > 0)
}

fn date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' || !text.is_ascii() {
        return None;
    }
    let year = i32::try_from(number(&text[..4], 4)?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&text[5..7], 2)?, number(&text[8..], 2)?)
}

fn time(text: &str) -> bool {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return false,
        Some(parts) => parts,
        None => (text, "0"),
    };
    let bytes = whole.as_bytes();
    if bytes.len() != 8 || bytes[2] != b':' || bytes[5] != b':' || !whole.is_ascii() {
        return false;
    }
    let parts = (number(&whole[..2], 2), number(&whole[3..5], 2), number(&whole[6..], 2));
    let (Some(hour), Some(minute), Some(second)) = parts else { return false };
    let midnight = hour == 24 && minute == 0 && second == 0 && fraction.bytes().all(|b| b == b'0');
    fraction.bytes().all(|b| b.is_ascii_digit())
        && (midnight || NaiveTime::from_hms_opt(hour, minute, second).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: Base, good: &[&str], bad: &[&str]) {
        let simple = Simple {
            base,
            total_digits: Some(18),
            fraction_digits: Some(5),
            not_negative: true,
            ..Simple::default()
        };
        for text in good {
            assert_eq!(simple.fault(text), None, "{text}");
        }
        for text in bad {
            assert!(simple.fault(text).is_some(), "{text}");
        }
    }

    #[test]
    fn texts_by_base() {
        check(
            Base::DateTime,
            &[
                "2026-11-22T10:00:00",
                "2026-11-22T10:00:00.123+01:00",
                "2024-02-29T24:00:00Z",
                " 2026-11-22T10:00:00Z\n",
            ],
            &[
                "2026-11-22",
                "2026-02-29T10:00:00",
                "2026-11-22T25:00:00",
                "2026-11-22T10:00",
                "2026-11-22T10:00:00+1:00",
                "x",
            ],
        );
        check(
            Base::Date,
            &["2026-11-22", "2026-11-22Z"],
            &["2026-11-31", "26-11-22", "2026-1-1", "2026-11-22T", ""],
        );
        check(Base::Boolean, &["true", "0"], &["TRUE", "yes", ""]);
        check(
            Base::Decimal,
            &["1", "0.5", "1.00000000", "007.10", ".5", "-0"],
            &["", ".", "1,5", "1e3", "0.123456", "-1", "1234567890123456789"],
        );
        check(Base::Year, &["2026"], &["26", "0000", "2026-01"]);
        check(Base::YearMonth, &["2026-12"], &["2026-13", "2026"]);
        check(Base::Time, &["10:00:00Z", "10:00:00.5"], &["10:00", "10:61:00"]);
    }
}
