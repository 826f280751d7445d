//! How a fraction of a minor unit is decided.

use serde::{Deserialize, Serialize};

/// What to do with a fraction of the last unit. Serializes in snake case: `half_even`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest; a half to the even neighbour: 2.5 to 2, 3.5 to 4, -2.5 to -2. "Banker's rounding".
    HalfEven,
    /// To the nearest; a half away from zero: 2.5 to 3, -2.5 to -3. "Commercial rounding".
    HalfUp,
    /// Toward zero: 2.9 to 2, -2.9 to -2.
    Down,
    /// Away from zero: 2.1 to 3, -2.1 to -3.
    Up,
    /// Toward minus infinity: 2.9 to 2, -2.1 to -3.
    Floor,
    /// Toward plus infinity: 2.1 to 3, -2.9 to -2.
    Ceiling,
}

impl Rounding {
    /// Whether the magnitude `quotient + remainder / divisor` goes up to `quotient + 1`; `remainder < divisor`.
    pub(crate) fn steps_up(self, negative: bool, quotient: u128, remainder: u128, divisor: u128) -> bool {
        if remainder == 0 {
            return false;
        }
        // The complement is never zero here, so nothing can overflow as twice the remainder might.
        let half = remainder.cmp(&(divisor - remainder));
        match self {
            Self::HalfEven => half.is_gt() || half.is_eq() && quotient % 2 == 1,
            Self::HalfUp => half.is_ge(),
            Self::Down => false,
            Self::Up => true,
            Self::Floor => negative,
            Self::Ceiling => !negative,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Magnitude;

    /// Rounds tenths to whole numbers.
    fn check(rounding: Rounding, cases: &[(i64, i64)]) {
        for (tenths, whole) in cases {
            let got = Magnitude::of(*tenths).times_over(1, 10).unwrap().round(*tenths < 0, rounding);
            assert_eq!(got, Some(*whole), "{rounding:?} of {tenths} tenths");
        }
    }

    #[test]
    fn each_way_on_both_sides_of_zero() {
        check(
            Rounding::HalfEven,
            &[(25, 2), (35, 4), (-25, -2), (-35, -4), (26, 3), (24, 2), (20, 2), (0, 0), (5, 0), (-5, 0)],
        );
        check(Rounding::HalfUp, &[(25, 3), (35, 4), (-25, -3), (24, 2), (-24, -2), (26, 3), (-30, -3)]);
        check(Rounding::Down, &[(29, 2), (-29, -2), (30, 3), (-30, -3)]);
        check(Rounding::Up, &[(21, 3), (-21, -3), (20, 2), (-20, -2)]);
        check(Rounding::Floor, &[(29, 2), (-21, -3), (-20, -2)]);
        check(Rounding::Ceiling, &[(21, 3), (-29, -2), (20, 2)]);
    }

    #[test]
    fn names_in_json() {
        assert_eq!(serde_json::to_string(&Rounding::HalfEven).unwrap(), "\"half_even\"");
        assert_eq!(serde_json::from_str::<Rounding>("\"ceiling\"").unwrap(), Rounding::Ceiling);
    }
}
