//! The facts about currencies, loaded once from `data/`.

use crate::Currency;
use serde::Deserialize;
use std::sync::LazyLock;

/// All that is known about one currency.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) code: String,
    pub(crate) numeric: u16,
    pub(crate) digits: u8,
    pub(crate) name: String,
    /// Withdrawn: the last day as legal tender.
    pub(crate) until: Option<String>,
    /// At least 1.
    #[serde(skip, default = "one")]
    pub(crate) cash_increment_minor: i64,
}

fn one() -> i64 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CurrenciesFile {
    without_digits: Vec<String>,
    active: Vec<Row>,
    withdrawn: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CashFile {
    cash: Vec<CashRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CashRow {
    code: String,
    increment_minor: i64,
}

/// Number of three-letter codes.
const CODES: usize = 26 * 26 * 26;
/// In `place`: no currency.
const NOWHERE: u16 = u16::MAX;
/// In `place`: a code of ISO 4217 without minor units.
const WITHOUT_DIGITS: u16 = u16::MAX - 1;

/// The rows in the order of the codes, and where to find them: two array reads from code to facts.
pub(crate) struct Table {
    rows: Vec<Row>,
    place: Box<[u16]>,
    numeric: Box<[Option<Currency>]>,
}

pub(crate) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let currencies =
        toml::from_str(include_str!("../data/currencies.toml")).expect("the data file was tested");
    let cash = toml::from_str(include_str!("../data/cash_rounding.toml")).expect("the data file was tested");
    Table::build(currencies, cash)
});

impl Table {
    fn build(currencies: CurrenciesFile, cash: CashFile) -> Self {
        let mut rows = currencies.withdrawn;
        rows.extend(currencies.active);

        // The later of two rows with one number wins: withdrawn ones by their last day, then those in use.
        rows.sort_by(|a, b| (a.until.is_none(), &a.until).cmp(&(b.until.is_none(), &b.until)));
        let mut numeric = vec![None; 1000].into_boxed_slice();
        for row in &rows {
            numeric[usize::from(row.numeric)] = Some(currency(&row.code));
        }

        rows.sort_by(|a, b| a.code.cmp(&b.code));
        let mut place = vec![NOWHERE; CODES].into_boxed_slice();
        for code in &currencies.without_digits {
            place[currency(code).index()] = WITHOUT_DIGITS;
        }
        for (at, row) in rows.iter().enumerate() {
            let cell = &mut place[currency(&row.code).index()];
            assert!(*cell == NOWHERE, "{} stands twice in the data file", row.code);
            *cell = u16::try_from(at).expect("there are fewer than 65,534 currencies");
        }

        let mut table = Self { rows, place, numeric };
        for CashRow { code, increment_minor } in cash.cash {
            let at = usize::from(table.place[currency(&code).index()]);
            assert!(increment_minor > 1, "{code}: a cash increment of 1 is no rule");
            table.rows[at].cash_increment_minor = increment_minor;
        }
        table
    }

    pub(crate) fn row(&self, currency: Currency) -> Option<&Row> {
        self.place.get(currency.index()).and_then(|at| self.rows.get(usize::from(*at)))
    }

    pub(crate) fn has_no_digits(&self, currency: Currency) -> bool {
        self.place.get(currency.index()) == Some(&WITHOUT_DIGITS)
    }

    pub(crate) fn by_numeric(&self, numeric: u16) -> Option<Currency> {
        *self.numeric.get(usize::from(numeric))?
    }

    pub(crate) fn currencies(&self) -> impl Iterator<Item = Currency> + '_ {
        self.rows.iter().map(|row| currency(&row.code))
    }
}

/// The currency of a code from the data files.
fn currency(code: &str) -> Currency {
    let letters = <[u8; 3]>::try_from(code.as_bytes()).expect("codes in the data files have three letters");
    assert!(letters.iter().all(u8::is_ascii_uppercase), "{code}: capital letters");
    Currency::from_letters(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_files_load_and_are_plausible() {
        for row in &TABLE.rows {
            assert!(
                row.numeric > 0 && row.numeric < 1000 && row.digits <= 4 && !row.name.is_empty(),
                "{row:?}"
            );
            let date = |d: &String| {
                d.len() == 10 && d.as_bytes()[4] == b'-' && d.as_bytes()[7] == b'-' && **d > *"2000"
            };
            assert!(row.until.as_ref().is_none_or(date), "{row:?}");
        }
        let mut numbers: Vec<_> =
            TABLE.rows.iter().filter(|r| r.until.is_none()).map(|r| r.numeric).collect();
        let active = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), active, "numbers in use are unique");
        assert_eq!(TABLE.place.iter().filter(|at| **at == WITHOUT_DIGITS).count(), 13);
    }
}
