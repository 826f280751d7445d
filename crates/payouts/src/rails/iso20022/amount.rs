//! Amounts as messages write them.

use pmts_money::{Currency, Money, MoneyError};

/// Reads an amount. Zeros beyond the digits of the currency do not count: 18.15000 EUR is 18.15 EUR.
///
/// # Errors
/// Those of [`Money::parse`] and [`Currency::from_code`].
pub(super) fn amount(text: &str, currency: &str) -> Result<Money, MoneyError> {
    let currency = Currency::from_code(currency)?;
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    let digits = usize::from(currency.digits());
    let short = match text.split_once('.') {
        Some((whole, fraction)) if fraction.len() > digits => {
            let kept = fraction.trim_end_matches('0').len().max(digits);
            let end = if kept == 0 { whole.len() } else { whole.len() + 1 + kept };
            &text[..end]
        }
        _ => text,
    };
    Money::parse(short, currency)
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn zeros_at_the_end_do_not_count() {
        for (text, code, minor) in [
            ("18.15000", "EUR", 1815),
            ("18.1", "EUR", 1810),
            ("18", "EUR", 1800),
            ("500.00", "JPY", 500),
            (" 1.250 ", "KWD", 1250),
        ] {
            assert_eq!(amount(text, code).unwrap().minor(), minor, "{text}");
        }
        for (text, code) in [("18.155", "EUR"), ("0.5", "JPY"), ("1", "XQQ"), ("", "EUR"), ("1,5", "EUR")] {
            assert!(amount(text, code).is_err(), "{text}");
        }
    }
}
