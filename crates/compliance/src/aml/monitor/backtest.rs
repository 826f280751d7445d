//! Scenarios over the past: what they would have said.

use super::Alert;
use super::fact::Fact;
use super::history::Forgotten;
use super::scenario::{Scenario, ScenarioSet, ScenarioState};
use super::watch::{Unpriced, Watch};
use pmts_kernel::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// What a version of a scenario would have said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backtested {
    /// Which scenario.
    pub scenario: String,
    /// Which version.
    pub version: u32,
    /// What it is now.
    pub state: ScenarioState,
    /// How many alerts.
    pub alerts: u64,
    /// About how many customers.
    pub subjects: u64,
}

/// All scenarios, drafts among them, over facts that come in order of time.
#[derive(Debug)]
pub struct Backtest {
    watch: Watch,
    rows: Vec<Backtested>,
    subjects: Vec<BTreeSet<String>>,
    since: Timestamp,
}

impl Backtest {
    /// Of these scenarios. Scenarios that say nothing are told, too.
    pub fn new(set: ScenarioSet) -> Self {
        let row = |s: &Scenario| Backtested {
            scenario: s.name.clone(),
            version: s.version,
            state: s.state,
            alerts: 0,
            subjects: 0,
        };
        let rows: Vec<Backtested> = set.scenarios.iter().map(row).collect();
        let subjects = vec![BTreeSet::new(); rows.len()];
        Self { subjects, rows, watch: Watch::with_drafts(set), since: Timestamp::from_micros(i64::MIN) }
    }

    /// The same; only what is said from then on counts. What was before is remembered.
    #[must_use]
    pub fn since(self, since: Timestamp) -> Self {
        Self { since, ..self }
    }

    /// Takes in what happened, and gives what scenarios would have said, if it counts.
    ///
    /// # Errors
    /// [`Unpriced`]: nothing was taken in.
    pub fn observe(&mut self, fact: &Fact) -> Result<Vec<Alert>, Unpriced> {
        let mut alerts = self.watch.observe(fact)?;
        alerts.retain(|a| a.at >= self.since);
        for alert in &alerts {
            let is = |r: &Backtested| r.scenario == alert.scenario && r.version == alert.version;
            if let Some(place) = self.rows.iter().position(is) {
                self.rows[place].alerts += 1;
                self.subjects[place].insert(alert.subject.clone());
            }
        }
        Ok(alerts)
    }

    /// What each would have said, and what was dropped before its time.
    pub fn done(mut self) -> (Vec<Backtested>, Forgotten) {
        for (row, subjects) in self.rows.iter_mut().zip(&self.subjects) {
            row.subjects = subjects.len() as u64;
        }
        (self.rows, self.watch.forgotten())
    }
}

/// Runs all scenarios, drafts among them, over facts in order of time; `each` gets every alert.
///
/// # Errors
/// [`Unpriced`].
pub fn backtest<'a>(
    set: ScenarioSet,
    facts: impl IntoIterator<Item = &'a Fact>,
    mut each: impl FnMut(&Alert),
) -> Result<(Vec<Backtested>, Forgotten), Unpriced> {
    let mut backtest = Backtest::new(set);
    for fact in facts {
        backtest.observe(fact)?.iter().for_each(&mut each);
    }
    Ok(backtest.done())
}
