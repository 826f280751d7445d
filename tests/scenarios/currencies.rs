//! Our table of currencies against the lists it was made from.

use pmts_money::Currency;
use std::collections::BTreeMap;

/// Numeric code and digits; no digits for codes without minor units.
type Facts = (u16, Option<u8>);

/// The text inside the first `<tag>` of `xml`; tags of list one have no attributes on this level.
fn inside<'a>(xml: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{tag}>"))?;
    rest.split_once(&format!("</{tag}>")).map(|(text, _)| text.trim())
}

/// ISO 4217 list one: an element `CcyNtry` per country and currency, without a code where a country has none.
fn list_one(xml: &str) -> BTreeMap<String, Facts> {
    let mut list = BTreeMap::new();
    for entry in xml.split("<CcyNtry>").skip(1) {
        let Some(code) = inside(entry, "Ccy") else { continue };
        let numeric = inside(entry, "CcyNbr").unwrap().parse().unwrap();
        let digits = match inside(entry, "CcyMnrUnts").unwrap() {
            "N.A." => None,
            digits => Some(digits.parse().unwrap()),
        };
        let before = list.insert(code.to_owned(), (numeric, digits));
        assert!(before.is_none_or(|b| b == (numeric, digits)), "{code} has one set of facts in the list");
    }
    list
}

#[test]
fn currencies_are_those_of_iso_4217() {
    let Some(folder) = pmts_tests::data::folder("fx") else { return };
    let xml = std::fs::read_to_string(folder.join("iso4217-list-one-2026-01-01.xml")).unwrap();
    let list = list_one(&xml);
    assert!(list.len() > 170, "the list was read");

    for (code, (_, digits)) in &list {
        assert_eq!(
            Currency::from_code(code).is_ok(),
            digits.is_some(),
            "{code}: only codes with minor units"
        );
    }
    let with_digits: BTreeMap<&str, Facts> = list
        .iter()
        .filter(|(_, facts)| facts.1.is_some())
        .map(|(code, facts)| (code.as_str(), *facts))
        .collect();
    let ours: BTreeMap<&str, Facts> =
        Currency::active().map(|c| (c.code(), (c.numeric(), Some(c.digits())))).collect();
    assert_eq!(ours, with_digits, "in use here and there");

    for currency in Currency::all().filter(|c| !c.is_active()) {
        assert!(!list.contains_key(currency.code()), "{currency} is withdrawn");
        assert!(Currency::for_payment(currency.code()).is_err(), "{currency} is refused");
    }
}

#[test]
fn cash_increments_are_those_of_cldr() {
    let Some(folder) = pmts_tests::data::folder("fx") else { return };
    let json = std::fs::read_to_string(folder.join("cldr-currencyData.json")).unwrap();
    let cldr: serde_json::Value = serde_json::from_str(&json).unwrap();
    let fractions = cldr["supplemental"]["currencyData"]["fractions"].as_object().unwrap();
    let number = |value: &serde_json::Value| value.as_str().map(|text| text.parse::<u32>().unwrap());

    let mut with_rule = 0;
    for currency in Currency::all() {
        let facts = fractions.get(currency.code()).filter(|f| !f["_cashRounding"].is_null());
        let expected = facts.map_or(1, |facts| {
            with_rule += 1;
            // In units of CLDR's cash digits, which are never more than ISO's; 0 means one unit.
            let cash_digits = number(&facts["_cashDigits"]).or(number(&facts["_digits"])).unwrap();
            let step = i64::from(number(&facts["_cashRounding"]).unwrap().max(1));
            step * 10i64.pow(u32::from(currency.digits()) - cash_digits)
        });
        assert_eq!(currency.cash_increment_minor(), expected, "{currency}");
    }
    assert!(with_rule > 10, "the rules were read");
}
