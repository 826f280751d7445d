//! The tail: entries that are recorded and not yet in a run of the index file, in memory.

use super::{LegOf, Point};
use pmts_ledger::{Balance, Entry, EntryKind, Leg, TransferKind};
use std::collections::HashMap;

type Fast = foldhash::fast::RandomState;

/// One side of an entry. `before`: place of the account's leg before this one in the batch, plus 1; 0: none.
#[derive(Debug, Clone, Copy)]
pub(super) struct TailLeg {
    pub(super) number: u64,
    pub(super) version: u64,
    pub(super) after: Balance,
    before: u32,
}

/// An entry, as far as the index needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct TailEntry {
    legs: [TailLeg; 2],
    /// What was posted, in minor units.
    pub(super) posted: i64,
    /// The day it counts for, and the day it was recorded.
    pub(super) effective: i32,
    pub(super) recorded: i32,
}

/// Entries of consecutive sequences.
#[derive(Default)]
pub(super) struct Batch {
    /// Sequence of the first.
    pub(super) first: u64,
    entries: Vec<TailEntry>,
    last_leg: HashMap<u64, u32, Fast>,
    ids: Vec<u128>,
    /// Made when an id is first looked for: ids in order of time are not.
    by_id: Option<HashMap<u128, u32, Fast>>,
    lowest_id: u128,
    highest_id: u128,
    answers: HashMap<u128, u64, Fast>,
    /// First and last sequence of the answers.
    answer_range: (u64, u64),
    /// References and pairs of metadata (as keys of the index) with their sequences.
    pub(super) references: Vec<(u128, u64)>,
    pub(super) metadata: Vec<(u128, u64)>,
    /// Reservations by id: the sequence if opened in this batch, and whether it was resolved in it.
    pub(super) reservations: HashMap<u128, (Option<u64>, bool), Fast>,
    /// The last commit in it.
    pub(super) reach: Point,
}

impl Batch {
    /// An empty batch that goes on from a point.
    pub(super) fn reaching(reach: Point) -> Self {
        Self { reach, ..Self::default() }
    }

    /// Entries or answers, whichever are more.
    pub(super) fn len(&self) -> usize {
        self.entries.len().max(self.answers.len())
    }

    /// At most so many items of this kind.
    pub(super) fn items(&self, kind: super::Kind) -> usize {
        match kind {
            super::Kind::Accounts => self.last_leg.len() + 2 * self.entries.len() / super::page::ITEM_MOST,
            super::Kind::Answers => self.answers.len(),
            _ => self.entries.len(),
        }
    }

    pub(super) fn has_entries(&self) -> bool {
        !self.entries.is_empty()
    }

    pub(super) fn push_answer(&mut self, key: u128, sequence: u64) {
        if self.answers.is_empty() {
            self.answer_range.0 = sequence;
        }
        self.answer_range.1 = sequence;
        self.answers.insert(key, sequence);
    }

    /// The sequence of a stored answer.
    pub(super) fn answer(&self, key: u128) -> Option<u64> {
        self.answers.get(&key).copied()
    }

    /// The answers, in no order.
    pub(super) fn answers(&self) -> impl Iterator<Item = (u128, u64)> {
        self.answers.iter().map(|(key, sequence)| (*key, *sequence))
    }

    /// First and last sequence of what is indexed by this kind.
    pub(super) fn range(&self, kind: super::Kind) -> super::Range {
        if kind == super::Kind::Answers { self.answer_range } else { (self.first, self.last()) }
    }

    pub(super) fn push(&mut self, e: &Entry) {
        if self.entries.is_empty() {
            (self.first, self.lowest_id) = (e.sequence, u128::MAX);
        }
        let place = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let mut leg = |leg: &Leg, side: u32| {
            let before = self.last_leg.insert(leg.number, place * 2 + side + 1).unwrap_or(0);
            TailLeg { number: leg.number, version: leg.version, after: leg.after, before }
        };
        let legs = [leg(&e.debit, 0), leg(&e.credit, 1)];
        // Times lie within 292,000 years of 1970.
        #[allow(clippy::cast_possible_truncation)]
        let recorded = e.time.as_micros().div_euclid(86_400_000_000) as i32;
        let effective = e.transfer.effective_day.unwrap_or(recorded);
        self.entries.push(TailEntry { legs, posted: e.posted_minor(), effective, recorded });
        let id = e.transfer.id.raw();
        if let Some(map) = &mut self.by_id {
            map.insert(id, place);
        }
        self.ids.push(id);
        (self.lowest_id, self.highest_id) = (self.lowest_id.min(id), self.highest_id.max(id));
        if e.transfer.reference != 0 {
            self.references.push((e.transfer.reference, e.sequence));
        }
        for (key, value) in e.transfer.metadata.pairs() {
            self.metadata.push((super::metadata_key(key, value), e.sequence));
        }
        match (e.kind, e.transfer.kind) {
            (EntryKind::Reserved, _) => drop(self.reservations.insert(id, (Some(e.sequence), false))),
            (EntryKind::Posted, _) => {}
            (_, TransferKind::PostReserved { reservation } | TransferKind::Void { reservation }) => {
                self.reservations.entry(reservation.raw()).or_default().1 = true;
            }
            _ => {}
        }
    }

    /// Sequence of the last entry; one less than the first if there is none.
    pub(super) fn last(&self) -> u64 {
        (self.first + self.entries.len() as u64).saturating_sub(1)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (u64, &TailEntry)> {
        (self.first..).zip(&self.entries)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = (u128, u64)> {
        self.ids.iter().copied().zip(self.first..)
    }

    /// The numbers of the accounts it touches, in order.
    pub(super) fn accounts(&self) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.last_leg.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    /// The legs of an account, newest first.
    pub(super) fn legs_of(&self, number: u64) -> impl Iterator<Item = LegOf> {
        let mut at = self.last_leg.get(&number).copied().unwrap_or(0);
        std::iter::from_fn(move || {
            let place = at.checked_sub(1)?;
            let leg = &self.entries[place as usize / 2].legs[place as usize % 2];
            at = leg.before;
            Some(LegOf {
                sequence: self.first + u64::from(place / 2),
                version: leg.version,
                after: leg.after,
            })
        })
    }

    /// The sequence of a transfer id.
    pub(super) fn id(&self, id: u128) -> Option<u64> {
        if self.entries.is_empty() || id < self.lowest_id || id > self.highest_id {
            return None;
        }
        let place = match &self.by_id {
            Some(map) => map.get(&id).copied().map(|p| p as usize),
            None => self.ids.iter().rposition(|i| *i == id),
        };
        place.map(|p| self.first + p as u64)
    }

    /// As [`Batch::id`], and readies the batch for more questions of this kind.
    pub(super) fn id_often(&mut self, id: u128) -> Option<u64> {
        if self.by_id.is_none() && !self.entries.is_empty() && id >= self.lowest_id && id <= self.highest_id {
            self.by_id = Some(self.ids.iter().copied().zip(0..).collect());
        }
        self.id(id)
    }
}

impl TailEntry {
    /// Account number, whether debited.
    pub(super) fn sides(&self) -> [(u64, bool); 2] {
        [(self.legs[0].number, true), (self.legs[1].number, false)]
    }
}
