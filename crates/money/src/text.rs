//! Amounts as decimal text and in JSON.

use crate::decimal_text::DecimalText;
use crate::exact::signed;
use crate::{Currency, Money, MoneyError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

impl Money {
    /// Reads `12.30`: an optional `-`, digits, and optionally a point and digits. Exact: fewer digits after the point
    /// than the currency has are filled with zeros, more are refused even if they are zeros. No `+`, spaces, exponent or
    /// grouping.
    ///
    /// # Errors
    /// [`MoneyError::AmountMalformed`], [`MoneyError::AmountTooPrecise`], [`MoneyError::AmountOutOfRange`]: the first
    /// that applies.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let DecimalText { negative, whole, fraction } =
            DecimalText::split(text).ok_or(MoneyError::AmountMalformed)?;
        let digits = usize::from(currency.digits());
        let missing = digits.checked_sub(fraction.len()).ok_or(MoneyError::AmountTooPrecise { currency })?;
        let places = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', missing));
        let minor = places
            .map(|digit| u128::from(digit - b'0'))
            .try_fold(0u128, |sum, digit| sum.checked_mul(10)?.checked_add(digit))
            .and_then(|magnitude| signed(negative, magnitude))
            .ok_or(MoneyError::AmountOutOfRange { currency })?;
        Ok(Self::new(minor, currency))
    }

    /// The amount without its currency, exact, always with the digits of the currency: `12.30`, `-0.05`, `500` (JPY).
    pub fn to_decimal_string(self) -> String {
        let sign = if self.is_negative() { "-" } else { "" };
        let width = usize::from(self.currency().digits());
        // One digit before the point at least.
        let all = format!("{:0least$}", self.minor().unsigned_abs(), least = width + 1);
        let (whole, fraction) = all.split_at(all.len() - width);
        let point = if width == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }
}

/// `12.30 GBP`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.to_decimal_string(), self.currency()))
    }
}

/// What an amount looks like in JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Money", deny_unknown_fields)]
struct Wire {
    minor: i64,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        Wire { minor: self.minor(), currency: self.currency() }.serialize(s)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Wire::deserialize(d).map(|Wire { minor, currency }| Self::new(minor, currency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    #[test]
    fn reads_and_writes() {
        let check = |text: &str, currency: &str, minor: i64, written: &str| {
            let money = Money::parse(text, code(currency)).unwrap();
            assert_eq!((money.minor(), money.to_decimal_string().as_str()), (minor, written));
        };
        check("12.30", "GBP", 1230, "12.30");
        check("12.3", "GBP", 1230, "12.30");
        check("12", "GBP", 1200, "12.00");
        check("-0.05", "GBP", -5, "-0.05");
        check("-0", "GBP", 0, "0.00");
        check("007", "JPY", 7, "7");
        check("1.234", "KWD", 1234, "1.234");
        check("0.0001", "CLF", 1, "0.0001");
        check("92233720368547758.07", "EUR", i64::MAX, "92233720368547758.07");
        check("-92233720368547758.08", "EUR", i64::MIN, "-92233720368547758.08");
        check("-9223372036854775808", "JPY", i64::MIN, "-9223372036854775808");
    }

    #[test]
    fn refuses() {
        let check = |text: &str, currency: &str, error: MoneyError| {
            assert_eq!(Money::parse(text, code(currency)), Err(error), "{text}");
        };
        for text in
            ["", "-", "+1", " 1", "1 ", "1,000", "1e2", ".5", "5.", "--1", "1.2.3", "1_0", "0x1", "\u{661}"]
        {
            check(text, "GBP", MoneyError::AmountMalformed);
        }
        check("1.234", "GBP", MoneyError::AmountTooPrecise { currency: Currency::GBP });
        check("1.230", "GBP", MoneyError::AmountTooPrecise { currency: Currency::GBP });
        check("1.0", "JPY", MoneyError::AmountTooPrecise { currency: Currency::JPY });
        check("92233720368547758.08", "EUR", MoneyError::AmountOutOfRange { currency: Currency::EUR });
        check(&"9".repeat(60), "EUR", MoneyError::AmountOutOfRange { currency: Currency::EUR });
    }

    #[test]
    fn json() {
        let money = Money::new(1230, Currency::GBP);
        let json = r#"{"minor":1230,"currency":"GBP"}"#;
        assert_eq!(serde_json::to_string(&money).unwrap(), json);
        assert_eq!(serde_json::from_str::<Money>(json).unwrap(), money);
        for bad in [
            r#"{"minor":12.3,"currency":"GBP"}"#,
            r#"{"minor":"1230","currency":"GBP"}"#,
            r#"{"minor":9223372036854775808,"currency":"GBP"}"#,
            r#"{"minor":1,"currency":"XXX"}"#,
            r#"{"minor":1,"currency":"GBP","digits":2}"#,
            r#"{"minor":1}"#,
        ] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn padding() {
        assert_eq!(
            format!("[{:>12}] {:?}", Money::new(-5, Currency::GBP), Money::new(5, Currency::JPY)),
            "[   -0.05 GBP] 5 JPY"
        );
    }

    proptest! {
        #[test]
        fn text_and_json_round_trip(minor: i64, at: prop::sample::Index) {
            let currencies: Vec<_> = Currency::all().collect();
            let money = Money::new(minor, *at.get(&currencies));
            prop_assert_eq!(Money::parse(&money.to_decimal_string(), money.currency()), Ok(money));
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "-?[0-9]{0,25}\\.?[0-9]{0,6}|\\PC{0,20}") {
            let _ = Money::parse(&text, Currency::EUR);
        }
    }
}
