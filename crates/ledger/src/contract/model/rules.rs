//! The rules of the naive reference, in the documented order.

use super::naive::{Answer, Naive, No};
use crate::{
    Account, AccountChange, AccountState, Condition, EntryKind, Journal, Side, Transfer, TransferId,
    TransferKind, Velocity, reversal_id,
};
use pmts_kernel::Timestamp;
use pmts_money::Money;

/// Refusals of a transfer against the books that leave its id as it was: nothing could make the same request pass later.
const LEAVES_ID: [&str; 5] = [
    "CURRENCY_MISMATCH",
    "ORIGINAL_MISSING",
    "REVERSAL_MISMATCH",
    "RESERVATION_MISMATCH",
    "RESERVATION_EXCEEDED",
];

type Code = &'static str;

fn no<T>(code: Code) -> Result<T, No> {
    Err(No { transfer: None, code, marks_id: false })
}

impl Naive {
    pub(super) fn judge(&mut self, journal: &Journal, now: Timestamp) -> Answer {
        let ids = self.content(&journal.transfers);
        if ids == Ok(true) {
            return Ok((vec![], true));
        }
        if journal.at.is_some_and(|at| at <= self.import_after) {
            return no("TIME_NOT_AFTER_LAST");
        }
        if journal.at.is_some_and(|at| at > now) {
            return no("TIME_IN_FUTURE");
        }
        let now = journal.at.unwrap_or(now);
        let mut later = vec![];
        for change in &journal.accounts {
            match change {
                AccountChange::Close(id) if self.account(*id).is_none() => return no("ACCOUNT_MISSING"),
                AccountChange::Close(_) => later.push(change),
                AccountChange::SetPeriod { entity, closed_through: Some(day) }
                    if self.periods.get(entity).is_none_or(|old| day > old) =>
                {
                    later.push(change)
                }
                _ => self.change(change).or_else(no)?,
            }
        }
        for condition in &journal.conditions {
            self.condition(condition).or_else(no)?;
        }
        ids?;
        let mut entries = vec![];
        for asked in &journal.transfers {
            let (kind, t) = self.transfer_now(asked, now).map_err(|code| No {
                transfer: Some(asked.id),
                code,
                marks_id: !LEAVES_ID.contains(&code) && !matches!(asked.kind, TransferKind::Reverse { .. }),
            })?;
            entries.push(self.record(kind, t, now));
        }
        for change in later {
            self.change(change).or_else(no)?;
        }
        Ok((entries, false))
    }

    fn change(&mut self, change: &AccountChange) -> Result<(), Code> {
        let id = match change {
            AccountChange::Open(a) => a.id,
            AccountChange::SetLimits { id, .. } | AccountChange::SetVelocity { id, .. } => *id,
            AccountChange::Close(id) | AccountChange::Reopen(id) => *id,
            AccountChange::SetPeriod { entity, closed_through } => {
                self.periods.remove(entity);
                self.periods.extend(closed_through.map(|day| (*entity, day)));
                return Ok(());
            }
        };
        let bad = |v: &[Velocity]| v.len() > 8 || v.iter().any(|v| v.window_secs == 0);
        let Some(AccountState { balance, account: old, number, .. }) = self.state(id) else {
            let AccountChange::Open(a) = change else { return Err("ACCOUNT_MISSING") };
            if bad(&a.velocity) {
                return Err("VELOCITY_MALFORMED");
            }
            if a.parent.is_some_and(|p| self.account(p).is_none()) {
                return Err("PARENT_MISSING");
            }
            self.accounts.push(a.clone());
            return Ok(());
        };
        let new = &mut self.accounts[usize::try_from(number).expect("few accounts") - 1];
        match change {
            AccountChange::Open(a) => {
                // What may change later is left out of the comparison.
                let Account { floor, ceiling, velocity, closed, .. } = old.clone();
                if (Account { floor, ceiling, velocity, closed, ..a.clone() }) != old {
                    return Err("ACCOUNT_TAKEN");
                }
            }
            AccountChange::SetLimits { floor, ceiling, .. } => (new.floor, new.ceiling) = (*floor, *ceiling),
            AccountChange::SetVelocity { velocity, .. } if bad(velocity) => return Err("VELOCITY_MALFORMED"),
            AccountChange::SetVelocity { velocity, .. } => new.velocity.clone_from(velocity),
            AccountChange::Close(_) => {
                if balance.debits_posted != balance.credits_posted
                    || balance.debits_reserved != 0
                    || balance.credits_reserved != 0
                {
                    return Err("ACCOUNT_NOT_AT_REST");
                }
                new.closed = true;
            }
            AccountChange::Reopen(_) => new.closed = false,
            AccountChange::SetPeriod { .. } => {}
        }
        Ok(())
    }

    fn condition(&self, condition: &Condition) -> Result<(), Code> {
        let state = self.state(condition.account()).ok_or("ACCOUNT_MISSING")?;
        let holds = match *condition {
            Condition::Version { version, .. } if version != state.version => return Err("VERSION_MISMATCH"),
            Condition::Version { .. } => true,
            Condition::Net { is, minor, .. } => is.holds(state.net_minor(), minor),
            Condition::Available { is, minor, .. } => is.holds(state.available_minor(), minor),
            Condition::HeldOn { account, day, minor } => self.net_on(account, day) == Some(minor),
        };
        if holds { Ok(()) } else { Err("CONDITION_FAILED") }
    }

    /// Content and ids of a journal. `true`: a repeat.
    fn content(&self, journal: &[Transfer]) -> Result<bool, No> {
        for (i, t) in journal.iter().enumerate() {
            self.content_of(t, &journal[..i]).map_err(|code| No {
                transfer: Some(t.id),
                code,
                marks_id: false,
            })?;
        }
        let known: Vec<_> = journal.iter().filter(|t| self.transfer(t.id).is_some()).collect();
        match known.first() {
            Some(t) if known.len() < journal.len() => {
                Err(No { transfer: Some(t.id), code: "ID_TAKEN", marks_id: false })
            }
            first => Ok(first.is_some()),
        }
    }

    fn content_of(&self, t: &Transfer, before: &[Transfer]) -> Result<(), Code> {
        let own = |id: TransferId| id.raw() >= 1 << 126;
        let asked = if let TransferKind::PostUpTo { most } = t.kind { most } else { t.amount.minor() };
        if asked <= 0 {
            return Err("AMOUNT_NOT_POSITIVE");
        }
        if t.debit == t.credit {
            return Err("SAME_ACCOUNT");
        }
        if let TransferKind::Reverse { original } = t.kind {
            if own(original) || t.id != reversal_id(original) {
                return Err("REVERSAL_ID_MISMATCH");
            }
        } else if own(t.id) {
            return Err("ID_RESERVED");
        }
        if before.iter().any(|b| b.id == t.id) {
            return Err("DUPLICATE_IN_JOURNAL");
        }
        if self.refused.contains(&t.id) {
            return Err("ID_REFUSED");
        }
        let Some(old) = self.transfer(t.id) else { return Ok(()) };
        let mut same = t.clone();
        if matches!(t.kind, TransferKind::PostUpTo { .. }) && t.amount.currency() == old.amount.currency() {
            same.amount = old.amount;
        }
        if same == *old { Ok(()) } else { Err("ID_TAKEN") }
    }

    /// What a transfer leads to now: the kind of entry, and the transfer as it is recorded.
    fn transfer_now(&self, t: &Transfer, now: Timestamp) -> Result<(EntryKind, Transfer), Code> {
        let debit = self.state(t.debit).ok_or("DEBIT_MISSING")?;
        let credit = self.state(t.credit).ok_or("CREDIT_MISSING")?;
        let sides = [&debit, &credit];
        if sides.iter().any(|s| s.account.currency != t.amount.currency()) {
            return Err("CURRENCY_MISMATCH");
        }
        if sides.iter().any(|s| s.account.closed) {
            return Err("ACCOUNT_CLOSED");
        }
        let time = self.stamp(now);
        let day = t.effective_day.map_or(time.as_secs().div_euclid(86_400), i64::from);
        if sides.iter().any(|s| self.periods.get(&s.account.entity).is_some_and(|p| day <= i64::from(*p))) {
            return Err("PERIOD_CLOSED");
        }
        let mut t = t.clone();
        match t.kind {
            TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } => {
                return self.resolved(&t, reservation).map(|kind| (kind, t));
            }
            TransferKind::Reverse { original } => {
                let found = self.transfer(original).ok_or("ORIGINAL_MISSING")?;
                if matches!(found.kind, TransferKind::Reserve { .. } | TransferKind::Void { .. }) {
                    return Err("ORIGINAL_MISSING");
                }
                if (found.debit, found.credit, found.amount) != (t.credit, t.debit, t.amount) {
                    return Err("REVERSAL_MISMATCH");
                }
            }
            TransferKind::Reserve { expires: Some(at) } if at <= time => return Err("EXPIRY_PAST"),
            TransferKind::PostUpTo { most } => {
                let there = most.min(Self::room(&debit, Side::Credit)).min(Self::room(&credit, Side::Debit));
                if there <= 0 {
                    return Err("NOTHING_AVAILABLE");
                }
                t.amount = Money::new(there, t.amount.currency());
            }
            TransferKind::Reserve { .. } | TransferKind::Post => {}
        }
        let kind = if matches!(t.kind, TransferKind::Reserve { .. }) {
            EntryKind::Reserved
        } else {
            EntryKind::Posted
        };
        self.limits(&t, kind, sides, time)?;
        Ok((kind, t))
    }

    /// What is there for a transfer that lowers an account of side `lowered`, or fits in if it raises it.
    fn room(state: &AccountState, lowered: Side) -> i64 {
        if state.account.side == lowered {
            state.available_minor().saturating_sub(state.account.floor.unwrap_or(0).max(0))
        } else {
            let expected = state.balance.expected(state.account.side);
            state.account.ceiling.map_or(i64::MAX, |c| c.saturating_sub(expected))
        }
    }

    fn resolved(&self, t: &Transfer, reservation: TransferId) -> Result<EntryKind, Code> {
        let made = self.transfer(reservation).filter(|t| matches!(t.kind, TransferKind::Reserve { .. }));
        let made = made.ok_or("RESERVATION_MISSING")?;
        if !self.open().iter().any(|o| o.id == reservation) {
            return Err("RESERVATION_RESOLVED");
        }
        let void = matches!(t.kind, TransferKind::Void { .. });
        if (made.debit, made.credit) != (t.debit, t.credit)
            || made.amount.currency() != t.amount.currency()
            || (void && made.amount != t.amount)
        {
            return Err("RESERVATION_MISMATCH");
        }
        if t.amount.minor() > made.amount.minor() {
            return Err("RESERVATION_EXCEEDED");
        }
        Ok(if void { EntryKind::ReservationVoided } else { EntryKind::ReservationPosted })
    }

    fn limits(
        &self,
        t: &Transfer,
        kind: EntryKind,
        sides: [&AccountState; 2],
        time: Timestamp,
    ) -> Result<(), Code> {
        let amount = i128::from(t.amount.minor());
        let used = |b: &crate::Balance, is_debit| {
            let (posted, reserved) = if is_debit {
                (b.debits_posted, b.debits_reserved)
            } else {
                (b.credits_posted, b.credits_reserved)
            };
            i128::from(posted) + i128::from(reserved)
        };
        if sides.iter().zip([true, false]).any(|(s, d)| used(&s.balance, d) + amount > i128::from(i64::MAX)) {
            return Err("OVERFLOW");
        }
        // Net, lowest and highest of an account in the direction of its side, and what the transfer adds to each.
        let reserve = kind == EntryKind::Reserved;
        let moved = sides.map(|s| {
            let raises = (s.account.id == t.debit) == (s.account.side == Side::Debit);
            let signed = if raises { amount } else { -amount };
            let low = i128::from(s.available_minor());
            let high = i128::from(s.balance.expected(s.account.side));
            let low_after = if reserve && raises { low } else { low + signed };
            let high_after = if reserve && !raises { high } else { high + signed };
            (s, low, low_after, high, high_after)
        });
        for (s, low, after, ..) in moved {
            if s.account.floor.is_some_and(|f| after < i128::from(f) && after < low) {
                return Err("FLOOR_BREACHED");
            }
        }
        for (s, .., high, after) in moved {
            if s.account.ceiling.is_some_and(|c| after > i128::from(c) && after > high) {
                return Err("CEILING_BREACHED");
            }
        }
        for (s, side) in sides.into_iter().zip([Side::Debit, Side::Credit]) {
            for limit in s.account.velocity.iter().filter(|l| l.side == side) {
                let window = |at: Timestamp| at.as_secs().div_euclid(i64::from(limit.window_secs));
                let (mut minor, mut count) = (amount, 1);
                for (e, is_debit) in self.entries_of(s.account.id) {
                    let counts = matches!(e.kind, EntryKind::Posted | EntryKind::Reserved);
                    if counts && is_debit == (side == Side::Debit) && window(e.time) == window(time) {
                        minor += i128::from(e.transfer.amount.minor());
                        count += 1;
                    }
                }
                if limit.most_minor.is_some_and(|most| minor > i128::from(most))
                    || limit.most_count.is_some_and(|most| count > most)
                {
                    return Err("VELOCITY_EXCEEDED");
                }
            }
        }
        Ok(())
    }
}
