//! The weighted edit distance of two words.

use super::costs::Costs;
use crate::aml::names::LETTERS_MAX;

/// What it costs at least to turn `a` into `b`, or `limit + 1` if that is more than `limit`. Neighbours may change places for the
/// cost of one error; a doubled letter may be written once for a third of one.
pub(crate) fn distance(a: &[u8], b: &[u8], costs: &Costs, limit: u16) -> u16 {
    if a == b {
        return 0;
    }
    let (a, b) = strip(a, b);
    let width = b.len() + 1;
    // Three rows: two letters back, one back, this one.
    let mut rows = [[0_u16; LETTERS_MAX + 1]; 3];
    for j in 1..width {
        rows[1][j] = rows[1][j - 1] + drop(b, j - 1, costs);
    }
    for i in 1..=a.len() {
        let [two_back, one_back, this] = &mut rows;
        let letter = usize::from(a[i - 1] & 127);
        let change = &costs.change[letter];
        let gone = drop(a, i - 1, costs);
        this[0] = one_back[0] + gone;
        let mut least = this[0];
        for j in 1..width {
            let other = usize::from(b[j - 1] & 127);
            let mut best = one_back[j - 1] + u16::from(change[other]);
            best = best.min(one_back[j] + gone).min(this[j - 1] + drop(b, j - 1, costs));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(two_back[j - 2] + 90);
            }
            this[j] = best;
            least = least.min(best);
        }
        if least > limit {
            return limit + 1;
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()].min(limit + 1)
}

/// Without what both begin and end with: it costs nothing. A letter is left at each side of the difference, for doubled letters
/// and for neighbours that changed places.
fn strip<'a>(mut a: &'a [u8], mut b: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    while a.len() > 1 && b.len() > 1 && a[0] == b[0] && a[1] == b[1] {
        (a, b) = (&a[1..], &b[1..]);
    }
    while let ([a_head @ .., a1, a2], [b_head @ .., b1, b2]) = (a, b) {
        if a1 != b1 || a2 != b2 || a_head.is_empty() || b_head.is_empty() {
            break;
        }
        (a, b) = (&a[..a.len() - 1], &b[..b.len() - 1]);
    }
    (a, b)
}

fn drop(word: &[u8], at: usize, costs: &Costs) -> u16 {
    let letter = word[at];
    let cost = u16::from(costs.drop[usize::from(letter & 127)]);
    if at > 0 && word[at - 1] == letter { cost.min(35) } else { cost }
}

#[cfg(test)]
mod tests {
    use super::super::costs::{OPEN, SPELLED, STRICT};
    use super::*;
    use proptest::prelude::*;

    fn spelled(a: &str, b: &str) -> u16 {
        distance(a.as_bytes(), b.as_bytes(), &SPELLED, 1_000)
    }

    #[test]
    fn likely_errors_cost_less() {
        assert_eq!(spelled("merkel", "merkel"), 0);
        assert_eq!(spelled("anglea", "angela"), 90);
        assert_eq!(spelled("wallmart", "walmart"), 35);
        assert_eq!(spelled("citygroup", "citigroup"), 30);
        assert_eq!(spelled("glenmore", "glencore"), 100);
        assert!(spelled("martin", "mahon") > 200);
        assert_eq!(distance(b"kitten", b"sitting", &STRICT, 1_000), 300);
        assert_eq!(distance(b"kitten", b"sitting", &STRICT, 150), 151);
    }

    #[test]
    fn words_without_vowels_meet_their_spellings() {
        for (abjad, latin) in [("sdAm", "sadam"), ("hsYn", "husen"), ("tkrYtY", "tikriti"), ("EzH", "aza")] {
            let cost = distance(abjad.as_bytes(), latin.as_bytes(), &OPEN, 1_000);
            assert!(cost <= 20, "{abjad} {latin} {cost}");
        }
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_zero_only_for_equal_words(a in "[a-d]{0,9}", b in "[a-d]{0,9}") {
            let forth = distance(a.as_bytes(), b.as_bytes(), &SPELLED, 2_000);
            prop_assert_eq!(forth, distance(b.as_bytes(), a.as_bytes(), &SPELLED, 2_000));
            prop_assert_eq!(forth == 0, a == b);
            let limit = forth.saturating_sub(1);
            prop_assert!(distance(a.as_bytes(), b.as_bytes(), &SPELLED, limit) >= forth.min(limit + 1));
        }
    }
}
