//! IBAN, ISO 13616: country, two check digits, and the country's own account number.

use crate::PayoutsError;
use crate::error::codes;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What the registry says of a country.
#[derive(Debug, Deserialize)]
struct Structure {
    bban: String,
    sepa: bool,
}

fn structures() -> &'static BTreeMap<String, Structure> {
    static READ: OnceLock<BTreeMap<String, Structure>> = OnceLock::new();
    READ.get_or_init(|| toml::from_str(include_str!("../../data/iban.toml")).unwrap_or_default())
}

/// A checked IBAN, without spaces.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Iban(String);

impl Iban {
    /// Checks an IBAN as it is kept in files: capitals and digits without spaces.
    ///
    /// # Errors
    /// [`PayoutsError::Account`]: what is wrong, but not the number itself.
    pub fn parse(text: &str) -> Result<Self, PayoutsError> {
        let refuse = |why| Err(PayoutsError::Account { kind: "IBAN", code: &codes::IBAN_INVALID, why });
        if !text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return refuse("it has other characters than capitals and digits");
        }
        let (Some(country), Some(check), Some(bban)) = (text.get(..2), text.get(2..4), text.get(4..)) else {
            return refuse("it is too short");
        };
        let Some(structure) = structures().get(country) else {
            return refuse("the country has no IBAN");
        };
        if !check.bytes().all(|b| b.is_ascii_digit()) {
            return refuse("the check digits are no digits");
        }
        match fits(&structure.bban, bban.as_bytes()) {
            Some(true) => {}
            Some(false) => return refuse("the account number has not the form of its country"),
            None => return refuse("it has not the length of its country"),
        }
        if mod97(text) != 1 || !matches!(check.parse(), Ok(2..=98)) {
            return refuse("the check digits are wrong");
        }
        Ok(Self(text.to_owned()))
    }

    /// Checks an IBAN as people write it: small letters, and spaces between groups.
    ///
    /// # Errors
    /// As [`Iban::parse`].
    pub fn parse_written(text: &str) -> Result<Self, PayoutsError> {
        Self::parse(&text.replace([' ', '\u{a0}'], "").to_ascii_uppercase())
    }

    /// The IBAN, without spaces: for files, not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country: `DE`.
    pub fn country(&self) -> &str {
        &self.0[..2]
    }

    /// Whether the country takes part in SEPA.
    pub fn is_sepa(&self) -> bool {
        structures().get(self.country()).is_some_and(|s| s.sepa)
    }

    /// Countries that have IBANs: code, structure of the BBAN, whether in SEPA. By code.
    pub fn countries() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        structures().iter().map(|(country, s)| (country.as_str(), s.bban.as_str(), s.sepa))
    }
}

/// Country and last four characters.
impl std::fmt::Debug for Iban {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Iban({}..{})", self.country(), &self.0[self.0.len().saturating_sub(4)..])
    }
}

/// Whether an account number has the form `4!a6!n8!n`; `None` if it has another length.
fn fits(form: &str, bban: &[u8]) -> Option<bool> {
    let mut rest = bban;
    let mut good = true;
    let mut form = form.as_bytes();
    while !form.is_empty() {
        let digits = form.iter().take_while(|b| b.is_ascii_digit()).count();
        let len: usize = std::str::from_utf8(&form[..digits]).ok()?.parse().ok()?;
        let kind = *form.get(digits + 1)?;
        form = &form[digits + 2..];
        let (part, more) = rest.split_at_checked(len)?;
        good &= part.iter().all(|b| match kind {
            b'n' => b.is_ascii_digit(),
            b'a' => b.is_ascii_uppercase(),
            _ => b.is_ascii_uppercase() || b.is_ascii_digit(),
        });
        rest = more;
    }
    rest.is_empty().then_some(good)
}

/// The remainder by 97 of the number that the IBAN stands for, its first four characters last.
fn mod97(text: &str) -> u32 {
    let (head, bban) = text.split_at(4);
    bban.bytes().chain(head.bytes()).fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_examples_pass_and_damaged_ones_do_not() {
        for good in [
            "GB82WEST12345698765432",
            "DE89370400440532013000",
            "PK36SCBL0000001123456702",
            "NO9386011117947",
            "FR1420041010050500013M02606",
            "MT84MALT011000012345MTLCAST001S",
            "BR1800360305000010009795493C1",
        ] {
            assert_eq!(Iban::parse(good).unwrap().as_str(), good);
        }
        assert!(Iban::parse("DE89370400440532013000").unwrap().is_sepa());
        assert!(!Iban::parse("PK36SCBL0000001123456702").unwrap().is_sepa());
        assert!(Iban::parse_written("gb82 west 1234 5698 7654 32").is_ok());
        for bad in [
            "GB82WEST12345698765433",
            "GB82WEST1234569876543",
            "GB82WEST123456987654322",
            "GB821234WEST5698765432",
            "US82WEST12345698765432",
            "gb82WEST12345698765432",
            "GB",
            "",
            "GB82 WEST",
        ] {
            let error = Iban::parse(bad).unwrap_err();
            assert!(bad.len() < 5 || !error.to_string().contains(bad), "{error}");
        }
        assert_eq!(format!("{:?}", Iban::parse("DE89370400440532013000").unwrap()), "Iban(DE..3000)");
    }

    #[test]
    fn every_structure_is_understood() {
        assert_eq!(Iban::countries().count(), 105);
        for (country, form, _) in Iban::countries() {
            assert_eq!(fits(form, b""), None, "{country}");
            let found = (1..=30).filter(|n| fits(form, &vec![b'?'; *n]).is_some()).count();
            assert_eq!(found, 1, "{country} {form}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_and_one_wrong_digit_is_found(text in "\\PC{0,40}", place in 4usize..22, other in 1u8..10) {
            let _ = (Iban::parse(&text), Iban::parse_written(&text));
            let mut bytes = b"DE89370400440532013000".to_vec();
            bytes[place] = b'0' + (bytes[place] - b'0' + other) % 10;
            prop_assert!(Iban::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
        }
    }
}
