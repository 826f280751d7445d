//! Products and quotients without loss: 64 bits times 96 bits, divided by 96 bits.

use crate::Rounding;

/// What every factor and divisor here stays below: the range of a decimal's mantissa.
pub(crate) const FACTOR_END: u128 = 1 << 96;

/// The size of an amount, without its sign: at most 2^63.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Magnitude(u64);

/// `quotient + remainder / divisor`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fraction {
    pub(crate) quotient: u128,
    pub(crate) remainder: u128,
    divisor: u128,
}

impl Magnitude {
    pub(crate) const fn of(value: i64) -> Self {
        Self(value.unsigned_abs())
    }

    /// `self * factor / divisor`, exactly. `None` if the quotient does not fit 128 bits.
    ///
    /// `factor` is below 2^96, `divisor` is not zero and at most 2^96.
    pub(crate) fn times_over(self, factor: u128, divisor: u128) -> Option<Fraction> {
        debug_assert!(factor < FACTOR_END && divisor > 0 && divisor <= FACTOR_END);
        // The product may need 160 bits. So the amount is cut into two halves of 32 bits, and the remainder of the high
        // half is carried into the low one.
        let (high, low) = (u128::from(self.0 >> 32), u128::from(self.0 & 0xffff_ffff));
        let (high, carried, low) = (high * factor, (high * factor % divisor) << 32, low * factor);
        let remainders = carried % divisor + low % divisor;
        let quotient = (high / divisor)
            .checked_mul(1 << 32)?
            .checked_add(carried / divisor)?
            .checked_add(low / divisor)?
            .checked_add(remainders / divisor)?;
        Some(Fraction { quotient, remainder: remainders % divisor, divisor })
    }
}

impl Fraction {
    /// `numerator / divisor`; `divisor` is not zero.
    pub(crate) fn of(numerator: u128, divisor: u128) -> Self {
        Self { quotient: numerator / divisor, remainder: numerator % divisor, divisor }
    }

    /// The nearest whole number in the way named, with a sign. `None` outside of `i64`.
    pub(crate) fn round(self, negative: bool, rounding: Rounding) -> Option<i64> {
        let up = rounding.steps_up(negative, self.quotient, self.remainder, self.divisor);
        signed(negative, self.quotient.checked_add(u128::from(up))?)
    }
}

/// A magnitude with its sign. `None` outside of `i64`.
pub(crate) fn signed(negative: bool, magnitude: u128) -> Option<i64> {
    let magnitude = i128::try_from(magnitude).ok()?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(value: i64, factor: u128, divisor: u128, expected: Option<(u128, u128)>) {
        let got = Magnitude::of(value).times_over(factor, divisor).map(|f| (f.quotient, f.remainder));
        assert_eq!(got, expected, "{value} * {factor} / {divisor}");
    }

    /// Expected values from integers of any length, computed elsewhere.
    #[test]
    fn products_wider_than_128_bits() {
        let widest = FACTOR_END - 1;
        let e28 = 10u128.pow(28);
        check(i64::MIN, widest, e28, Some(WIDEST_OVER_E28));
        check(i64::MAX, 3_333_333_333_333_333_333_333_333_333, e28, Some(THIRD_OF_MAX));
        check(i64::MIN, widest, FACTOR_END, Some((9_223_372_036_854_775_807, FACTOR_END - (1 << 63))));
        check(i64::MIN, widest, 1, None);
        check(0, widest, 1, Some((0, 0)));
    }

    const WIDEST_OVER_E28: (u128, u128) = (73_075_081_866_545_145_910, 1_842_416_348_918_137_791_111_495_680);
    const THIRD_OF_MAX: (u128, u128) = (3_074_457_345_618_258_602, 3_333_333_330_258_875_987_715_074_731);

    proptest! {
        #[test]
        fn agrees_with_plain_arithmetic_where_that_fits(value: i64, factor in 0u128..1 << 64, divisor in 1u128..=1 << 96) {
            let product = u128::from(value.unsigned_abs()) * factor;
            let got = Magnitude::of(value).times_over(factor, divisor).unwrap();
            prop_assert_eq!((got.quotient, got.remainder), (product / divisor, product % divisor));
        }

        #[test]
        fn any_factor_is_answered_and_the_remainder_is_small(value: i64, factor in 0..FACTOR_END, divisor in 1..=FACTOR_END) {
            if let Some(f) = Magnitude::of(value).times_over(factor, divisor) {
                prop_assert!(f.remainder < divisor);
                // Both sides modulo 2^128.
                let back = f.quotient.wrapping_mul(divisor).wrapping_add(f.remainder);
                prop_assert_eq!(back, u128::from(value.unsigned_abs()).wrapping_mul(factor));
            }
        }
    }
}
