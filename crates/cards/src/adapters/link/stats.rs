//! What happened on a link.

use crate::CardsError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What happened on a link so far. Counts of messages are without those that the link sends of itself: sign-ons, and echoes
/// after silence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LinkStats {
    /// Requests given to a connection.
    pub sent: u64,
    /// Answers that came in time.
    pub answered: u64,
    /// Requests without an answer in time.
    pub timeouts: u64,
    /// Answers that came after their request was given up: too late, or after the connection was lost. They were dropped.
    pub late: u64,
    /// Messages that nobody waited for: answered before, or never asked for. They were dropped.
    pub duplicates: u64,
    /// Requests that were not sent because too many waited for their answers.
    pub refused: u64,
    /// Requests that wait for their answers now.
    pub in_flight: u64,
    /// Connections that are open now.
    pub open: u64,
    /// Connections opened, signed on to.
    pub connects: u64,
    /// Of these, those that replaced a lost one.
    pub reconnects: u64,
    /// Tries to open a connection that failed.
    pub connect_failures: u64,
    /// Echoes sent after silence.
    pub echoes: u64,
    /// Key changes that the host asked for.
    pub key_changes: u64,
    /// Connections closed because of bytes that make no sense, or because the host stopped in the middle of a frame.
    pub malformed: u64,
    /// What was wrong with the last of these; `None` if it stopped in the middle of a frame.
    pub last_malformed: Option<CardsError>,
    /// How long answers took.
    pub latency: Latency,
}

/// How long answers took, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// How many answers were measured.
    pub count: u64,
    /// The sum of their times.
    pub sum_micros: u64,
    /// How many took at most as long as the bound of the same place in [`Latency::BOUNDS_MICROS`], but longer than the one
    /// before; the last counts those beyond all bounds.
    pub buckets: [u64; Latency::BOUNDS_MICROS.len() + 1],
}

impl Latency {
    /// The upper bounds of the buckets, in microseconds: a tenth of a millisecond to half a minute.
    pub const BOUNDS_MICROS: [u64; 16] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
        2_500_000, 10_000_000, 30_000_000,
    ];
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) late: AtomicU64,
    pub(super) duplicates: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) in_flight: AtomicU64,
    pub(super) open: AtomicU64,
    pub(super) connects: AtomicU64,
    pub(super) reconnects: AtomicU64,
    pub(super) connect_failures: AtomicU64,
    pub(super) echoes: AtomicU64,
    pub(super) key_changes: AtomicU64,
    malformed: AtomicU64,
    last_malformed: Mutex<Option<CardsError>>,
    sum_micros: AtomicU64,
    buckets: [AtomicU64; Latency::BOUNDS_MICROS.len() + 1],
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Counts one more for as long as it lives.
pub(super) struct Gauge<'a>(&'a AtomicU64);

impl<'a> Gauge<'a> {
    /// `None` if there are `max` already.
    pub(super) fn below(counter: &'a AtomicU64, max: u64) -> Option<Self> {
        let place = Self(counter);
        (counter.fetch_add(1, Ordering::Relaxed) < max).then_some(place)
    }
}

impl Drop for Gauge<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counters {
    pub(super) fn malformed(&self, error: Option<CardsError>) {
        count(&self.malformed);
        *self.last_malformed.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    pub(super) fn answered(&self, after: Duration) {
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
        count(&self.buckets[Latency::BOUNDS_MICROS.partition_point(|bound| *bound < micros)]);
    }

    pub(super) fn read(&self) -> LinkStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let buckets = self.buckets.each_ref().map(read);
        let answered = buckets.iter().sum();
        LinkStats {
            sent: read(&self.sent),
            answered,
            timeouts: read(&self.timeouts),
            late: read(&self.late),
            duplicates: read(&self.duplicates),
            refused: read(&self.refused),
            in_flight: read(&self.in_flight),
            open: read(&self.open),
            connects: read(&self.connects),
            reconnects: read(&self.reconnects),
            connect_failures: read(&self.connect_failures),
            echoes: read(&self.echoes),
            key_changes: read(&self.key_changes),
            malformed: read(&self.malformed),
            last_malformed: self.last_malformed.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            latency: Latency { count: answered, sum_micros: read(&self.sum_micros), buckets },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_fall_into_the_bucket_of_their_bound() {
        let counters = Counters::default();
        for micros in [0, 100, 101, 30_000_000, 30_000_001] {
            counters.answered(Duration::from_micros(micros));
        }
        let Latency { count, sum_micros, buckets } = counters.read().latency;
        assert_eq!((count, sum_micros), (5, 60_000_202));
        assert_eq!((buckets[0], buckets[1], buckets[15], buckets[16]), (2, 1, 1, 1));
    }

    #[test]
    fn a_full_gauge_gives_no_place_and_places_come_back() {
        let counter = AtomicU64::new(0);
        let first = Gauge::below(&counter, 1);
        assert!(first.is_some() && Gauge::below(&counter, 1).is_none());
        drop(first);
        assert!(Gauge::below(&counter, 1).is_some());
        assert_eq!(counter.load(Ordering::Relaxed), 0);
    }
}
