//! Laws of trees and of what measures them.

use super::*;
use crate::error::FraudError;
use crate::features::{MISSING, index, names};
use proptest::prelude::*;

fn vector(amount: i64, risk: i64) -> Vec<i64> {
    let mut v = vec![MISSING; names().len()];
    v[index("amount").unwrap()] = amount;
    v[index("terminal.risk_7d").unwrap()] = risk;
    v
}

/// Fraud above 22,000, and most of what happens at risky terminals.
fn data() -> Training {
    let mut data = Training::new();
    for n in 0..6_000_i64 {
        let amount = n * 7_919 % 25_000;
        let risk = if n % 50 == 0 { 800 } else { MISSING };
        data.push(&vector(amount, risk), amount > 22_000 || (risk > 0 && n % 100 == 0));
    }
    data
}

fn small() -> TrainOptions {
    TrainOptions { trees: 40, bags: 2, rate: 100, ..TrainOptions::default() }
}

#[test]
fn it_learns_is_the_same_from_the_same_seed_and_survives_its_file() {
    let model = train("m", &data(), &small()).unwrap();
    assert_eq!(model, train("m", &data(), &small()).unwrap());
    assert_ne!(model, train("m", &data(), &TrainOptions { seed: 2, ..small() }).unwrap());
    assert_eq!(model.features, ["amount", "terminal.risk_7d"]);
    assert!(probability(model.score(&vector(24_000, MISSING))) > 700_000);
    assert!(probability(model.score(&vector(5_000, MISSING))) < 20_000);
    assert!(model.score(&vector(5_000, 800)) > model.score(&vector(5_000, MISSING)));
    let read = Model::from_json(&model.to_json().unwrap()).unwrap();
    assert_eq!(read, model);
}

#[test]
fn contributions_add_up_to_the_score() {
    let model = train("m", &data(), &small()).unwrap();
    for (amount, risk) in [(0, 0), (24_000, MISSING), (5_000, 800), (MISSING, MISSING), (i64::MAX, -1)] {
        let v = vector(amount, risk);
        let sum: i64 = model.contributions(&v).iter().map(|c| c.micro).sum();
        assert_eq!(model.expected() + sum, model.score(&v));
    }
    assert_eq!(model.contributions(&vector(24_000, MISSING))[0].feature, "amount");
}

/// A tree of random shape: what is asked for, at which limit, where missing values go.
fn tree(asked: Vec<(u16, i64, bool, i64)>) -> Tree {
    let leaf = |value| Node { feature: 0, missing_left: false, at_most: 0, left: 0, value };
    let mut nodes = vec![leaf(1)];
    for (n, (feature, at_most, missing_left, value)) in asked.into_iter().enumerate() {
        // The node that is split next: sometimes the newest, so that walks differ in length.
        let split = if n % 3 == 0 { nodes.len() - 1 } else { n };
        let left = u32::try_from(nodes.len()).unwrap();
        if nodes[split].left == 0 {
            nodes[split] = Node { feature, missing_left, at_most, left, value: nodes[split].value };
            nodes.extend([leaf(value), leaf(value.wrapping_mul(7) % 1_000_000_000)]);
        }
    }
    Tree { nodes }
}

proptest! {
    #[test]
    fn laid_out_flat_the_same_is_said_to_the_bit(
        shapes in proptest::collection::vec(
            proptest::collection::vec(
                (0_u16..3, prop_oneof![-4_i64..4, Just(MISSING), Just(i64::MAX)], any::<bool>(), -1_000_000_000_i64..1_000_000_000),
                0..20,
            ),
            0..20,
        ),
        values in proptest::collection::vec(
            proptest::collection::vec(prop_oneof![-6_i64..6, Just(MISSING), Just(MISSING + 1), Just(i64::MAX)], 3),
            1..20,
        ),
    ) {
        let features: Vec<String> = names().iter().take(3).cloned().collect();
        let model = Model::new("m", features, 17, shapes.into_iter().map(tree).collect(), Vec::new()).unwrap();
        prop_assert!(model.is_flat());
        for v in values {
            prop_assert_eq!(model.score(&v), model.walked(&v));
            prop_assert_eq!(model.changes(&v), model.changes_walked(&v));
        }
    }
}

#[test]
fn too_little_is_refused() {
    assert!(matches!(train("m", &Training::new(), &small()), Err(FraudError::TooLittle(_))));
}

#[test]
fn damaged_files_are_refused_or_score_without_a_panic() {
    let bytes =
        train("m", &data(), &TrainOptions { trees: 2, bags: 1, ..small() }).unwrap().to_json().unwrap();
    for at in (0..bytes.len()).step_by(3) {
        for with in *b"0-9}x" {
            let mut changed = bytes.clone();
            changed[at] = with;
            if let Ok(model) = Model::from_json(&changed) {
                model.score(&vector(1, 1));
                model.contributions(&[]);
            }
        }
    }
    assert!(Model::from_json(b"{}").is_err());
}

fn ranked(scores: &[(i64, bool)]) -> Vec<Ranked> {
    scores
        .iter()
        .enumerate()
        .map(|(i, (score, fraud))| Ranked { score: *score, fraud: *fraud, day: 0, card: i as u64 })
        .collect()
}

#[test]
fn figures_are_those_of_the_text_book() {
    // Ranks of the frauds: 1 and 3 of 4. Pairs in order: 3 of 4. Precisions: 1 and 2/3.
    let m = metrics(&ranked(&[(9, true), (8, false), (7, true), (6, false)]));
    assert_eq!((m.auc, m.average_precision, m.card_precision_at_100), (750_000, 833_333, 20_000));
    // Equals are taken together.
    let m = metrics(&ranked(&[(5, true), (5, false)]));
    assert_eq!((m.auc, m.average_precision), (500_000, 500_000));
    assert_eq!(metrics(&[]).auc, 0);
}

proptest! {
    #[test]
    fn auc_is_the_share_of_pairs_in_order(rows in proptest::collection::vec((-5_i64..5, any::<bool>()), 1..40)) {
        let list = ranked(&rows);
        let (mut pairs, mut half) = (0_u64, 0_u64);
        for f in list.iter().filter(|r| r.fraud) {
            for g in list.iter().filter(|r| !r.fraud) {
                pairs += 2;
                half += if f.score > g.score { 2 } else { u64::from(f.score == g.score) };
            }
        }
        let wanted = (half * 1_000_000).checked_div(pairs).unwrap_or(0);
        prop_assert!(metrics(&list).auc.abs_diff(wanted) <= 1);
    }
}

#[test]
fn moved_values_are_seen() {
    let model = train("m", &data(), &small()).unwrap();
    let same: Vec<Vec<i64>> = (0..5_000).map(|n| vector(n * 7_919 % 25_000, MISSING)).collect();
    let moved: Vec<Vec<i64>> = (0..5_000).map(|n| vector(n * 7_919 % 5_000, MISSING)).collect();
    assert!(model.drift(&same)[0].1 < 50);
    assert!(model.drift(&moved)[0].1 > 250);
}
