//! The ports: whoever scores, whoever decides.

use crate::decision::{Decision, Thresholds, decide};
use crate::error::FraudError;
use crate::facts::Facts;
use crate::features::{History, Outcome, Recorded};
use crate::lists::Lists;
use crate::model::{Contribution, Model};
use crate::rules::RuleSet;
use async_trait::async_trait;
use std::sync::{Arc, PoisonError, RwLock};

/// A score and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Millionths of log odds: above zero, more likely fraud than not.
    pub micro: i64,
    /// What the features added, the greatest first; may be empty.
    pub contributions: Vec<Contribution>,
    /// Which model, and which version.
    pub model: String,
}

/// Scores a step.
///
/// # Contract
/// The same facts and features give the same score. It returns at once (no IO), and never panics whatever the values are:
/// features may be missing ([`crate::features::MISSING`]) or fewer than there are names. [`crate::contract::scorer`] checks that.
pub trait Scorer: Send + Sync {
    /// The score.
    ///
    /// # Errors
    /// [`FraudError::Unavailable`]: no score now. Rules and lists decide alone.
    fn score(&self, facts: &Facts, features: &[i64]) -> Result<Score, FraudError>;
}

impl Scorer for Model {
    fn score(&self, _: &Facts, features: &[i64]) -> Result<Score, FraudError> {
        Ok(Score {
            micro: Self::score(self, features),
            contributions: self.contributions(features),
            model: self.name.clone(),
        })
    }
}

/// Decides about a step before it is done.
///
/// # Contract
/// - `screen` changes nothing: asked twice, it says the same. What is decided upon is told with `recorded`, once, after
///   the decision was committed; what becomes known of it later with `labelled`.
/// - The decision carries the facts it was asked about; attributes that the screen itself knows may be added to them.
/// - It never panics. What cannot be answered is [`FraudError::Unavailable`], and the caller's policy holds.
///
/// [`crate::contract::screen`] checks that.
#[async_trait]
pub trait FraudScreen: Send + Sync {
    /// The decision about a step.
    ///
    /// # Errors
    /// [`FraudError::Unavailable`].
    async fn screen(&self, facts: &Facts) -> Result<Decision, FraudError>;

    /// The step was decided upon, and its decision is committed: it is history from now on.
    ///
    /// # Errors
    /// [`FraudError::Unavailable`].
    async fn recorded(&self, facts: &Facts) -> Result<Recorded, FraudError>;

    /// It became known whether a step was fraud.
    ///
    /// # Errors
    /// [`FraudError::Unavailable`].
    async fn labelled(&self, of: &Recorded, fraud: bool) -> Result<(), FraudError>;

    /// It became known what became of a payment.
    ///
    /// # Errors
    /// [`FraudError::Unavailable`].
    async fn ended(&self, of: &Recorded, outcome: Outcome, at: i64) -> Result<(), FraudError>;
}

/// What decides: rules, lists, model and thresholds. Replaced as a whole.
#[derive(Clone)]
pub struct InForce {
    /// The rules.
    pub rules: RuleSet,
    /// The lists.
    pub lists: Lists,
    /// The model, if there is one.
    pub scorer: Option<Arc<dyn Scorer>>,
    /// What the score alone asks for.
    pub thresholds: Thresholds,
}

/// The screen of this crate: history, rules, lists and model in memory.
pub struct MemoryScreen {
    history: RwLock<History>,
    in_force: RwLock<Arc<InForce>>,
}

impl MemoryScreen {
    /// A screen over a history.
    pub fn new(history: History, in_force: InForce) -> Self {
        Self { history: RwLock::new(history), in_force: RwLock::new(Arc::new(in_force)) }
    }

    /// Puts other rules, lists or another model in force: for all steps asked from now on. Those being decided go on with the old ones.
    pub fn replace(&self, in_force: InForce) {
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(in_force);
    }

    /// What is in force.
    pub fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the history.
    pub fn with_history<T>(&self, read: impl FnOnce(&History) -> T) -> T {
        read(&self.history.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// As [`FraudScreen::screen`], at once.
    pub fn decide_now(&self, facts: &Facts) -> Decision {
        let (facts, features, history) = self.with_history(|h| {
            let facts = h.completed(facts);
            let features = h.features(&facts);
            (facts, features, h.changes())
        });
        let now = self.in_force();
        let decision =
            decide(&facts, &features, &now.lists, &now.rules, now.scorer.as_deref(), &now.thresholds);
        Decision { history, ..decision }
    }

    /// As [`FraudScreen::recorded`], at once.
    pub fn record_now(&self, facts: &Facts) -> Recorded {
        self.history.write().unwrap_or_else(PoisonError::into_inner).record(facts)
    }

    /// Records a step that was stopped: it counts, but builds no trust ([`History::record_stopped`]).
    pub fn record_stopped_now(&self, facts: &Facts) -> Recorded {
        self.history.write().unwrap_or_else(PoisonError::into_inner).record_stopped(facts)
    }

    /// As [`FraudScreen::ended`], at once.
    pub fn end_now(&self, of: &Recorded, outcome: Outcome, at: i64) {
        self.history.write().unwrap_or_else(PoisonError::into_inner).note(&of.keys, outcome, at);
    }

    /// Puts another history in the place of the one there is.
    pub fn restore(&self, history: History) {
        *self.history.write().unwrap_or_else(PoisonError::into_inner) = history;
    }

    /// As [`FraudScreen::labelled`], at once.
    pub fn label_now(&self, of: &Recorded, fraud: bool) {
        self.history.write().unwrap_or_else(PoisonError::into_inner).label(of, fraud);
    }
}

#[async_trait]
impl FraudScreen for MemoryScreen {
    async fn screen(&self, facts: &Facts) -> Result<Decision, FraudError> {
        Ok(self.decide_now(facts))
    }

    async fn recorded(&self, facts: &Facts) -> Result<Recorded, FraudError> {
        Ok(self.record_now(facts))
    }

    async fn labelled(&self, of: &Recorded, fraud: bool) -> Result<(), FraudError> {
        self.label_now(of, fraud);
        Ok(())
    }

    async fn ended(&self, of: &Recorded, outcome: Outcome, at: i64) -> Result<(), FraudError> {
        self.end_now(of, outcome, at);
        Ok(())
    }
}
