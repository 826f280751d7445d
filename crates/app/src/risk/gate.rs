//! Asks the screen in time, or applies the stated policy; and counts.

use pmts_fraud::{Action, Decision, Facts, FailPolicy, FraudScreen, Thresholds};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the screen may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskMode {
    /// It is not asked.
    Off,
    /// It decides and its decisions are kept; they stop nothing.
    Watch,
    /// Its decisions hold.
    #[default]
    On,
}

/// How the screen is run.
#[derive(Debug, Clone)]
pub struct RiskConfig {
    /// What it may do.
    pub mode: RiskMode,
    /// What holds when it does not answer, by amount in hundredths of the main unit.
    pub policy: FailPolicy,
    /// How long its answer is waited for.
    pub patience: Duration,
    /// What a score alone asks for.
    pub thresholds: Thresholds,
    /// The bounds of history, and how late labels are.
    pub history: pmts_fraud::features::HistoryOptions,
    /// Who challenges payers; `None`: the shop does, and tells what came of it.
    pub challenger: Option<super::ChallengerConfig>,
}

impl Default for RiskConfig {
    /// On; 100 ms; the defaults of policy, thresholds and history.
    fn default() -> Self {
        Self {
            mode: RiskMode::default(),
            policy: FailPolicy::default(),
            patience: Duration::from_millis(100),
            thresholds: Thresholds::default(),
            history: pmts_fraud::features::HistoryOptions::default(),
            challenger: None,
        }
    }
}

/// Upper ends of the classes of time, in microseconds; the last class has none.
pub(crate) const CLASSES: [u64; 6] = [100, 500, 1_000, 5_000, 25_000, 100_000];

/// What the gate has seen since the process started.
#[derive(Debug, Default)]
pub struct GateStats {
    /// Decisions by action: allow, step up, review, block.
    pub actions: [AtomicU64; 4],
    /// Decisions of the policy, since the screen did not answer.
    pub by_policy: AtomicU64,
    /// Decisions by how long they took, and the sum in microseconds.
    pub times: [AtomicU64; CLASSES.len() + 1],
    /// Microseconds in all.
    pub micros: AtomicU64,
    /// Times the challenger did not say what it was asked.
    pub challenger_faults: AtomicU64,
}

impl GateStats {
    fn count(&self, decision: &Decision, policy: bool, took: Duration) {
        if let Some(count) = self.actions.get(decision.action as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.by_policy.fetch_add(u64::from(policy), Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = CLASSES.iter().position(|end| micros <= *end).unwrap_or(CLASSES.len());
        if let Some(count) = self.times.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Stands before each step that moves money.
pub struct Gate {
    screen: Arc<dyn FraudScreen>,
    policy: FailPolicy,
    patience: Duration,
    watches: bool,
    /// What it has seen.
    pub stats: GateStats,
}

impl Gate {
    /// Asks this screen. [`RiskMode::Off`] is no gate at all.
    pub fn new(screen: Arc<dyn FraudScreen>, config: &RiskConfig) -> Self {
        Self {
            screen,
            policy: config.policy,
            patience: config.patience,
            watches: config.mode == RiskMode::Watch,
            stats: GateStats::default(),
        }
    }

    /// Whether its decisions stop nothing.
    pub fn watches(&self) -> bool {
        self.watches
    }

    /// The decision: the screen's, or the policy's if it fails, panics, or does not answer in time. Never an error: a payment is
    /// neither declined nor let through because something is broken, but by what was stated for that.
    pub async fn ask(&self, facts: Facts) -> Decision {
        let started = Instant::now();
        let answer = tokio::time::timeout(self.patience, contained(self.screen.clone(), &facts)).await;
        let (decision, policy) = match answer {
            Ok(Ok(decision)) => (decision, false),
            Ok(Err(fault)) => (self.policy.decide(&facts, &fault), true),
            Err(_) => {
                let fault = format!("no answer within {} ms", self.patience.as_millis());
                (self.policy.decide(&facts, &fault), true)
            }
        };
        if policy {
            let fault = decision.fault.as_deref().unwrap_or_default();
            let action = decision.action.name();
            tracing::warn!(target: "pmts::risk", about = %facts.id, fault, action, "the screen did not answer: the policy decides");
        }
        self.stats.count(&decision, policy, started.elapsed());
        decision
    }
}

/// The screen's answer, a panic of it being a fault.
async fn contained(screen: Arc<dyn FraudScreen>, facts: &Facts) -> Result<Decision, String> {
    let mut asked = screen.screen(facts);
    std::future::poll_fn(|context| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| asked.as_mut().poll(context)));
        match polled {
            Ok(poll) => poll.map(|answer| answer.map_err(|e| e.to_string())),
            Err(_) => std::task::Poll::Ready(Err("the screen panicked".to_owned())),
        }
    })
    .await
}

/// The names of the actions in the order of [`GateStats::actions`].
pub(crate) const ACTIONS: [Action; 4] = [Action::Allow, Action::StepUp, Action::Review, Action::Block];
