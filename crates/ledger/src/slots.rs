//! The accounts in memory: found by id once a transfer, then by their place.

use crate::{AccountId, AccountState, Taken};
use pmts_kernel::Timestamp;
use std::collections::HashMap;
use std::ops::{Index, IndexMut};

/// Where an account lies. Holds until [`Slots::keep_latest`] is called.
pub(crate) type SlotId = u32;

/// An account in memory.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) state: AccountState,
    /// Sequence of the last use, for trimming.
    pub(crate) used: u64,
    /// For each velocity limit: the window last counted, and what it holds. Empty: none was counted yet.
    pub(crate) windows: Vec<(Timestamp, Taken)>,
}

/// A table of accounts.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    places: HashMap<AccountId, SlotId, foldhash::fast::RandomState>,
    slots: Vec<Slot>,
    /// How many accounts there are when it is worth looking whether some may leave.
    look_at: usize,
}

impl Slots {
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn find(&self, id: AccountId) -> Option<SlotId> {
        self.places.get(&id).copied()
    }

    pub(crate) fn insert(&mut self, state: AccountState, used: u64) -> SlotId {
        let place = SlotId::try_from(self.slots.len()).expect("fewer than 4 billion accounts fit in memory");
        self.places.insert(state.account.id, place);
        self.slots.push(Slot { state, used, windows: Vec::new() });
        place
    }

    /// Takes an account out; the last one takes its place.
    pub(crate) fn remove(&mut self, place: SlotId) {
        let gone = self.slots.swap_remove(place as usize);
        self.places.remove(&gone.state.account.id);
        if let Some(moved) = self.slots.get(place as usize) {
            self.places.insert(moved.state.account.id, place);
        }
    }

    /// Lets accounts leave memory, those used longest ago first: of the accounts at rest once there are more than twice
    /// `at_rest`, so that `at_rest` stay, and likewise of the `others`; at least one stays of each. Of accounts used at the
    /// same time, as all that one journal opened are, any may leave.
    pub(crate) fn trim(&mut self, at_rest: usize, others: usize) {
        if self.slots.len() < self.look_at {
            return;
        }
        let keep = [others.max(1), at_rest.max(1)];
        let mut uses: [Vec<u64>; 2] = Default::default();
        for slot in &self.slots {
            uses[usize::from(slot.state.balance.at_rest())].push(slot.used);
        }
        // For each kind: since when an account that stays was used, and how many used just then stay.
        let cuts: [Option<(u64, usize)>; 2] = std::array::from_fn(|kind| {
            let (uses, keep) = (&mut uses[kind], keep[kind]);
            if uses.len() <= keep.saturating_mul(2) {
                return None;
            }
            let cut = uses.len() - keep;
            let since = *uses.select_nth_unstable(cut).1;
            Some((since, keep - uses[cut..].iter().filter(|used| **used > since).count()))
        });
        if cuts.iter().any(Option::is_some) {
            let mut cuts = cuts;
            self.slots.retain(|s| match &mut cuts[usize::from(s.state.balance.at_rest())] {
                None => true,
                Some((since, room)) => {
                    let last_in = s.used == *since && *room > 0;
                    *room -= usize::from(last_in);
                    s.used > *since || last_in
                }
            });
            self.places.clear();
            for (place, slot) in (0..).zip(&self.slots) {
                self.places.insert(slot.state.account.id, place);
            }
            self.places.shrink_to(self.slots.len() * 2);
        }
        // Nothing can have grown beyond its bounds before so many more accounts are in memory.
        self.look_at = self.slots.len() + keep[0].min(keep[1]) / 2;
    }
}

impl Index<SlotId> for Slots {
    type Output = Slot;
    fn index(&self, place: SlotId) -> &Slot {
        &self.slots[place as usize]
    }
}

impl IndexMut<SlotId> for Slots {
    fn index_mut(&mut self, place: SlotId) -> &mut Slot {
        &mut self.slots[place as usize]
    }
}
