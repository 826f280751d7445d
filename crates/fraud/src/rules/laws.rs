//! Laws of the expression language and of sets of rules.

use super::*;
use crate::decision::Action;
use crate::facts::{Facts, Step, Value};
use crate::features::{MISSING, index, names};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn facts() -> Facts {
    let attributes = BTreeMap::from([
        ("currency".to_owned(), Value::Text("EUR".to_owned())),
        ("digital".to_owned(), Value::Bool(true)),
        ("account_age".to_owned(), Value::Int(3_600)),
        // Of another type than the schema says: as if it were not there.
        ("disputes_180d".to_owned(), Value::Text("many".to_owned())),
    ]);
    Facts { id: "1".to_owned(), step: Step::Refund, at: 0, amount: 500, keys: Vec::new(), attributes }
}

fn rule(when: &str) -> Rule {
    let (id, when, reason) = ("r".to_owned(), when.to_owned(), "a reason".to_owned());
    Rule { id, when, action: Action::Review, state: RuleState::Live, reason, against: String::new() }
}

fn holds(when: &str) -> bool {
    let rules = RuleSet::new(1, vec![rule(when)]).unwrap_or_else(|e| panic!("{e}"));
    let mut features = vec![MISSING; names().len()];
    features[index("amount").unwrap()] = 500;
    features[index("card.count_1h").unwrap()] = 3;
    let facts = facts();
    let asked = Asked { facts: &facts, features: &features, probability: Some(20_000) };
    !rules.hits(&asked).is_empty()
}

#[test]
fn expressions_come_to_what_they_say() {
    for yes in [
        "amount == 500",
        "amount + 2 * 3 == 506",
        "(amount + 2) * 3 == 1_506",
        "amount % 7 == 3 && amount / 7 == 71",
        "-amount < 0",
        "step == 'refund' && currency in ['USD', \"EUR\"]",
        "amount in [1, -2, 500]",
        "digital && !(account_age > 3_600)",
        "!!digital == true",
        "has(card.count_1h) && !has(card.count_1d)",
        "probability >= 20_000",
        "card.count_1h - 1 - 1 == 1",
        // What is unknown does not matter where the rest decides.
        "device.count_1h > 3 || amount > 1",
        "!(device.count_1h > 3 && amount < 1)",
        "false || true && true",
    ] {
        assert!(holds(yes), "{yes}");
    }
    for no in [
        "device.count_1h > 3",
        "!(device.count_1h > 3)",
        "device.count_1h == device.count_1h",
        "amount / 0 == 0 || amount % 0 == 0",
        "amount * 9_223_372_036_854_775_807 > 0",
        "!(amount * 9_223_372_036_854_775_807 > 0)",
        "disputes_180d > 0 || disputes_180d <= 0",
        "false",
        "currency != 'EUR'",
    ] {
        assert!(!holds(no), "{no}");
    }
}

#[test]
fn what_does_not_fit_is_refused_when_it_is_saved() {
    let deep = format!("{}true{}", "(".repeat(40), ")".repeat(40));
    let wide = vec!["0<1"; 600].join("||");
    let long = format!("currency == '{}'", "x".repeat(5_000));
    for (bad, why) in [
        ("amount", "type int, not bool"),
        ("amount > 'x'", "type text, not int"),
        ("amount && digital", "type int, not bool"),
        ("currency < 'EUR'", "no order"),
        ("colour == 'red'", "colour is not known"),
        ("has(colour)", "colour is not known"),
        ("amount >", "value is missing"),
        ("amount > 1 2", "left over"),
        ("amount > 1.5", "not known here"),
        ("amount in [1, 'x']", "values of type int"),
        ("(amount > 1", ") is missing"),
        ("currency == 'x", "no end"),
        ("amount > 99999999999999999999", "too large"),
        ("1 < amount < 3", "left over"),
        ("!amount", "type int, not bool"),
        ("", "missing"),
        (&deep, "deeper"),
        (&wide, "more than"),
        (&long, "longer"),
    ] {
        let error = RuleSet::new(1, vec![rule(bad)]).unwrap_err().to_string();
        assert!(error.contains(why), "{bad}: {error}");
    }
    assert!(RuleSet::new(1, vec![rule("true"), rule("true")]).is_err(), "the same id twice");
}

#[test]
fn a_set_is_read_back_as_it_was_written_and_drafts_do_nothing() {
    let set = starter().unwrap();
    assert_eq!(RuleSet::from_json(&set.to_json().unwrap()).unwrap(), set);
    let kinds: std::collections::BTreeSet<&str> = set.rules().map(|r| r.against.as_str()).collect();
    let wanted = [
        "account_take_over",
        "card_testing",
        "collusion",
        "friendly_fraud",
        "promotion_abuse",
        "refund_abuse",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), wanted);
    let mut draft = rule("true");
    draft.state = RuleState::Draft;
    let facts = facts();
    let asked = Asked { facts: &facts, features: &[], probability: None };
    assert!(RuleSet::new(1, vec![draft]).unwrap().hits(&asked).is_empty());
}

#[test]
fn each_starting_rule_against_card_testing_can_hold() {
    let set = starter().unwrap();
    let mut features = vec![MISSING; names().len()];
    for (name, value) in [
        ("device.cards_1h", 5),
        ("device.cards_1d", 5),
        ("ip.cards_10m", 6),
        ("amount", 100),
        ("bin.count_10m", 30),
        ("bin.count_7d", 90),
    ] {
        features[index(name).unwrap()] = value;
    }
    let mut facts = facts();
    facts.step = Step::Authorization;
    facts.attributes.insert("declines_1h".to_owned(), Value::Int(10));
    facts.attributes.insert("cvv".to_owned(), Value::Text("no_match".to_owned()));
    let hits = set.hits(&Asked { facts: &facts, features: &features, probability: None });
    assert_eq!(hits.iter().filter(|h| h.rule.starts_with("ct_")).count(), 5, "{hits:?}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-z0-9_.&|!=<>+*/%() \\[\\],'\"-]{0,60}") {
        let _ = RuleSet::new(1, vec![rule(&text)]);
    }

    #[test]
    fn words_in_any_order_are_read_or_refused_and_then_end(words in proptest::collection::vec(
        proptest::sample::select(vec!["amount", "currency", "digital", "&&", "||", "!", "==", "<", "+", "-", "*", "(", ")", "1", "'x'", "in", "[", "]", ",", "has"]), 0..14)) {
        let text = words.join(" ");
        if RuleSet::new(1, vec![rule(&text)]).is_ok() {
            holds(&text);
        }
    }
}
