//! Cash: what can be paid with the coins that exist.

use crate::exact::{Fraction, signed};
use crate::{Money, MoneyError, Operand, Rounding};

impl Money {
    /// Rounds to a multiple of `increment_minor`, usually
    /// [`Currency::cash_increment_minor`](crate::Currency::cash_increment_minor). Each country has its own way of
    /// rounding, so the caller names it; only the amount handed over is rounded, not the debt.
    ///
    /// ```
    /// use pmts_money::{Currency, Money, Rounding};
    /// let due = Money::new(1_233, Currency::CHF);
    /// let paid = due.round_cash(due.currency().cash_increment_minor(), Rounding::HalfUp)?;
    /// assert_eq!(paid.to_string(), "12.35 CHF");
    /// # Ok::<(), pmts_money::MoneyError>(())
    /// ```
    ///
    /// # Errors
    /// [`MoneyError::IncrementNotPositive`] below 1, [`MoneyError::Overflow`] at the ends of the range.
    pub fn round_cash(self, increment_minor: i64, rounding: Rounding) -> Result<Self, MoneyError> {
        let increment = u128::try_from(increment_minor)
            .ok()
            .filter(|increment| *increment > 0)
            .ok_or(MoneyError::IncrementNotPositive { increment_minor })?;
        let steps = Fraction::of(u128::from(self.minor().unsigned_abs()), increment);
        let minor = steps
            .round(self.is_negative(), rounding)
            .and_then(|steps| u128::from(steps.unsigned_abs()).checked_mul(increment))
            .and_then(|magnitude| signed(self.is_negative(), magnitude));
        self.fitting(minor, "rounding", Operand::Int(increment_minor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use proptest::prelude::*;

    #[test]
    fn to_the_coins_of_each_country() {
        let check = |code: &str, amount: &str, rounding, paid: &str| {
            let due = Money::parse(amount, Currency::from_code(code).unwrap()).unwrap();
            let rounded = due.round_cash(due.currency().cash_increment_minor(), rounding).unwrap();
            assert_eq!(rounded.to_decimal_string(), paid, "{amount} {code}");
        };
        check("CHF", "12.32", Rounding::HalfUp, "12.30");
        check("CHF", "12.33", Rounding::HalfUp, "12.35");
        check("CAD", "-12.33", Rounding::HalfUp, "-12.35");
        check("DKK", "9.75", Rounding::HalfUp, "10.00");
        check("DKK", "9.25", Rounding::HalfEven, "9.00");
        check("SEK", "9.50", Rounding::HalfUp, "10.00");
        check("NOK", "9.49", Rounding::HalfUp, "9.00");
        check("HUF", "1002.50", Rounding::HalfUp, "1005.00");
        check("HUF", "1002.49", Rounding::HalfUp, "1000.00");
        check("CZK", "0.01", Rounding::Up, "1.00");
        check("CZK", "-0.01", Rounding::Floor, "-1.00");
        check("CZK", "-0.01", Rounding::Ceiling, "0.00");
        check("EUR", "0.01", Rounding::HalfUp, "0.01");
        check("COP", "0.01", Rounding::HalfUp, "0.01");
    }

    #[test]
    fn refuses() {
        let max = Money::new(i64::MAX, Currency::CHF);
        assert_eq!(
            max.round_cash(10, Rounding::Up).unwrap_err().to_string(),
            "rounding of 92233720368547758.07 CHF and 10 is out of range"
        );
        assert_eq!(
            max.round_cash(0, Rounding::Up),
            Err(MoneyError::IncrementNotPositive { increment_minor: 0 })
        );
        assert_eq!(
            max.round_cash(-5, Rounding::Up),
            Err(MoneyError::IncrementNotPositive { increment_minor: -5 })
        );
    }

    proptest! {
        #[test]
        fn the_nearest_multiple(minor: i64, increment in 1i64..10_000) {
            let rounding = Rounding::HalfEven;
            if let Ok(rounded) = Money::new(minor, Currency::CHF).round_cash(increment, rounding) {
                prop_assert_eq!(rounded.minor() % increment, 0);
                let off = (i128::from(rounded.minor()) - i128::from(minor)).abs();
                prop_assert!(off * 2 <= i128::from(increment));
                prop_assert_eq!(rounded.round_cash(increment, Rounding::Up), Ok(rounded));
            }
        }

        #[test]
        fn any_increment_is_answered(minor: i64, increment: i64) {
            let _ = Money::new(minor, Currency::CHF).round_cash(increment, Rounding::HalfUp);
        }
    }
}
