//! The state machine that decides. It holds the accounts in use and the open reservations; it does no IO.

mod changes;
mod posting;

use crate::entry::{Entry, EntryKind};
use crate::history::{History, Known};
use crate::journal::JournalParts;
use crate::refusal::{Refusal, RefusedTransfer};
use crate::slots::{SlotId, Slots};
use crate::transfer::{OWN_IDS, Transfer, TransferId, TransferKind, reversal_id};
use crate::velocity::Taken;
use crate::{Account, AccountChange, AccountId, AccountState, Balance, EntityCode};
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
    /// Entities whose closed period changed, with the last closed day as it is after all changes.
    pub periods: Vec<(EntityCode, Option<i32>)>,
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
    accounts: Slots,
    reservations: HashMap<TransferId, Reservation, foldhash::fast::RandomState>,
    expiries: BTreeSet<(Timestamp, TransferId)>,
    /// The last closed day of each entity that has closed days.
    periods: HashMap<EntityCode, i32>,
    next_number: u64,
    next_sequence: u64,
    last_time: Timestamp,
    /// An import must come after this: the last entry, or what lies before the moment for which holds expired last.
    import_after: Timestamp,
    highest_id: TransferId,
    undo: Vec<Undo>,
}

/// What a journal may have to be rolled back to: next sequence, time of the last entry, and what imports come after.
type Start = (u64, Timestamp, Timestamp);

#[derive(Debug)]
enum Undo {
    Balance(SlotId, Balance, u64),
    Opened(SlotId),
    Account(SlotId, Box<Account>),
    Period(EntityCode, Option<i32>),
    Window(SlotId, usize, (Timestamp, Taken)),
    Reserved(TransferId),
    Resolved(Box<Reservation>),
}

/// Where a machine starts: what is recorded so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position {
    /// Sequence of the last entry; 0 = none.
    pub sequence: u64,
    /// Its time.
    pub time: Timestamp,
    /// Number of the last account; 0 = none.
    pub accounts: u64,
    /// The highest id that was recorded or marked as refused, expiries and reversals left out. Ids above it are new without
    /// a look.
    pub highest_id: u128,
    /// Entities with closed days, and the last of these.
    pub periods: Vec<(EntityCode, i32)>,
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
            accounts: Slots::default(),
            reservations: HashMap::default(),
            expiries: BTreeSet::new(),
            periods: position.periods.into_iter().collect(),
            next_number: position.accounts + 1,
            next_sequence: position.sequence + 1,
            last_time: position.time,
            import_after: position.time,
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
        let mut periods: Vec<_> = self.periods.iter().map(|(e, day)| (*e, *day)).collect();
        periods.sort_unstable();
        Position {
            sequence: self.next_sequence - 1,
            time: self.last_time,
            accounts: self.next_number - 1,
            highest_id: self.highest_id.raw(),
            periods,
        }
    }

    /// Sequence of the last entry; 0 = none.
    pub fn last_sequence(&self) -> u64 {
        self.next_sequence - 1
    }

    /// Number of the last account that was opened; 0 = none.
    pub fn last_account(&self) -> u64 {
        self.next_number - 1
    }

    /// How many accounts are in memory.
    pub fn resident_accounts(&self) -> usize {
        self.accounts.len()
    }

    /// How many reservations are open.
    pub fn open_reservations(&self) -> usize {
        self.reservations.len()
    }

    /// What an import must come after: the last entry, or what lies before the moment for which holds expired last.
    pub fn import_after(&self) -> Timestamp {
        self.import_after
    }

    /// Goes on from where another machine was: its [`Machine::import_after`].
    pub fn resume_imports(&mut self, after: Timestamp) {
        self.import_after = after.min(self.last_time);
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

    /// Whether [`Machine::expire`] would find something at `now`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.expiries.first().is_some_and(|(at, _)| *at <= self.stamp(now))
    }

    /// Time of the last entry.
    pub fn last_time(&self) -> Timestamp {
        self.last_time
    }

    /// The account, if it is in memory.
    pub fn resident(&self, id: AccountId) -> Option<&AccountState> {
        self.accounts.find(id).map(|place| &self.accounts[place].state)
    }

    /// Lets accounts that were not used lately leave memory: of those at rest (zero, nothing reserved) once there are more
    /// than about twice `at_rest`, of the `others` likewise. Call it only when everything handed out is recorded.
    pub fn trim(&mut self, at_rest: usize, others: usize) {
        self.accounts.trim(at_rest, others);
    }

    /// Expires the reservations whose time has come: to be called before each journal with
    /// [`JournalParts::expires_until`].
    ///
    /// # Errors
    /// When an account of theirs cannot be loaded. What was expired before that is undone.
    pub fn expire<H: History>(&mut self, now: Timestamp, history: &mut H) -> Result<Vec<Entry>, H::Error> {
        let start = self.start();
        let mut entries = Vec::new();
        while let Some(&(at, id)) = self.expiries.first() {
            if at > self.stamp(now) {
                break;
            }
            let reservation = self.reservations.get(&id).expect("what expires is open").clone();
            let loaded = self
                .load(reservation.debit, history)
                .and_then(|d| Ok((d, self.load(reservation.credit, history)?)));
            match loaded {
                Ok((debit, credit)) => {
                    let debit = debit.expect("accounts of a reservation are never deleted");
                    let credit = credit.expect("accounts of a reservation are never deleted");
                    let kind = EntryKind::ReservationExpired;
                    entries.push(self.settle(&reservation, None, kind, (debit, credit), now));
                }
                Err(error) => {
                    self.roll_back(start);
                    return Err(error);
                }
            }
        }
        self.undo.clear();
        if !entries.is_empty() {
            // What was expired for the sake of an import does not come before it.
            let before = Timestamp::from_micros(now.as_micros().saturating_sub(1));
            self.import_after = start.2.max(before.min(self.last_time));
        }
        Ok(entries)
    }

    /// Applies account changes that open, judges conditions, then applies transfers and account changes that close, all or
    /// none, at the moment of an import, else at `now` (or just after the last entry, if that is later). A repeat of what
    /// is recorded changes nothing, whatever its account changes, conditions and moment.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing changed.
    pub fn apply<H: History>(
        &mut self,
        journal: JournalParts<'_>,
        now: Timestamp,
        history: &mut H,
    ) -> Result<Applied, ApplyError<H::Error>> {
        let start = self.start();
        let mut applied = Applied::default();
        match self.try_apply(journal, now, history, &mut applied) {
            Ok(()) => {
                self.undo.clear();
                Ok(applied)
            }
            Err(error) => {
                self.roll_back(start);
                if let ApplyError::Refused(refused) = &error
                    && let Some(id) = refused.marked_id()
                {
                    self.highest_id = self.highest_id.max(id);
                }
                Err(error)
            }
        }
    }

    fn try_apply<H: History>(
        &mut self,
        journal: JournalParts<'_>,
        now: Timestamp,
        history: &mut H,
        applied: &mut Applied,
    ) -> Result<(), ApplyError<H::Error>> {
        let refuse = |reason| ApplyError::Refused(RefusedTransfer { transfer: None, reason });
        let transfers = journal.transfers;
        // Refusals of ids are told later, in their place in the order of precedence; a repeat is judged no further.
        let ids = match self.judge_ids(transfers, history) {
            Ok(true) => {
                applied.repeated = true;
                return Ok(());
            }
            Err(ApplyError::History(error)) => return Err(ApplyError::History(error)),
            judged => judged,
        };
        if let Some(at) = journal.at {
            if at <= self.import_after {
                return Err(refuse(Refusal::TimeNotAfterLast { last: self.import_after }));
            }
            if at > now {
                return Err(refuse(Refusal::TimeInFuture));
            }
        }
        let now = journal.at.unwrap_or(now);
        let mut closing: Vec<&AccountChange> = Vec::new();
        for change in journal.accounts {
            if self.closes(change) {
                self.must_exist(change, history)?;
                closing.push(change);
            } else {
                self.change(change, history, applied)?;
            }
        }
        for condition in journal.conditions {
            self.judge(condition, history)?;
        }
        ids?;
        applied.entries.reserve_exact(transfers.len());
        for transfer in transfers {
            let places = (self.load(transfer.debit, history)?, self.load(transfer.credit, history)?);
            let entry = match self.transfer(transfer, places, now, history) {
                Ok(entry) => entry,
                Err(ApplyError::Refused(mut refused)) => {
                    refused.transfer = Some(transfer.id);
                    return Err(ApplyError::Refused(refused));
                }
                Err(other) => return Err(other),
            };
            applied.entries.push(entry);
        }
        for change in closing {
            self.change(change, history, applied)?;
        }
        let own = |t: &&Transfer| t.id.raw() < OWN_IDS;
        if let Some(highest) = transfers.iter().filter(own).map(|t| t.id).max() {
            self.highest_id = self.highest_id.max(highest);
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
        // Ids that grow, as those made one after the other do, cannot repeat.
        let growing = journal.is_sorted_by(|a, b| a.id < b.id);
        let mut first_known = None;
        let mut known = 0;
        for (i, t) in journal.iter().enumerate() {
            let asked = if let TransferKind::PostUpTo { most } = t.kind { most } else { t.amount.minor() };
            if asked <= 0 {
                return refuse(t.id, Refusal::AmountNotPositive);
            }
            if t.debit == t.credit {
                return refuse(t.id, Refusal::SameAccount);
            }
            match t.kind {
                TransferKind::Reverse { original }
                    if t.id != reversal_id(original) || original.raw() >= OWN_IDS =>
                {
                    return refuse(t.id, Refusal::ReversalIdMismatch(original));
                }
                TransferKind::Reverse { .. } => {}
                _ if t.id.raw() >= OWN_IDS => return refuse(t.id, Refusal::IdReserved),
                _ => {}
            }
            let twice = !growing
                && if journal.len() > 16 {
                    !seen.insert(t.id)
                } else {
                    journal[..i].iter().any(|o| o.id == t.id)
                };
            if twice {
                return refuse(t.id, Refusal::DuplicateInJournal);
            }
            if t.id > self.highest_id && t.id.raw() < OWN_IDS {
                continue;
            }
            match history.transfer(t.id)? {
                Some(Known::Refused(why)) => return refuse(t.id, Refusal::IdRefused(why.to_string())),
                Some(Known::Recorded(old)) if !t.same_request(&old) => return refuse(t.id, Refusal::IdTaken),
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
    fn load<H: History>(&mut self, id: AccountId, history: &mut H) -> Result<Option<SlotId>, H::Error> {
        if let Some(place) = self.accounts.find(id) {
            return Ok(Some(place));
        }
        let loaded = history.account(id)?;
        Ok(loaded.map(|state| self.accounts.insert(state, self.next_sequence)))
    }

    fn start(&self) -> Start {
        (self.next_sequence, self.last_time, self.import_after)
    }

    /// Takes back everything since `start`. Accounts that were loaded stay.
    fn roll_back(&mut self, start: Start) {
        (self.next_sequence, self.last_time, self.import_after) = start;
        while let Some(step) = self.undo.pop() {
            match step {
                Undo::Balance(place, balance, version) => {
                    let state = &mut self.accounts[place].state;
                    (state.balance, state.version) = (balance, version);
                }
                // What the steps before this one name lies at lower places than what this one opened.
                Undo::Opened(place) => {
                    self.next_number -= 1;
                    self.accounts.remove(place);
                }
                Undo::Account(place, account) => self.accounts[place].state.account = *account,
                Undo::Period(entity, Some(day)) => drop(self.periods.insert(entity, day)),
                Undo::Period(entity, None) => drop(self.periods.remove(&entity)),
                Undo::Window(place, n, before) => self.accounts[place].windows[n] = before,
                Undo::Reserved(id) => self.remove_reservation(id),
                Undo::Resolved(reservation) => self.insert_reservation(*reservation),
            }
        }
    }
}
