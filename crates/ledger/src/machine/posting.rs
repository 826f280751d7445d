//! One transfer against the books.

use super::{ApplyError, Machine, Reservation, Undo};
use crate::entry::{Entry, EntryKind, Leg};
use crate::history::{History, Known};
use crate::limits::{added, check_ceiling, check_floor, room};
use crate::refusal::{Refusal, RefusedTransfer};
use crate::slots::SlotId;
use crate::transfer::{Transfer, TransferId, TransferKind, expiry_id};
use crate::velocity::Taken;
use crate::{Account, Balance, Side};
use pmts_kernel::Timestamp;
use pmts_money::Money;

const MICROS_A_DAY: i64 = 86_400_000_000;

fn refused<E>(reason: Refusal) -> ApplyError<E> {
    ApplyError::Refused(RefusedTransfer { transfer: None, reason })
}

impl Machine {
    /// Judges the rules about state for one transfer and applies it. `places`: where its accounts lie, if they exist.
    pub(super) fn transfer<H: History>(
        &mut self,
        t: &Transfer,
        places: (Option<SlotId>, Option<SlotId>),
        now: Timestamp,
        history: &mut H,
    ) -> Result<Entry, ApplyError<H::Error>> {
        let debit = places.0.ok_or_else(|| refused(Refusal::DebitMissing(t.debit)))?;
        let credit = places.1.ok_or_else(|| refused(Refusal::CreditMissing(t.credit)))?;
        let sides = [&self.accounts[debit].state.account, &self.accounts[credit].state.account];
        for side in sides {
            if side.currency != t.amount.currency() {
                return Err(refused(Refusal::CurrencyMismatch(side.id)));
            }
        }
        for side in sides {
            if side.closed {
                return Err(refused(Refusal::AccountClosed(side.id)));
            }
        }
        self.check_period(t, sides, now).map_err(refused)?;
        match t.kind {
            TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } => {
                self.resolve(t, reservation, (debit, credit), now, history)
            }
            TransferKind::Reverse { original } => {
                self.check_reversal(t, original, history)?;
                self.post(t.clone(), false, (debit, credit), now, history)
            }
            TransferKind::PostUpTo { most } => {
                let payer = &self.accounts[debit].state;
                let payee = &self.accounts[credit].state;
                let (at_debit, at_credit) = (room(payer, true), room(payee, false));
                let amount = most.min(at_debit).min(at_credit);
                if amount <= 0 {
                    let empty = if at_debit <= 0 { t.debit } else { t.credit };
                    return Err(refused(Refusal::NothingAvailable(empty)));
                }
                let moved = Transfer { amount: Money::new(amount, t.amount.currency()), ..t.clone() };
                self.post(moved, false, (debit, credit), now, history)
            }
            TransferKind::Post => self.post(t.clone(), false, (debit, credit), now, history),
            TransferKind::Reserve { expires } => {
                if expires.is_some_and(|at| at <= self.stamp(now)) {
                    return Err(refused(Refusal::ExpiryPast));
                }
                self.post(t.clone(), true, (debit, credit), now, history)
            }
        }
    }

    /// The day it counts for lies in an open period of both entities.
    fn check_period(&self, t: &Transfer, sides: [&Account; 2], now: Timestamp) -> Result<(), Refusal> {
        if self.periods.is_empty() {
            return Ok(());
        }
        let today = || self.stamp(now).as_micros().div_euclid(MICROS_A_DAY);
        let day = t.effective_day.map_or_else(today, i64::from);
        for side in sides {
            if let Some(through) = self.periods.get(&side.entity)
                && day <= i64::from(*through)
            {
                return Err(Refusal::PeriodClosed { entity: side.entity.0, through: *through });
            }
        }
        Ok(())
    }

    /// The original is a posted transfer, and this takes back just that.
    fn check_reversal<H: History>(
        &self,
        t: &Transfer,
        original: TransferId,
        history: &mut H,
    ) -> Result<(), ApplyError<H::Error>> {
        let Some(Known::Recorded(first)) = history.transfer(original)? else {
            return Err(refused(Refusal::OriginalMissing(original)));
        };
        if matches!(first.kind, TransferKind::Reserve { .. } | TransferKind::Void { .. }) {
            return Err(refused(Refusal::OriginalMissing(original)));
        }
        if (first.debit, first.credit, first.amount) != (t.credit, t.debit, t.amount) {
            return Err(refused(Refusal::ReversalMismatch(original)));
        }
        Ok(())
    }

    /// Moves or reserves an amount.
    fn post<H: History>(
        &mut self,
        t: Transfer,
        reserve: bool,
        (debit, credit): (SlotId, SlotId),
        now: Timestamp,
        history: &mut H,
    ) -> Result<Entry, ApplyError<H::Error>> {
        let (payer, payee) = (&self.accounts[debit].state, &self.accounts[credit].state);
        let amount = t.amount.minor();
        let debit_after = added(payer, amount, true, reserve).map_err(refused)?;
        let credit_after = added(payee, amount, false, reserve).map_err(refused)?;
        check_floor(payer, &debit_after).map_err(refused)?;
        check_floor(payee, &credit_after).map_err(refused)?;
        check_ceiling(payer, &debit_after).map_err(refused)?;
        check_ceiling(payee, &credit_after).map_err(refused)?;
        self.take(debit, Side::Debit, amount, now, history)?;
        self.take(credit, Side::Credit, amount, now, history)?;
        if reserve {
            self.undo.push(Undo::Reserved(t.id));
            self.insert_reservation(t.clone());
        }
        let kind = if reserve { EntryKind::Reserved } else { EntryKind::Posted };
        Ok(self.record(t, kind, (debit, debit_after), (credit, credit_after), now))
    }

    /// Counts an amount against the velocity limits of one side of an account.
    fn take<H: History>(
        &mut self,
        place: SlotId,
        side: Side,
        amount: i64,
        now: Timestamp,
        history: &mut H,
    ) -> Result<(), ApplyError<H::Error>> {
        if self.accounts[place].state.account.velocity.is_empty() {
            return Ok(());
        }
        let time = self.stamp(now);
        let slot = &mut self.accounts[place];
        let never = (Timestamp::from_micros(i64::MIN), Taken::default());
        slot.windows.resize(slot.state.account.velocity.len(), never);
        for n in 0..slot.windows.len() {
            let limit = slot.state.account.velocity[n];
            if limit.side != side {
                continue;
            }
            let start = limit.window_start(time);
            let before = slot.windows[n];
            let held = if before.0 == start {
                before.1
            } else if before.0 != never.0 || slot.state.version == 0 {
                Taken::default()
            } else {
                history.taken_since(slot.state.account.id, side, start)?
            };
            let after = held.with(amount);
            if limit.most_minor.is_some_and(|most| after.minor > most)
                || limit.most_count.is_some_and(|most| after.count > most)
            {
                return Err(refused(Refusal::VelocityExceeded {
                    account: slot.state.account.id,
                    window_secs: limit.window_secs,
                    minor: held.minor,
                    count: held.count,
                }));
            }
            slot.windows[n] = (start, after);
            self.undo.push(Undo::Window(place, n, before));
        }
        Ok(())
    }

    /// Posts or voids a reservation.
    fn resolve<H: History>(
        &mut self,
        t: &Transfer,
        reservation: TransferId,
        places: (SlotId, SlotId),
        now: Timestamp,
        history: &mut H,
    ) -> Result<Entry, ApplyError<H::Error>> {
        let Some(open) = self.reservations.get(&reservation) else {
            let just_now = self.undo.iter().any(|u| matches!(u, Undo::Resolved(r) if r.id == reservation));
            let was_one =
                |k| matches!(k, Some(Known::Recorded(r)) if matches!(r.kind, TransferKind::Reserve { .. }));
            let resolved =
                just_now || (reservation <= self.highest_id && was_one(history.transfer(reservation)?));
            return Err(refused(if resolved {
                Refusal::ReservationResolved(reservation)
            } else {
                Refusal::ReservationMissing(reservation)
            }));
        };
        let void = matches!(t.kind, TransferKind::Void { .. });
        if (open.debit, open.credit) != (t.debit, t.credit)
            || open.amount.currency() != t.amount.currency()
            || (void && open.amount != t.amount)
        {
            return Err(refused(Refusal::ReservationMismatch(reservation)));
        }
        if t.amount.minor() > open.amount.minor() {
            return Err(refused(Refusal::ReservationExceeded { reserved: open.amount.minor() }));
        }
        let open = open.clone();
        let kind = if void { EntryKind::ReservationVoided } else { EntryKind::ReservationPosted };
        Ok(self.settle(&open, Some(t), kind, places, now))
    }

    /// Ends a reservation: posted with the amount of `by`, voided, or (without `by`) expired.
    pub(super) fn settle(
        &mut self,
        open: &Reservation,
        by: Option<&Transfer>,
        kind: EntryKind,
        places: (SlotId, SlotId),
        now: Timestamp,
    ) -> Entry {
        let posted =
            if kind == EntryKind::ReservationPosted { by.map_or(0, |t| t.amount.minor()) } else { 0 };
        let reserved = open.amount.minor();
        let balance = |place| self.accounts[place].state.balance;
        let (mut debit, mut credit) = (balance(places.0), balance(places.1));
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
        self.record(transfer, kind, (places.0, debit), (places.1, credit), now)
    }

    pub(super) fn stamp(&self, now: Timestamp) -> Timestamp {
        now.max(self.last_time.checked_add_micros(1).expect("the year 294000 is far"))
    }

    fn record(
        &mut self,
        transfer: Transfer,
        kind: EntryKind,
        debit: (SlotId, Balance),
        credit: (SlotId, Balance),
        now: Timestamp,
    ) -> Entry {
        let sequence = self.next_sequence;
        let time = self.stamp(now);
        self.next_sequence += 1;
        self.last_time = time;
        self.import_after = time;
        let debit = self.set_balance(debit, sequence);
        let credit = self.set_balance(credit, sequence);
        Entry { sequence, time, kind, transfer, debit, credit }
    }

    fn set_balance(&mut self, (place, after): (SlotId, Balance), sequence: u64) -> Leg {
        let slot = &mut self.accounts[place];
        self.undo.push(Undo::Balance(place, slot.state.balance, slot.state.version));
        slot.state.balance = after;
        slot.state.version += 1;
        slot.used = sequence;
        Leg { number: slot.state.number, after, version: slot.state.version }
    }

    pub(super) fn insert_reservation(&mut self, reservation: Reservation) {
        if let TransferKind::Reserve { expires: Some(at) } = reservation.kind {
            self.expiries.insert((at, reservation.id));
        }
        self.reservations.insert(reservation.id, reservation);
    }

    pub(super) fn remove_reservation(&mut self, id: TransferId) {
        if let Some(Transfer { kind: TransferKind::Reserve { expires: Some(at) }, .. }) =
            self.reservations.remove(&id)
        {
            self.expiries.remove(&(at, id));
        }
    }
}
