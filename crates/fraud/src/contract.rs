//! What every scorer and every screen must keep to. Call these from the tests of your own.
//!
//! A scorer of another team's, that passes:
//!
//! ```
//! use pmts_fraud::{Facts, FraudError, Score, Scorer, contract, features};
//!
//! /// Scores by the amount alone.
//! struct ByAmount;
//!
//! impl Scorer for ByAmount {
//!     fn score(&self, _: &Facts, values: &[i64]) -> Result<Score, FraudError> {
//!         let amount = features::index("amount").and_then(|i| values.get(i)).copied().unwrap_or(features::MISSING);
//!         let micro = if amount > 22_000 { 3_000_000 } else { -5_000_000 };
//!         Ok(Score { micro, contributions: Vec::new(), model: "by_amount 1".to_owned() })
//!     }
//! }
//!
//! contract::scorer(&ByAmount);
//! ```

use crate::facts::{Facts, Step};
use crate::features::{History, MISSING, Outcome, names};
use crate::key::{Key, KeyKind};
use crate::screen::{FraudScreen, Scorer};
use std::collections::BTreeMap;

/// A payment to ask about.
fn payment(n: i64) -> Facts {
    let keys = KeyKind::ALL.iter().map(|k| Key::of(*k, &format!("{}-{}", k.name(), n % 7))).collect();
    Facts {
        id: format!("contract-{n}"),
        step: Step::Authorization,
        at: 1_700_000_000 + n * 600,
        amount: 1_000 + n * 37 % 9_000,
        keys,
        attributes: BTreeMap::new(),
    }
}

/// Checks a scorer.
///
/// # Panics
/// If it breaks the contract of [`Scorer`].
pub fn scorer(scorer: &dyn Scorer) {
    let mut history = History::default();
    for n in 0..50 {
        let facts = payment(n);
        let features = history.features(&facts);
        let first = scorer.score(&facts, &features);
        assert_eq!(first, scorer.score(&facts, &features), "the same is asked, something else is said");
        if let Ok(score) = first {
            assert!(!score.model.is_empty(), "a score names its model");
            assert!(
                score.contributions.is_sorted_by(|a, b| a.micro.abs() >= b.micro.abs()),
                "the greatest first"
            );
        }
        history.record(&facts);
    }
    let facts = payment(1);
    for odd in [Vec::new(), vec![MISSING; names().len()], vec![i64::MAX; names().len()], vec![-1; 3]] {
        // An error is an answer, a panic is none.
        let _ = scorer.score(&facts, &odd);
    }
}

/// Checks a screen that has no history of its own for the keys of these payments.
///
/// # Panics
/// If it breaks the contract of [`FraudScreen`].
pub async fn screen(screen: &dyn FraudScreen) {
    for n in 0..20 {
        let facts = payment(n);
        let first = screen.screen(&facts).await;
        assert_eq!(first, screen.screen(&facts).await, "asking changes nothing");
        if let Ok(decision) = first {
            let told = &decision.facts.attributes;
            assert!(
                facts.attributes.iter().all(|(name, value)| told.get(name) == Some(value)),
                "what was told stands"
            );
            let same = Facts { attributes: facts.attributes.clone(), ..decision.facts };
            assert_eq!(same, facts, "a decision is about what was asked");
        }
        let Ok(recorded) = screen.recorded(&facts).await else { continue };
        assert_eq!((recorded.at, recorded.amount), (facts.at, facts.amount));
        assert_eq!(recorded.keys, facts.keys);
        assert!(screen.ended(&recorded, Outcome::Declined, facts.at).await.is_ok(), "an outcome is taken");
        if n % 5 == 0 {
            assert!(screen.labelled(&recorded, n % 2 == 0).await.is_ok(), "a label is taken");
        }
    }
    let bare = Facts { keys: Vec::new(), amount: i64::MAX, at: i64::MIN / 4, ..payment(0) };
    let _ = screen.screen(&bare).await;
}
