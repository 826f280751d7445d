//! Exact factors: rates, percentages, basis points.

use crate::MoneyError;
use crate::decimal_text::DecimalText;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A factor, exact: `1` is the whole, `0.029` is 2.9 %. At most 28 digits, any sign.
///
/// Read from text only, never from a JSON number: those pass through binary floating point on their way. Equal values
/// are equal however many zeros they were written with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(Decimal);

/// A percentage, exact: `2.9` is 2.9 %. At most 28 digits, 26 of them after the point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(Decimal);

/// Basis points: hundredths of a percent; 10,000 are the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bps(i64);

/// The most digits after the point of a [`Decimal`].
const SCALE_MAX: u32 = 28;

impl Rate {
    /// Reads `0.029`: an optional `-`, digits, and optionally a point and digits.
    ///
    /// # Errors
    /// [`MoneyError::RateMalformed`], also when it has more digits than can be kept.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        parse_decimal(text).map(Self)
    }

    /// The factor as it is.
    pub const fn from_decimal(factor: Decimal) -> Self {
        Self(factor)
    }

    /// The factor.
    pub const fn decimal(self) -> Decimal {
        self.0
    }
}

impl Percent {
    /// Reads `2.9`, without a percent sign: an optional `-`, digits, and optionally a point and digits.
    ///
    /// # Errors
    /// [`MoneyError::RateMalformed`], also when it has more digits than can be kept.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let percent = parse_decimal(text)?;
        if percent.scale() + 2 > SCALE_MAX { Err(MoneyError::RateMalformed) } else { Ok(Self(percent)) }
    }

    /// The number before the percent sign.
    pub const fn decimal(self) -> Decimal {
        self.0
    }
}

impl Bps {
    /// So many basis points.
    pub const fn new(bps: i64) -> Self {
        Self(bps)
    }

    /// The number of basis points.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl From<Percent> for Rate {
    fn from(percent: Percent) -> Self {
        let Percent(decimal) = percent;
        Self(Decimal::from_i128_with_scale(decimal.mantissa(), decimal.scale() + 2))
    }
}

impl From<Bps> for Rate {
    fn from(bps: Bps) -> Self {
        Self(Decimal::from_i128_with_scale(i128::from(bps.0), 4))
    }
}

fn parse_decimal(text: &str) -> Result<Decimal, MoneyError> {
    DecimalText::split(text).and_then(|_| Decimal::from_str_exact(text).ok()).ok_or(MoneyError::RateMalformed)
}

/// The number as it was written: `0.029`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

/// `2.9 %`.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} %", self.0))
    }
}

/// `290 bps`.
impl fmt::Display for Bps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} bps", self.0))
    }
}

macro_rules! decimal_text_form {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = MoneyError;
            fn from_str(text: &str) -> Result<Self, MoneyError> {
                Self::parse(text)
            }
        }

        /// A string with the number.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(&self.0)
            }
        }

        /// From a string only.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(d)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    };
}

decimal_text_form!(Rate);
decimal_text_form!(Percent);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_rate_in_three_ways() {
        let rate = Rate::parse("0.029").unwrap();
        assert_eq!(Rate::from(Percent::parse("2.9").unwrap()), rate);
        assert_eq!(Rate::from(Percent::parse("2.90").unwrap()), rate);
        assert_eq!(Rate::from(Bps::new(290)), rate);
        assert_eq!(Rate::from(Bps::new(i64::MIN)).to_string(), "-922337203685477.5808");
        assert_eq!(
            format!("{rate} {} {}", Percent::parse("2.9").unwrap(), Bps::new(290)),
            "0.029 2.9 % 290 bps"
        );
    }

    #[test]
    fn exact_or_refused() {
        let widest = "79228162514264337593543950335";
        assert_eq!(Rate::parse(widest).unwrap().to_string(), widest);
        assert_eq!(
            Rate::parse("0.1234567890123456789012345678").unwrap().to_string(),
            "0.1234567890123456789012345678"
        );
        let too_wide = "79228162514264337593543950336";
        for bad in [
            too_wide,
            "0.12345678901234567890123456789",
            "",
            "+1",
            "1e3",
            "1_000",
            ".5",
            "5.",
            " 1",
            "NaN",
            "1,5",
        ] {
            assert_eq!(Rate::parse(bad), Err(MoneyError::RateMalformed), "{bad}");
            assert_eq!(Percent::parse(bad), Err(MoneyError::RateMalformed), "{bad}");
        }
        assert!(Percent::parse(&format!("1.{}", "1".repeat(26))).is_ok());
        assert!(Percent::parse(&format!("1.{}", "1".repeat(27))).is_err());
        assert_eq!(Rate::from(Percent::parse(widest).unwrap()).to_string(), "792281625142643375935439503.35");
    }

    #[test]
    fn json_is_a_string_and_nothing_else() {
        let rate = Rate::parse("0.1234567890123456789").unwrap();
        assert_eq!(serde_json::to_string(&rate).unwrap(), "\"0.1234567890123456789\"");
        assert_eq!(serde_json::from_str::<Rate>("\"0.1234567890123456789\"").unwrap(), rate);
        assert_eq!(serde_json::to_string(&Percent::parse("2.90").unwrap()).unwrap(), "\"2.90\"");
        for bad in ["0.5", "1", "\"1e3\"", "null"] {
            assert!(
                serde_json::from_str::<Rate>(bad).is_err() && serde_json::from_str::<Percent>(bad).is_err(),
                "{bad}"
            );
        }
        assert_eq!(serde_json::from_str::<Bps>("290").unwrap(), Bps::new(290));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "-?[0-9]{0,32}\\.?[0-9]{0,32}|\\PC{0,20}") {
            if let Ok(rate) = Rate::parse(&text) {
                prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
            }
            if let Ok(percent) = Percent::parse(&text) {
                let _ = Rate::from(percent);
            }
        }
    }
}
