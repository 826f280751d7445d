//! What happened on a link.

use crate::CardsError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What happened on a link so far. Counts of messages are without sign-ons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LinkStats {
    /// Requests given to a connection.
    pub sent: u64,
    /// Answers that came in time.
    pub answered: u64,
    /// Requests without an answer in time.
    pub timeouts: u64,
    /// Messages that nobody waited for (any more); they were dropped.
    pub late: u64,
    /// Connections opened, signed on to.
    pub connects: u64,
    /// Of these, those that replaced a lost one.
    pub reconnects: u64,
    /// Connections closed because of bytes that make no sense.
    pub malformed: u64,
    /// What was wrong with the last of these.
    pub last_malformed: Option<CardsError>,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) answered: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) late: AtomicU64,
    pub(super) connects: AtomicU64,
    pub(super) reconnects: AtomicU64,
    malformed: AtomicU64,
    last_malformed: Mutex<Option<CardsError>>,
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(super) fn malformed(&self, error: CardsError) {
        count(&self.malformed);
        *self.last_malformed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(super) fn read(&self) -> LinkStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LinkStats {
            sent: read(&self.sent),
            answered: read(&self.answered),
            timeouts: read(&self.timeouts),
            late: read(&self.late),
            connects: read(&self.connects),
            reconnects: read(&self.reconnects),
            malformed: read(&self.malformed),
            last_malformed: self.last_malformed.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
