//! Scenarios over the past: what they would have said.

use super::Alert;
use super::fact::Fact;
use super::history::Forgotten;
use super::scenario::{ScenarioSet, ScenarioState};
use super::watch::{Unpriced, Watch};
use serde::Serialize;

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

/// Runs all scenarios, drafts among them, over facts in order of time; `each` gets every alert. Scenarios that said nothing are told, too.
///
/// # Errors
/// [`Unpriced`].
pub fn backtest<'a>(
    set: ScenarioSet,
    facts: impl IntoIterator<Item = &'a Fact>,
    mut each: impl FnMut(&Alert),
) -> Result<(Vec<Backtested>, Forgotten), Unpriced> {
    let mut watch = Watch::with_drafts(set);
    let scenarios = &watch.scenarios().scenarios;
    let mut subjects = vec![std::collections::BTreeSet::new(); scenarios.len()];
    let mut rows: Vec<Backtested> = scenarios
        .iter()
        .map(|s| Backtested {
            scenario: s.name.clone(),
            version: s.version,
            state: s.state,
            alerts: 0,
            subjects: 0,
        })
        .collect();
    for fact in facts {
        for alert in watch.observe(fact)? {
            let place = rows.iter().position(|r| r.scenario == alert.scenario && r.version == alert.version);
            if let Some(place) = place {
                rows[place].alerts += 1;
                subjects[place].insert(alert.subject.clone());
            }
            each(&alert);
        }
    }
    for (row, subjects) in rows.iter_mut().zip(&subjects) {
        row.subjects = subjects.len() as u64;
    }
    Ok((rows, watch.forgotten()))
}
