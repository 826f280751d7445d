//! All profiles, and the features computed from them.

use super::amounts::Amounts;
use super::bucket::DAY;
use super::names::{DISTINCT, MISSING, OWN, PAIRS, PER_KEY, names};
use super::outcomes::{Outcome, Outcomes};
use super::profile::Profile;
use super::profiles::Profiles;
use crate::facts::{Facts, Value};
use crate::key::{Key, KeyKind};
use serde::{Deserialize, Serialize};

/// Bounds and delays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryOptions {
    /// The most profiles kept, of all kinds together. Beyond it about the eighth seen longest ago is forgotten, in pieces, with the
    /// steps that follow: until then there are some thousands more.
    pub profiles: usize,
    /// The most buckets and other keys kept in them, counted together; beyond it likewise.
    pub parts: usize,
    /// How long it takes, in seconds, until it is known of most payments whether they were fraud.
    pub label_delay: i64,
}

impl Default for HistoryOptions {
    fn default() -> Self {
        Self { profiles: 1_500_000, parts: 8_000_000, label_delay: 7 * DAY }
    }
}

/// What a label needs of a payment, once it is known. Kept with the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it happened.
    pub at: i64,
    /// How much.
    pub amount: i64,
    /// Whether its amount was unusual when it happened.
    pub unusual: bool,
    /// Whose.
    pub keys: Vec<Key>,
    /// Whether it was stopped: refused, or challenged and not passed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}

/// The history of all keys: what features are computed from. Pure state: it reads no clock, does no IO, and is a function
/// of what was recorded and labelled, in that order.
///
/// **What is forgotten:** events older than 46 days but for lifetime sums; where within a slot an event was (slots of a minute up to two
/// hours, an hour up to two days, four hours up to sixteen days, a day beyond); others beyond 32 of a kind; whole profiles,
/// about the eighth seen longest ago, when there are more than [`HistoryOptions::profiles`]. A label for what is forgotten
/// counts in what is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    options: HistoryOptions,
    profiles: Profiles,
    amounts: Amounts,
    outcomes: Outcomes,
    /// How often it was changed.
    changes: u64,
}

impl Default for History {
    fn default() -> Self {
        Self::new(HistoryOptions::default())
    }
}

impl History {
    /// No history.
    pub fn new(options: HistoryOptions) -> Self {
        Self {
            options,
            profiles: Profiles::default(),
            amounts: Amounts::default(),
            outcomes: Outcomes::default(),
            changes: 0,
        }
    }

    /// How many profiles there are.
    pub fn profiles(&self) -> usize {
        self.profiles.count()
    }

    /// How many buckets and other keys there are.
    pub fn parts(&self) -> usize {
        self.profiles.parts()
    }

    /// How many keys there are of which declines, refunds, disputes, promotions or a place are known.
    pub fn outcomes(&self) -> usize {
        self.outcomes.len()
    }

    /// How often it was changed: by a record, a label or an outcome. After the same changes in the same order it is the same.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The bounds.
    pub fn options(&self) -> HistoryOptions {
        self.options
    }

    // The profile of a key.
    fn profile(&self, key: Key) -> Option<&Profile> {
        self.profiles.get(key)
    }

    /// The features of a step, from what was recorded and labelled before: as [`names`] lists them.
    pub fn features(&self, facts: &Facts) -> Vec<i64> {
        let mut out = Vec::with_capacity(names().len());
        self.write_features(facts, &mut out);
        out
    }

    /// As [`History::features`], into a vector that is emptied first.
    pub fn write_features(&self, facts: &Facts, out: &mut Vec<i64>) {
        out.clear();
        let (at, amount) = (facts.at, facts.amount);
        let unusual = self.unusual(facts);
        out.extend([
            amount,
            at.rem_euclid(DAY) / 3_600,
            (at.div_euclid(DAY) + 3).rem_euclid(7),
            self.amounts.rank(amount),
            i64::from(unusual),
        ]);
        debug_assert_eq!(out.len(), OWN.len());
        let profiles: [Option<&Profile>; 10] =
            KeyKind::ALL.map(|k| facts.key(k).and_then(|key| self.profile(key)));
        for (kind, profile) in KeyKind::ALL.iter().zip(profiles) {
            match (facts.key(*kind), profile) {
                (None, _) => out.extend([MISSING; PER_KEY.len()]),
                (Some(_), None) => out.extend(self.of_profile(&Profile::default(), at, amount)),
                (Some(_), Some(p)) => out.extend(self.of_profile(p, at, amount)),
            }
        }
        for (kind, other, window, _) in DISTINCT {
            let known = facts.key(*kind).is_some();
            let from = at.saturating_sub(*window);
            let new = facts.key(*other);
            let seen = profiles[kind.index()].map_or(&[][..], |p| &p.others);
            let here = |o: &&super::profile::Other| {
                o.kind == *other as u8 && o.at > from && Some(o.hash) != new.map(|k| k.hash)
            };
            // With the one of this step itself.
            let count = seen.iter().filter(here).count() + usize::from(new.is_some());
            out.push(if known { i64::try_from(count).unwrap_or(i64::MAX) } else { MISSING });
        }
        for (kind, other, _) in PAIRS {
            let since = facts.key(*other).zip(profiles[kind.index()]).and_then(|(key, p)| {
                p.others
                    .iter()
                    .find(|o| o.trusted && o.hash == key.hash && o.kind == *other as u8)
                    .map(|o| at.saturating_sub(o.at))
            });
            out.push(since.unwrap_or(MISSING));
        }
        debug_assert_eq!(out.len(), names().len());
    }

    /// The facts with the attributes that follow from history, where the caller did not give them: `declines_1h`, `refunds_30d`,
    /// `refunded_30d`, `disputes_180d`, `promotions_30d`, `payments_30d`, `buyers_of_seller_30d`, and from `latitude` and
    /// `longitude` `travel_kmh`.
    pub fn completed(&self, facts: &Facts) -> Facts {
        let mut facts = facts.clone();
        self.outcomes.complete(&mut facts);
        let from = facts.at.saturating_sub(30 * DAY);
        let mut count = |name: &str, kind: KeyKind, of: &dyn Fn(&Profile) -> i64| {
            if let Some(key) = facts.key(kind) {
                let found = self.profile(key).map_or(0, of);
                facts.attributes.entry(name.to_owned()).or_insert(Value::Int(found));
            }
        };
        count("payments_30d", KeyKind::Customer, &|p| {
            p.buckets.iter().filter(|b| b.first > from).map(|b| i64::from(b.count)).sum()
        });
        count("buyers_of_seller_30d", KeyKind::Seller, &|p| {
            let buyers = p.others.iter().filter(|o| o.kind == KeyKind::Customer as u8 && o.at > from);
            i64::try_from(buyers.count()).unwrap_or(i64::MAX)
        });
        facts
    }

    /// Takes what became of a payment with these keys.
    pub fn note(&mut self, keys: &[Key], outcome: Outcome, at: i64) {
        self.changes += 1;
        self.outcomes.note(keys, outcome, at);
    }

    /// Records a step that went on: from now on it is history.
    pub fn record(&mut self, facts: &Facts) -> Recorded {
        self.add(facts, false)
    }

    /// Records a step that was stopped. It counts in what is counted, but builds no trust: whoever was stopped with an unknown
    /// device has an unknown device at the next try too, and moves neither the own mean, the first time, nor the last place.
    pub fn record_stopped(&mut self, facts: &Facts) -> Recorded {
        self.add(facts, true)
    }

    fn add(&mut self, facts: &Facts, stopped: bool) -> Recorded {
        self.changes += 1;
        if !stopped {
            self.outcomes.record(facts);
        }
        let unusual = self.unusual(facts);
        self.amounts.add(facts.amount);
        for (i, key) in facts.keys.iter().enumerate() {
            if facts.keys[..i].iter().any(|k| k.kind == key.kind) {
                continue;
            }
            self.profiles.change(*key, |profile| {
                profile.add(facts.at, facts.amount, unusual, stopped);
                for other in facts.keys.iter().filter(|o| o.kind != key.kind && met(key.kind, o.kind)) {
                    profile.meet(other.kind as u8, other.hash, facts.at, !stopped);
                }
            });
        }
        self.profiles.keep_within(self.options.profiles, self.options.parts);
        Recorded { at: facts.at, amount: facts.amount, unusual, keys: facts.keys.clone(), stopped }
    }

    /// Takes what became known of a payment. Call it when it becomes known, in that order.
    pub fn label(&mut self, of: &Recorded, fraud: bool) {
        self.changes += 1;
        for key in &of.keys {
            let Some(profile) = self.profiles.get_mut(*key) else { continue };
            if !of.stopped {
                profile.label(of.at, of.amount, !of.unusual, fraud);
            } else if fraud {
                profile.label_stopped(of.at, !of.unusual);
            } else {
                // Stopped, and known as genuine: a person said so.
                for other in of.keys.iter().filter(|o| o.kind != key.kind && met(key.kind, o.kind)) {
                    profile.meet(other.kind as u8, other.hash, of.at, true);
                }
            }
        }
    }

    /// Whether an amount is more than 2.5 times the payer's own mean, or among the greatest thousandth of all.
    fn unusual(&self, facts: &Facts) -> bool {
        let payer = facts.key(KeyKind::Customer).or_else(|| facts.key(KeyKind::Card));
        let own = payer.and_then(|k| self.profile(k)).filter(|p| p.clean_count >= 5).is_some_and(|p| {
            i128::from(facts.amount) * i128::from(p.clean_count) * 2 > i128::from(p.clean_sum) * 5
        });
        own || (self.amounts.total() >= 10_000 && self.amounts.rank(facts.amount) < 1_000)
    }

    fn of_profile(&self, p: &Profile, at: i64, amount: i64) -> [i64; PER_KEY.len()] {
        let mut w = [Window::default(); 6];
        let spans = [600, 3_600, DAY, 7 * DAY, 14 * DAY, 30 * DAY];
        let mut late = [Window::default(); 3];
        let late_end = at.saturating_sub(self.options.label_delay);
        let late_spans = [DAY, 7 * DAY, 30 * DAY];
        let mut ordinary = 0_i64;
        for b in p.buckets.iter().rev() {
            ordinary += i64::from(b.ordinary_fraud);
            let age = at.saturating_sub(b.first);
            for (w, span) in w.iter_mut().zip(spans).filter(|(_, span)| age < *span) {
                debug_assert!(span > 0);
                w.add(b);
            }
            if b.last <= late_end {
                let age = late_end.saturating_sub(b.first);
                late.iter_mut().zip(late_spans).filter(|(_, span)| age < *span).for_each(|(w, _)| w.add(b));
            }
        }
        let [m10, h1, d1, d7, d14, d30] = w;
        let own_mean = mean(p.clean_sum, i64::from(p.clean_count));
        let seen = p.last != 0;
        let since = |then: i64, known: bool| if known { at.saturating_sub(then).max(0) } else { MISSING };
        [
            m10.count,
            h1.count,
            d1.count,
            d7.count,
            d30.count,
            h1.sum,
            d1.sum,
            d7.sum,
            d30.sum,
            d1.mean(),
            d7.mean(),
            d30.mean(),
            d1.most(),
            d7.most(),
            d30.most(),
            d1.unusual,
            d7.unusual,
            d14.unusual,
            ratio(amount, d7.mean()),
            ratio(amount, d30.mean()),
            ratio(amount, d30.most()),
            ratio(amount, own_mean),
            ratio(d7.most(), own_mean),
            if seen { ratio(p.last_amount, own_mean) } else { MISSING },
            own_mean,
            since(p.last, seen),
            since(p.first, p.first != 0),
            i64::from(p.clean_count),
            late[0].fraud,
            late[1].fraud,
            late[2].fraud,
            late[0].risk(),
            late[1].risk(),
            late[2].risk(),
            ordinary,
            i64::from(p.frauds),
            since(p.last_fraud, p.frauds > 0),
            i64::from(p.streak),
            i64::from(p.streak_ordinary),
            since(p.streak_start, p.streak > 0),
            since(p.ordinary_start, p.streak_ordinary > 0),
            if p.frauds > 0 { i64::from(p.good_since) } else { MISSING },
        ]
    }
}

/// Whether a profile of the one kind remembers keys of the other.
fn met(kind: KeyKind, other: KeyKind) -> bool {
    (kind, other) == (KeyKind::Seller, KeyKind::Customer)
        || DISTINCT.iter().any(|d| d.0 == kind && d.1 == other)
        || PAIRS.iter().any(|p| p.0 == kind && p.1 == other)
}

#[derive(Clone, Copy, Default)]
struct Window {
    count: i64,
    sum: i64,
    max: i64,
    unusual: i64,
    fraud: i64,
}

impl Window {
    fn add(&mut self, b: &super::bucket::Bucket) {
        self.count += i64::from(b.count);
        self.sum = self.sum.saturating_add(b.sum);
        self.max = self.max.max(b.max);
        self.unusual += i64::from(b.unusual);
        self.fraud += i64::from(b.fraud);
    }

    fn mean(&self) -> i64 {
        mean(self.sum, self.count)
    }

    fn most(&self) -> i64 {
        if self.count == 0 { MISSING } else { self.max }
    }

    fn risk(&self) -> i64 {
        if self.count == 0 { MISSING } else { self.fraud.saturating_mul(1_000) / self.count }
    }
}

fn mean(sum: i64, count: i64) -> i64 {
    if count == 0 { MISSING } else { sum / count }
}

/// Thousandths, or nothing if there is nothing to compare with.
fn ratio(of: i64, to: i64) -> i64 {
    if of == MISSING || to == MISSING || to <= 0 {
        return MISSING;
    }
    i64::try_from(i128::from(of) * 1_000 / i128::from(to)).unwrap_or(i64::MAX)
}
