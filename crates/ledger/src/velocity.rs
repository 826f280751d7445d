//! How fast money may move: limits by account and window of time.

use crate::Side;
use pmts_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// A limit on what one side of an account takes within a window. Windows lie end to end from 1970-01-01T00:00:00Z on, so a
/// window of 86,400 seconds is a day in UTC. Every post and every reservation counts in full in the window in which it is
/// recorded; posting, voiding or the expiry of a reservation counts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Velocity {
    /// Which side of the account is counted: what it is debited, or what it is credited.
    pub side: Side,
    /// Length of the window in seconds; from 1.
    pub window_secs: u32,
    /// At most so much, in minor units of the account's currency. `None`: no limit.
    pub most_minor: Option<i64>,
    /// At most so many transfers. `None`: no limit.
    pub most_count: Option<u64>,
}

impl Velocity {
    /// Most limits on one account.
    pub const MOST: usize = 8;

    /// When the window that holds `at` began.
    pub fn window_start(&self, at: Timestamp) -> Timestamp {
        let length = i64::from(self.window_secs.max(1)) * 1_000_000;
        Timestamp::from_micros(at.as_micros().saturating_sub(at.as_micros().rem_euclid(length)))
    }
}

/// What a window holds so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// Sum, in minor units.
    pub minor: i64,
    /// How many transfers.
    pub count: u64,
}

impl Taken {
    /// With one more transfer. Saturates at the end of the range: no limit lies beyond it.
    #[must_use]
    pub fn with(self, minor: i64) -> Self {
        Self { minor: self.minor.saturating_add(minor), count: self.count.saturating_add(1) }
    }
}
