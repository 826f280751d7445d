//! Tables of bank identifiers against the published ones.

use pmts_payouts::accounts::{Iban, ifsc_banks};
use pmts_tests::data;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

fn published(name: &str) -> Option<BTreeMap<String, Value>> {
    let folder = data::folder("banking")?;
    let file = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let file = file.into_iter().find(|f| f.file_name().unwrap().to_str().unwrap().starts_with(name)).unwrap();
    Some(serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap())
}

#[test]
fn iban_structures_are_the_published_ones() {
    let Some(published) = published("iban-structures") else { return };
    let ours: Vec<(String, String, bool)> =
        Iban::countries().map(|(c, form, sepa)| (c.to_owned(), form.to_owned(), sepa)).collect();
    let theirs: Vec<(String, String, bool)> = published
        .into_iter()
        .map(|(c, v)| (c, v["bban_spec"].as_str().unwrap().to_owned(), v["in_sepa_zone"].as_bool().unwrap()))
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn banks_of_india_are_the_published_ones() {
    let Some(published) = published("ifsc-banks") else { return };
    assert!(ifsc_banks().eq(published.keys().map(String::as_str)));
}
