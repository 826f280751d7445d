//! Currencies.

use crate::MoneyError;
use crate::table::{Row, TABLE};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A currency of ISO 4217:2015 that has minor units, funds codes included.
///
/// Facts come from `data/currencies.toml`: list one of 2026-01-01, and the currencies withdrawn since 2000. A withdrawn
/// currency stays readable, so old records can be shown; [`Currency::for_payment`] refuses it. Codes without minor units
/// (`XAU`, `XXX`) are refused everywhere.
///
/// Two bytes: the three letters, packed. Order is the order of the codes. Serializes as the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(u16);

impl Currency {
    /// Pound sterling, 2 digits.
    pub const GBP: Self = Self(pack(*b"GBP"));
    /// Euro, 2 digits.
    pub const EUR: Self = Self(pack(*b"EUR"));
    /// US dollar, 2 digits.
    pub const USD: Self = Self(pack(*b"USD"));
    /// Indian rupee, 2 digits.
    pub const INR: Self = Self(pack(*b"INR"));
    /// Yen, no digits.
    pub const JPY: Self = Self(pack(*b"JPY"));
    /// Swiss franc, 2 digits.
    pub const CHF: Self = Self(pack(*b"CHF"));
    /// Kuwaiti dinar, 3 digits.
    pub const KWD: Self = Self(pack(*b"KWD"));

    /// The currency with this code: three capital letters. Withdrawn currencies are found too.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMalformed`], [`MoneyError::CurrencyWithoutDigits`], [`MoneyError::CurrencyUnknown`].
    pub fn from_code(code: &str) -> Result<Self, MoneyError> {
        let code = <[u8; 3]>::try_from(code.as_bytes())
            .ok()
            .filter(|letters| letters.iter().all(u8::is_ascii_uppercase))
            .ok_or(MoneyError::CurrencyMalformed)?;
        let currency = Self(pack(code));
        if TABLE.row(currency).is_some() {
            Ok(currency)
        } else if TABLE.has_no_digits(currency) {
            Err(MoneyError::CurrencyWithoutDigits { code })
        } else {
            Err(MoneyError::CurrencyUnknown { code })
        }
    }

    /// Like [`Currency::from_code`], for a new payment: withdrawn currencies are refused.
    ///
    /// # Errors
    /// Those of [`Currency::from_code`], and [`MoneyError::CurrencyWithdrawn`].
    pub fn for_payment(code: &str) -> Result<Self, MoneyError> {
        let currency = Self::from_code(code)?;
        match currency.withdrawn_until() {
            Some(until) => Err(MoneyError::CurrencyWithdrawn { currency, until }),
            None => Ok(currency),
        }
    }

    /// The currency with this numeric code (`978`). If a successor took the number over, the one in use; among
    /// withdrawn ones the last.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyNumericUnknown`], also for codes without minor units.
    pub fn from_numeric(numeric: u16) -> Result<Self, MoneyError> {
        TABLE.by_numeric(numeric).ok_or(MoneyError::CurrencyNumericUnknown { numeric })
    }

    /// Every currency in use, in the order of the codes.
    pub fn active() -> impl Iterator<Item = Self> {
        Self::all().filter(|c| c.is_active())
    }

    /// Every currency that can be read, withdrawn ones too, in the order of the codes.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.currencies()
    }

    /// The three letters.
    pub fn code(self) -> &'static str {
        &self.row().code
    }

    /// The numeric code, 0 to 999; written with three digits.
    pub fn numeric(self) -> u16 {
        self.row().numeric
    }

    /// How many digits the minor unit has: 2 for cents, 0 for yen, up to 4.
    pub fn digits(self) -> u8 {
        self.row().digits
    }

    /// The English name; for currencies in use as ISO writes it.
    pub fn name(self) -> &'static str {
        &self.row().name
    }

    /// Whether it is in use: in list one.
    pub fn is_active(self) -> bool {
        self.row().until.is_none()
    }

    /// For a withdrawn currency its last day as legal tender, `YYYY-MM-DD`; `None` for one in use.
    pub fn withdrawn_until(self) -> Option<&'static str> {
        self.row().until.as_deref()
    }

    /// The step in which cash is paid, in minor units: 5 for `CHF`, 100 for `SEK`, 1 where the minor unit is a coin or
    /// nothing else is known (Unicode CLDR 48.2.0). For [`Money::round_cash`](crate::Money::round_cash).
    pub fn cash_increment_minor(self) -> i64 {
        self.row().cash_increment_minor
    }

    fn row(self) -> &'static Row {
        TABLE.row(self).expect("a currency exists only if the table has it")
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn from_letters(letters: [u8; 3]) -> Self {
        Self(pack(letters))
    }
}

/// Base 26; the letters are capital ASCII letters.
const fn pack(letters: [u8; 3]) -> u16 {
    let [a, b, c] = letters;
    (a - b'A') as u16 * 676 + (b - b'A') as u16 * 26 + (c - b'A') as u16
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::from_code(code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = Cow::<'de, str>::deserialize(d)?;
        Self::from_code(&code).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn constants_are_in_the_table() {
        let check = |c: Currency, code: &str, digits| assert_eq!((c.code(), c.digits()), (code, digits));
        check(Currency::GBP, "GBP", 2);
        check(Currency::EUR, "EUR", 2);
        check(Currency::USD, "USD", 2);
        check(Currency::INR, "INR", 2);
        check(Currency::JPY, "JPY", 0);
        check(Currency::CHF, "CHF", 2);
        check(Currency::KWD, "KWD", 3);
    }

    #[test]
    fn digits_are_isos_where_others_differ() {
        for (code, digits) in
            [("ISK", 0), ("UGX", 0), ("HUF", 2), ("COP", 2), ("IQD", 3), ("CLF", 4), ("UYW", 4), ("MRU", 2)]
        {
            assert_eq!(Currency::from_code(code).unwrap().digits(), digits, "{code}");
        }
    }

    #[test]
    fn every_currency_is_found_by_code_number_and_json() {
        let mut count = 0;
        for currency in Currency::all() {
            assert_eq!(Currency::from_code(currency.code()), Ok(currency));
            let same_number = Currency::from_numeric(currency.numeric()).unwrap();
            assert!(same_number == currency || !currency.is_active());
            let json = serde_json::to_string(&currency).unwrap();
            assert_eq!(json, format!("\"{currency}\""));
            assert_eq!(serde_json::from_str::<Currency>(&json).unwrap(), currency);
            count += 1;
        }
        assert_eq!((count, Currency::active().count()), (213, 165));
        assert!(Currency::all().is_sorted_by_key(Currency::code) && Currency::all().is_sorted());
    }

    #[test]
    fn withdrawn_currencies_are_read_but_not_taken() {
        for code in ["HRK", "BGN", "SLL", "ZWL", "ANG", "CUC", "DEM"] {
            let currency = Currency::from_code(code).unwrap();
            let until = currency.withdrawn_until().unwrap();
            assert_eq!(Currency::for_payment(code), Err(MoneyError::CurrencyWithdrawn { currency, until }));
        }
        for code in ["EUR", "SLE", "ZWG", "XCG", "VED", "VES", "XAD"] {
            assert_eq!(Currency::for_payment(code), Currency::from_code(code), "{code}");
            assert!(Currency::from_code(code).unwrap().is_active());
        }
    }

    #[test]
    fn a_number_that_was_taken_over_means_the_currency_in_use() {
        assert_eq!(Currency::from_code("ANG").unwrap().numeric(), 532);
        assert_eq!(Currency::from_numeric(532).unwrap().code(), "XCG");
        assert_eq!(Currency::from_numeric(891).unwrap().code(), "CSD", "after YUM");
        assert_eq!(Currency::from_numeric(8).unwrap().code(), "ALL");
        for numeric in [0, 959, 999, 1000, u16::MAX] {
            assert_eq!(Currency::from_numeric(numeric), Err(MoneyError::CurrencyNumericUnknown { numeric }));
        }
    }

    #[test]
    fn refused_codes() {
        let check = |code: &str, message: &str| {
            assert_eq!(Currency::from_code(code).unwrap_err().to_string(), message)
        };
        check("XAU", "XAU has no minor unit and cannot be an amount");
        check("XXX", "XXX has no minor unit and cannot be an amount");
        check("QQQ", "no currency has the code QQQ");
        for code in ["eur", "EU", "EURO", "", "E\u{dc}", "E R"] {
            check(code, "a currency code is three capital letters");
        }
        assert_eq!(
            Currency::for_payment("BGN").unwrap_err().to_string(),
            "BGN was withdrawn (legal tender until 2026-01-31)"
        );
    }

    proptest! {
        #[test]
        fn any_text_and_number_is_answered(text in "\\PC{0,5}", code in "[A-Z]{3}", numeric: u16) {
            let _ = Currency::from_code(&text);
            if let Ok(currency) = Currency::from_code(&code) {
                prop_assert_eq!(currency.code(), code);
            }
            if let Ok(currency) = Currency::from_numeric(numeric) {
                prop_assert_eq!(currency.numeric(), numeric);
            }
        }
    }
}
