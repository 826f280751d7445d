//! What became of payments: declines, refunds, disputes, promotions, by key and time; and where a customer was last.

use super::bucket::{DAY, HOUR};
use super::globe::{Place, kilometres};
use crate::facts::{Facts, Step, Value};
use crate::key::{Key, KeyKind};
use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What became known of a payment after it was decided upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was declined.
    Declined,
    /// Money of it went back; `amount` in the units of [`Facts::amount`].
    Refunded {
        /// How much.
        amount: i64,
    },
    /// It is disputed.
    Disputed,
}

/// What is counted, for whom, in slots of how many seconds, kept for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Counted {
    Declines,
    Refunds,
    Disputes,
    Promotions,
}

impl Counted {
    const fn slot(self) -> i64 {
        match self {
            Self::Declines => 60,
            _ => DAY,
        }
    }

    const fn window(self) -> i64 {
        match self {
            Self::Declines => HOUR,
            Self::Refunds | Self::Promotions => 30 * DAY,
            Self::Disputes => 180 * DAY,
        }
    }

    const fn of(self) -> &'static [KeyKind] {
        match self {
            Self::Declines => &[KeyKind::Card, KeyKind::Device],
            Self::Refunds | Self::Disputes => &[KeyKind::Customer],
            Self::Promotions => &[KeyKind::Device, KeyKind::Address],
        }
    }
}

/// The attributes that follow from history: of an earlier step they are no longer true.
pub const FOLLOWS: [&str; 8] = [
    "declines_1h",
    "refunds_30d",
    "refunded_30d",
    "disputes_180d",
    "promotions_30d",
    "payments_30d",
    "buyers_of_seller_30d",
    "travel_kmh",
];

/// Counts in slots of time, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Slots {
    /// Start of the slot, how many, how much.
    slots: Vec<(i64, u32, i64)>,
}

impl Slots {
    fn add(&mut self, what: Counted, at: i64, amount: i64) {
        let newest = self.slots.last().map_or(at, |s| s.0.max(at));
        self.slots.retain(|s| s.0 > newest.saturating_sub(what.window() + what.slot()));
        let start = at - at.rem_euclid(what.slot());
        let place = self.slots.partition_point(|s| s.0 < start);
        match self.slots.get_mut(place) {
            Some(s) if s.0 == start => {
                s.1 = s.1.saturating_add(1);
                s.2 = s.2.saturating_add(amount);
            }
            _ => self.slots.insert(place, (start, 1, amount)),
        }
    }

    fn within(&self, what: Counted, at: i64) -> (i64, i64) {
        let from = at.saturating_sub(what.window());
        let counted = self.slots.iter().filter(|s| s.0 > from && s.0 <= at);
        counted.fold((0, 0), |(n, sum), s| (n + i64::from(s.1), sum.saturating_add(s.2)))
    }
}

/// The counts of all keys. At most [`Outcomes::KEPT`] keys, those with the oldest news forgotten first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcomes {
    counts: HashMap<(Counted, u64), Slots, FixedState>,
    places: HashMap<u64, (i64, Place), FixedState>,
}

impl Outcomes {
    /// The most keys of counts, and the most customers whose place is kept.
    const KEPT: usize = 500_000;

    pub(super) fn note(&mut self, keys: &[Key], outcome: Outcome, at: i64) {
        match outcome {
            Outcome::Declined => self.add(Counted::Declines, keys, at, 0),
            Outcome::Refunded { amount } => self.add(Counted::Refunds, keys, at, amount),
            Outcome::Disputed => self.add(Counted::Disputes, keys, at, 0),
        }
    }

    /// Takes what a step itself tells: a promotion that is used, a place.
    pub(super) fn record(&mut self, facts: &Facts) {
        if facts.attributes.get("promotion") == Some(&Value::Bool(true)) {
            self.add(Counted::Promotions, &facts.keys, facts.at, 0);
        }
        if let (Some(customer), Some(place)) = (facts.key(KeyKind::Customer), place(facts)) {
            if self.places.len() >= Self::KEPT && !self.places.contains_key(&customer.hash) {
                forget(&mut self.places, |(at, _)| *at);
            }
            self.places.insert(customer.hash, (facts.at, place));
        }
    }

    fn add(&mut self, what: Counted, keys: &[Key], at: i64, amount: i64) {
        for key in keys.iter().filter(|k| what.of().contains(&k.kind)) {
            if self.counts.len() >= Self::KEPT && !self.counts.contains_key(&(what, key.hash)) {
                forget(&mut self.counts, |s| s.slots.last().map_or(0, |s| s.0));
            }
            self.counts.entry((what, key.hash)).or_default().add(what, at, amount);
        }
    }

    /// The most of any of the keys: how many, how much.
    fn most(&self, what: Counted, facts: &Facts) -> Option<(i64, i64)> {
        let known = facts.keys.iter().filter(|k| what.of().contains(&k.kind));
        known.map(|k| self.counts.get(&(what, k.hash)).map_or((0, 0), |s| s.within(what, facts.at))).max()
    }

    /// Sets the attributes that follow from what is known, where the caller did not.
    pub(super) fn complete(&self, facts: &mut Facts) {
        let mut found: Vec<(&str, i64)> = Vec::new();
        let counted = [
            ("declines_1h", Counted::Declines),
            ("refunds_30d", Counted::Refunds),
            ("disputes_180d", Counted::Disputes),
            ("promotions_30d", Counted::Promotions),
        ];
        for (name, what) in counted {
            if let Some((count, sum)) = self.most(what, facts) {
                found.push((name, count));
                if what == Counted::Refunds {
                    found.push(("refunded_30d", sum));
                }
            }
        }
        if facts.step == Step::Authorization
            && let (Some(customer), Some(here)) = (facts.key(KeyKind::Customer), place(facts))
            && let Some((then, there)) = self.places.get(&customer.hash)
        {
            let seconds = facts.at.saturating_sub(*then).max(60);
            found.push(("travel_kmh", kilometres(*there, here).saturating_mul(3_600) / seconds));
        }
        for (name, value) in found {
            facts.attributes.entry(name.to_owned()).or_insert(Value::Int(value));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len() + self.places.len()
    }
}

fn place(facts: &Facts) -> Option<Place> {
    let number = |name: &str| match facts.attributes.get(name) {
        Some(Value::Int(n)) => Some(*n),
        _ => None,
    };
    Place::new(number("latitude")?, number("longitude")?)
}

/// Forgets the eighth with the oldest news.
fn forget<K: Eq + std::hash::Hash, V>(of: &mut HashMap<K, V, FixedState>, news: impl Fn(&V) -> i64) {
    let mut times: Vec<i64> = of.values().map(&news).collect();
    let eighth = times.len() / 8;
    let (_, limit, _) = times.select_nth_unstable(eighth);
    let limit = *limit;
    of.retain(|_, v| news(v) > limit);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(at: i64) -> Facts {
        Facts {
            id: "p".into(),
            step: Step::Authorization,
            at,
            amount: 100,
            keys: vec![Key::of(KeyKind::Customer, "ann"), Key::of(KeyKind::Device, "phone")],
            attributes: Default::default(),
        }
    }

    fn int(facts: &Facts, name: &str) -> Option<i64> {
        match facts.attributes.get(name) {
            Some(Value::Int(n)) => Some(*n),
            _ => None,
        }
    }

    #[test]
    fn windows_end() {
        let mut outcomes = Outcomes::default();
        let keys = facts(0).keys;
        for minute in 0..10 {
            outcomes.note(&keys, Outcome::Declined, minute * 60);
        }
        outcomes.note(&keys, Outcome::Refunded { amount: 700 }, 0);
        for (at, declines) in [(600, 10), (3_600, 9), (3_600 + 240, 5), (9_000, 0)] {
            let mut asked = facts(at);
            outcomes.complete(&mut asked);
            assert_eq!(int(&asked, "declines_1h"), Some(declines), "at {at}");
            assert_eq!((int(&asked, "refunds_30d"), int(&asked, "refunded_30d")), (Some(1), Some(700)));
        }
        let mut later = facts(31 * DAY);
        outcomes.complete(&mut later);
        assert_eq!(int(&later, "refunds_30d"), Some(0));
    }

    #[test]
    fn what_the_caller_says_stands() {
        let mut asked = facts(10);
        asked.attributes.insert("declines_1h".into(), Value::Int(3));
        Outcomes::default().complete(&mut asked);
        assert_eq!(int(&asked, "declines_1h"), Some(3));
    }

    #[test]
    fn from_london_to_new_york_in_an_hour_is_too_fast() {
        let at = |mut facts: Facts, latitude: i64, longitude: i64| {
            facts.attributes.insert("latitude".into(), Value::Int(latitude));
            facts.attributes.insert("longitude".into(), Value::Int(longitude));
            facts
        };
        let mut outcomes = Outcomes::default();
        outcomes.record(&at(facts(0), 51_507_400, -127_800));
        let mut later = at(facts(3_600), 40_712_800, -74_006_000);
        outcomes.complete(&mut later);
        let speed = int(&later, "travel_kmh").unwrap();
        assert!((5_200..=5_600).contains(&speed), "{speed} km/h for 5,570 km, at least along the chord");
    }
}
