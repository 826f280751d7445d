//! What a scenario has found.

use super::scenario::ScenarioState;
use pmts_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// A number that an alert rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Its name, as in the scenario's text: `total`, `count`.
    pub name: String,
    /// Money in minor units, spans in hours, shares in percent, or a count.
    pub value: i64,
}

/// A scenario's finding. It says what it rests on, so that a person can judge it without running anything again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id: the same facts and the same version of the scenario give the same one.
    pub id: String,
    /// Which scenario.
    pub scenario: String,
    /// Which version of it.
    pub version: u32,
    /// What the scenario was then: an alert of one in the shadow is counted and becomes no case.
    pub state: ScenarioState,
    /// Whom it is about.
    pub subject: String,
    /// All who take part, the subject among them.
    pub parties: Vec<String>,
    /// When the last of the movements was.
    pub at: Timestamp,
    /// The ids of the movements.
    pub movements: Vec<String>,
    /// The numbers that were compared, and what with.
    pub figures: Vec<Figure>,
    /// All that in a sentence.
    pub why: String,
}
