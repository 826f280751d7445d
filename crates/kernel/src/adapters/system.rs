//! The machine's clock and randomness.

use crate::id_source::{Last, compose};
use crate::{Clock, IdSource, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_micros()).unwrap_or(0);
        Timestamp::from_micros(i64::try_from(since).unwrap_or(i64::MAX))
    }
}

/// Ids from a clock and the machine's random source.
pub struct SystemIds {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Last,
    pool: Vec<u8>,
}

impl SystemIds {
    /// Ids that carry the time of `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }
}

impl IdSource for SystemIds {
    fn next_id(&self) -> u128 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.pool.len() < 8 {
            let mut bytes = vec![0; 4096];
            getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
            state.pool = bytes;
        }
        let mut random = [0; 8];
        let rest = state.pool.len() - 8;
        random.copy_from_slice(&state.pool[rest..]);
        state.pool.truncate(rest);
        let (ms, count) = state.last.step(self.clock.now());
        compose(ms, count, u64::from_le_bytes(random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_and_leave_the_tag_free() {
        let ids = SystemIds::new(Arc::new(SystemClock));
        let mut last = 0;
        for _ in 0..10_000 {
            let id = ids.next_id();
            assert!(id > last && id & 0xff == 0);
            last = id;
        }
    }
}
