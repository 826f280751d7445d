//! Requests that nobody waits for any more.

use crate::MessageKey;
use crate::iso8583::Mti;
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many are remembered.
const MAX: usize = 4096;

/// By the type of the answer and fields 11 and 7.
pub(super) type Place = (Mti, MessageKey);

/// The last requests that were given up, so that an answer that comes late is told from one that was never asked for.
#[derive(Default)]
pub(super) struct GivenUp(Mutex<(HashSet<Place>, VecDeque<Place>)>);

impl GivenUp {
    pub(super) fn add(&self, places: impl IntoIterator<Item = Place>) {
        let (set, order) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for place in places {
            if set.insert(place) {
                order.push_back(place);
            }
            if order.len() > MAX
                && let Some(oldest) = order.pop_front()
            {
                set.remove(&oldest);
            }
        }
    }

    /// Whether it was given up; it then is not any more. Its place in the order is left until it is the oldest.
    pub(super) fn take(&self, place: &Place) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.remove(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_and_each_is_taken_once() {
        let place = |stan| (Mti::NETWORK_REQUEST, MessageKey { stan, transmitted: 0 });
        let given_up = GivenUp::default();
        given_up.add((0..5000).map(place));
        assert!(!given_up.take(&place(903)) && given_up.take(&place(904)));
        assert!(!given_up.take(&place(904)) && given_up.take(&place(4999)));
    }
}
