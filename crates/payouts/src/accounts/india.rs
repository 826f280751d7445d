//! Identifiers in India: the IFSC of a branch, and the address of a UPI account (VPA).

use crate::PayoutsError;
use crate::error::codes;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::OnceLock;

#[derive(Deserialize, Default)]
struct Banks {
    banks: BTreeSet<String>,
}

fn banks() -> &'static BTreeSet<String> {
    static READ: OnceLock<Banks> = OnceLock::new();
    &READ.get_or_init(|| toml::from_str(include_str!("../../data/ifsc.toml")).unwrap_or_default()).banks
}

/// Checks an IFSC: four letters of a known bank, a zero, six letters or digits. Whether the branch exists is not known
/// here.
///
/// # Errors
/// [`PayoutsError::Account`].
pub fn ifsc(text: &str) -> Result<(), PayoutsError> {
    let refuse = |why| Err(PayoutsError::Account { kind: "IFSC", code: &codes::IFSC_INVALID, why });
    let bytes = text.as_bytes();
    if bytes.len() != 11
        || bytes[4] != b'0'
        || !bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    {
        return refuse("it is four letters, a zero and six letters or digits");
    }
    if !banks().contains(&text[..4]) {
        return refuse("no bank has these first four letters");
    }
    Ok(())
}

/// Banks that have IFSCs: their first four letters, sorted.
pub fn ifsc_banks() -> impl Iterator<Item = &'static str> {
    banks().iter().map(String::as_str)
}

/// Checks the address of a UPI account: 2 to 256 letters, digits, dots, dashes or underscores, `@`, and 2 to 64 letters.
///
/// # Errors
/// [`PayoutsError::Account`].
pub fn vpa(text: &str) -> Result<(), PayoutsError> {
    let refuse = |why| Err(PayoutsError::Account { kind: "UPI address", code: &codes::VPA_INVALID, why });
    let Some((name, handle)) = text.split_once('@') else { return refuse("it has no @") };
    if !(2..=256).contains(&name.len())
        || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    {
        return refuse("before the @ stand 2 to 256 letters, digits, dots, dashes or underscores");
    }
    if !(2..=64).contains(&handle.len()) || !handle.bytes().all(|b| b.is_ascii_alphabetic()) {
        return refuse("after the @ stand 2 to 64 letters");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ifsc_and_vpa() {
        for good in ["HDFC0CAACOB", "SBIN0000001"] {
            ifsc(good).unwrap();
        }
        for bad in ["HDFC1CAACOB", "XXXX0000001", "HDFC0CAACO", "hdfc0caacob", ""] {
            assert!(ifsc(bad).is_err(), "{bad}");
        }
        for good in ["ada.seller@okbank", "98765_4-3@upi"] {
            vpa(good).unwrap();
        }
        for bad in ["a@upi", "ada@u", "ada@bank.com", "ada", "a da@upi", "ada@ba@nk", "ádá@upi"] {
            assert!(vpa(bad).is_err(), "{bad}");
        }
        assert_eq!(ifsc_banks().count(), 1346);
    }
}
