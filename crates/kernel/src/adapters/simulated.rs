//! A clock that is set by hand and ids from a seed: the same run twice.

use crate::id_source::{Last, compose};
use crate::{Clock, IdSource, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A clock that moves only when told to.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_micros()))
    }

    /// Sets the time.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_micros(), Ordering::SeqCst);
    }

    /// Moves the time on by so many microseconds.
    pub fn advance_micros(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Ids from a seed (splitmix64) and a clock: equal seeds and times give equal ids. Not for production.
pub struct SeededIds {
    clock: Arc<dyn Clock>,
    state: Mutex<(Last, u64)>,
}

impl SeededIds {
    /// Starts from `seed`.
    pub fn new(seed: u64, clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new((Last::default(), seed)) }
    }
}

impl IdSource for SeededIds {
    fn next_id(&self) -> u128 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 = state.1.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state.1;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let (ms, count) = state.0.step(self.clock.now());
        compose(ms, count, z ^ (z >> 31))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp_of_id;

    #[test]
    fn equal_seeds_give_equal_ids_in_order_even_when_the_clock_goes_back() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(5_000_000)));
        let (a, b) = (SeededIds::new(1, clock.clone()), SeededIds::new(1, clock.clone()));
        let first = a.next_id();
        assert_eq!(first, b.next_id());
        assert_eq!(timestamp_of_id(first), Timestamp::from_micros(5_000_000));
        clock.set(Timestamp::from_micros(0));
        assert!(a.next_id() > first);
    }
}
