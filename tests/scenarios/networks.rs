//! Our card ranges against published ones: every range of them is ours, and published test numbers get their network.

use pmts_cards::Network;
use pmts_sensitive::Pan;
use serde_json::Value;

fn network(id: &str) -> Network {
    let found = Network::ALL.into_iter().find(|network| network.id() == id);
    found.unwrap_or_else(|| panic!("{id} is one of our networks"))
}

/// The end of a published range: a number, of as many digits as the prefix has.
fn prefix(value: &Value) -> (u32, u8) {
    let number = u32::try_from(value.as_u64().unwrap()).unwrap();
    (number, u8::try_from(number.to_string().len()).unwrap())
}

#[test]
fn published_test_numbers_get_their_network() {
    let Some(folder) = pmts_tests::data::folder("cards") else { return };
    let csv = std::fs::read_to_string(folder.join("test-cards.csv")).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("pan,network,length,note"));
    let mut rows = 0;
    for line in lines {
        let columns: Vec<&str> = line.splitn(4, ',').collect();
        let (pan, expected) = (Pan::parse(columns[0]).unwrap(), network(columns[1]));
        assert_eq!(Network::of(&pan), Some(expected), "{line}");
        let length: u8 = columns[2].parse().unwrap();
        assert!(expected.lengths().contains(&length), "{line}");
        rows += 1;
    }
    assert!(rows >= 20, "the rows were read");
}

#[test]
fn published_ranges_are_ours() {
    let Some(folder) = pmts_tests::data::folder("cards") else { return };
    let json = std::fs::read_to_string(folder.join("network-ranges-credit-card-type-10.3.0.json")).unwrap();
    let published: Value = serde_json::from_str(&json).unwrap();
    let published = published.as_object().unwrap();
    assert_eq!(published.len(), 15, "the networks were read");
    for (key, facts) in published {
        let ours = network(match key.as_str() {
            "american-express" => "amex",
            "diners-club" => "diners",
            other => other,
        });
        for pattern in facts["patterns"].as_array().unwrap() {
            let ((first, digits), (last, _)) = match pattern.as_array() {
                Some(ends) => (prefix(&ends[0]), prefix(&ends[1])),
                None => (prefix(pattern), prefix(pattern)),
            };
            assert!(ours.ranges().any(|range| range == (first, last, digits)), "{key} {pattern}");
        }
        let lengths: Vec<u8> = facts["lengths"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| u8::try_from(n.as_u64().unwrap()).unwrap())
            .collect();
        assert_eq!(ours.lengths(), lengths, "{key}");
        let code = ours.security_code();
        assert_eq!(facts["code"]["name"], code.name.as_str(), "{key}");
        assert_eq!(facts["code"]["size"], u64::from(code.digits), "{key}");
        assert_eq!(facts["niceType"], ours.name(), "{key}");
    }
}
