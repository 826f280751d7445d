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
