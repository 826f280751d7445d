//! The risk screen on the money path.
//!
//! ```text
//! payment, signals ─▶ facts ─▶ gate ─▶ FraudScreen (or the stated policy) ─▶ decision
//!                                                                              │ committed with the step it allows or stops
//!        history, rules, lists ◀─ follower ◀─ events of the outbox ◀───────────┘
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `signals.rs` | what a shop tells of payer and purchase, as keys and attributes |
//! | `facts.rs` | what the screen is asked about |
//! | `challenger.rs` | challenges payers, over HTTP |
//! | `screen.rs` | gate, follower and desk together |
//! | `gate.rs` | asks the screen in time, or applies the policy; counts |
//! | `records.rs` | decisions, labels, rules and list entries as they are kept |
//! | `rulebook.rs` | rules as versions, and lists |
//! | `labels.rs` | what became known of a payment |
//! | `people/` | reviews, cases, bulk actions, appeals |
//! | `follower.rs` | keeps history, rules and lists as the committed events say |
//! | `snapshot.rs` | history in a file, so that a start does not read all events |
//! | `error.rs` | why something of it was not done |
//!
//! History is a function of the committed events in their order: every node that has read so far has the same, and so has a replay.

mod challenger;
mod error;
mod facts;
mod follower;
mod gate;
mod labels;
pub mod people;
mod records;
mod rulebook;
mod screen;
mod signals;
mod snapshot;

pub use challenger::{ChallengerConfig, HttpChallenger};
pub use error::RiskError;
pub use facts::{compared, of_authorization, of_capture, of_payout, of_refund};
pub use follower::{Follower, FollowerStats};
pub(crate) use gate::{ACTIONS, CLASSES};
pub use gate::{Gate, GateStats, RiskConfig, RiskMode};
pub use labels::{LabelId, LabelSource};
pub use records::{
    DecisionId, DecisionRecord, Effect, InForceRecord, LabelRecord, ListEntry, ListEntryRecord, RulesRecord,
    RulesVersion, Screened,
};
pub use rulebook::RiskDesk;
pub use screen::Risk;
pub use signals::{Signals, SignalsRecord};
