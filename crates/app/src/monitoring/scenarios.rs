//! The scenarios in force, and how often they were right.

use super::sealed::Kept;
use super::{CaseDesk, ScenariosRecord};
use crate::aml::AmlError;
use pmts_compliance::aml::cases::Case;
use pmts_compliance::aml::monitor::{SHIPPED, ScenarioSet, ScenarioState, Score, Scores, read_scenarios};
use pmts_kernel::Principal;
use pmts_store::{ListQuery, Record, StoreExt, Write};
use serde::Serialize;

/// The scenarios in force, and their number; 0: those shipped.
type InForce = (u32, ScenarioSet);

/// A version of a scenario with what came of its alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScenarioScore {
    /// Which scenario.
    pub scenario: String,
    /// Which version.
    pub version: u32,
    /// What it may do.
    pub state: ScenarioState,
    /// What came of the alerts in cases that are decided and approved.
    pub score: Score,
    /// The share of alerts that were worth it, in hundredths of a percent; `None` before the first.
    pub precision_bps: Option<u64>,
}

impl CaseDesk {
    /// The scenarios in force; those shipped if none were put.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Scenario`].
    pub async fn scenarios(&self) -> Result<InForce, AmlError> {
        let (number, text) = self.scenarios_file().await?;
        Ok((number, read_scenarios(&text)?))
    }

    /// The file of the scenarios in force, and its number; 0: the one shipped.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn scenarios_file(&self) -> Result<(u32, String), AmlError> {
        let query = ListQuery { limit: 1, newest_first: true, ..ListQuery::all(ScenariosRecord::KIND) };
        let (page, _) = self.store.list_typed::<ScenariosRecord>(query).await?;
        let last = page.into_iter().next().map(|r| (r.value.number, r.value.text));
        Ok(last.unwrap_or_else(|| (0, SHIPPED.to_owned())))
    }

    /// Puts scenarios in force: TOML in the form of those shipped. What is in force may only move as [`ScenarioSet::follows`] says.
    ///
    /// # Errors
    /// [`AmlError::Scenario`], [`AmlError::Commit`] if another person did so at the same time.
    pub async fn put_scenarios(&self, text: &str, by: &Principal) -> Result<ScenariosRecord, AmlError> {
        let set = read_scenarios(text)?;
        let (number, before) = self.scenarios().await?;
        set.follows(&before)?;
        let (text, at, by) = (text.to_owned(), self.clock.now(), by.clone());
        let record = ScenariosRecord { number: number.saturating_add(1), text, at, by };
        self.commit(vec![Write::put(&record, 0)?], &record.by).await?;
        Ok(record)
    }

    /// What came of the alerts of all scenarios in force, by cases that are decided and approved.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn scores(&self) -> Result<Vec<ScenarioScore>, AmlError> {
        let mut scores = Scores::default();
        for case in self.every::<Case>(Case::WHAT).await? {
            let decided = case.value.decision.as_ref().filter(|d| d.approved_by.is_some());
            let Some(decision) = decided else { continue };
            for (_, scenario, version) in &case.value.alerts {
                scores.count(scenario, *version, decision.outcome);
            }
        }
        let (_, set) = self.scenarios().await?;
        let of = |name: &str, version: u32| {
            let found = scores.iter().find(|(n, v, _)| *n == name && *v == version);
            found.map_or_else(Score::default, |(.., score)| score)
        };
        let shown = set.scenarios.into_iter().map(|s| {
            let score = of(&s.name, s.version);
            let (version, state, precision_bps) = (s.version, s.state, score.precision_bps());
            ScenarioScore { scenario: s.name, version, state, score, precision_bps }
        });
        Ok(shown.collect())
    }
}
