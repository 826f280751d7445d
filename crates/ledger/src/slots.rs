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

    /// Lets the accounts used longest ago leave memory, so that `keep` stay, at least one. Of accounts used at the same
    /// time, as all that one journal opened are, any may leave.
    pub(crate) fn keep_latest(&mut self, keep: usize) {
        let keep = keep.max(1);
        let Some(cut) = self.slots.len().checked_sub(keep) else { return };
        let mut uses: Vec<u64> = self.slots.iter().map(|s| s.used).collect();
        let since = *uses.select_nth_unstable(cut).1;
        let mut room = keep - self.slots.iter().filter(|s| s.used > since).count();
        self.slots.retain(|s| {
            let last_in = s.used == since && room > 0;
            room -= usize::from(last_in);
            s.used > since || last_in
        });
        self.places.clear();
        for (place, slot) in (0..).zip(&self.slots) {
            self.places.insert(slot.state.account.id, place);
        }
        self.places.shrink_to(self.slots.len() * 2);
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
