//! Exact sums of decimal numbers as messages write them.

use std::fmt;

/// Digits after the point that are kept: the most that a control sum may have.
const SCALE: u32 = 17;

/// A number with at most 17 digits after the point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sum(i128);

impl Sum {
    /// Reads `12.50`. `None` for what is no decimal number, or has too many digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        if whole.len() + fraction.len() == 0 && !digits.contains('0') {
            return None;
        }
        let missing = SCALE.checked_sub(u32::try_from(fraction.len()).ok()?)?;
        let mut value: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return None;
            }
            value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
        }
        let value = value.checked_mul(10i128.pow(missing))?;
        Some(Self(if negative { -value } else { value }))
    }

    /// The sum; stays at the end of the range, where no control sum can be.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference.
    pub(super) const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Without zeros at its end: `12.5`.
impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10u128.pow(SCALE);
        let size = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", size / one)?;
        let fraction = format!("{:0width$}", size % one, width = SCALE as usize);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { Ok(()) } else { write!(f, ".{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::Sum;

    #[test]
    fn read_added_and_written() {
        let read = |text| Sum::parse(text).unwrap();
        assert_eq!(read("0.1").plus(read("0.20")).to_string(), "0.3");
        assert_eq!(read("1").minus(read("2.5")).to_string(), "-1.5");
        assert_eq!(read("999999999999999999"), read("+999999999999999999.000"));
        assert_eq!(read("0"), read("-0.0"));
        for bad in ["", ".", "1,5", "1e3", "0.123456789012345678", "999999999999999999999999999"] {
            assert_eq!(Sum::parse(bad), None, "{bad}");
        }
    }
}
