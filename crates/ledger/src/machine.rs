//! The state machine that decides. It holds the accounts in use and the open reservations; it does no IO.

use crate::entry::{Entry, EntryKind, Leg};
use crate::history::{History, Known};
use crate::refusal::{Refusal, RefusedTransfer};
use crate::transfer::{Transfer, TransferId, TransferKind, expiry_id};
use crate::{Account, AccountChange, AccountId, AccountState, Balance};
use pmts_kernel::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};

/// An open reservation: the transfer that made it.
pub type Reservation = Transfer;

/// What a journal led to, to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// New entries, in order.
    pub entries: Vec<Entry>,
    /// Accounts opened or changed by account changes, one row each, as they are after all of them.
    pub accounts: Vec<AccountState>,
    /// All transfers were recorded before with the same content.
    pub repeated: bool,
}

/// Why a journal was not applied. Nothing changed in the machine.
#[derive(Debug, PartialEq, Eq)]
pub enum ApplyError<E> {
    /// A rule refused it.
    Refused(RefusedTransfer),
    /// The past could not be read.
    History(E),
}

impl<E> From<E> for ApplyError<E> {
    fn from(error: E) -> Self {
        Self::History(error)
    }
}

/// The ledger's state machine. Deterministic: equal calls from equal states give equal results.
///
/// It keeps the accounts that were used lately; others are loaded through [`History`] when named. Whoever drives it
/// records what it hands out, in order; if that fails, it builds a new machine from what is recorded.
#[derive(Debug)]
pub struct Machine {
    accounts: HashMap<AccountId, Slot>,
    reservations: HashMap<TransferId, Reservation>,
    expiries: BTreeSet<(Timestamp, TransferId)>,
    next_number: u64,
    next_sequence: u64,
    last_time: Timestamp,
    highest_id: TransferId,
    undo: Vec<Undo>,
}

#[derive(Debug)]
struct Slot {
    state: AccountState,
    /// Sequence of the last use, for [`Machine::trim`].
    used: u64,
}

#[derive(Debug)]
enum Undo {
    Balance(AccountId, Balance, u64),
    Account(AccountId, Option<Account>),
    Reserved(TransferId),
    Resolved(Box<Reservation>),
}

/// Where a machine starts: what is recorded so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Sequence of the last entry; 0 = none.
    pub sequence: u64,
    /// Its time.
    pub time: Timestamp,
    /// Number of the last account; 0 = none.
    pub accounts: u64,
    /// The highest id that was recorded or marked as refused, expiries left out. Ids above it are new without a look.
    pub highest_id: u128,
}

impl Default for Machine {
    fn default() -> Self {
        Self::resume(Position::default(), [])
    }
}

impl Machine {
    /// A machine that goes on from `position` with these open reservations.
    pub fn resume(position: Position, open: impl IntoIterator<Item = Reservation>) -> Self {
        let mut machine = Self {
            accounts: HashMap::new(),
            reservations: HashMap::new(),
            expiries: BTreeSet::new(),
            next_number: position.accounts + 1,
            next_sequence: position.sequence + 1,
            last_time: position.time,
            highest_id: TransferId::from_raw(position.highest_id),
            undo: Vec::new(),
        };
        for reservation in open {
            machine.insert_reservation(reservation);
        }
        machine
    }

    /// Where it stands, everything handed out included.
    pub fn position(&self) -> Position {
        Position {
            sequence: self.next_sequence - 1,
            time: self.last_time,
            accounts: self.next_number - 1,
            highest_id: self.highest_id.raw(),
        }
    }

    /// How many accounts are in memory.
    pub fn resident_accounts(&self) -> usize {
        self.accounts.len()
    }

    /// How many reservations are open.
    pub fn open_reservations(&self) -> usize {
        self.reservations.len()
    }

    /// Whether this reservation is open and in memory.
    pub fn holds(&self, reservation: TransferId) -> bool {
        self.reservations.contains_key(&reservation)
    }

    /// Takes in a reservation that is recorded as open, if it is not in memory already: for engines that do not keep all
    /// open reservations in memory. Whoever drives the machine takes in those that a journal names, and those whose time
    /// has come, before it is judged.
    pub fn adopt(&mut self, reservation: Reservation) {
        if !self.holds(reservation.id) {
            self.insert_reservation(reservation);
        }
    }

    /// When the next reservation expires.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.expiries.first().map(|(at, _)| *at)
    }

    /// Time of the last entry.
    pub fn last_time(&self) -> Timestamp {
        self.last_time
    }

    /// The account, if it is in memory.
    pub fn resident(&self, id: AccountId) -> Option<&AccountState> {
        self.accounts.get(&id).map(|s| &s.state)
    }

    /// Lets the accounts that were not used lately leave memory once there are more than twice `keep`; `keep` stay. Call
    /// it only when everything handed out is recorded.
    pub fn trim(&mut self, keep: usize) {
        if self.accounts.len() <= keep.saturating_mul(2) {
            return;
        }
        let mut uses: Vec<u64> = self.accounts.values().map(|s| s.used).collect();
        let cut = uses.len() - keep.max(1);
        let (_, oldest_kept, _) = uses.select_nth_unstable(cut);
        let oldest_kept = *oldest_kept;
        self.accounts.retain(|_, s| s.used >= oldest_kept);
    }

    /// Expires the reservations whose time has come: to be called with the time of a journal before it is judged.
    ///
    /// # Errors
    /// When an account of theirs cannot be loaded. What was expired before that is undone.
    pub fn expire<H: History>(&mut self, now: Timestamp, history: &mut H) -> Result<Vec<Entry>, H::Error> {
        let start = (self.next_sequence, self.last_time);
        let mut entries = Vec::new();
        while let Some(&(at, id)) = self.expiries.first() {
            if at > now {
                break;
            }
            let reservation = self.reservations.get(&id).expect("what expires is open").clone();
            if let Err(error) =
                self.load(reservation.debit, history).and_then(|()| self.load(reservation.credit, history))
            {
                self.roll_back(start);
                return Err(error);
            }
            entries.push(self.settle(&reservation, None, EntryKind::ReservationExpired, now));
        }
        self.undo.clear();
        Ok(entries)
    }

    /// Applies account changes, then transfers, all or none, at `now` (or just after the last entry, if that is later).
    ///
    /// # Errors
    /// [`ApplyError`]; nothing changed.
    pub fn apply<H: History>(
        &mut self,
        changes: &[AccountChange],
        journal: &[Transfer],
        now: Timestamp,
        history: &mut H,
    ) -> Result<Applied, ApplyError<H::Error>> {
        let start = (self.next_sequence, self.last_time);
        let mut applied = Applied::default();
        let result = self.try_apply(changes, journal, now, history, &mut applied);
        match result {
            Ok(()) => {
                self.undo.clear();
                Ok(applied)
            }
            Err(error) => {
                self.roll_back(start);
                if let ApplyError::Refused(RefusedTransfer { transfer: Some(id), reason }) = &error
                    && reason.marks_id()
                {
                    self.highest_id = self.highest_id.max(*id);
                }
                Err(error)
            }
        }
    }

    fn try_apply<H: History>(
        &mut self,
        changes: &[AccountChange],
        journal: &[Transfer],
        now: Timestamp,
        history: &mut H,
        applied: &mut Applied,
    ) -> Result<(), ApplyError<H::Error>> {
        for change in changes {
            if let Some(state) = self.change(change, history)? {
                match applied.accounts.iter_mut().find(|a| a.number == state.number) {
                    Some(earlier) => *earlier = state,
                    None => applied.accounts.push(state),
                }
            }
        }
        if self.judge_ids(journal, history)? {
            applied.repeated = true;
            return Ok(());
        }
        applied.entries.reserve_exact(journal.len());
        for transfer in journal {
            for id in [transfer.debit, transfer.credit] {
                self.load(id, history)?;
            }
            let resolved = match transfer.kind {
                TransferKind::PostReserved { reservation } | TransferKind::Void { reservation }
                    if !self.reservations.contains_key(&reservation) && reservation <= self.highest_id =>
                {
                    matches!(history.transfer(reservation)?, Some(Known::Recorded(r)) if matches!(r.kind, TransferKind::Reserve { .. }))
                }
                _ => false,
            };
            let entry = self.transfer(transfer, resolved, now).map_err(|reason| {
                ApplyError::Refused(RefusedTransfer { transfer: Some(transfer.id), reason })
            })?;
            applied.entries.push(entry);
        }
        for transfer in journal {
            self.highest_id = self.highest_id.max(transfer.id);
        }
        Ok(())
    }

    /// Judges the rules about content and ids for the whole journal. `true`: it is a repeat of what is recorded.
    fn judge_ids<H: History>(
        &self,
        journal: &[Transfer],
        history: &mut H,
    ) -> Result<bool, ApplyError<H::Error>> {
        let refuse = |id, reason| Err(ApplyError::Refused(RefusedTransfer { transfer: Some(id), reason }));
        let mut seen = HashSet::with_capacity(if journal.len() > 16 { journal.len() } else { 0 });
        let mut first_known = None;
        let mut known = 0;
        for (i, t) in journal.iter().enumerate() {
            if t.amount.minor() <= 0 {
                return refuse(t.id, Refusal::AmountNotPositive);
            }
            if t.debit == t.credit {
                return refuse(t.id, Refusal::SameAccount);
            }
            if t.id.raw() >> 127 != 0 {
                return refuse(t.id, Refusal::IdReserved);
            }
            let twice = if journal.len() > 16 {
                !seen.insert(t.id)
            } else {
                journal[..i].iter().any(|o| o.id == t.id)
            };
            if twice {
                return refuse(t.id, Refusal::DuplicateInJournal);
            }
            if t.id > self.highest_id {
                continue;
            }
            match history.transfer(t.id)? {
                Some(Known::Refused(why)) => return refuse(t.id, Refusal::IdRefused(why.to_string())),
                Some(Known::Recorded(old)) if old != *t => return refuse(t.id, Refusal::IdTaken),
                Some(Known::Recorded(_)) => {
                    known += 1;
                    first_known.get_or_insert(t.id);
                }
                None => {}
            }
        }
        match first_known {
            Some(id) if known < journal.len() => refuse(id, Refusal::IdTaken),
            first => Ok(first.is_some()),
        }
    }

    /// Brings an account into memory if it exists.
    fn load<H: History>(&mut self, id: AccountId, history: &mut H) -> Result<(), H::Error> {
        if !self.accounts.contains_key(&id)
            && let Some(state) = history.account(id)?
        {
            self.accounts.insert(id, Slot { state, used: self.next_sequence });
        }
        Ok(())
    }

    fn change<H: History>(
        &mut self,
        change: &AccountChange,
        history: &mut H,
    ) -> Result<Option<AccountState>, ApplyError<H::Error>> {
        let refuse = |reason| Err(ApplyError::Refused(RefusedTransfer { transfer: None, reason }));
        let id = match change {
            AccountChange::Open(account) => account.id,
            AccountChange::SetLimits { id, .. } | AccountChange::Close(id) | AccountChange::Reopen(id) => *id,
        };
        self.load(id, history)?;
        let used = self.next_sequence;
        let Some(slot) = self.accounts.get_mut(&id) else {
            let AccountChange::Open(account) = change else { return refuse(Refusal::AccountMissing(id)) };
            let state = AccountState {
                account: account.clone(),
                number: self.next_number,
                balance: Balance::default(),
                version: 0,
            };
            self.next_number += 1;
            self.undo.push(Undo::Account(id, None));
            self.accounts.insert(id, Slot { state: state.clone(), used });
            return Ok(Some(state));
        };
        slot.used = used;
        let mut after = slot.state.account.clone();
        match change {
            AccountChange::Open(account) if !account.same_opening(&after) => {
                return refuse(Refusal::AccountTaken(id));
            }
            AccountChange::Open(_) => {}
            AccountChange::SetLimits { floor, ceiling, .. } => {
                (after.floor, after.ceiling) = (*floor, *ceiling)
            }
            AccountChange::Close(_) if !slot.state.balance.at_rest() => {
                return refuse(Refusal::AccountNotAtRest(id));
            }
            AccountChange::Close(_) => after.closed = true,
            AccountChange::Reopen(_) => after.closed = false,
        }
        if after == slot.state.account {
            return Ok(None);
        }
        self.undo.push(Undo::Account(id, Some(std::mem::replace(&mut slot.state.account, after))));
        Ok(Some(slot.state.clone()))
    }

    /// Judges the rules about state for one transfer and applies it. `resolved`: the reservation it names existed.
    fn transfer(&mut self, t: &Transfer, resolved: bool, now: Timestamp) -> Result<Entry, Refusal> {
        let debit = &self.accounts.get(&t.debit).ok_or(Refusal::DebitMissing(t.debit))?.state;
        let credit = &self.accounts.get(&t.credit).ok_or(Refusal::CreditMissing(t.credit))?.state;
        for side in [debit, credit] {
            if side.account.currency != t.amount.currency() {
                return Err(Refusal::CurrencyMismatch(side.account.id));
            }
        }
        for side in [debit, credit] {
            if side.account.closed {
                return Err(Refusal::AccountClosed(side.account.id));
            }
        }
        match t.kind {
            TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } => {
                let Some(open) = self.reservations.get(&reservation) else {
                    let resolved = resolved
                        || self.undo.iter().any(|u| matches!(u, Undo::Resolved(r) if r.id == reservation));
                    return Err(if resolved {
                        Refusal::ReservationResolved(reservation)
                    } else {
                        Refusal::ReservationMissing(reservation)
                    });
                };
                let void = matches!(t.kind, TransferKind::Void { .. });
                if (open.debit, open.credit) != (t.debit, t.credit)
                    || open.amount.currency() != t.amount.currency()
                    || (void && open.amount != t.amount)
                {
                    return Err(Refusal::ReservationMismatch(reservation));
                }
                if t.amount.minor() > open.amount.minor() {
                    return Err(Refusal::ReservationExceeded { reserved: open.amount.minor() });
                }
                let open = open.clone();
                let kind = if void { EntryKind::ReservationVoided } else { EntryKind::ReservationPosted };
                Ok(self.settle(&open, Some(t), kind, now))
            }
            TransferKind::Post | TransferKind::Reserve { .. } => {
                if let TransferKind::Reserve { expires: Some(at) } = t.kind
                    && at <= self.stamp(now)
                {
                    return Err(Refusal::ExpiryPast);
                }
                let reserve = matches!(t.kind, TransferKind::Reserve { .. });
                let debit_after = added(debit, t.amount.minor(), true, reserve)?;
                let credit_after = added(credit, t.amount.minor(), false, reserve)?;
                check_limits(debit, &debit_after)?;
                check_limits(credit, &credit_after)?;
                if reserve {
                    self.undo.push(Undo::Reserved(t.id));
                    self.insert_reservation(t.clone());
                }
                let kind = if reserve { EntryKind::Reserved } else { EntryKind::Posted };
                Ok(self.record(t.clone(), kind, debit_after, credit_after, now))
            }
        }
    }

    /// Ends a reservation: posted with the amount of `by`, voided, or (without `by`) expired.
    fn settle(
        &mut self,
        open: &Reservation,
        by: Option<&Transfer>,
        kind: EntryKind,
        now: Timestamp,
    ) -> Entry {
        let posted =
            if kind == EntryKind::ReservationPosted { by.map_or(0, |t| t.amount.minor()) } else { 0 };
        let reserved = open.amount.minor();
        let balance =
            |id| self.accounts.get(&id).expect("accounts of an open reservation are loaded").state.balance;
        let (mut debit, mut credit) = (balance(open.debit), balance(open.credit));
        debit.debits_reserved -= reserved;
        debit.debits_posted += posted;
        credit.credits_reserved -= reserved;
        credit.credits_posted += posted;
        self.remove_reservation(open.id);
        self.undo.push(Undo::Resolved(Box::new(open.clone())));
        let transfer = by.cloned().unwrap_or_else(|| Transfer {
            id: expiry_id(open.id),
            kind: TransferKind::Void { reservation: open.id },
            ..open.clone()
        });
        self.record(transfer, kind, debit, credit, now)
    }

    fn stamp(&self, now: Timestamp) -> Timestamp {
        now.max(self.last_time.checked_add_micros(1).expect("the year 294000 is far"))
    }

    fn record(
        &mut self,
        transfer: Transfer,
        kind: EntryKind,
        debit_after: Balance,
        credit_after: Balance,
        now: Timestamp,
    ) -> Entry {
        let sequence = self.next_sequence;
        let time = self.stamp(now);
        self.next_sequence += 1;
        self.last_time = time;
        let debit = self.set_balance(transfer.debit, debit_after, sequence);
        let credit = self.set_balance(transfer.credit, credit_after, sequence);
        Entry { sequence, time, kind, transfer, debit, credit }
    }

    fn set_balance(&mut self, id: AccountId, after: Balance, sequence: u64) -> Leg {
        let slot = self.accounts.get_mut(&id).expect("both accounts are loaded");
        self.undo.push(Undo::Balance(id, slot.state.balance, slot.state.version));
        slot.state.balance = after;
        slot.state.version += 1;
        slot.used = sequence;
        Leg { number: slot.state.number, after, version: slot.state.version }
    }

    fn insert_reservation(&mut self, reservation: Reservation) {
        if let TransferKind::Reserve { expires: Some(at) } = reservation.kind {
            self.expiries.insert((at, reservation.id));
        }
        self.reservations.insert(reservation.id, reservation);
    }

    fn remove_reservation(&mut self, id: TransferId) {
        if let Some(Transfer { kind: TransferKind::Reserve { expires: Some(at) }, .. }) =
            self.reservations.remove(&id)
        {
            self.expiries.remove(&(at, id));
        }
    }

    /// Takes back everything since `start`, which is next sequence and last time of then.
    fn roll_back(&mut self, start: (u64, Timestamp)) {
        (self.next_sequence, self.last_time) = start;
        while let Some(step) = self.undo.pop() {
            match step {
                Undo::Balance(id, balance, version) => {
                    let slot = self.accounts.get_mut(&id).expect("nothing leaves memory within a journal");
                    (slot.state.balance, slot.state.version) = (balance, version);
                }
                Undo::Account(id, None) => {
                    self.accounts.remove(&id);
                    self.next_number -= 1;
                }
                Undo::Account(id, Some(account)) => {
                    self.accounts
                        .get_mut(&id)
                        .expect("nothing leaves memory within a journal")
                        .state
                        .account = account;
                }
                Undo::Reserved(id) => self.remove_reservation(id),
                Undo::Resolved(reservation) => self.insert_reservation(*reservation),
            }
        }
    }
}

/// The sums after an amount is added on one side, posted or reserved.
fn added(state: &AccountState, amount: i64, is_debit: bool, reserve: bool) -> Result<Balance, Refusal> {
    let mut b = state.balance;
    let (posted, reserved) = if is_debit {
        (&mut b.debits_posted, &mut b.debits_reserved)
    } else {
        (&mut b.credits_posted, &mut b.credits_reserved)
    };
    // Posted and reserved together must fit, so that posting a reservation can never overflow.
    posted
        .checked_add(*reserved)
        .and_then(|sum| sum.checked_add(amount))
        .ok_or(Refusal::Overflow(state.account.id))?;
    *(if reserve { reserved } else { posted }) += amount;
    Ok(b)
}

/// Refuses what crosses a limit, or goes further beyond one that is already crossed.
fn check_limits(state: &AccountState, after: &Balance) -> Result<(), Refusal> {
    let Account { id: account, side, floor, ceiling, .. } = state.account;
    let (before_low, before_high) = (state.balance.available(side), state.balance.expected(side));
    if let Some(floor) = floor
        && after.available(side) < floor
        && after.available(side) < before_low
    {
        return Err(Refusal::FloorBreached { account, available: before_low, floor });
    }
    if let Some(ceiling) = ceiling
        && after.expected(side) > ceiling
        && after.expected(side) > before_high
    {
        return Err(Refusal::CeilingBreached { account, expected: before_high, ceiling });
    }
    Ok(())
}
