//! How right scenarios were, by what is known to be laundering.

use crate::AppError;
use crate::aml::AmlError;
use pmts_compliance::aml::monitor::Alert;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    typology: String,
    movements: Vec<String>,
}

/// A scenario, compared with what was to be found.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Judged {
    /// Patterns of its typology.
    pub(super) planted: u64,
    /// Those of them that one of its alerts rests on.
    pub(super) found: u64,
    /// Alerts.
    pub(super) alerts: u64,
    /// Alerts that rest on a pattern of its typology.
    pub(super) right: u64,
    /// Alerts that rest on a pattern of any typology.
    pub(super) laundering: u64,
}

/// What is known to be laundering. A scenario is about the typology of its name.
pub(super) struct Labels {
    typologies: Vec<String>,
    of: HashMap<String, Vec<usize>>,
    found: HashSet<usize>,
    rows: BTreeMap<String, Judged>,
}

impl Labels {
    /// Reads JSON lines with `typology` and `movements`.
    pub(super) fn read(path: &Path) -> Result<Self, AppError> {
        let text = std::fs::read_to_string(path).map_err(AppError::file(path))?;
        let mut labels =
            Self { typologies: Vec::new(), of: HashMap::new(), found: HashSet::new(), rows: BTreeMap::new() };
        for (n, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            let label: Label = serde_json::from_str(text)
                .map_err(|_| AppError::from(AmlError::File { what: "labels", line: n + 1 }))?;
            for id in label.movements {
                labels.of.entry(id).or_default().push(labels.typologies.len());
            }
            labels.rows.entry(label.typology.clone()).or_default().planted += 1;
            labels.typologies.push(label.typology);
        }
        Ok(labels)
    }

    pub(super) fn take(&mut self, alert: &Alert) {
        let on: HashSet<usize> =
            alert.movements.iter().filter_map(|id| self.of.get(id)).flatten().copied().collect();
        let row = self.rows.entry(alert.scenario.clone()).or_default();
        row.alerts += 1;
        row.laundering += u64::from(!on.is_empty());
        let own: Vec<usize> = on.into_iter().filter(|n| self.typologies[*n] == alert.scenario).collect();
        row.right += u64::from(!own.is_empty());
        self.found.extend(own);
    }

    /// By scenario.
    pub(super) fn judged(mut self) -> BTreeMap<String, Judged> {
        for n in self.found {
            if let Some(row) = self.rows.get_mut(&self.typologies[n]) {
                row.found += 1;
            }
        }
        self.rows
    }
}
