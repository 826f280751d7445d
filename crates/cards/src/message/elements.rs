//! The inner form of single fields.

use crate::iso8583::{Message, Mti};
use crate::{CardsError, Merchant, MessageKey, OriginalData};
use pmts_money::{Currency, Money};

/// A number in exactly `N` digits with zeros on the left; `None` if it has more.
pub(super) fn digits<const N: usize>(mut number: u64) -> Option<[u8; N]> {
    let mut out = [b'0'; N];
    for digit in out.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    (number == 0).then_some(out)
}

/// The number that digits stand for; `None` if there are none, more than 18, or other characters.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |n, d| d.is_ascii_digit().then(|| n * 10 + u64::from(d - b'0')))
}

/// Field 4: an amount in minor units.
pub(super) fn amount(money: Money) -> Result<[u8; 12], CardsError> {
    let minor = u64::try_from(money.minor()).ok();
    minor.and_then(digits).ok_or(CardsError::RequestValue { what: "amount is 0 to 999999999999 minor units" })
}

/// Fields 4 and 49.
pub(super) fn read_money(message: &Message) -> Result<Money, CardsError> {
    read_amount(4, message.need(4)?, read_currency(message)?)
}

pub(super) fn read_amount(field: u8, digits: &[u8], currency: Currency) -> Result<Money, CardsError> {
    let minor = number(digits).and_then(|n| i64::try_from(n).ok());
    Ok(Money::new(minor.ok_or(CardsError::FieldMeaning { field, expected: "an amount" })?, currency))
}

pub(super) fn read_currency(message: &Message) -> Result<Currency, CardsError> {
    let numeric = number(message.need(49)?).and_then(|n| u16::try_from(n).ok());
    let currency = numeric.and_then(|n| Currency::from_numeric(n).ok());
    currency.ok_or(CardsError::FieldMeaning { field: 49, expected: "a numeric currency code of ISO 4217" })
}

/// Fields 11 and 7.
pub(super) fn read_key(message: &Message) -> Result<MessageKey, CardsError> {
    let read = |field| {
        let value = number(message.need(field)?).and_then(|n| u32::try_from(n).ok());
        value.ok_or(CardsError::FieldMeaning { field, expected: "digits in 32 bits" })
    };
    Ok(MessageKey { stan: read(11)?, transmitted: read(7)? })
}

/// Field 43: name, city and country.
pub(super) fn name_and_location(merchant: &Merchant) -> Result<[u8; 40], CardsError> {
    let mut out = [b' '; 40];
    fill(&mut out[..25], &merchant.name);
    fill(&mut out[25..38], &merchant.city);
    match merchant.country.as_bytes() {
        code @ [b'A'..=b'Z', b'A'..=b'Z'] => out[38..].copy_from_slice(code),
        _ => return Err(CardsError::RequestValue { what: "merchant country is two capital letters" }),
    }
    Ok(out)
}

pub(super) fn fill(place: &mut [u8], text: &str) {
    let ascii = |c: char| if matches!(c, ' '..='~') { c as u8 } else { b'?' };
    place.iter_mut().zip(text.chars().map(ascii)).for_each(|(to, from)| *to = from);
}

/// Field 90: the message that is referred to.
pub(super) fn original(data: &OriginalData) -> Result<[u8; 42], CardsError> {
    let key = data.keys.message_key()?;
    let acquirer = acquirer(&data.acquirer)?;
    let mut out = [b'0'; 42];
    out[..4].copy_from_slice(&data.mti.digits());
    out[4..10].copy_from_slice(&digits::<6>(u64::from(key.stan)).unwrap_or([b'0'; 6]));
    out[10..20].copy_from_slice(&digits::<10>(u64::from(key.transmitted)).unwrap_or([b'0'; 10]));
    out[20..31].copy_from_slice(&digits::<11>(acquirer).unwrap_or([b'0'; 11]));
    Ok(out)
}

/// Type, key and acquirer in field 90.
pub(super) fn read_original(field_90: &[u8]) -> Result<(Mti, MessageKey, u64), CardsError> {
    let bad = || CardsError::FieldMeaning {
        field: 90,
        expected: "type, trace number, time and acquirer of the original",
    };
    let part = |range: std::ops::Range<usize>| field_90.get(range).and_then(number).ok_or_else(bad);
    let narrow = |n: u64| u32::try_from(n).map_err(|_| bad());
    let mti = Mti::from_digits(field_90.get(..4).unwrap_or_default()).map_err(|_| bad())?;
    Ok((mti, MessageKey { stan: narrow(part(4..10)?)?, transmitted: narrow(part(10..20)?)? }, part(20..31)?))
}

/// The number in field 32.
pub(super) fn acquirer(id: &str) -> Result<u64, CardsError> {
    let fits = (1..=11).contains(&id.len());
    number(id.as_bytes())
        .filter(|_| fits)
        .ok_or(CardsError::RequestValue { what: "acquirer is 1 to 11 digits" })
}

/// Field 54 with one amount: account `00`, its type, currency, `D` and the amount.
pub(super) fn additional_amount(kind: [u8; 2], money: Money) -> Result<[u8; 20], CardsError> {
    let mut out = *b"0000000D000000000000";
    out[2..4].copy_from_slice(&kind);
    out[4..7].copy_from_slice(&digits::<3>(u64::from(money.currency().numeric())).unwrap_or(*b"000"));
    out[8..].copy_from_slice(&amount(money)?);
    Ok(out)
}

/// The amount of a type in field 54; others are passed over.
pub(super) fn read_additional_amount(field_54: &[u8], kind: [u8; 2]) -> Result<Option<Money>, CardsError> {
    let bad = || CardsError::FieldMeaning { field: 54, expected: "a list of amounts of 20 characters" };
    let (sets, rest) = field_54.as_chunks::<20>();
    if !rest.is_empty() {
        return Err(bad());
    }
    let Some(set) = sets.iter().find(|set| set[2..4] == kind) else { return Ok(None) };
    let numeric = number(&set[4..7]).and_then(|n| u16::try_from(n).ok()).ok_or_else(bad)?;
    let currency = Currency::from_numeric(numeric).map_err(|_| bad())?;
    read_amount(54, &set[8..], currency).map(Some)
}

/// Field 95: what stays authorized; the other three amounts are zero.
pub(super) fn replacement(remaining: Money) -> Result<[u8; 42], CardsError> {
    let mut out = [b'0'; 42];
    out[..12].copy_from_slice(&amount(remaining)?);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_width() {
        assert_eq!(digits::<4>(42), Some(*b"0042"));
        assert_eq!(digits::<2>(100), None);
        assert_eq!(number(b"0042"), Some(42));
        for bad in [&b""[..], b"4x", b"1234567890123456789"] {
            assert_eq!(number(bad), None);
        }
    }

    #[test]
    fn name_city_and_country_fill_forty_characters() {
        let merchant = Merchant {
            terminal_id: String::new(),
            merchant_id: String::new(),
            name: "Caf\u{e9} with a name that is far too long".to_owned(),
            city: "Bath".to_owned(),
            country: "GB".to_owned(),
            mcc: 5812,
        };
        assert_eq!(&name_and_location(&merchant).unwrap(), b"Caf? with a name that is Bath         GB");
        for country in ["", "gb", "GBR", "\u{c9}"] {
            let bad = Merchant { country: country.to_owned(), ..merchant.clone() };
            assert!(name_and_location(&bad).is_err(), "{country}");
        }
    }

    #[test]
    fn an_additional_amount_is_found_by_its_type() {
        let one = additional_amount(*b"80", Money::new(1999, Currency::GBP)).unwrap();
        assert_eq!(&one, b"0080826D000000001999");
        let two = [*b"0057826D000000000500", one].concat();
        assert_eq!(read_additional_amount(&two, *b"80"), Ok(Some(Money::new(1999, Currency::GBP))));
        assert_eq!(read_additional_amount(&two, *b"02"), Ok(None));
        for bad in [&b"0080826D00000000199"[..], b"0080000D000000001999", b"0080826D00000000199x"] {
            assert!(read_additional_amount(bad, *b"80").is_err());
        }
    }

    #[test]
    fn amounts_are_not_negative_and_have_twelve_digits() {
        let check = |minor| amount(Money::new(minor, Currency::GBP));
        assert_eq!(check(1999), Ok(*b"000000001999"));
        assert_eq!(check(999_999_999_999), Ok(*b"999999999999"));
        assert!(check(1_000_000_000_000).is_err() && check(-1).is_err());
    }
}
