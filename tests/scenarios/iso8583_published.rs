//! Our ISO 8583 data against what others publish.

use pmts_cards::ResponseCode;
use pmts_cards::ResponseDialect::Iso2003;
use pmts_cards::iso8583::{FieldTable, Kind, Message, Mti};
use serde_json::Value;
use std::fmt::Write as _;

/// A published table, written in another form: it becomes one of ours without code in the crate.
#[test]
fn a_published_field_table_loads_and_reads_what_ours_writes() {
    let Some(folder) = pmts_tests::data::folder("iso8583") else { return };
    let text = std::fs::read_to_string(folder.join("moov-spec87ascii.json")).unwrap();
    let published: Value = serde_json::from_str(&text).unwrap();
    let mut toml = "name = 'published'\nfield = [\n".to_owned();
    for (number, field) in published["fields"].as_object().unwrap() {
        let number: u8 = number.parse().unwrap();
        if number < 2 {
            continue;
        }
        let (kind, length) = match (field["enc"].as_str().unwrap(), field["prefix"].as_str().unwrap()) {
            ("ASCII", "ASCII.Fixed") => ("ans", "fixed"),
            ("ASCII", "ASCII.LL") => ("ans", "LL"),
            ("ASCII", "ASCII.LLL") => ("ans", "LLL"),
            ("HexToASCII", "Hex.Fixed") | ("Binary", "Binary.Fixed") => ("b", "fixed"),
            ("Binary", "ASCII.LLL") => ("b", "LLL"),
            other => panic!("field {number}: {other:?}"),
        };
        let max = field["length"].as_u64().unwrap();
        writeln!(
            toml,
            "{{ number = {number}, name = 'x', kind = '{kind}', length = '{length}', max = {max} }},"
        )
        .unwrap();
    }
    let published = FieldTable::from_toml(&(toml + "]")).unwrap();
    let ours = FieldTable::iso1987_ascii();
    let mut compared = 0;
    for (field, theirs) in published.fields() {
        let spec = ours.get(field).unwrap();
        if (spec.length, spec.max, spec.kind == Kind::B)
            != (theirs.length, theirs.max, theirs.kind == Kind::B)
        {
            // The lengths in which published tables differ, as the head of ours says.
            assert!([35, 44, 52, 54, 55, 64].contains(&field), "field {field}: {spec:?} there {theirs:?}");
            continue;
        }
        let mut message = Message::new(Mti::AUTHORIZATION_REQUEST);
        let value = if spec.kind == Kind::Xn {
            format!("D{}", "1".repeat(usize::from(spec.max) - 1))
        } else {
            "1".repeat(usize::from(spec.max))
        };
        message.put(field, value).unwrap();
        let bytes = message.encode(ours).unwrap();
        assert_eq!(Message::decode(&bytes, &published).unwrap(), message, "field {field}");
        compared += 1;
    }
    assert!(compared > 50, "only {compared} fields are the same");
}

#[test]
fn every_published_result_code_of_2003_is_known() {
    let Some(folder) = pmts_tests::data::folder("iso8583") else { return };
    let text = std::fs::read_to_string(folder.join("jpos-cmf").join("result_codes.xml")).unwrap();
    let mut known = 0;
    for entry in text.split("<entry>").skip(1) {
        let code = entry.split('<').next().unwrap().trim();
        // 1067 is one of those that are reserved.
        if code.len() == 4 && code.bytes().all(|b| b.is_ascii_digit()) && code != "1067" {
            let read = ResponseCode::from_wire_in(Iso2003, code);
            assert!(!matches!(read, ResponseCode::Other(_)), "{code}");
            known += 1;
        }
    }
    assert!(known > 90, "only {known} codes were found");
}
