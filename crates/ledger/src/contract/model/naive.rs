//! The naive reference: a list of accounts and a list of entries. Every number is summed up from the list each time it is
//! asked for; nothing is shared with the machine but the shapes.

use crate::{
    Account, AccountId, AccountState, Balance, EntityCode, Entry, EntryKind, Journal, Leg, Transfer,
    TransferId, TransferKind, expiry_id,
};
use pmts_kernel::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Why the reference refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct No {
    /// The transfer that broke the rule, if one did.
    pub transfer: Option<TransferId>,
    /// Code of the rule, without the `LEDGER_` at its beginning.
    pub code: &'static str,
    /// Whether the id stays refused.
    pub marks_id: bool,
}

/// What the reference answers to a journal: the entries, and whether it was a repeat.
pub type Answer = Result<(Vec<Entry>, bool), No>;

/// A ledger that keeps lists.
#[derive(Debug, Clone, Default)]
pub struct Naive {
    /// All accounts in order of opening.
    pub accounts: Vec<Account>,
    /// All entries.
    pub entries: Vec<Entry>,
    by_id: HashMap<TransferId, usize>,
    pub(super) refused: HashSet<TransferId>,
    pub(super) periods: BTreeMap<EntityCode, i32>,
    pub(super) import_after: Timestamp,
}

impl Naive {
    /// Time of the last entry.
    pub fn last_time(&self) -> Timestamp {
        self.entries.last().map_or(Timestamp::default(), |e| e.time)
    }

    /// An account as it was opened and changed.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.iter().find(|a| a.id == id)
    }

    /// A recorded transfer.
    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        self.by_id.get(&id).map(|n| &self.entries[*n].transfer)
    }

    /// Entries that touch an account, and whether they debit it.
    pub fn entries_of(&self, id: AccountId) -> impl Iterator<Item = (&Entry, bool)> {
        self.entries
            .iter()
            .filter(move |e| e.transfer.debit == id || e.transfer.credit == id)
            .map(move |e| (e, e.transfer.debit == id))
    }

    /// The sums of an account from the entries that count.
    pub fn sums(&self, id: AccountId, counts: impl Fn(&Entry) -> bool) -> Balance {
        let mut b = Balance::default();
        for (e, is_debit) in self.entries_of(id).filter(|(e, _)| counts(e)) {
            let (posted, reserved) = if is_debit {
                (&mut b.debits_posted, &mut b.debits_reserved)
            } else {
                (&mut b.credits_posted, &mut b.credits_reserved)
            };
            match (e.kind, e.transfer.kind) {
                (EntryKind::Posted, _) => *posted += e.transfer.amount.minor(),
                (EntryKind::Reserved, _) => *reserved += e.transfer.amount.minor(),
                (kind, TransferKind::PostReserved { reservation } | TransferKind::Void { reservation }) => {
                    let held = self.transfer(reservation).expect("a resolved reservation was recorded");
                    *reserved -= held.amount.minor();
                    if kind == EntryKind::ReservationPosted {
                        *posted += e.transfer.amount.minor();
                    }
                }
                other => unreachable!("no entry resolves like this: {other:?}"),
            }
        }
        b
    }

    /// An account with its sums now.
    pub fn state(&self, id: AccountId) -> Option<AccountState> {
        let place = self.accounts.iter().position(|a| a.id == id)?;
        Some(AccountState {
            account: self.accounts[place].clone(),
            number: place as u64 + 1,
            balance: self.sums(id, |_| true),
            version: self.entries_of(id).count() as u64,
        })
    }

    /// The posted balance from the entries effective on a day or before.
    pub fn net_on(&self, id: AccountId, day: i32) -> Option<i64> {
        let side = self.account(id)?.side;
        Some(self.sums(id, |e| e.effective_day() <= day).net(side))
    }

    /// The reservations that are open, in order of making.
    pub fn open(&self) -> Vec<&Transfer> {
        let resolved: HashSet<TransferId> = self
            .entries
            .iter()
            .filter_map(|e| match e.transfer.kind {
                TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } => {
                    Some(reservation)
                }
                _ => None,
            })
            .collect();
        let made = self.entries.iter().filter(|e| e.kind == EntryKind::Reserved).map(|e| &e.transfer);
        made.filter(|t| !resolved.contains(&t.id)).collect()
    }

    /// What lapses next, and when.
    pub fn next_expiry(&self) -> Option<(Timestamp, Transfer)> {
        let when = |t: &Transfer| match t.kind {
            TransferKind::Reserve { expires } => expires,
            _ => None,
        };
        let lapsing = self.open().into_iter().filter_map(|t| Some((when(t)?, t.clone())));
        lapsing.min_by_key(|(at, t)| (*at, t.id))
    }

    /// Does what a ledger does with a journal when its clock shows `now`.
    ///
    /// # Errors
    /// [`No`]: nothing is recorded but what expired, and the mark on a refused id.
    pub fn post(&mut self, journal: &Journal, now: Timestamp) -> Answer {
        self.expire(journal.at.map_or(now, |at| at.min(now)));
        let before = self.clone();
        let answer = self.judge(journal, now);
        if let Err(no) = &answer {
            *self = before;
            self.refused.extend(no.transfer.filter(|_| no.marks_id));
        }
        answer
    }

    pub(super) fn stamp(&self, now: Timestamp) -> Timestamp {
        now.max(Timestamp::from_micros(self.last_time().as_micros() + 1))
    }

    fn expire(&mut self, now: Timestamp) {
        let after = self.import_after;
        let mut expired = false;
        while let Some((_, held)) = self.next_expiry().filter(|(at, _)| *at <= self.stamp(now)) {
            let kind = TransferKind::Void { reservation: held.id };
            let void = Transfer { id: expiry_id(held.id), kind, ..held };
            self.record(EntryKind::ReservationExpired, void, now);
            expired = true;
        }
        if expired {
            self.import_after = after.max(Timestamp::from_micros(now.as_micros() - 1));
        }
    }

    pub(super) fn record(&mut self, kind: EntryKind, transfer: Transfer, now: Timestamp) -> Entry {
        let none = Leg { number: 0, after: Balance::default(), version: 0 };
        let (sequence, time) = (self.entries.len() as u64 + 1, self.stamp(now));
        self.by_id.insert(transfer.id, self.entries.len());
        self.entries.push(Entry { sequence, time, kind, transfer, debit: none, credit: none });
        let last = self.entries.len() - 1;
        let leg = |id| {
            let state = self.state(id).expect("an entry is of accounts that exist");
            Leg { number: state.number, after: state.balance, version: state.version }
        };
        let (debit, credit) =
            (leg(self.entries[last].transfer.debit), leg(self.entries[last].transfer.credit));
        (self.entries[last].debit, self.entries[last].credit) = (debit, credit);
        self.import_after = time;
        self.entries[last].clone()
    }
}
