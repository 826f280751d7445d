//! Card numbers where none belong: in descriptions, metadata, references. They are refused there, so that they are kept
//! nowhere but in the vault. Digits in a row are looked at more narrowly than by the scrubber: order numbers must not be refused.

use pmts_cards::Network;
use pmts_compliance::pci::scrub::{Caution, Finding, Form, Scrubber};
use pmts_sensitive::luhn_valid;
use zeroize::Zeroizing;

/// Fewest digits that are looked at: shorter numbers of no network in use are more often something else.
const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// Whether the text holds what must be taken for a card number: one in groups, in another script, percent-encoded or within base64, as the
/// scrubber finds them; or 13 to 19 digits in a row, single spaces and dashes between them left out, of a known network and a length it has, with
/// a correct check digit. Longer rows are no card number.
pub(crate) fn holds_card_number(text: &str) -> bool {
    let in_form = |found: &Finding| found.form != Form::Plain;
    in_a_row(text) || Scrubber::new(Caution::Any).find(text.as_bytes()).iter().any(in_form)
}

fn in_a_row(text: &str) -> bool {
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    let mut gap = false;
    for c in text.chars().chain(['.']) {
        match c {
            '0'..='9' => {
                digits.push(c);
                gap = false;
            }
            ' ' | '-' if !gap && !digits.is_empty() => gap = true,
            _ => {
                if is_card_number(&digits) {
                    return true;
                }
                digits.clear();
                gap = false;
            }
        }
    }
    false
}

fn is_card_number(digits: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&digits.len())
        && luhn_valid(digits)
        && Network::of_digits(digits)
            .is_some_and(|n| n.lengths().iter().any(|l| usize::from(*l) == digits.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_seen_and_other_numbers_are_not() {
        for card in [
            "4242424242424242",
            "x4242 4242-4242 4242y",
            "378282246310005",
            "a: 5555555555554444.",
            "4242.4242.4242.4242",
            "4242  4242  4242  4242",
            "4242,4242,4242,4242",
            "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
            "Y2FyZCA0MDEyODg4ODg4ODgxODgxIQ==",
        ] {
            assert!(holds_card_number(card), "{card}");
        }
        for other in [
            "",
            "4242424242424241",
            "42424242424242424242",
            "1795369458000",
            "order 536365, 12 items at 4.25",
            "0123456789012345",
            "4242,4242,4242,42",
            "4242;4242;4242;4242",
        ] {
            assert!(!holds_card_number(other), "{other}");
        }
    }
}
