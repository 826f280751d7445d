//! ABA routing numbers: nine digits, the last one a check digit (weights 3, 7, 1).

use crate::PayoutsError;
use crate::error::codes;

/// The check digit of the first eight digits of a routing number; `None` if they are no eight digits.
pub fn aba_check_digit(eight: &[u8]) -> Option<u8> {
    let eight: &[u8; 8] = eight.try_into().ok()?;
    let mut sum = 0;
    for (digit, weight) in eight.iter().zip([3, 7, 1, 3, 7, 1, 3, 7u32]) {
        if !digit.is_ascii_digit() {
            return None;
        }
        sum += u32::from(digit - b'0') * weight;
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

/// Checks a routing number: nine digits, a prefix that the Federal Reserve gives out (00 to 12, 21 to 32, 61 to 72, 80)
/// and the check digit.
///
/// # Errors
/// [`PayoutsError::Account`].
pub fn aba(number: &str) -> Result<(), PayoutsError> {
    let refuse =
        |why| Err(PayoutsError::Account { kind: "ABA routing number", code: &codes::ABA_INVALID, why });
    let bytes = number.as_bytes();
    if bytes.len() != 9 || !bytes.iter().all(u8::is_ascii_digit) {
        return refuse("it has not nine digits");
    }
    let prefix = (bytes[0] - b'0') * 10 + bytes[1] - b'0';
    if !matches!(prefix, 0..=12 | 21..=32 | 61..=72 | 80) {
        return refuse("no bank has a number that begins so");
    }
    if aba_check_digit(&bytes[..8]) != Some(bytes[8] - b'0') {
        return refuse("the check digit is wrong");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_numbers_pass_and_others_do_not() {
        for good in ["231380104", "121042882", "091400606", "042000013", "021000021"] {
            aba(good).unwrap();
        }
        for bad in ["231380105", "23138010", "2313801040", "23138010a", "", "131380104", "990000000"] {
            assert!(aba(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(eight in "[0-9]{8}", place in 0usize..8, other in 1u8..10) {
            let check = aba_check_digit(eight.as_bytes()).unwrap();
            let mut wrong = eight.into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + other) % 10;
            prop_assert_ne!(aba_check_digit(&wrong), Some(check));
        }
    }
}
