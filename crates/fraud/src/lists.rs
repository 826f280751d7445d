//! Lists of keys: always allow, always block, always look at. Each entry with a reason, and an end if it has one.

use crate::error::FraudError;
use crate::facts::Facts;
use crate::key::{Key, KeyKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most entries of all lists together.
const MOST: usize = 5_000_000;

/// What a list does with those on it. In this order: block stands above review, review above allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// No rule and no score stops them.
    Allow,
    /// A person looks at them.
    Review,
    /// They are refused.
    Block,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Who.
    pub key: Key,
    /// On which list.
    pub list: ListKind,
    /// Why.
    pub reason: String,
    /// Until when, in seconds since 1970; not at that second any more. None: until it is taken off.
    pub until: Option<i64>,
}

/// The lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct Lists {
    entries: BTreeMap<(KeyKind, u64, ListKind), Entry>,
}

impl From<Vec<Entry>> for Lists {
    fn from(entries: Vec<Entry>) -> Self {
        Self { entries: entries.into_iter().map(|e| ((e.key.kind, e.key.hash, e.list), e)).collect() }
    }
}

impl From<Lists> for Vec<Entry> {
    fn from(lists: Lists) -> Self {
        lists.entries.into_values().collect()
    }
}

impl Lists {
    /// Puts an entry on its list, in place of one for the same key there.
    ///
    /// # Errors
    /// [`FraudError::RuleSet`] without a reason, or when there is no room.
    pub fn put(&mut self, entry: Entry) -> Result<(), FraudError> {
        if entry.reason.trim().is_empty() {
            return Err(FraudError::RuleSet("an entry of a list needs a reason".to_owned()));
        }
        let place = (entry.key.kind, entry.key.hash, entry.list);
        if self.entries.len() >= MOST && !self.entries.contains_key(&place) {
            return Err(FraudError::RuleSet(format!("more than {MOST} entries")));
        }
        self.entries.insert(place, entry);
        Ok(())
    }

    /// Takes a key off a list. Says whether it was there.
    pub fn remove(&mut self, key: Key, list: ListKind) -> bool {
        self.entries.remove(&(key.kind, key.hash, list)).is_some()
    }

    /// The entries that hold for a step at its time: the strictest first.
    pub fn hits(&self, facts: &Facts) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = facts
            .keys
            .iter()
            .flat_map(|k| {
                [ListKind::Block, ListKind::Review, ListKind::Allow]
                    .into_iter()
                    .filter_map(|list| self.entries.get(&(k.kind, k.hash, list)))
            })
            .filter(|e| e.until.is_none_or(|until| facts.at < until))
            .collect();
        found.sort_by_key(|e| std::cmp::Reverse(e.list));
        found
    }

    /// Drops entries whose end is past. Says how many.
    pub fn expire(&mut self, now: i64) -> usize {
        let before = self.entries.len();
        self.entries.retain(|_, e| e.until.is_none_or(|until| now < until));
        before - self.entries.len()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
