//! How good a ranking is.
#![allow(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics: no amount passes through here"
)]

use crate::features::MISSING;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A scored payment whose truth is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranked {
    /// Millionths of log odds.
    pub score: i64,
    /// Whether it was fraud.
    pub fraud: bool,
    /// The day, a number.
    pub day: i64,
    /// The card or customer, a hash.
    pub card: u64,
}

/// What a ranking is worth, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// How many payments.
    pub payments: u64,
    /// How many of them are fraud.
    pub frauds: u64,
    /// The area under the ROC curve: how often a fraud is ranked above a genuine payment; equals count half.
    pub auc: u64,
    /// Average precision: the precision at each fraud found, averaged; equals are taken together.
    pub average_precision: u64,
    /// Of the 100 most suspicious cards of each day, those that have a fraud that day; the mean of the days. A card found is not looked at again.
    pub card_precision_at_100: u64,
    /// Frauds found when one payment of 200 is looked at.
    pub recall_at_half_percent: u64,
    /// Frauds found when one payment of 100 is looked at.
    pub recall_at_one_percent: u64,
    /// The mean square of the error of the probability.
    pub brier: u64,
}

/// Measures a ranking. With no fraud, or nothing but fraud, AUC and average precision are 0.
pub fn metrics(rows: &[Ranked]) -> Metrics {
    let mut sorted = rows.to_vec();
    sorted.sort_by_key(|r| std::cmp::Reverse(r.score));
    let frauds = rows.iter().filter(|r| r.fraud).count();
    let genuine = rows.len() - frauds;
    let (mut found, mut wrong) = (0_u64, 0_u64);
    let (mut area, mut precision) = (0_f64, 0_f64);
    let mut i = 0;
    while i < sorted.len() {
        let same = sorted[i..].iter().take_while(|r| r.score == sorted[i].score);
        let (mut f, mut g) = (0_u64, 0_u64);
        same.for_each(|r| if r.fraud { f += 1 } else { g += 1 });
        area += g as f64 * (found as f64 + f as f64 / 2.0);
        found += f;
        wrong += g;
        precision += f as f64 * found as f64 / (found + wrong) as f64;
        i += (f + g) as usize;
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { (part / whole * 1e6).round() as u64 } else { 0 };
    let recall =
        |looked: usize| share(sorted.iter().take(looked).filter(|r| r.fraud).count() as f64, frauds as f64);
    let error: f64 = rows
        .iter()
        .map(|r| {
            let p = f64::from(super::probability(r.score)) / 1e6 - f64::from(u8::from(r.fraud));
            p * p
        })
        .sum();
    Metrics {
        payments: rows.len() as u64,
        frauds: frauds as u64,
        auc: share(area, frauds as f64 * genuine as f64),
        average_precision: share(precision, frauds as f64),
        card_precision_at_100: card_precision(rows),
        recall_at_half_percent: recall(rows.len() / 200),
        recall_at_one_percent: recall(rows.len() / 100),
        brier: share(error, rows.len() as f64),
    }
}

fn card_precision(rows: &[Ranked]) -> u64 {
    let mut days: Vec<i64> = rows.iter().map(|r| r.day).collect();
    days.sort_unstable();
    days.dedup();
    let mut found: std::collections::HashSet<u64> = std::collections::HashSet::new();
    let mut sum = 0_u64;
    for day in &days {
        let mut cards: HashMap<u64, (i64, bool)> = HashMap::new();
        for r in rows.iter().filter(|r| r.day == *day && !found.contains(&r.card)) {
            let card = cards.entry(r.card).or_insert((i64::MIN, false));
            card.0 = card.0.max(r.score);
            card.1 |= r.fraud;
        }
        let mut list: Vec<(i64, u64, bool)> = cards.into_iter().map(|(c, (s, f))| (s, c, f)).collect();
        list.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, card, _) in list.iter().take(100).filter(|c| c.2) {
            sum += 1;
            found.insert(*card);
        }
    }
    if days.is_empty() { 0 } else { sum * 10_000 / days.len() as u64 }
}

/// How probabilities hold: for each tenth of the payments by score, the lowest first, `(mean probability, share of fraud)` in millionths.
pub fn reliability(rows: &[Ranked]) -> Vec<(u64, u64)> {
    let mut sorted = rows.to_vec();
    sorted.sort_by_key(|r| r.score);
    let size = sorted.len().div_ceil(10).max(1);
    sorted
        .chunks(size)
        .map(|c| {
            let expected: u64 = c.iter().map(|r| u64::from(super::probability(r.score))).sum();
            let frauds = c.iter().filter(|r| r.fraud).count() as u64;
            (expected / c.len() as u64, frauds * 1_000_000 / c.len() as u64)
        })
        .collect()
}

/// The population stability index of each feature, in thousandths, the greatest first.
pub(super) fn drift(
    names: &[String],
    places: &[usize],
    deciles: &[Vec<i64>],
    rows: &[Vec<i64>],
) -> Vec<(String, i64)> {
    let mut found = Vec::new();
    for ((name, place), edges) in names.iter().zip(places).zip(deciles) {
        let mut cuts = edges.clone();
        cuts.dedup();
        let values: Vec<i64> =
            rows.iter().filter_map(|r| r.get(*place)).copied().filter(|v| *v != MISSING).collect();
        // Deciles that fall together say that a value is very common: too coarse to judge by.
        if cuts.len() < 9 || values.len() < 100 {
            continue;
        }
        let mut counts = [0_u64; 10];
        values.iter().for_each(|v| counts[cuts.partition_point(|c| c <= v).min(9)] += 1);
        let psi: f64 = counts
            .iter()
            .map(|c| {
                let (now, then) = ((*c as f64 / values.len() as f64).max(1e-4), 0.1);
                (now - then) * (now / then).ln()
            })
            .sum();
        found.push((name.clone(), (psi * 1e3).round() as i64));
    }
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found
}
