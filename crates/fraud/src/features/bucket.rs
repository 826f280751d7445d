//! Sums over pieces of time.

use serde::{Deserialize, Serialize};

/// Seconds of an hour.
pub(super) const HOUR: i64 = 3_600;
/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// How long a bucket is, by how old its events are: `(older than, slot)` in seconds, the oldest last.
const SLOTS: [(i64, i64); 4] = [(0, 60), (2 * HOUR, HOUR), (2 * DAY, 4 * HOUR), (16 * DAY, DAY)];

/// The age at which buckets are dropped.
pub(super) const KEPT: i64 = 46 * DAY;

/// What happened in a slot of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Bucket {
    /// The time of its first event: what decides whether it is in a window.
    pub first: i64,
    /// The time of its last event.
    pub last: i64,
    /// How many events.
    pub count: u32,
    /// How many of an amount that is unusual.
    pub unusual: u32,
    /// How many are known to be fraud.
    pub fraud: u32,
    /// How many of those were of an ordinary amount.
    pub ordinary_fraud: u32,
    /// The sum of the amounts, saturating.
    pub sum: i64,
    /// The greatest amount.
    pub max: i64,
}

impl Bucket {
    fn merge(&mut self, other: &Self) {
        self.last = other.last.max(self.last);
        self.count = self.count.saturating_add(other.count);
        self.unusual = self.unusual.saturating_add(other.unusual);
        self.fraud = self.fraud.saturating_add(other.fraud);
        self.ordinary_fraud = self.ordinary_fraud.saturating_add(other.ordinary_fraud);
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }
}

/// The slot length for events of an age.
fn slot(age: i64) -> i64 {
    SLOTS.iter().rev().find(|(older, _)| age >= *older).map_or(60, |s| s.1)
}

/// Buckets in the order of time. Events within the same slot share one; the older, the longer the slots: a minute up to
/// two hours, an hour up to two days, four hours up to sixteen days, then a day up to 46 days. So a key needs at most
/// about 290 buckets, however much happens to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Buckets {
    list: Vec<Bucket>,
}

impl Buckets {
    /// The buckets, the oldest first.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Bucket> {
        self.list.iter()
    }

    /// Adds an event. Events that come late are put where they belong; those older than 46 days are left out.
    pub(super) fn add(&mut self, at: i64, amount: i64, unusual: bool) {
        let event = Bucket {
            first: at,
            last: at,
            count: 1,
            unusual: u32::from(unusual),
            sum: amount,
            max: amount,
            ..Bucket::default()
        };
        let newest = self.list.last().map_or(at, |b| b.last.max(at));
        if at <= newest.saturating_sub(KEPT) {
            return;
        }
        match self.list.last_mut() {
            Some(last) if last.last <= at && same_slot(last.first, at, 0) => last.merge(&event),
            Some(last) if last.last > at => {
                let place = self.list.partition_point(|b| b.last < at);
                match self.list.get_mut(place) {
                    Some(b) if b.first <= at => b.merge(&event),
                    _ => self.list.insert(place, event),
                }
            }
            _ => {
                self.compact(at);
                self.list.push(event);
            }
        }
    }

    /// Marks an event as fraud, if its time is still kept.
    pub(super) fn mark(&mut self, at: i64, ordinary: bool) {
        let place = self.list.partition_point(|b| b.last < at);
        if let Some(b) = self.list.get_mut(place)
            && b.first <= at
        {
            b.fraud = b.fraud.saturating_add(1);
            b.ordinary_fraud = b.ordinary_fraud.saturating_add(u32::from(ordinary));
        }
    }

    /// Merges what has become old enough, and drops what is too old.
    fn compact(&mut self, now: i64) {
        let mut merged = 0_usize;
        let drop = now.saturating_sub(KEPT);
        for i in 0..self.list.len() {
            let Some(bucket) = self.list.get(i).copied() else { break };
            if bucket.last <= drop {
                continue;
            }
            let age = now.saturating_sub(bucket.last);
            match merged.checked_sub(1).and_then(|m| self.list.get_mut(m)) {
                Some(before) if same_slot(before.first, bucket.last, age) => before.merge(&bucket),
                _ => {
                    if let Some(place) = self.list.get_mut(merged) {
                        *place = bucket;
                    }
                    merged += 1;
                }
            }
        }
        self.list.truncate(merged);
        if self.list.capacity() > 2 * (self.list.len() + 4) {
            self.list.shrink_to(self.list.len() + 2);
        }
    }
}

fn same_slot(a: i64, b: i64, age: i64) -> bool {
    let slot = slot(age);
    a.div_euclid(slot) == b.div_euclid(slot)
}
