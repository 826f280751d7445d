//! How often a scenario is right.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What came of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was what the scenario said.
    Confirmed,
    /// It was not, and yet worth looking at.
    Valuable,
    /// It was nothing.
    FalsePositive,
}

/// What came of the alerts of one version of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Score {
    /// See [`Outcome::Confirmed`].
    pub confirmed: u64,
    /// See [`Outcome::Valuable`].
    pub valuable: u64,
    /// See [`Outcome::FalsePositive`].
    pub false_positive: u64,
}

impl Score {
    /// The share of alerts that were worth it, in hundredths of a percent; `None` before the first.
    pub fn precision_bps(&self) -> Option<u64> {
        let good = self.confirmed.saturating_add(self.valuable);
        (good.saturating_mul(10_000)).checked_div(good.saturating_add(self.false_positive))
    }
}

/// What came of the alerts of all scenarios, by name and version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scores(BTreeMap<(String, u32), Score>);

impl Scores {
    /// Counts one.
    pub fn count(&mut self, scenario: &str, version: u32, outcome: Outcome) {
        let score = self.0.entry((scenario.to_owned(), version)).or_default();
        let counter = match outcome {
            Outcome::Confirmed => &mut score.confirmed,
            Outcome::Valuable => &mut score.valuable,
            Outcome::FalsePositive => &mut score.false_positive,
        };
        *counter = counter.saturating_add(1);
    }

    /// Each version of each scenario.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32, Score)> {
        self.0.iter().map(|((scenario, version), score)| (scenario.as_str(), *version, *score))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_counted_apart() {
        let mut scores = Scores::default();
        for outcome in [Outcome::Confirmed, Outcome::Valuable, Outcome::FalsePositive, Outcome::FalsePositive]
        {
            scores.count("fan_in", 1, outcome);
        }
        scores.count("fan_in", 2, Outcome::Confirmed);
        let shown: Vec<_> = scores.iter().map(|(s, v, score)| (s, v, score.precision_bps())).collect();
        assert_eq!(shown, [("fan_in", 1, Some(5_000)), ("fan_in", 2, Some(10_000))]);
        assert_eq!(Score::default().precision_bps(), None);
    }
}
