//! Laws of features: what a naive reading of all events says, bounds, order.

use super::*;
use crate::facts::{Facts, Step};
use crate::key::{Key, KeyKind};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn facts(at: i64, amount: i64, customer: u8, terminal: u8) -> Facts {
    let keys = vec![
        Key::of(KeyKind::Customer, &format!("c{customer}")),
        Key::of(KeyKind::Terminal, &format!("t{terminal}")),
    ];
    let id = format!("{at}");
    Facts { id, step: Step::Authorization, at, amount, keys, attributes: BTreeMap::new() }
}

fn value(features: &[i64], name: &str) -> i64 {
    features[index(name).unwrap_or_else(|| panic!("{name}"))]
}

/// How long the slots of events of an age are, stated once more.
fn slot(age: i64) -> i64 {
    match age {
        a if a < 7_200 => 60,
        a if a < 2 * 86_400 => 3_600,
        a if a < 16 * 86_400 => 4 * 3_600,
        _ => 86_400,
    }
}

/// Gap to the event before in seconds, amount, customer, terminal, fraud.
type Step5 = (i64, i64, u8, u8, bool);

fn steps() -> impl Strategy<Value = Vec<Step5>> {
    let gap = prop_oneof![0_i64..50, 0_i64..4_000, 0_i64..90_000, 0_i64..1_000_000];
    proptest::collection::vec((gap, 0_i64..50_000, 0_u8..4, 0_u8..4, any::<bool>()), 1..120)
}

const START: i64 = 1_500_000_000;

proptest! {
    #[test]
    fn windows_hold_what_a_naive_reading_finds(steps in steps()) {
        let mut history = History::default();
        let mut seen: Vec<Facts> = Vec::new();
        let mut at = START;
        for (gap, amount, customer, terminal, _) in steps {
            at += gap;
            let now = facts(at, amount, customer, terminal);
            let features = history.features(&now);
            prop_assert_eq!(features.len(), names().len());
            let own: Vec<&Facts> = seen.iter().filter(|f| f.keys[0] == now.keys[0]).collect();
            for (name, window) in [("10m", 600), ("1h", 3_600), ("1d", 86_400), ("7d", 604_800), ("30d", 2_592_000)] {
                let within = |w: i64| own.iter().filter(|f| at - f.at < w).copied().collect::<Vec<_>>();
                // A slot at the edge is out as a whole; how long it may be depends on its age.
                let (most, least) = (within(window), within(window - slot(window)));
                let count = value(&features, &format!("customer.count_{name}"));
                prop_assert!(count <= most.len() as i64 && count >= least.len() as i64, "{} {} {} {}", name, least.len(), count, most.len());
                if name != "10m" {
                    let sum = value(&features, &format!("customer.sum_{name}"));
                    let total = |f: &[&Facts]| f.iter().map(|f| f.amount).sum::<i64>();
                    prop_assert!(sum <= total(&most) && sum >= total(&least));
                }
            }
            let last = own.last().map_or(MISSING, |f| at - f.at);
            prop_assert_eq!(value(&features, "customer.since_last"), last);
            prop_assert_eq!(value(&features, "customer.seen"), own.len() as i64);
            let mut terminals: Vec<Key> = own.iter().filter(|f| at - f.at < 86_400).map(|f| f.keys[1]).chain([now.keys[1]]).collect();
            terminals.sort();
            terminals.dedup();
            prop_assert_eq!(value(&features, "customer.terminals_1d"), terminals.len() as i64);
            let pair = own.iter().rev().find(|f| f.keys[1] == now.keys[1]).map_or(MISSING, |f| at - f.at);
            prop_assert_eq!(value(&features, "customer.since_terminal"), pair);
            history.record(&now);
            seen.push(now);
        }
    }

    /// In one go, and online: written down after each step, read back, and gone on with. Every value is the same.
    #[test]
    fn online_and_batch_give_the_same_values(steps in steps()) {
        let (mut batch, mut online) = (History::default(), History::default());
        let mut waiting: Vec<(Recorded, bool)> = Vec::new();
        let mut at = START;
        for (i, (gap, amount, customer, terminal, fraud)) in steps.into_iter().enumerate() {
            at += gap;
            let now = facts(at, amount, customer, terminal);
            let delay = batch.options().label_delay;
            let due = waiting.partition_point(|(r, _)| r.at + delay <= at);
            for (recorded, fraud) in waiting.drain(..due) {
                batch.label(&recorded, fraud);
                online.label(&recorded, fraud);
            }
            if i % 7 == 0 {
                online = serde_json::from_slice(&serde_json::to_vec(&online).unwrap()).unwrap();
            }
            prop_assert_eq!(batch.features(&now), online.features(&now));
            let recorded = batch.record(&now);
            prop_assert_eq!(&recorded, &online.record(&now));
            waiting.push((recorded, fraud));
        }
        prop_assert_eq!(batch, online);
    }

    /// A label changes nothing before it is known, whatever it says.
    #[test]
    fn labels_are_not_seen_before_they_are_known(steps in steps()) {
        let (mut with, mut without) = (History::default(), History::default());
        let mut at = START;
        let mut first = None;
        for (gap, amount, customer, terminal, _) in &steps {
            at += gap;
            let now = facts(at, *amount, *customer, *terminal);
            prop_assert_eq!(with.features(&now), without.features(&now));
            let recorded = with.record(&now);
            without.record(&now);
            first.get_or_insert(recorded);
        }
        let first = first.unwrap();
        with.label(&first, true);
        let again = facts(at + 1, 100, 0, 0);
        let same_keys = Facts { keys: first.keys.clone(), ..again };
        prop_assert_eq!(value(&with.features(&same_keys), "customer.frauds"), 1);
        prop_assert_eq!(value(&without.features(&same_keys), "customer.frauds"), 0);
    }

    #[test]
    fn nothing_overflows(ats in proptest::collection::vec(any::<i64>(), 1..20), amount in any::<i64>()) {
        let mut history = History::default();
        for at in ats {
            let now = facts(at / 4, amount.saturating_abs(), 1, 1);
            history.features(&now);
            let recorded = history.record(&now);
            history.label(&recorded, at % 2 == 0);
        }
    }
}

#[test]
fn memory_is_bounded_and_the_latest_stay() {
    let options = HistoryOptions { profiles: 1_000, parts: 4_000, ..HistoryOptions::default() };
    let mut history = History::new(options);
    for n in 0..50_000_i64 {
        let keys = vec![Key::of(KeyKind::Card, &n.to_string()), Key::of(KeyKind::Device, "one")];
        let now = Facts { keys, ..facts(START + n, 100, 0, 0) };
        history.record(&now);
        assert!(history.profiles() <= 1_000 && history.parts() <= 4_000);
    }
    let keys = vec![Key::of(KeyKind::Card, "49999"), Key::of(KeyKind::Device, "one")];
    let now = Facts { keys, ..facts(START + 50_000, 100, 0, 0) };
    let features = history.features(&now);
    assert_eq!(value(&features, "card.seen"), 1);
    assert_eq!(value(&features, "device.count_10m"), 560, "slots of a minute: the one at the edge is out");
}

#[test]
fn a_busy_key_stays_small() {
    let mut history = History::default();
    for n in 0..600_000_i64 {
        history.record(&facts(START + n * 10, 100, 0, 0));
    }
    // Two keys, each with its buckets and the other one seen with it.
    assert!(history.parts() < 2 * 320, "{}", history.parts());
}

#[test]
fn a_run_of_frauds_is_counted_until_one_is_known_as_genuine() {
    let mut history = History::default();
    let recorded: Vec<Recorded> =
        (0..4).map(|n| history.record(&facts(START + n * 1_000, 100, n as u8, 0))).collect();
    recorded.iter().take(3).for_each(|r| history.label(r, true));
    let later = facts(START + 10_000, 100, 9, 0);
    let features = history.features(&later);
    assert_eq!(value(&features, "terminal.streak"), 3);
    assert_eq!(value(&features, "terminal.ordinary_age"), 10_000);
    assert_eq!(value(&features, "terminal.since_fraud"), 8_000);
    history.label(&recorded[3], false);
    let features = history.features(&later);
    assert_eq!(value(&features, "terminal.streak"), 0);
    assert_eq!(value(&features, "terminal.good_since_fraud"), 1);
    assert_eq!(value(&features, "terminal.streak_age"), MISSING);
}

#[test]
fn every_feature_has_a_name_of_its_own_and_a_meaning() {
    let mut all: Vec<&String> = names().iter().collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), names().len());
    for name in names() {
        assert_ne!(meaning(name), *name);
    }
}

#[test]
fn what_was_stopped_counts_but_builds_no_trust() {
    let mut history = History::default();
    let both = |at: i64| {
        let keys = vec![Key::of(KeyKind::Customer, "ann"), Key::of(KeyKind::Device, "phone")];
        Facts { keys, ..facts(at, 5_000, 0, 0) }
    };
    let stopped = history.record_stopped(&both(START));
    let features = history.features(&both(START + 60));
    assert_eq!(value(&features, "customer.count_1h"), 1);
    for trust in ["customer.since_device", "customer.since_first", "customer.own_mean"] {
        assert_eq!(value(&features, trust), MISSING, "{trust}");
    }
    assert_eq!(value(&features, "customer.seen"), 0);
    // Known as fraud it counts as fraud; a person who says it was genuine makes the device known.
    let mut fraud = history.clone();
    fraud.label(&stopped, true);
    assert_eq!(value(&fraud.features(&both(START + 60)), "customer.frauds"), 1);
    history.label(&stopped, false);
    assert_eq!(value(&history.features(&both(START + 60)), "customer.since_device"), 60);
}
