//! The past as the machine asks for it: what is recorded, and what the open group has written so far.

use super::balances::{account_state, net_by};
use super::entries::{Fetch, sequence_at};
use super::index::{EntryIndex, Kind, answer_key};
use super::names::Names;
use super::rows::{self, blob};
use crate::Answer;
use pmts_kernel::Timestamp;
use pmts_ledger::{AccountId, AccountState, Entry, History, Known, Refusal, Side, Taken, TransferId};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// The entries of the group that is being written.
#[derive(Default)]
pub(super) struct Pending {
    entries: Vec<Entry>,
    by_id: HashMap<TransferId, usize, foldhash::fast::RandomState>,
    /// Key of the index and sequence of the answers it stores.
    answers: HashMap<u128, u64, foldhash::fast::RandomState>,
}

impl Pending {
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.by_id.clear();
        self.answers.clear();
    }

    pub(super) fn answer(&mut self, answer: &Answer, sequence: u64) {
        self.answers.insert(answer_key(&answer.scope, &answer.key), sequence);
    }

    /// The sequence of the answer that the group stores for a key.
    pub(super) fn answered(&self, scope: &str, key: &str) -> Option<u64> {
        self.answers.get(&answer_key(scope, key)).copied()
    }

    /// Key of the index and sequence of each, in order.
    pub(super) fn answers(&self) -> Vec<(u128, u64)> {
        let mut answers: Vec<_> = self.answers.iter().map(|(key, sequence)| (*key, *sequence)).collect();
        answers.sort_unstable_by_key(|(_, sequence)| *sequence);
        answers
    }

    pub(super) fn extend(&mut self, entries: &[Entry]) {
        self.entries.extend_from_slice(entries);
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of an id. Ids are sorted in only when one is looked for: in order of time they never are.
    fn find(&mut self, id: TransferId) -> Option<&Entry> {
        for at in self.by_id.len()..self.entries.len() {
            self.by_id.insert(self.entries[at].transfer.id, at);
        }
        self.by_id.get(&id).map(|at| &self.entries[*at])
    }
}

/// The past, read through the writer's own connection.
pub(super) struct Past<'a> {
    pub(super) db: &'a Connection,
    pub(super) index: &'a EntryIndex,
    pub(super) names: &'a Names,
    pub(super) pending: &'a mut Pending,
}

const ALL: u64 = u64::MAX >> 1;

impl History for Past<'_> {
    type Error = rusqlite::Error;

    fn account(&mut self, id: AccountId) -> Result<Option<AccountState>, Self::Error> {
        // Accounts that a commit of the open group has touched are in the machine's memory.
        account_state(self.db, self.index, self.names, id, ALL)
    }

    fn transfer(&mut self, id: TransferId) -> Result<Option<Known>, Self::Error> {
        if let Some(entry) = self.pending.find(id) {
            return Ok(Some(Known::Recorded(entry.transfer.clone())));
        }
        if let Some(sequence) = self.index.id(id.raw(), true)? {
            let entry = Fetch::new(self.db, self.names).at(sequence)?;
            let entry = entry.ok_or_else(|| rows::damaged(0, &format!("entry {sequence} is missing")))?;
            return Ok(Some(Known::Recorded(entry.transfer)));
        }
        let mut select = self.db.prepare_cached("SELECT reason FROM refusals WHERE id = ?")?;
        let reason: Option<String> = select.query_row([blob(id.raw())], |r| r.get(0)).optional()?;
        let damaged = |e: serde_json::Error| rows::damaged(0, &format!("the reason of a refusal: {e}"));
        reason.map(|r| serde_json::from_str::<Refusal>(&r).map(Known::Refused).map_err(damaged)).transpose()
    }

    fn taken_since(&mut self, id: AccountId, side: Side, since: Timestamp) -> Result<Taken, Self::Error> {
        let wanted = |e: &Entry| {
            e.time >= since
                && e.counts_for_velocity()
                && (if side == Side::Debit { e.transfer.debit } else { e.transfer.credit }) == id
        };
        let mut taken = Taken::default();
        if let Some((_, number)) = rows::account_of(self.db, id)? {
            let just_before = Timestamp::from_micros(since.as_micros().saturating_sub(1));
            let from = sequence_at(self.db, just_before)? + 1;
            let key = u128::from(number);
            let mut fetch = Fetch::new(self.db, self.names);
            for sequence in self.index.page(Kind::Accounts, key, (from, ALL), usize::MAX, false)? {
                if let Some(entry) = fetch.at(sequence)?.filter(|e| wanted(e)) {
                    taken = taken.with(entry.transfer.amount.minor());
                }
            }
        }
        let pending = self.pending.entries.iter().filter(|e| wanted(e));
        Ok(pending.fold(taken, |sum, e| sum.with(e.transfer.amount.minor())))
    }

    fn net_on(&mut self, id: AccountId, day: i32) -> Result<i64, Self::Error> {
        let Some((account, number)) = rows::account_of(self.db, id)? else { return Ok(0) };
        let mut net = net_by(self.db, self.index, self.names, (number, account.side), day)?;
        for e in self.pending.entries.iter().filter(|e| e.effective_day() <= day) {
            if let Some((_, is_debit)) = e.leg(id) {
                let raises = is_debit == (account.side == Side::Debit);
                net = net.saturating_add(if raises { e.posted_minor() } else { -e.posted_minor() });
            }
        }
        Ok(net)
    }
}
