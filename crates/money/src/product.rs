//! The one place where a product or a decimal becomes minor units.

use crate::exact::{FACTOR_END, Fraction, Magnitude};
use crate::{Currency, Money, MoneyError, Operand, Rate, Rounding};
use rust_decimal::Decimal;

impl Money {
    /// This part of the amount, rounded once to minor units: `price.percent(Percent::parse("2.9")?, HalfEven)`. Takes a
    /// [`Percent`](crate::Percent), [`Bps`](crate::Bps) or [`Rate`].
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn percent(self, rate: impl Into<Rate>, rounding: Rounding) -> Result<Self, MoneyError> {
        self.times_decimal(rate.into().decimal(), rounding)
    }

    /// The amount times a factor, rounded once to minor units of the same currency. The product itself is exact,
    /// whatever the size of both.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn times_decimal(self, factor: Decimal, rounding: Rounding) -> Result<Self, MoneyError> {
        let negative = self.is_negative() != factor.is_sign_negative();
        let minor = Magnitude::of(self.minor())
            .times_over(factor.mantissa().unsigned_abs(), power_of_ten(factor.scale()))
            .and_then(|product| product.round(negative, rounding));
        self.fitting(minor, "product", Operand::Decimal(factor))
    }

    /// The amount in another currency, of which `per` units are worth `of` units of this one, rounded once: the quotient and
    /// the product are exact. 100.00 USD at 0.8719 GBP for 1.1721 USD is 74.39 GBP.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if the result does not fit, a rate is not above zero, or both have so many digits that their
    /// quotient cannot be kept: up to 14 digits each always can.
    pub fn exchanged(
        self,
        to: Currency,
        per: Decimal,
        of: Decimal,
        rounding: Rounding,
    ) -> Result<Self, MoneyError> {
        let minor = ratio(self.currency(), to, per, of).and_then(|(factor, divisor)| {
            Magnitude::of(self.minor()).times_over(factor, divisor)?.round(self.is_negative(), rounding)
        });
        self.fitting(minor, "exchange", Operand::Decimal(per)).map(|money| Self::new(money.minor(), to))
    }

    /// An amount from a decimal number of major units (12.305 pounds), rounded once to minor units.
    ///
    /// # Errors
    /// [`MoneyError::AmountOutOfRange`].
    pub fn from_decimal(value: Decimal, currency: Currency, rounding: Rounding) -> Result<Self, MoneyError> {
        minor_units(value, currency)
            .round(value.is_sign_negative(), rounding)
            .map(|minor| Self::new(minor, currency))
            .ok_or(MoneyError::AmountOutOfRange { currency })
    }

    /// An amount from a decimal number of major units that is a whole number of minor units; zeros at the end do not
    /// count.
    ///
    /// # Errors
    /// [`MoneyError::AmountTooPrecise`], [`MoneyError::AmountOutOfRange`].
    pub fn from_decimal_exact(value: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        if minor_units(value, currency).remainder != 0 {
            return Err(MoneyError::AmountTooPrecise { currency });
        }
        Self::from_decimal(value, currency, Rounding::Down)
    }

    /// The amount as a decimal number of major units, exact.
    pub fn to_decimal(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.minor()), u32::from(self.currency().digits()))
    }
}

/// How many minor units of `to` one minor unit of `from` is, as a fraction in lowest terms that
/// [`Magnitude::times_over`] can take.
fn ratio(from: Currency, to: Currency, per: Decimal, of: Decimal) -> Option<(u128, u128)> {
    let positive = |rate: Decimal| u128::try_from(rate.mantissa()).ok().filter(|m| *m > 0);
    let (mut factor, mut divisor) = (positive(per)?, positive(of)?);
    shorten(&mut factor, &mut divisor);
    let up = of.scale() + u32::from(to.digits());
    let down = per.scale() + u32::from(from.digits());
    let power = |exponent: u32| 10u128.checked_pow(exponent);
    factor = factor.checked_mul(power(up.saturating_sub(down))?)?;
    divisor = divisor.checked_mul(power(down.saturating_sub(up))?)?;
    shorten(&mut factor, &mut divisor);
    (factor < FACTOR_END && divisor <= FACTOR_END).then_some((factor, divisor))
}

/// Divides both by what divides both.
fn shorten(a: &mut u128, b: &mut u128) {
    let (mut x, mut y) = (*a, *b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    if x > 1 {
        *a /= x;
        *b /= x;
    }
}

/// The size of `value` in minor units, exactly.
fn minor_units(value: Decimal, currency: Currency) -> Fraction {
    // Below 2^96 times 10^4 at most, which is below 2^110.
    let scaled = value.mantissa().unsigned_abs() * power_of_ten(u32::from(currency.digits()));
    Fraction::of(scaled, power_of_ten(value.scale()))
}

/// 10^0 to 10^28, below 2^96.
fn power_of_ten(exponent: u32) -> u128 {
    let power = 10u128.pow(exponent);
    debug_assert!(power < FACTOR_END);
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bps, Percent};
    use proptest::prelude::*;

    const ALL: [Rounding; 6] = [
        Rounding::HalfEven,
        Rounding::HalfUp,
        Rounding::Down,
        Rounding::Up,
        Rounding::Floor,
        Rounding::Ceiling,
    ];

    fn dec(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    /// The results in the order of `ALL`.
    fn check(minor: i64, factor: &str, expected: [i64; 6]) {
        let got = ALL.map(|rounding| eur(minor).times_decimal(dec(factor), rounding).unwrap().minor());
        assert_eq!(got, expected, "{minor} * {factor}");
    }

    #[test]
    fn a_product_is_rounded_once() {
        check(250, "0.01", [2, 3, 2, 3, 2, 3]);
        check(-250, "0.01", [-2, -3, -2, -3, -3, -2]);
        check(350, "-0.01", [-4, -4, -3, -4, -4, -3]);
        check(-351, "-0.01", [4, 4, 3, 4, 3, 4]);
        check(100, "0.0049999999999999999999999999", [0, 0, 0, 1, 0, 1]);
        check(100, "0.0050000000000000000000000001", [1, 1, 0, 1, 0, 1]);
        check(1000, "1.10", [1100; 6]);
        check(7, "-0.00", [0; 6]);
    }

    #[test]
    fn wide_products_are_exact() {
        // Integers of any length, computed elsewhere: 9223372036854775807 * 0.3333333333333333333333333333
        // = 3074457345618258602.33...
        check(
            i64::MAX,
            "0.3333333333333333333333333333",
            [
                3_074_457_345_618_258_602,
                3_074_457_345_618_258_602,
                3_074_457_345_618_258_602,
                3_074_457_345_618_258_603,
                3_074_457_345_618_258_602,
                3_074_457_345_618_258_603,
            ],
        );
        check(i64::MIN, "1.0000000000000000000000000000", [i64::MIN; 6]);
        check(i64::MAX, "-1", [-i64::MAX; 6]);
        let overflow = eur(i64::MIN).times_decimal(dec("-1"), Rounding::Down).unwrap_err();
        assert_eq!(overflow.to_string(), "product of -92233720368547758.08 EUR and -1 is out of range");
        assert!(eur(i64::MAX).times_decimal(Decimal::MAX, Rounding::Down).is_err());
        assert!(eur(i64::MIN).times_decimal(Decimal::MIN, Rounding::Down).is_err());
        assert_eq!(eur(0).times_decimal(Decimal::MAX, Rounding::Up), Ok(eur(0)));
    }

    #[test]
    fn the_kinds_of_rate_agree() {
        for part in [
            eur(5999).percent(Percent::parse("2.9").unwrap(), Rounding::HalfEven),
            eur(5999).percent(Bps::new(290), Rounding::HalfEven),
            eur(5999).percent(Rate::parse("0.029").unwrap(), Rounding::HalfEven),
        ] {
            assert_eq!(part, Ok(eur(174)));
        }
    }

    #[test]
    fn from_decimals() {
        let check = |value: &str, currency: Currency, rounded: Result<i64, ()>, exact: Result<i64, ()>| {
            let half_even = Money::from_decimal(dec(value), currency, Rounding::HalfEven);
            assert_eq!(half_even.map(Money::minor).map_err(|_| ()), rounded, "{value}");
            assert_eq!(
                Money::from_decimal_exact(dec(value), currency).map(Money::minor).map_err(|_| ()),
                exact,
                "{value}"
            );
        };
        check("12.305", Currency::GBP, Ok(1230), Err(()));
        check("12.315", Currency::GBP, Ok(1232), Err(()));
        check("-12.3000", Currency::GBP, Ok(-1230), Ok(-1230));
        check("0.5", Currency::JPY, Ok(0), Err(()));
        check("1.5", Currency::JPY, Ok(2), Err(()));
        check("92233720368547758.07", Currency::EUR, Ok(i64::MAX), Ok(i64::MAX));
        check("92233720368547758.08", Currency::EUR, Err(()), Err(()));
        check("92233720368547758.074", Currency::EUR, Ok(i64::MAX), Err(()));
        check("79228162514264337593543950335", Currency::KWD, Err(()), Err(()));
        assert_eq!(
            Money::from_decimal_exact(dec("0.001"), Currency::EUR),
            Err(MoneyError::AmountTooPrecise { currency: Currency::EUR })
        );
    }

    #[test]
    fn an_exchange_is_exact_until_it_is_rounded_once() {
        let usd = Money::new(10_000, Currency::from_code("USD").unwrap());
        let (gbp, jpy) = (Currency::GBP, Currency::JPY);
        let change = |money: Money, to, per: &str, of: &str, rounding| {
            money.exchanged(to, dec(per), dec(of), rounding).map(Money::minor)
        };
        // 74.38785086596708...
        assert_eq!(change(usd, gbp, "0.8719", "1.1721", Rounding::HalfEven), Ok(7_439));
        assert_eq!(change(usd, gbp, "0.8719", "1.1721", Rounding::Down), Ok(7_438));
        assert_eq!(change(usd, jpy, "150.5", "1.00", Rounding::Down), Ok(15_050));
        assert_eq!(change(eur(-250), jpy, "0.5", "1", Rounding::HalfEven), Ok(-1));
        let kwd = Currency::from_code("KWD").unwrap();
        assert_eq!(change(eur(100), kwd, "0.33", "1", Rounding::Down), Ok(330));
        assert_eq!(change(eur(i64::MAX), gbp, "3", "3", Rounding::Down), Ok(i64::MAX));
        for (per, of) in [("0", "1"), ("1", "0"), ("-1", "1"), ("1", "-1"), ("2", "1")] {
            assert!(change(eur(i64::MAX), gbp, per, of, Rounding::Down).is_err(), "{per} {of}");
        }
    }

    proptest! {
        #[test]
        fn an_exchange_is_within_half_a_minor_unit(minor in -(1i64 << 50)..1 << 50, per in 1i64..1 << 36, of in 1i64..1 << 36) {
            let rate = |m: i64| Decimal::from_i128_with_scale(i128::from(m), 4);
            let got = eur(minor).exchanged(Currency::GBP, rate(per), rate(of), Rounding::HalfEven);
            let exact = i128::from(minor) * i128::from(per);
            if let Ok(got) = got {
                let off = (i128::from(got.minor()) * i128::from(of) - exact).abs();
                prop_assert!(2 * off <= i128::from(of), "{} of {}", off, of);
            } else {
                prop_assert!(exact.abs() / i128::from(of) >= i128::from(i64::MAX));
            }
        }
    }

    proptest! {
        #[test]
        fn a_product_is_within_its_bound(minor in -(1i64 << 40)..1 << 40, mantissa in -(1i128 << 60)..1 << 60, scale in 0u32..=20) {
            let factor = Decimal::from_i128_with_scale(mantissa, scale);
            let one = 10i128.pow(scale);
            let product = i128::from(minor) * mantissa;
            for rounding in ALL {
                let Ok(result) = eur(minor).times_decimal(factor, rounding) else { continue };
                // How far the result is above the product, in units of 10^-scale.
                let above = i128::from(result.minor()) * one - product;
                let away = if product < 0 { -above } else { above };
                let bound = match rounding {
                    Rounding::HalfEven | Rounding::HalfUp => above.abs() * 2 <= one,
                    Rounding::Down => -one < away && away <= 0,
                    Rounding::Up => 0 <= away && away < one,
                    Rounding::Floor => -one < above && above <= 0,
                    Rounding::Ceiling => 0 <= above && above < one,
                };
                prop_assert!(bound, "{:?}: {} * {} = {}", rounding, minor, factor, result);
            }
        }

        #[test]
        fn nothing_panics(minor: i64, mantissa in -((1i128 << 96) - 1)..1 << 96, scale in 0u32..=28) {
            let decimal = Decimal::from_i128_with_scale(mantissa, scale);
            for rounding in ALL {
                let _ = eur(minor).times_decimal(decimal, rounding);
                let _ = Money::from_decimal(decimal, Currency::KWD, rounding);
            }
            let _ = Money::from_decimal_exact(decimal, Currency::JPY);
        }

        #[test]
        fn decimals_round_trip(minor: i64, at: prop::sample::Index) {
            let currencies: Vec<_> = Currency::all().collect();
            let money = Money::new(minor, *at.get(&currencies));
            prop_assert_eq!(Money::from_decimal_exact(money.to_decimal(), money.currency()), Ok(money));
            prop_assert_eq!(money.to_decimal().to_string(), money.to_decimal_string());
        }
    }
}
