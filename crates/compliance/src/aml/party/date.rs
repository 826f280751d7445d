//! Days, and spans of days for dates that are known to the month, to the year, or roughly.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A day of the Gregorian calendar, years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// A day; `None` if there is none such.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        ((1..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= last(year, month))
            .then_some(Self { year, month, day })
    }

    /// The year.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(&self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(&self) -> u8 {
        self.day
    }
}

/// The last day of a month.
fn last(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match DaySpan::parse(&text) {
            Some(DaySpan { from, to }) if from == to => Ok(from),
            _ => Err(format!("{text:?} is not a day: write 1957-07-30")),
        }
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

/// From one day to another, both included: a date as well as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DaySpan {
    /// The first day it may be.
    pub from: Day,
    /// The last day it may be.
    pub to: Day,
}

impl DaySpan {
    /// A single day.
    pub fn day(day: Day) -> Self {
        Self { from: day, to: day }
    }

    /// A year, or `around` it so many years either way; `None` outside 1 to 9999.
    pub fn year(year: u16, around: u16) -> Option<Self> {
        Self::years(year.checked_sub(around)?, year.checked_add(around)?)
    }

    /// From a year to a year.
    pub fn years(from: u16, to: u16) -> Option<Self> {
        let (from, to) = (from.min(to), from.max(to));
        Some(Self { from: Day::new(from, 1, 1)?, to: Day::new(to, 12, 31)? })
    }

    /// A month.
    pub fn month(year: u16, month: u8) -> Option<Self> {
        Some(Self { from: Day::new(year, month, 1)?, to: Day::new(year, month, last(year, month))? })
    }

    /// Reads `1957`, `1957-07`, `1957-07-30`, `30/07/1957` (also `00/00/1957` and `dd/mm/1957`), `30 Jul 1957`, `Jul 1957`, `circa 1957`,
    /// `1957 to 1959`, `30 Jul 1957 to 31 Dec 1957`. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('.');
        if let Some((from, to)) = text.split_once(" to ") {
            let (from, to) = (Self::parse(from)?, Self::parse(to)?);
            return (from.from <= to.to).then_some(Self { from: from.from, to: to.to });
        }
        let small = text.to_ascii_lowercase();
        for mark in ["circa ", "approximately ", "approx. ", "about ", "c. ", "~"] {
            if let Some(rest) = small.strip_prefix(mark) {
                let span = Self::parse(rest)?;
                return Self::years(span.from.year.checked_sub(2)?, span.to.year.checked_add(2)?);
            }
        }
        // The time of day, if there is one.
        let date =
            small.get(..10).filter(|_| small.get(10..).is_some_and(|r| r.starts_with('t'))).unwrap_or(&small);
        let parts: Vec<&str> = date.split([' ', '-', '/', '.']).filter(|p| !p.is_empty()).collect();
        match parts[..] {
            [year] if year.len() == 4 => Self::year(year.parse().ok()?, 0),
            [year, month] if year.len() == 4 => Self::month(year.parse().ok()?, month.parse().ok()?),
            [month, year] if year.len() == 4 => Self::month(year.parse().ok()?, month_of(month)?),
            [year, month, day, ..] if year.len() == 4 => Self::lenient(year, month, day),
            [day, month, year] if year.len() == 4 => Self::lenient(year, month, day),
            _ => None,
        }
    }

    fn lenient(year: &str, month: &str, day: &str) -> Option<Self> {
        let year = year.parse().ok()?;
        match (month_of(month), day.trim_start_matches('0')) {
            (None, _) if matches!(month, "00" | "0" | "mm") => Self::year(year, 0),
            (None, _) => None,
            (Some(month), "" | "dd") => Self::month(year, month),
            (Some(month), day) => Day::new(year, month, day.parse().ok()?).map(Self::day),
        }
    }

    /// Whether it is known to the day.
    pub fn is_day(&self) -> bool {
        self.from == self.to
    }

    /// Whether the two have a day in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }

    /// Years between the two; 0 if they meet or lie in the same year.
    pub fn years_apart(&self, other: &Self) -> u16 {
        if self.meets(other) {
            return 0;
        }
        let (early, late) = if self.to < other.from { (self, other) } else { (other, self) };
        late.from.year - early.to.year
    }
}

/// The number of a month, or of its English name.
fn month_of(text: &str) -> Option<u8> {
    if let Ok(number) = text.parse::<u8>() {
        return (1..=12).contains(&number).then_some(number);
    }
    const NAMES: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = NAMES.iter().position(|name| text.starts_with(name))?;
    u8::try_from(at + 1).ok()
}

impl fmt::Display for DaySpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = (self.from.month, self.from.day, self.to.month, self.to.day) == (1, 1, 12, 31);
        match (self.is_day(), whole) {
            (true, _) => write!(f, "{}", self.from),
            (_, true) if self.from.year == self.to.year => write!(f, "{:04}", self.from.year),
            (_, true) => write!(f, "{:04} to {:04}", self.from.year, self.to.year),
            _ => write!(f, "{} to {}", self.from, self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_lists_are_read() {
        for (text, expected) in [
            ("1957", "1957"),
            ("30 Jul 1957", "1957-07-30"),
            ("1957-07-30", "1957-07-30"),
            ("1957-07-30T00:00:00", "1957-07-30"),
            ("30/07/1957", "1957-07-30"),
            ("00/00/1957", "1957"),
            ("dd/mm/1957", "1957"),
            ("00/02/1956", "1956-02-01 to 1956-02-29"),
            ("Jul 1957", "1957-07-01 to 1957-07-31"),
            ("Oct 1957", "1957-10-01 to 1957-10-31"),
            ("August 1957", "1957-08-01 to 1957-08-31"),
            ("circa 1957", "1955 to 1959"),
            ("1957 to 1959", "1957 to 1959"),
            ("01 Jan 1957 to 31 Dec 1957", "1957"),
            ("1957.", "1957"),
        ] {
            assert_eq!(DaySpan::parse(text).map(|d| d.to_string()).as_deref(), Some(expected), "{text}");
        }
        for bad in [
            "",
            "57",
            "1957-02-30",
            "1957-13-01",
            "yesterday",
            "1959 to 1957",
            "0000",
            "circa 1",
            "-",
            "a to b",
        ] {
            assert_eq!(DaySpan::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn spans_meet_and_lie_apart() {
        let span = |text| DaySpan::parse(text).unwrap();
        assert!(span("1957").meets(&span("1957-07-30")));
        assert!(!span("1957-07-31").meets(&span("1957-07-30")));
        assert_eq!(span("1957").years_apart(&span("1960 to 1970")), 3);
        assert_eq!(span("1957-01-01").years_apart(&span("1957-07-30")), 0);
    }
}
