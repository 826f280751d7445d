//! What is kept of the risk screen.

use super::LabelId;
use super::labels::LabelSource;
use crate::records::record_of;
use pmts_fraud::features::{Outcome, Recorded, index};
use pmts_fraud::{Action, Decision, Entry, Step};
use pmts_kernel::{Principal, Timestamp, typed_id};
use pmts_payments::{OperationId, PaymentId};
use pmts_store::Record;
use serde::{Deserialize, Serialize};

typed_id! {
    /// A decision of the risk screen.
    pub struct DecisionId("rdec");
}

/// What a decision did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// What it says.
    Enforced,
    /// Nothing: the screen only watches.
    Watched,
    /// The payer had passed the challenge it asks for: it went on.
    Challenged,
    /// A person had looked at it before: it went on.
    Released,
    /// A challenge that was asked before is not passed: nothing was sent.
    Awaiting,
}

/// A decision and what it was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screened {
    /// Its id.
    pub id: DecisionId,
    /// Which payment, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentId>,
    /// Which operation it let through or stopped, if one was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// What it did.
    pub effect: Effect,
    /// The decision, with facts, features, rules and score.
    pub decision: Decision,
}

impl Screened {
    /// What the decision leads to: `Allow` where it only watches, or what it asks for was done before.
    pub fn action(&self) -> Action {
        match self.effect {
            Effect::Enforced => self.decision.action,
            Effect::Awaiting => Action::StepUp,
            Effect::Watched | Effect::Challenged | Effect::Released => Action::Allow,
        }
    }

    /// Whether an authorization did not go on: it is refused, or its payer challenged first.
    pub fn stopped(&self) -> bool {
        matches!(self.action(), Action::StepUp | Action::Block)
    }

    /// What history keeps of it, for labels and outcomes.
    pub fn recorded(&self) -> Recorded {
        let facts = &self.decision.facts;
        let unusual = self.decision.features.iter().any(|(name, v)| name == "unusual" && *v != 0);
        debug_assert!(index("unusual").is_some());
        Recorded {
            at: facts.at,
            amount: facts.amount,
            unusual,
            keys: facts.keys.clone(),
            stopped: self.stopped(),
        }
    }

    /// When it was made.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.decision.facts.at.saturating_mul(1_000_000))
    }

    /// The step.
    pub fn step(&self) -> Step {
        self.decision.facts.step
    }
}

record_of! {
    /// A decision. Those of a payment or payout are listed by it.
    DecisionRecord(Screened), "risk_decision", |s| s.id.raw(), vec![("about", s.decision.facts.id.clone())]
}

/// A label as it is kept: what became known of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRecord {
    /// Its id.
    pub id: LabelId,
    /// Of which decision.
    pub decision: DecisionId,
    /// Of which payment.
    pub payment: PaymentId,
    /// What history keeps of that.
    pub recorded: Recorded,
    /// Whether it is fraud.
    pub fraud: bool,
    /// Who says so.
    pub source: LabelSource,
    /// What else follows: a dispute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// When it became known.
    pub at: Timestamp,
    /// Who told it.
    pub by: Principal,
}

impl Record for LabelRecord {
    const KIND: &'static str = "risk_label";

    fn record_id(&self) -> u128 {
        self.id.raw()
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![("payment", self.payment.to_string())]
    }
}

/// A version of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesVersion {
    /// Counted from 1.
    pub version: u64,
    /// The rules, as [`pmts_fraud::rules::RuleSet::to_json`] writes them.
    pub rules: String,
    /// When it was put there.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
}

record_of! {
    /// A version of the rules. It never changes.
    RulesRecord(RulesVersion), "risk_rules", |r| u128::from(r.version), vec![]
}

/// Which version of the rules is in force. There is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForceRecord {
    /// The version.
    pub rules: u64,
    /// Those before, the latest last, at most 100.
    pub before: Vec<u64>,
}

impl Record for InForceRecord {
    const KIND: &'static str = "risk_in_force";

    fn record_id(&self) -> u128 {
        1
    }
}

/// An entry of a list, as it was put there; taken off, it stays with that said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// The entry.
    pub entry: Entry,
    /// It was taken off.
    #[serde(default)]
    pub removed: bool,
    /// When it was put there or taken off.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
}

record_of! {
    /// An entry of a list.
    ListEntryRecord(ListEntry), "risk_list_entry", |e| super::rulebook::entry_id(&e.entry), vec![]
}
