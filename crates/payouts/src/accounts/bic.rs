//! BIC, ISO 9362: four letters or digits, a country, two characters of location, and perhaps three of a branch.

use super::country::is_country;
use crate::PayoutsError;
use crate::error::codes;

/// Checks a BIC of 8 or 11 characters, and its country.
///
/// # Errors
/// [`PayoutsError::Account`].
pub fn bic(text: &str) -> Result<(), PayoutsError> {
    let refuse = |why| Err(PayoutsError::Account { kind: "BIC", code: &codes::BIC_INVALID, why });
    if !matches!(text.len(), 8 | 11) {
        return refuse("it has not 8 or 11 characters");
    }
    if !text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return refuse("it has other characters than capitals and digits");
    }
    if !is_country(&text[4..6]) {
        return refuse("its fifth and sixth character are no country");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::bic;

    #[test]
    fn form_and_country() {
        for good in ["DEUTDEFF", "DEUTDEFF500", "NEDSZAJJXXX", "PRIBXKPR"] {
            bic(good).unwrap();
        }
        for bad in ["DEUTDEF", "DEUTXYFF", "deutdeff", "DEUTDEFF50", "", "DEUTDÉFF"] {
            assert!(bic(bad).is_err(), "{bad}");
        }
    }
}
