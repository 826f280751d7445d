//! The check digit of card numbers: modulus 10, double-add-double (ISO/IEC 7812-1:2017, annex B).

/// Whether the last digit is the check digit of those before it. At least two characters, all of them `0` to `9`;
/// anything else is `false`.
pub fn luhn_valid(digits: &str) -> bool {
    let Some((body, check)) = digits.len().checked_sub(1).and_then(|at| digits.split_at_checked(at)) else {
        return false;
    };
    luhn_check_digit(body).is_some_and(|expected| check.chars().eq([expected]))
}

/// The same of digits as numbers, each 0 to 9. At least two.
pub fn luhn_valid_digits(digits: &[u8]) -> bool {
    digits.len() >= 2 && luhn_sum(digits.iter().copied(), false).is_multiple_of(10)
}

/// What digits from the right add up to, every second one doubled; `first`: whether the last one is.
fn luhn_sum(digits: impl DoubleEndedIterator<Item = u8>, first: bool) -> u32 {
    // A doubled digit of two counts as the sum of both.
    const DOUBLED: [u8; 10] = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let mut double = !first;
    digits.rev().fold(0_u32, |sum, digit| {
        double = !double;
        // Kept modulo 10, so a text of any length is fine.
        (sum + u32::from(if double { DOUBLED[usize::from(digit % 10)] } else { digit })) % 10
    })
}

/// The digit that makes `digits` followed by it valid. `None` if empty or not all `0` to `9`.
///
/// ```
/// assert_eq!(pmts_sensitive::luhn_check_digit("7992739871"), Some('3'));
/// ```
pub fn luhn_check_digit(digits: &str) -> Option<char> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Of what stands before the check digit, the last one is doubled.
    let sum = luhn_sum(digits.bytes().map(|byte| byte - b'0'), true);
    char::from_digit((10 - sum) % 10, 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_numbers() {
        for good in ["4242424242424242", "378282246310005", "30569309025904", "6074819900004939", "00"] {
            assert!(luhn_valid(good), "{good}");
        }
        for bad in ["4242424242424241", "", "0", "4", "42a2", "42 42", "é0", "0é", "\u{661}\u{662}"] {
            assert!(!luhn_valid(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn one_changed_digit_is_noticed(body in "[0-9]{1,30}", at: prop::sample::Index, by in 1u8..10) {
            let whole = format!("{body}{}", luhn_check_digit(&body).unwrap());
            prop_assert!(luhn_valid(&whole));
            let values = |text: &str| text.bytes().map(|b| b - b'0').collect::<Vec<u8>>();
            prop_assert!(luhn_valid_digits(&values(&whole)));
            let mut changed = whole.into_bytes();
            let at = at.index(changed.len());
            changed[at] = b'0' + (changed[at] - b'0' + by) % 10;
            let changed = std::str::from_utf8(&changed).unwrap();
            prop_assert!(!luhn_valid(changed) && !luhn_valid_digits(&values(changed)));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,30}") {
            let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            prop_assert_eq!(luhn_check_digit(&text).is_some(), all_digits);
            prop_assert!(all_digits || !luhn_valid(&text));
        }
    }
}
