//! The screen of a platform: the gate, what follows the events, and the desk.

use super::{Follower, Gate, RiskDesk, Screened};
use pmts_payments::Challenger;
use std::sync::Arc;

/// The screen of a platform.
pub struct Risk {
    /// Stands before each step that moves money.
    pub gate: Gate,
    /// Keeps the screen's history; `None`: the screen is somebody else's, who keeps it.
    pub follower: Option<Arc<Follower>>,
    /// Challenges payers; `None`: the shop does, and tells what came of it.
    pub challenger: Option<Arc<dyn Challenger>>,
    /// Rules, lists and labels.
    pub desk: RiskDesk,
}

impl Risk {
    /// Decisions that are committed.
    pub(crate) fn committed(&self, screened: Vec<Screened>) {
        if let Some(follower) = &self.follower {
            for one in screened {
                follower.committed(Arc::new(one));
            }
        }
    }
}
