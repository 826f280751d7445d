//! Monitoring: movements of money are looked at one by one, and what looks like laundering becomes an alert that says why.
//!
//! ```text
//! facts (movements, accounts, links) ─▶ history, bounded ─▶ scenarios: rule, parameters, version ─▶ alerts
//! ```
//!
//! - [`Fact`] is what the monitoring is told.
//! - [`Scenario`] is a [`Rule`] with parameters and a version; those shipped are in [`shipped`]. It is a draft, runs in the shadow, or is live.
//! - [`Watch`] runs scenarios over facts, and can be kept as a [`SavedWatch`]; [`backtest`] does so over the past.
//! - [`Monitor`] is the port; [`MemoryMonitor`] stands behind it, [`contract`] is its suite.
//! - [`Scores`] counts what came of the alerts of each scenario.
//!
//! It reads no clock: now is the time of the movement that is looked at.

mod alert;
mod backtest;
pub mod contract;
mod fact;
mod history;
mod port;
mod rules;
mod saved;
mod scenario;
mod scores;
mod watch;

pub use alert::{Alert, Figure};
pub use backtest::{Backtest, Backtested, backtest};
pub use fact::{Fact, Movement, MovementKind};
pub use history::{Bounds, Forgotten};
pub use port::{MemoryMonitor, Monitor, MonitorFailed};
pub use rules::Rule;
pub use saved::SavedWatch;
pub use scenario::{SHIPPED, Scenario, ScenarioError, ScenarioSet, ScenarioState, read_scenarios, shipped};
pub use scores::{Outcome, Score, Scores};
pub use watch::{Snooze, Unpriced, Watch};
