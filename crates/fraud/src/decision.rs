//! Lists, rules and score to one decision.

use crate::facts::Facts;
use crate::lists::{ListKind, Lists};
use crate::model::{Contribution, probability};
use crate::rules::{Asked, Hit, RuleSet};
use crate::screen::{Score, Scorer};
use serde::{Deserialize, Serialize};

/// What is done. The later, the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It goes on.
    Allow,
    /// It goes on if the payer passes a challenge: 3-D Secure or another factor.
    StepUp,
    /// It waits for a person.
    Review,
    /// It is refused.
    Block,
}

impl Action {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::StepUp => "step_up",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}

/// From which probability of fraud on a score alone asks for an action, in millionths. None: never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// A challenge.
    pub step_up: Option<u32>,
    /// A person.
    pub review: Option<u32>,
    /// A refusal.
    pub block: Option<u32>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { step_up: Some(300_000), review: Some(600_000), block: Some(950_000) }
    }
}

impl Thresholds {
    fn action(&self, probability: u32) -> Action {
        let above = |limit: Option<u32>| limit.is_some_and(|l| probability >= l);
        if above(self.block) {
            Action::Block
        } else if above(self.review) {
            Action::Review
        } else if above(self.step_up) {
            Action::StepUp
        } else {
            Action::Allow
        }
    }
}

/// An entry of a list that held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Which list.
    pub list: ListKind,
    /// The kind of key.
    pub of: String,
    /// Why it is on the list.
    pub reason: String,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// Nothing spoke against it.
    Nothing,
    /// A list.
    List,
    /// A rule.
    Rule,
    /// The model's score.
    Score,
    /// The stated policy, since nothing could be asked.
    Policy,
}

/// A decision and all that led to it. It is kept as it is: later versions change nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What is done.
    pub action: Action,
    /// What decided.
    pub by: DecidedBy,
    /// The facts.
    pub facts: Facts,
    /// The features that had a value and are not zero: name and value.
    pub features: Vec<(String, i64)>,
    /// Entries of lists that held.
    pub listed: Vec<Listed>,
    /// Rules that held, those in shadow too.
    pub hits: Vec<Hit>,
    /// The model's score, in millionths of log odds.
    pub score: Option<i64>,
    /// The probability of fraud it stands for, in millionths.
    pub probability: Option<u32>,
    /// What speaks most for and against fraud, the greatest first.
    pub contributions: Vec<Contribution>,
    /// How often history had been changed: [`crate::features::History::changes`]. Replayed so far, it gives these features again.
    #[serde(default)]
    pub history: u64,
    /// The version of the rules.
    pub rules_version: u64,
    /// The name of the model.
    pub model: Option<String>,
    /// What was wrong with the screen, if the policy decided.
    #[serde(default)]
    pub fault: Option<String>,
}

/// How many contributions are kept with a decision.
const KEPT: usize = 10;

/// Decides. Pure: the same lists, rules, model, facts and features give the same decision.
///
/// 1. The strictest list decides: block, review; a key on the allow list goes on whatever rules and score say.
/// 2. Else the strictest of the live rules and of the score's threshold. Of equals, the rule is named.
pub fn decide(
    facts: &Facts,
    features: &[i64],
    lists: &Lists,
    rules: &RuleSet,
    scorer: Option<&dyn Scorer>,
    thresholds: &Thresholds,
) -> Decision {
    let listed: Vec<Listed> = lists
        .hits(facts)
        .into_iter()
        .map(|e| Listed { list: e.list, of: e.key.kind.name().to_owned(), reason: e.reason.clone() })
        .collect();
    // A scorer of another's that fails is as if there were none: rules and lists hold, and the fault is kept.
    let (scored, fault) = match scorer.map(|s| s.score(facts, features)) {
        Some(Ok(score)) => (Some(score), None),
        Some(Err(e)) => (None, Some(e.to_string())),
        None => (None, None),
    };
    let chance = scored.as_ref().map(|s: &Score| probability(s.micro));
    let hits = rules.hits(&Asked { facts, features, probability: chance });
    let by_rules = hits.iter().filter(|h| h.live).map(|h| h.action).max().unwrap_or(Action::Allow);
    let by_score = chance.map_or(Action::Allow, |p| thresholds.action(p));
    let (action, by) = match listed.first().map(|l| l.list) {
        Some(ListKind::Block) => (Action::Block, DecidedBy::List),
        Some(ListKind::Review) => (Action::Review, DecidedBy::List),
        Some(ListKind::Allow) => (Action::Allow, DecidedBy::List),
        None if by_rules >= by_score && by_rules > Action::Allow => (by_rules, DecidedBy::Rule),
        None if by_score > Action::Allow => (by_score, DecidedBy::Score),
        None => (Action::Allow, DecidedBy::Nothing),
    };
    let named = crate::features::names().iter().zip(features);
    let (score, mut contributions, model) = match scored {
        Some(s) => (Some(s.micro), s.contributions, Some(s.model)),
        None => (None, Vec::new(), None),
    };
    contributions.truncate(KEPT);
    Decision {
        action,
        by,
        facts: facts.clone(),
        features: named
            .filter(|(_, v)| **v != crate::features::MISSING && **v != 0)
            .map(|(n, v)| (n.clone(), *v))
            .collect(),
        listed,
        hits,
        score,
        probability: chance,
        contributions,
        history: 0,
        rules_version: rules.version(),
        model,
        fault,
    }
}

/// What holds when the screen does not answer: by amount, in minor units. Stated before, applied the same to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailPolicy {
    /// Amounts below this go on.
    pub open_below: i64,
    /// Amounts below this need a challenge; the others wait for a person.
    pub step_up_below: i64,
}

impl Default for FailPolicy {
    fn default() -> Self {
        Self { open_below: 5_000, step_up_below: 50_000 }
    }
}

impl FailPolicy {
    /// The decision of the policy.
    pub fn decide(&self, facts: &Facts, fault: &str) -> Decision {
        let action = if facts.amount < self.open_below {
            Action::Allow
        } else if facts.amount < self.step_up_below {
            Action::StepUp
        } else {
            Action::Review
        };
        Decision {
            action,
            by: DecidedBy::Policy,
            facts: facts.clone(),
            features: Vec::new(),
            listed: Vec::new(),
            hits: Vec::new(),
            score: None,
            probability: None,
            contributions: Vec::new(),
            history: 0,
            rules_version: 0,
            model: None,
            fault: Some(fault.to_owned()),
        }
    }
}
