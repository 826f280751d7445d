//! The chart of accounts: what the chart codes mean.

use crate::{ChartCode, Side};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The five classes of a balance sheet and income statement, and memo accounts, which stand outside both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// What we own or are owed.
    Asset,
    /// What we owe.
    Liability,
    /// What belongs to the owners.
    Equity,
    /// What we earn.
    Income,
    /// What we spend.
    Expense,
    /// Off the balance sheet: limits and promises.
    Memo,
}

/// One line of the chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartEntry {
    /// Its number.
    pub code: ChartCode,
    /// Its name, dots between levels: `seller.pending`.
    pub name: String,
    /// Its class.
    pub class: Class,
    /// The normal side of its accounts.
    pub side: Side,
    /// What stands on it, one sentence.
    pub meaning: String,
}

/// A chart of accounts.
#[derive(Debug, Clone, Default)]
pub struct Chart(BTreeMap<ChartCode, ChartEntry>);

impl Chart {
    /// Takes a list of lines; of two with the same code the later stays.
    pub fn new(entries: impl IntoIterator<Item = ChartEntry>) -> Self {
        Self(entries.into_iter().map(|e| (e.code, e)).collect())
    }

    /// The line of a code.
    pub fn get(&self, code: ChartCode) -> Option<&ChartEntry> {
        self.0.get(&code)
    }

    /// The line of a name.
    pub fn by_name(&self, name: &str) -> Option<&ChartEntry> {
        self.0.values().find(|e| e.name == name)
    }

    /// All lines in order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = &ChartEntry> {
        self.0.values()
    }
}
