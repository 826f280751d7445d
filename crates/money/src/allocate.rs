//! Splits: the parts always add up to the whole.

use crate::exact::{FACTOR_END, Magnitude, signed};
use crate::{Money, MoneyError};
use rust_decimal::Decimal;

impl Money {
    /// Splits by whole-number weights, one part per weight, in the order given.
    ///
    /// Method of the largest remainder: each part is its exact share cut to whole minor units; the units that are left
    /// go, one each, to the parts that lost most by the cut, **the earlier one first** where they lost equally. A weight
    /// of zero gets nothing. A negative amount is split like the positive one, with the sign put back.
    ///
    /// # Errors
    /// [`MoneyError::NoWeights`] if there is no weight above zero.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let weights: Vec<u128> = weights.iter().copied().map(u128::from).collect();
        self.allocate_wide(&weights)
    }

    /// Splits into equal parts; where that does not come out even, the earlier ones get one minor unit more.
    ///
    /// # Errors
    /// [`MoneyError::NoWeights`] for no parts at all.
    pub fn split_even(self, parts: u32) -> Result<Vec<Self>, MoneyError> {
        self.allocate_wide(&vec![1; usize::try_from(parts).unwrap_or(usize::MAX)])
    }

    /// Splits by decimal ratios, which need not add up to one: like [`Money::allocate`] by the ratios as they are,
    /// exactly.
    ///
    /// # Errors
    /// [`MoneyError::NegativeRatio`]; [`MoneyError::RatiosTooFine`] if the ratios, put on a common scale and reduced,
    /// add up to more than 28 digits; [`MoneyError::NoWeights`].
    pub fn allocate_by_ratios(self, ratios: &[Decimal]) -> Result<Vec<Self>, MoneyError> {
        if let Some(ratio) = ratios.iter().find(|r| r.is_sign_negative() && !r.is_zero()) {
            return Err(MoneyError::NegativeRatio { ratio: *ratio });
        }
        let plain: Vec<Decimal> = ratios.iter().map(Decimal::normalize).collect();
        let scale = plain.iter().map(Decimal::scale).max().unwrap_or(0);
        let weights = plain.iter().map(|ratio| {
            let factor = 10u128.pow(scale - ratio.scale());
            ratio.mantissa().unsigned_abs().checked_mul(factor).ok_or(MoneyError::RatiosTooFine)
        });
        let weights = weights.collect::<Result<Vec<u128>, _>>()?;
        let divisor = weights.iter().copied().fold(0, greatest_common_divisor).max(1);
        self.allocate_wide(&weights.iter().map(|w| w / divisor).collect::<Vec<_>>())
    }

    fn allocate_wide(self, weights: &[u128]) -> Result<Vec<Self>, MoneyError> {
        let total = weights
            .iter()
            .try_fold(0u128, |sum, weight| sum.checked_add(*weight))
            .filter(|total| *total < FACTOR_END)
            .ok_or(MoneyError::RatiosTooFine)?;
        if total == 0 {
            return Err(MoneyError::NoWeights);
        }

        let whole = Magnitude::of(self.minor());
        let shares = weights
            .iter()
            .map(|weight| whole.times_over(*weight, total).expect("a share is not larger than the whole"));
        let (mut parts, lost): (Vec<u128>, Vec<u128>) = shares.map(|s| (s.quotient, s.remainder)).unzip();

        let left = u128::from(self.minor().unsigned_abs()) - parts.iter().sum::<u128>();
        let left = usize::try_from(left).expect("less than one unit was cut from each part");
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by(|a, b| lost[*b].cmp(&lost[*a])); // stable: the earlier first
        for at in &order[..left] {
            parts[*at] += 1;
        }

        let money = |part| {
            let minor = signed(self.is_negative(), part).expect("a part is not larger than the whole");
            Self::new(minor, self.currency())
        };
        Ok(parts.into_iter().map(money).collect())
    }
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn minors(parts: Result<Vec<Money>, MoneyError>) -> Vec<i64> {
        parts.unwrap().into_iter().map(Money::minor).collect()
    }

    fn ratios(texts: &[&str]) -> Vec<Decimal> {
        texts.iter().map(|t| Decimal::from_str_exact(t).unwrap()).collect()
    }

    #[test]
    fn by_weights() {
        let check = |minor, weights: &[u64], expected: &[i64]| {
            assert_eq!(minors(eur(minor).allocate(weights)), expected, "{minor} by {weights:?}");
        };
        check(100, &[1, 1, 1], &[34, 33, 33]);
        check(-100, &[1, 1, 1], &[-34, -33, -33]);
        check(101, &[1, 1, 1], &[34, 34, 33]);
        check(5, &[3, 7], &[2, 3]); // 1.5 and 3.5: equal loss, the earlier one
        check(5, &[7, 3], &[4, 1]);
        check(10, &[1, 0, 2], &[3, 0, 7]); // 3.33 and 6.67: the larger loss
        check(1, &[0, 0, 1, 1], &[0, 0, 1, 0]);
        check(0, &[1, 2], &[0, 0]);
        check(i64::MIN, &[1], &[i64::MIN]);
        check(i64::MAX, &[u64::MAX, u64::MAX], &[(i64::MAX >> 1) + 1, i64::MAX >> 1]);
        assert_eq!(eur(1).allocate(&[]), Err(MoneyError::NoWeights));
        assert_eq!(eur(1).allocate(&[0, 0]), Err(MoneyError::NoWeights));
    }

    #[test]
    fn in_equal_parts() {
        assert_eq!(minors(eur(-7).split_even(3)), [-3, -2, -2]);
        assert_eq!(minors(eur(2).split_even(4)), [1, 1, 0, 0]);
        assert_eq!(eur(2).split_even(0), Err(MoneyError::NoWeights));
    }

    #[test]
    fn by_ratios() {
        let check = |minor, texts: &[&str], expected: &[i64]| {
            assert_eq!(
                minors(eur(minor).allocate_by_ratios(&ratios(texts))),
                expected,
                "{minor} by {texts:?}"
            );
        };
        check(1000, &["0.5", "0.25", "0.250"], &[500, 250, 250]);
        check(1000, &["70", "12.5", "17.5"], &[700, 125, 175]);
        check(100, &["0.3333333333333333333333333333", "0.6666666666666666666666666667"], &[33, 67]);
        check(1000, &["2000000000000000000000000000", "2000000000000000000000000000.0"], &[500, 500]);
        check(1, &["0.0000000000000000000000000001", "-0.0"], &[1, 0]);
        let refused = |texts: &[&str]| eur(1).allocate_by_ratios(&ratios(texts)).unwrap_err();
        assert_eq!(
            refused(&["1", "-0.5"]).to_string(),
            "an amount cannot be split by the negative ratio -0.5"
        );
        assert_eq!(
            refused(&["10000000000000000000000000000", "0.0000000000000000000000000001"]),
            MoneyError::RatiosTooFine
        );
        assert_eq!(refused(&[]), MoneyError::NoWeights);
        assert_eq!(refused(&["0.00", "0"]), MoneyError::NoWeights);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_are_fair(minor: i64, weights in prop::collection::vec(prop_oneof![0u64..5, any::<u64>()], 1..12)) {
            let total: u128 = weights.iter().copied().map(u128::from).sum();
            prop_assume!(total > 0);
            let parts = eur(minor).allocate(&weights).unwrap();
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(Money::sum(Currency::EUR, parts.iter().copied()), Ok(eur(minor)));
            let size = u128::from(minor.unsigned_abs());
            for (part, weight) in parts.iter().zip(&weights) {
                // Within one unit of the exact share, on the same side of zero.
                let cut = size * u128::from(*weight) / total;
                let part_size = u128::from(part.minor().unsigned_abs());
                prop_assert!(part_size == cut || part_size == cut + 1 && *weight > 0);
                prop_assert!(part.is_zero() || part.is_negative() == (minor < 0));
            }
        }

        #[test]
        fn equal_parts_are_equal_weights_and_differ_by_one_at_most(minor: i64, count in 1usize..40) {
            let parts = minors(eur(minor).split_even(u32::try_from(count).unwrap()));
            prop_assert_eq!(&parts, &minors(eur(minor).allocate(&vec![3; count])));
            let sizes: Vec<u64> = parts.iter().map(|p| p.unsigned_abs()).collect();
            prop_assert!(sizes.is_sorted_by(|a, b| a >= b) && sizes[0] - sizes[count - 1] <= 1);
        }

        #[test]
        fn ratios_like_weights(minor: i64, weights in prop::collection::vec(0u32..1_000_000, 1..8), scale in 0u32..20) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let wide: Vec<u64> = weights.iter().copied().map(u64::from).collect();
            let ratios: Vec<_> = weights.iter().map(|w| Decimal::from_i128_with_scale(i128::from(*w), scale)).collect();
            prop_assert_eq!(eur(minor).allocate_by_ratios(&ratios), eur(minor).allocate(&wide));
        }

        #[test]
        fn any_ratios_are_answered(minor: i64, raw in prop::collection::vec((-((1i128 << 96) - 1)..1 << 96, 0u32..=28), 0..5)) {
            let ratios: Vec<_> = raw.iter().map(|(m, s)| Decimal::from_i128_with_scale(*m, *s)).collect();
            if let Ok(parts) = eur(minor).allocate_by_ratios(&ratios) {
                prop_assert_eq!(Money::sum(Currency::EUR, parts), Ok(eur(minor)));
            }
        }
    }
}
