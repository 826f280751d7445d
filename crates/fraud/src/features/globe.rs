//! Distances on the earth, in whole numbers.

use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// A place, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    latitude: i32,
    longitude: i32,
}

impl Place {
    /// Degrees in millionths: latitude within 90, longitude within 180 to both sides.
    pub(super) fn new(latitude: i64, longitude: i64) -> Option<Self> {
        let within = |n: i64, most: i64| i32::try_from(n).ok().filter(|_| n.abs() <= most);
        Some(Self { latitude: within(latitude, 90_000_000)?, longitude: within(longitude, 180_000_000)? })
    }
}

/// One, for sines.
const UNIT: i64 = 1_000_000_000;

/// The sine of 0 to 90 degrees.
fn table() -> &'static [i64; 91] {
    static TABLE: OnceLock<[i64; 91]> = OnceLock::new();
    TABLE.get_or_init(|| {
        // sin(n + 1) = 2 cos(1) sin(n) - sin(n - 1), with sin and cos of one degree to 18 digits.
        const ONE: i128 = 1_000_000_000_000_000_000;
        const SIN_1: i128 = 17_452_406_437_283_513;
        const COS_1: i128 = 999_847_695_156_391_239;
        let mut sines = [0_i64; 91];
        let (mut before, mut now) = (0_i128, SIN_1);
        for sine in sines.iter_mut().skip(1) {
            *sine = i64::try_from(now / (ONE / i128::from(UNIT))).unwrap_or(UNIT).min(UNIT);
            (before, now) = (now, 2 * COS_1 * now / ONE - before);
        }
        sines
    })
}

/// The sine of millionths of a degree, in billionths: between whole degrees along the line.
fn sine(angle: i64) -> i64 {
    let turned = angle.rem_euclid(360_000_000);
    let (sign, half) = if turned >= 180_000_000 { (-1, turned - 180_000_000) } else { (1, turned) };
    let quarter = if half > 90_000_000 { 180_000_000 - half } else { half };
    let (degree, rest) = (quarter / 1_000_000, quarter % 1_000_000);
    let at = |d: i64| usize::try_from(d).ok().and_then(|d| table().get(d)).copied().unwrap_or(UNIT);
    sign * (at(degree) + (at(degree + 1) - at(degree)) * rest / 1_000_000)
}

/// How far two places are apart in a straight line through the earth, in kilometres: never more than the way between them, and within a
/// tenth of it up to 10,000 km.
pub(super) fn kilometres(a: Place, b: Place) -> i64 {
    const RADIUS: i128 = 6_371;
    let point = |p: Place| {
        let (lat, lon) = (i64::from(p.latitude), i64::from(p.longitude));
        let flat = |n: i64| i128::from(sine(lat + 90_000_000)) * i128::from(n) / i128::from(UNIT);
        [flat(sine(lon + 90_000_000)), flat(sine(lon)), i128::from(sine(lat))]
    };
    let square: i128 = point(a).iter().zip(point(b)).map(|(a, b)| (a - b) * (a - b)).sum();
    i64::try_from(square.max(0).isqrt() * RADIUS / i128::from(UNIT)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_distances() {
        let place = |lat, lon| Place::new(lat, lon).unwrap();
        let pole = place(90_000_000, 0);
        assert!((9_000..=9_015).contains(&kilometres(pole, place(0, 0))), "the chord of a quarter");
        assert!((12_735..=12_742).contains(&kilometres(place(0, 0), place(0, 180_000_000))));
        assert!(
            (110..=112).contains(&kilometres(place(0, 0), place(0, 1_000_000))),
            "a degree at the equator"
        );
        assert_eq!(kilometres(pole, place(90_000_000, 77_000_000)), 0, "the pole is one place");
        assert_eq!(Place::new(91_000_000, 0), None);
    }
}
