//! Values deep inside other types, through every way of printing and serializing.

use crate::{Cvv, Pan, Secret, luhn_check_digit};
use proptest::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Serialize)]
struct Card {
    pan: Pan,
    key: Secret<String>,
}

type Keyed = (Secret<Vec<u8>>, Pan);

#[derive(Debug, Serialize)]
enum Holder {
    Cards(Option<Vec<Card>>),
    Map(BTreeMap<String, Result<Pan, Keyed>>),
    Both { boxed: Box<Pan>, pair: (Pan, Secret<[u8; 4]>) },
}

fn holders(pan: &Pan, key: &str) -> Vec<Holder> {
    let card = Card { pan: pan.clone(), key: Secret::new(key.to_owned()) };
    let entry = Err((Secret::new(key.as_bytes().to_vec()), pan.clone()));
    vec![
        Holder::Cards(Some(vec![card.clone(), card])),
        Holder::Map(BTreeMap::from([("a".to_owned(), Ok(pan.clone())), ("b".to_owned(), entry)])),
        Holder::Both { boxed: Box::new(pan.clone()), pair: (pan.clone(), Secret::new([77; 4])) },
    ]
}

/// All that can be printed of a card and a key.
fn outputs(pan: &Pan, key: &str) -> Vec<String> {
    let mut out =
        vec![pan.to_string(), format!("{pan:>30} {pan:#?}"), Secret::new(key.to_owned()).to_string()];
    for holder in holders(pan, key) {
        out.push(format!("{holder:?}"));
        out.push(format!("{holder:#?}"));
        out.push(serde_json::to_string(&holder).unwrap());
        out.push(serde_json::to_string_pretty(&holder).unwrap());
        out.push(serde_json::to_value(&holder).unwrap().to_string());
    }
    out
}

/// The longest run of digits of `pan` that stands in `text`.
fn longest_run(pan: &str, text: &str) -> usize {
    (1..=pan.len()).rev().find(|n| (0..=pan.len() - n).any(|at| text.contains(&pan[at..at + n]))).unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_more_than_six_digits_in_a_row_and_no_key(body in "[0-9]{11,18}", key in "[g-z]{12}") {
        let digits = format!("{body}{}", luhn_check_digit(&body).unwrap());
        let pan = Pan::parse(&digits).unwrap();
        for text in outputs(&pan, &key) {
            let shown = text.replace(&pan.masked(), "");
            prop_assert!(!shown.bytes().any(|b| b.is_ascii_digit()), "{}", text);
            prop_assert!(longest_run(&digits, &text) <= 6, "{}", text);
            prop_assert!(!text.contains(&key), "{}", text);
        }
    }
}

#[test]
fn the_masks_are_really_there() {
    let pan = Pan::parse("4242424242424242").unwrap();
    let json = serde_json::to_string(&holders(&pan, "hush")[0]).unwrap();
    let card = r#"{"pan":"424242******4242","key":"[secret]"}"#;
    assert_eq!(json, format!(r#"{{"Cards":[{card},{card}]}}"#));
    assert_eq!(
        format!("{:?}", holders(&pan, "hush")[2]),
        "Both { boxed: 424242******4242, pair: (424242******4242, [secret]) }"
    );
}

#[test]
fn a_card_code_is_never_serialized() {
    #[derive(Debug, Serialize)]
    struct Entry {
        cvv: Option<Cvv>,
    }
    let entry = Entry { cvv: Some(Cvv::parse("987").unwrap()) };
    let error = serde_json::to_string(&entry).unwrap_err().to_string();
    assert!(error.contains("no stored form") && !error.contains("987"), "{error}");
    assert!(serde_json::to_value(&entry).is_err());
    assert_eq!(format!("{entry:?} {}", Cvv::parse("9876").unwrap()), "Entry { cvv: Some(***) } ***");
    assert_eq!(serde_json::to_string(&Entry { cvv: None }).unwrap(), r#"{"cvv":null}"#);
}
