//! A rule and a set of them.

use super::eval::{Asked, Expression};
use super::parse::parse;
use crate::decision::Action;
use crate::error::FraudError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most rules of a set.
const MOST: usize = 1_000;

/// How far a rule has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// Not evaluated.
    Draft,
    /// Evaluated and noted; it decides nothing.
    Shadow,
    /// Decides.
    Live,
}

/// A rule as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id: letters, digits and `_`, at most 60.
    pub id: String,
    /// When it holds.
    pub when: String,
    /// What it asks for.
    pub action: Action,
    /// How far it has come.
    pub state: RuleState,
    /// Why, for analysts.
    pub reason: String,
    /// Against which kind of fraud it stands.
    #[serde(default)]
    pub against: String,
}

/// A rule that held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Which rule.
    pub rule: String,
    /// What it asks for.
    pub action: Action,
    /// Whether it decides, or is only noted.
    pub live: bool,
    /// Why.
    pub reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u64,
    rules: Vec<Rule>,
}

/// A version of the rules: checked and compiled. It never changes; another version replaces it as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    version: u64,
    rules: Vec<(Rule, Expression)>,
}

impl RuleSet {
    /// Checks and compiles rules.
    ///
    /// # Errors
    /// [`FraudError::Rule`] for the first rule that cannot be read or does not fit the schema, [`FraudError::RuleSet`] for ids that
    /// are wrong or there twice, or too many rules.
    pub fn new(version: u64, rules: Vec<Rule>) -> Result<Self, FraudError> {
        if rules.len() > MOST {
            return Err(FraudError::RuleSet(format!("more than {MOST} rules")));
        }
        let mut ids = BTreeSet::new();
        let mut compiled = Vec::with_capacity(rules.len());
        for rule in rules {
            let good = !rule.id.is_empty()
                && rule.id.len() <= 60
                && rule.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !good || !ids.insert(rule.id.clone()) {
                return Err(FraudError::RuleSet(format!("the id {:?} is wrong or there twice", rule.id)));
            }
            let expression = parse(&rule.when).map_err(|f| FraudError::Rule {
                rule: rule.id.clone(),
                at: f.at,
                why: f.why,
            })?;
            compiled.push((rule, expression));
        }
        Ok(Self { version, rules: compiled })
    }

    /// Reads a file of rules: `{"version": 1, "rules": [..]}`.
    ///
    /// # Errors
    /// As [`RuleSet::new`], and [`FraudError::RuleSet`] if it is no such file.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FraudError> {
        let written: Written =
            serde_json::from_slice(bytes).map_err(|e| FraudError::RuleSet(e.to_string()))?;
        Self::new(written.version, written.rules)
    }

    /// The file of these rules.
    ///
    /// # Errors
    /// [`FraudError::RuleSet`] if it cannot be written.
    pub fn to_json(&self) -> Result<Vec<u8>, FraudError> {
        let written = Written { version: self.version, rules: self.rules().cloned().collect() };
        serde_json::to_vec_pretty(&written).map_err(|e| FraudError::RuleSet(e.to_string()))
    }

    /// The number of this version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The rules.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter().map(|r| &r.0)
    }

    /// The rules that hold, live ones and those in shadow, in the order of the set.
    pub fn hits(&self, asked: &Asked<'_>) -> Vec<Hit> {
        let holds = |(rule, expression): &&(Rule, Expression)| {
            rule.state != RuleState::Draft && expression.holds(asked)
        };
        self.rules
            .iter()
            .filter(holds)
            .map(|(rule, _)| Hit {
                rule: rule.id.clone(),
                action: rule.action,
                live: rule.state == RuleState::Live,
                reason: rule.reason.clone(),
            })
            .collect()
    }
}
