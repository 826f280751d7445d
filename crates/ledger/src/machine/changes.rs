//! Account changes and conditions.

use super::{Applied, ApplyError, Machine, Undo};
use crate::history::History;
use crate::journal::Condition;
use crate::refusal::{Refusal, RefusedTransfer};
use crate::slots::SlotId;
use crate::velocity::Velocity;
use crate::{Account, AccountChange, AccountId, AccountState, Balance, EntityCode};

/// A refusal of what is not a transfer.
fn refuse<T, E>(reason: Refusal) -> Result<T, ApplyError<E>> {
    Err(ApplyError::Refused(RefusedTransfer { transfer: None, reason }))
}

fn check_velocity<E>(limits: &[Velocity]) -> Result<(), ApplyError<E>> {
    if limits.len() > Velocity::MOST || limits.iter().any(|v| v.window_secs == 0) {
        return refuse(Refusal::VelocityMalformed);
    }
    Ok(())
}

impl Machine {
    /// Whether a change closes something, and so is made after the transfers of its journal.
    pub(super) fn closes(&self, change: &AccountChange) -> bool {
        match change {
            AccountChange::Close(_) => true,
            AccountChange::SetPeriod { entity, closed_through } => {
                *closed_through > self.periods.get(entity).copied()
            }
            _ => false,
        }
    }

    /// Refuses to close an account that does not exist, before anything is applied.
    pub(super) fn must_exist<H: History>(
        &mut self,
        change: &AccountChange,
        history: &mut H,
    ) -> Result<(), ApplyError<H::Error>> {
        match change {
            AccountChange::Close(id) if self.load(*id, history)?.is_none() => {
                refuse(Refusal::AccountMissing(*id))
            }
            _ => Ok(()),
        }
    }

    /// Makes one account change; what is to be recorded of it goes to `applied`.
    pub(super) fn change<H: History>(
        &mut self,
        change: &AccountChange,
        history: &mut H,
        applied: &mut Applied,
    ) -> Result<(), ApplyError<H::Error>> {
        let id = match change {
            AccountChange::Open(account) => account.id,
            AccountChange::SetLimits { id, .. }
            | AccountChange::SetVelocity { id, .. }
            | AccountChange::Close(id)
            | AccountChange::Reopen(id) => *id,
            AccountChange::SetPeriod { entity, closed_through } => {
                self.set_period(*entity, *closed_through, applied);
                return Ok(());
            }
        };
        let Some(place) = self.load(id, history)? else {
            let AccountChange::Open(account) = change else { return refuse(Refusal::AccountMissing(id)) };
            return self.open(account, history, applied);
        };
        let slot = &mut self.accounts[place];
        slot.used = self.next_sequence;
        let mut after = slot.state.account.clone();
        match change {
            AccountChange::Open(account) if !account.same_opening(&after) => {
                return refuse(Refusal::AccountTaken(id));
            }
            AccountChange::SetLimits { floor, ceiling, .. } => {
                (after.floor, after.ceiling) = (*floor, *ceiling)
            }
            AccountChange::SetVelocity { velocity, .. } => {
                check_velocity(velocity)?;
                after.velocity.clone_from(velocity);
            }
            AccountChange::Close(_) if !slot.state.balance.at_rest() => {
                return refuse(Refusal::AccountNotAtRest(id));
            }
            AccountChange::Close(_) => after.closed = true,
            AccountChange::Reopen(_) => after.closed = false,
            AccountChange::Open(_) | AccountChange::SetPeriod { .. } => {}
        }
        if after != slot.state.account {
            let before = std::mem::replace(&mut slot.state.account, after);
            if before.velocity != slot.state.account.velocity {
                slot.windows.clear();
            }
            self.undo.push(Undo::Account(place, Box::new(before)));
            self.told(place, applied);
        }
        Ok(())
    }

    fn open<H: History>(
        &mut self,
        account: &Account,
        history: &mut H,
        applied: &mut Applied,
    ) -> Result<(), ApplyError<H::Error>> {
        check_velocity(&account.velocity)?;
        if let Some(parent) = account.parent
            && self.load(parent, history)?.is_none()
        {
            return refuse(Refusal::ParentMissing(parent));
        }
        let state = AccountState {
            account: account.clone(),
            number: self.next_number,
            balance: Balance::default(),
            version: 0,
        };
        self.next_number += 1;
        let place = self.accounts.insert(state, self.next_sequence);
        self.undo.push(Undo::Opened(place));
        self.told(place, applied);
        Ok(())
    }

    fn told(&self, place: SlotId, applied: &mut Applied) {
        let state = self.accounts[place].state.clone();
        match applied.accounts.iter_mut().rev().find(|a| a.number == state.number) {
            Some(earlier) => earlier.account = state.account,
            None => applied.accounts.push(state),
        }
    }

    fn set_period(&mut self, entity: EntityCode, closed_through: Option<i32>, applied: &mut Applied) {
        let before = match closed_through {
            Some(day) => self.periods.insert(entity, day),
            None => self.periods.remove(&entity),
        };
        if before == closed_through {
            return;
        }
        self.undo.push(Undo::Period(entity, before));
        match applied.periods.iter_mut().find(|(e, _)| *e == entity) {
            Some(earlier) => earlier.1 = closed_through,
            None => applied.periods.push((entity, closed_through)),
        }
    }

    /// Judges a condition.
    pub(super) fn judge<H: History>(
        &mut self,
        condition: &Condition,
        history: &mut H,
    ) -> Result<(), ApplyError<H::Error>> {
        let account: AccountId = condition.account();
        let Some(place) = self.load(account, history)? else {
            return refuse(Refusal::AccountMissing(account));
        };
        let state = &self.accounts[place].state;
        let (holds, found) = match *condition {
            Condition::Version { version, .. } => {
                if state.version != version {
                    return refuse(Refusal::VersionMismatch {
                        account,
                        expected: version,
                        found: state.version,
                    });
                }
                return Ok(());
            }
            Condition::Net { is, minor, .. } => (is.holds(state.net_minor(), minor), state.net_minor()),
            Condition::Available { is, minor, .. } => {
                (is.holds(state.available_minor(), minor), state.available_minor())
            }
            Condition::HeldOn { day, minor, .. } => {
                // An account opened by this journal has no past.
                let found = if state.version == 0 { 0 } else { history.net_on(account, day)? };
                (found == minor, found)
            }
        };
        if holds { Ok(()) } else { refuse(Refusal::ConditionFailed { account, found }) }
    }
}
