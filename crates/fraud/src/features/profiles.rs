//! All profiles of all kinds of keys, in many small maps: none of them takes long to grow or to look through.

use super::profile::Profile;
use crate::key::{Key, KeyKind};
use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How many maps a kind has.
const SHARDS: usize = 256;
/// About so many profiles are looked at for the moment before which is forgotten.
const SAMPLE: usize = 20_000;
/// About so many profiles are looked at in one go.
const PIECE: usize = 2_000;

/// Where a forgetting stands: all that was last seen up to `limit` goes, in the maps from `next` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Sweep {
    limit: i64,
    next: usize,
}

/// The profiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profiles {
    maps: Vec<HashMap<u64, Profile, FixedState>>,
    count: usize,
    parts: usize,
    sweep: Option<Sweep>,
}

impl Default for Profiles {
    fn default() -> Self {
        let maps = (0..KeyKind::ALL.len() * SHARDS).map(|_| HashMap::default()).collect();
        Self { maps, count: 0, parts: 0, sweep: None }
    }
}

/// In which map a key is: by the first byte of its hash.
fn place(key: Key) -> usize {
    let shard = usize::try_from(key.hash >> 56).unwrap_or(0);
    key.kind.index() * SHARDS + shard
}

fn parts(p: &Profile) -> usize {
    p.buckets.iter().len() + p.others.len()
}

impl Profiles {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// How many buckets and other keys are in them.
    pub(super) fn parts(&self) -> usize {
        self.parts
    }

    /// The one of a key.
    pub(super) fn get(&self, key: Key) -> Option<&Profile> {
        self.maps.get(place(key))?.get(&key.hash)
    }

    /// The one of a key, to take a label; it gets no more parts by that.
    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Profile> {
        self.maps.get_mut(place(key))?.get_mut(&key.hash)
    }

    /// Changes the one of a key, which is made if there is none.
    pub(super) fn change(&mut self, key: Key, change: impl FnOnce(&mut Profile)) {
        let Some(map) = self.maps.get_mut(place(key)) else { return };
        let had = map.len();
        let profile = map.entry(key.hash).or_default();
        let before = parts(profile);
        change(profile);
        let after = parts(profile);
        self.count += map.len() - had;
        self.parts = (self.parts + after).saturating_sub(before);
    }

    /// Forgets a piece of the eighth that was seen longest ago, if there are more than so many, or a piece is left over.
    /// It is done piece by piece with the steps that come, so that none of them waits long.
    pub(super) fn keep_within(&mut self, profiles: usize, parts: usize) {
        let over = self.count > profiles || self.parts > parts;
        let Some(mut sweep) = self.sweep.or_else(|| over.then(|| self.begin())) else { return };
        let mut looked = 0;
        while looked < PIECE && sweep.next < self.maps.len() {
            looked += self.forget(sweep.next, sweep.limit);
            sweep.next += 1;
        }
        self.sweep = (sweep.next < self.maps.len()).then_some(sweep);
    }

    /// An eighth was last seen up to the limit, going by the first maps of each kind.
    fn begin(&self) -> Sweep {
        let mut times: Vec<i64> = Vec::new();
        for shard in 0..SHARDS {
            for map in self.maps.iter().skip(shard).step_by(SHARDS) {
                times.extend(map.values().map(|p| p.last));
            }
            if times.len() >= SAMPLE {
                break;
            }
        }
        if times.is_empty() {
            return Sweep { limit: i64::MIN, next: 0 };
        }
        let eighth = times.len() / 8;
        let (_, limit, _) = times.select_nth_unstable(eighth);
        Sweep { limit: *limit, next: 0 }
    }

    fn forget(&mut self, at: usize, limit: i64) -> usize {
        let Some(map) = self.maps.get_mut(at) else { return 0 };
        let had = map.len();
        let mut gone = 0;
        map.retain(|_, p| {
            let stays = p.last > limit;
            gone += if stays { 0 } else { parts(p) };
            stays
        });
        self.count = self.count.saturating_sub(had - map.len());
        self.parts = self.parts.saturating_sub(gone);
        had
    }
}
