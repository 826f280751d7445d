//! The euro reference rates of the European Central Bank: CSV of a day or of all days, and XML of both.

use crate::{FxError, RateTable};
use chrono::NaiveDate;
use pmts_money::{Currency, Decimal};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Currencies that the history has and that are not in the table of currencies: withdrawn before 2010 or renamed. Their
/// columns are left out, and how many there were is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcbRates {
    /// The rates, against the euro.
    pub table: RateTable,
    /// Codes of the file that are no currencies here: not taken.
    pub left_out: Vec<String>,
    /// Days in the file.
    pub days: u64,
}

const fn malformed(line: u64, why: &'static str) -> FxError {
    FxError::Malformed { line, why }
}

/// Reads rates in any of the forms in which the bank publishes them.
///
/// ```
/// use pmts_fx::{RateSource, read_ecb};
/// use pmts_money::Currency;
///
/// let rates = read_ecb("Date,USD,GBP,\n2026-01-02,1.1721,0.8719,\n")?;
/// let sunday = chrono::NaiveDate::from_ymd_opt(2026, 1, 4).unwrap();
/// let rate = rates.table.rate(Currency::EUR, Currency::GBP, sunday)?;
/// assert_eq!((rate.published.to_string(), rate.shown().to_string()), ("2026-01-02".into(), "0.8719".into()));
/// # Ok::<(), pmts_fx::FxError>(())
/// ```
///
/// # Errors
/// [`FxError::Malformed`].
pub fn read_ecb(text: &str) -> Result<EcbRates, FxError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('<') { xml(text) } else { csv(text) }
}

/// A rate as the bank writes it: digits and a point. `None` inside for `N/A`, which is not quoted.
fn rate(text: &str, line: u64) -> Result<Option<Decimal>, FxError> {
    if matches!(text, "N/A" | "") {
        return Ok(None);
    }
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let rate = Decimal::from_str_exact(text).ok().filter(|r| plain && *r > Decimal::ZERO && r.scale() <= 10);
    rate.map(Some).ok_or(malformed(line, "a rate is no number above zero"))
}

struct Collected {
    table: RateTable,
    left_out: Vec<String>,
    days: u64,
}

impl Collected {
    const fn new() -> Self {
        Self { table: RateTable::new(Currency::EUR), left_out: Vec::new(), days: 0 }
    }

    fn currency(&mut self, code: &str, line: u64) -> Result<Option<Currency>, FxError> {
        if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(malformed(line, "a column is no currency"));
        }
        match Currency::from_code(code) {
            Ok(Currency::EUR) => Err(malformed(line, "the euro has no rate of its own")),
            Ok(currency) => Ok(Some(currency)),
            Err(_) => {
                if !self.left_out.iter().any(|known| known == code) {
                    self.left_out.push(code.to_owned());
                }
                Ok(None)
            }
        }
    }

    fn finish(self) -> Result<EcbRates, FxError> {
        if self.days == 0 {
            return Err(malformed(1, "there are no rates"));
        }
        Ok(EcbRates { table: self.table, left_out: self.left_out, days: self.days })
    }
}

fn csv(text: &str) -> Result<EcbRates, FxError> {
    let mut all = Collected::new();
    let mut lines = (1u64..).zip(text.lines());
    let (_, head) = lines.next().ok_or(malformed(1, "the file is empty"))?;
    let mut head: Vec<&str> = head.split(',').map(str::trim).collect();
    if head.first() != Some(&"Date") {
        return Err(malformed(1, "the first column is not Date"));
    }
    if head.last() == Some(&"") {
        head.pop();
    }
    let mut columns = Vec::with_capacity(head.len());
    for code in &head[1..] {
        let column = all.currency(code, 1)?;
        if column.is_some() && columns.contains(&column) {
            return Err(malformed(1, "a currency has two columns"));
        }
        columns.push(column);
    }
    // Newest first: read from the end, so that days are added in order.
    let rows: Vec<(u64, &str)> = lines.filter(|(_, l)| !l.trim().is_empty()).collect();
    for (line, row) in rows.into_iter().rev() {
        let mut cells = row.split(',').map(str::trim);
        let day = day(cells.next().unwrap_or("")).ok_or(malformed(line, "the first cell is no date"))?;
        for column in &columns {
            let cell = cells.next().ok_or(malformed(line, "a cell is missing"))?;
            if let (Some(rate), Some(currency)) = (rate(cell, line)?, column) {
                all.table.set(*currency, day, rate)?;
            }
        }
        if cells.any(|cell| !cell.is_empty()) {
            return Err(malformed(line, "there are more cells than columns"));
        }
        all.days += 1;
    }
    all.finish()
}

/// `2026-10-30`, or as the file of one day has it, `30 October 2026`.
fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(text, "%d %B %Y")).ok()
}

fn xml(text: &str) -> Result<EcbRates, FxError> {
    let mut all = Collected::new();
    let mut reader = Reader::from_str(text);
    let mut today = None;
    let mut depth = 0u32;
    loop {
        let line = |reader: &Reader<&[u8]>| {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(text.len()).min(text.len());
            1 + text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() as u64
        };
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(_) => return Err(malformed(line(&reader), "the XML is not well formed")),
        };
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(_) => return Err(malformed(line(&reader), "a document type is not allowed")),
            Event::Eof if depth > 0 => {
                return Err(malformed(line(&reader), "the file ends inside of an element"));
            }
            Event::Eof => return all.finish(),
            _ => {}
        }
        let (Event::Start(tag) | Event::Empty(tag)) = &event else { continue };
        if tag.local_name().as_ref() != "Cube" {
            continue;
        }
        let get = |name: &str| tag.try_get_attribute(name).ok().flatten().map(|a| a.value.into_owned());
        if let Some(time) = get("time") {
            today = Some(day(&time).ok_or(malformed(line(&reader), "time is no date"))?);
            all.days += 1;
        }
        if let Some(code) = get("currency") {
            let here = line(&reader);
            let day = today.ok_or(malformed(here, "a rate without a day"))?;
            let value = get("rate").ok_or(malformed(here, "a currency without a rate"))?;
            if let (Some(currency), Some(rate)) = (all.currency(&code, here)?, rate(&value, here)?) {
                all.table.set(currency, day, rate)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RateSource;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn three_forms_give_the_same() {
        let history =
            read_ecb("Date,USD,JPY,XXY,\n2026-10-30,1.1,160,N/A,\n2026-10-29,1.2,161.5,2,\n").unwrap();
        assert_eq!((history.days, history.left_out.as_slice()), (2, &["XXY".to_owned()][..]));
        let daily = read_ecb("Date, USD, JPY, \n30 October 2026, 1.1, 160, \n").unwrap();
        let xml = read_ecb(
            "<?xml version='1.0'?><gesmes:Envelope xmlns:gesmes='x'><Cube><Cube time='2026-10-30'>\
             <Cube currency='USD' rate='1.1'/><Cube currency='JPY' rate='160'/></Cube></Cube></gesmes:Envelope>",
        )
        .unwrap();
        assert_eq!(daily.table, xml.table);
        let mut merged = history.table.clone();
        merged.merge(&daily.table).unwrap();
        assert_eq!(merged, history.table);
        assert_eq!(merged.last_day(), Some(date("2026-10-30")));
        let cross =
            merged.rate(Currency::from_code("USD").unwrap(), Currency::JPY, date("2026-10-29")).unwrap();
        assert_eq!((cross.per.to_string(), cross.of.to_string()), ("161.5".to_owned(), "1.2".to_owned()));
    }

    #[test]
    fn other_files_are_refused_with_their_line() {
        for (text, line) in [
            ("", 1),
            ("Day,USD\n", 1),
            ("Date,USD\n", 1),
            ("Date,USD,USD\n", 1),
            ("Date,EUR\n2026-10-30,1", 1),
            ("Date,USD\n2026-10-30,1.1\n2026-10-29,x", 3),
            ("Date,USD\n2026-10-30,-1.1", 2),
            ("Date,USD\n2026-10-30,0", 2),
            ("Date,USD\n2026-13-30,1", 2),
            ("Date,USD\n2026-10-30", 2),
            ("Date,USD\n2026-10-30,1,2", 2),
            ("<Cube>\n<Cube currency='USD' rate='1'/></Cube>", 2),
            ("<Cube time='2026-10-30'>", 1),
            ("<!DOCTYPE x><Cube/>", 1),
        ] {
            match read_ecb(text) {
                Err(FxError::Malformed { line: found, .. }) => assert_eq!(found, line, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
