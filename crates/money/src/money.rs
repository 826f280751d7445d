//! Amounts.

use crate::{Currency, MoneyError, Operand};
use std::cmp::Ordering;
use std::fmt;

/// An amount: minor units of a currency, `i64`; negative amounts are allowed.
///
/// There are no operators and no `PartialOrd`: two amounts can be of different currencies, so adding and comparing
/// can fail and say so. `==` is exact: same currency and same number.
///
/// `{}` and `{:?}` print `12.30 GBP`. In JSON it is `{"minor":1230,"currency":"GBP"}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// So many minor units: `Money::new(1230, Currency::GBP)` is 12.30 GBP.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, of this currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The number of minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether it is above zero.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.fitting(self.minor.checked_add(other.minor), "sum", Operand::Money(other))
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.fitting(self.minor.checked_sub(other.minor), "difference", Operand::Money(other))
    }

    /// The same amount with the other sign.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for `i64::MIN` minor units.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.fitting(self.minor.checked_neg(), "negation", Operand::None)
    }

    /// So many times the amount: pieces times price.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn checked_mul_int(self, times: i64) -> Result<Self, MoneyError> {
        self.fitting(self.minor.checked_mul(times), "product", Operand::Int(times))
    }

    /// Which is larger.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn checked_cmp(self, other: Self) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// The smaller of two.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn checked_min(self, other: Self) -> Result<Self, MoneyError> {
        Ok(if self.checked_cmp(other)?.is_gt() { other } else { self })
    }

    /// The larger of two.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn checked_max(self, other: Self) -> Result<Self, MoneyError> {
        Ok(if self.checked_cmp(other)?.is_lt() { other } else { self })
    }

    /// The sum of all; zero of `currency` if there are none. Only the end result has to fit: the way there may exceed
    /// `i64`.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] with the first amount of another currency, [`MoneyError::SumOverflow`].
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        let mut minor: i128 = 0;
        for amount in amounts {
            Self::zero(currency).same_currency(amount)?;
            minor = minor
                .checked_add(i128::from(amount.minor))
                .expect("more than 2^64 amounts would be needed to leave 128 bits");
        }
        let fitting = i64::try_from(minor).map_err(|_| MoneyError::SumOverflow { minor, currency })?;
        Ok(Self::new(fitting, currency))
    }

    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self, right: other })
        }
    }

    /// The result of an operation on `self`, or the error that names the operands.
    pub(crate) fn fitting(
        self,
        minor: Option<i64>,
        operation: &'static str,
        right: Operand,
    ) -> Result<Self, MoneyError> {
        match minor {
            Some(minor) => Ok(Self::new(minor, self.currency)),
            None => Err(MoneyError::Overflow { operation, left: self, right }),
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn errors_name_both_operands() {
        let check = |result: Result<Money, MoneyError>, message: &str| {
            assert_eq!(result.unwrap_err().to_string(), message)
        };
        let yen = Money::new(5, Currency::JPY);
        check(eur(-5).checked_add(yen), "-0.05 EUR and 5 JPY are of different currencies");
        check(yen.checked_sub(eur(5)), "5 JPY and 0.05 EUR are of different currencies");
        check(yen.checked_min(eur(5)), "5 JPY and 0.05 EUR are of different currencies");
        check(
            eur(i64::MAX).checked_add(eur(1)),
            "sum of 92233720368547758.07 EUR and 0.01 EUR is out of range",
        );
        check(
            eur(i64::MIN).checked_sub(eur(1)),
            "difference of -92233720368547758.08 EUR and 0.01 EUR is out of range",
        );
        check(
            eur(i64::MIN).checked_neg(),
            "negation of -92233720368547758.08 EUR and nothing is out of range",
        );
        check(eur(i64::MAX).checked_mul_int(2), "product of 92233720368547758.07 EUR and 2 is out of range");
        check(Money::sum(Currency::EUR, [eur(1), yen]), "0.00 EUR and 5 JPY are of different currencies");
        check(
            Money::sum(Currency::EUR, [eur(i64::MAX), eur(1)]),
            "the sum of 9223372036854775808 minor units of EUR is out of range",
        );
    }

    #[test]
    fn a_sum_may_pass_beyond_the_range_on_its_way() {
        assert_eq!(
            Money::sum(Currency::EUR, [eur(i64::MAX), eur(i64::MAX), eur(-i64::MAX)]),
            Ok(eur(i64::MAX))
        );
        assert_eq!(Money::sum(Currency::JPY, []), Ok(Money::zero(Currency::JPY)));
    }

    proptest! {
        #[test]
        fn operations_agree_with_wide_integers(a: i64, b: i64) {
            let (wa, wb) = (i128::from(a), i128::from(b));
            let expect = |wide: i128| i64::try_from(wide).ok().map(eur);
            prop_assert_eq!(eur(a).checked_add(eur(b)).ok(), expect(wa + wb));
            prop_assert_eq!(eur(a).checked_sub(eur(b)).ok(), expect(wa - wb));
            prop_assert_eq!(eur(a).checked_neg().ok(), expect(-wa));
            prop_assert_eq!(eur(a).checked_mul_int(b).ok(), expect(wa * wb));
            prop_assert_eq!(eur(a).checked_cmp(eur(b)), Ok(a.cmp(&b)));
            prop_assert_eq!(eur(a).checked_min(eur(b)), Ok(eur(a.min(b))));
            prop_assert_eq!(eur(a).checked_max(eur(b)), Ok(eur(a.max(b))));
            prop_assert_eq!(Money::sum(Currency::EUR, [eur(a), eur(b)]).ok(), expect(wa + wb));
            let signs = (eur(a).is_negative(), eur(a).is_zero(), eur(a).is_positive());
            prop_assert_eq!(signs, (a < 0, a == 0, a > 0));
        }
    }
}
