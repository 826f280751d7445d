//! The expiry date of a card.

use crate::CardsError;
use std::fmt;

/// The last month in which a card is valid. Prints as `**/**`: with the card number it is card data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry {
    year: u8,
    month: u8,
}

impl Expiry {
    /// From the last two digits of the year and the month.
    ///
    /// # Errors
    /// [`CardsError::ExpiryMalformed`] when the year exceeds 99 or the month is outside 1 to 12.
    pub fn try_new(year: u8, month: u8) -> Result<Self, CardsError> {
        if year <= 99 && (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(CardsError::ExpiryMalformed)
        }
    }

    /// Reads `YYMM` (ISO 8583:1987, field 14).
    ///
    /// # Errors
    /// [`CardsError::ExpiryMalformed`].
    pub fn parse_yymm(text: &str) -> Result<Self, CardsError> {
        match text.as_bytes() {
            [a, b, c, d] if text.bytes().all(|x| x.is_ascii_digit()) => {
                Self::try_new((a - b'0') * 10 + (b - b'0'), (c - b'0') * 10 + (d - b'0'))
            }
            _ => Err(CardsError::ExpiryMalformed),
        }
    }

    /// Four digits, `YYMM`.
    pub const fn yymm(self) -> [u8; 4] {
        [self.year / 10 + b'0', self.year % 10 + b'0', self.month / 10 + b'0', self.month % 10 + b'0']
    }

    /// The year, two digits.
    pub const fn year(self) -> u8 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Whether the card is valid in the given month of a year written in full. Two digits are read as the year within
    /// 50 years before or after.
    pub const fn is_valid_in(self, year: i32, month: u8) -> bool {
        let mut ahead = (self.year as i32 - year).rem_euclid(100);
        if ahead >= 50 {
            ahead -= 100;
        }
        ahead > 0 || (ahead == 0 && self.month >= month)
    }
}

impl fmt::Debug for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("**/**")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_writes_and_hides() {
        let e = Expiry::parse_yymm("3009").unwrap();
        assert_eq!((e.year(), e.month(), e.yymm()), (30, 9, *b"3009"));
        assert_eq!(format!("{e:?}"), "**/**");
        for bad in ["", "309", "3000", "3013", "30x1", "30090"] {
            assert_eq!(Expiry::parse_yymm(bad), Err(CardsError::ExpiryMalformed), "{bad}");
        }
        assert!(Expiry::try_new(100, 1).is_err());
    }

    #[test]
    fn valid_through_the_month_and_across_the_century() {
        let check = |yymm: &str, year, month, valid| {
            assert_eq!(Expiry::parse_yymm(yymm).unwrap().is_valid_in(year, month), valid)
        };
        check("2611", 2026, 11, true);
        check("2610", 2026, 11, false);
        check("2701", 2026, 11, true);
        check("2512", 2026, 1, false);
        check("0101", 2099, 12, true);
        check("9912", 2026, 1, false);
    }
}
