//! The screen of a platform: the gate, what follows the events, and the desk.

use super::{Follower, Gate, RiskDesk, Screened};
use std::sync::Arc;

/// The screen of a platform.
pub struct Risk {
    /// Stands before each step that moves money.
    pub gate: Gate,
    /// Keeps the screen's history; `None`: the screen is somebody else's, who keeps it.
    pub follower: Option<Arc<Follower>>,
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
