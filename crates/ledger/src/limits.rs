//! What a transfer does to the sums of an account, and whether its limits allow it.

use crate::{Account, AccountState, Balance, Refusal, Side};

/// The sums after an amount is added on one side, posted or reserved.
pub(crate) fn added(
    state: &AccountState,
    amount: i64,
    is_debit: bool,
    reserve: bool,
) -> Result<Balance, Refusal> {
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

/// Refuses what falls below the floor, or further below one that is already crossed.
pub(crate) fn check_floor(state: &AccountState, after: &Balance) -> Result<(), Refusal> {
    let Account { id: account, side, floor: Some(floor), .. } = state.account else { return Ok(()) };
    let (available, next) = (state.balance.available(side), after.available(side));
    if next < floor && next < available {
        return Err(Refusal::FloorBreached { account, available, floor });
    }
    Ok(())
}

/// Refuses what rises above the ceiling, or further above one that is already crossed.
pub(crate) fn check_ceiling(state: &AccountState, after: &Balance) -> Result<(), Refusal> {
    let Account { id: account, side, ceiling: Some(ceiling), .. } = state.account else { return Ok(()) };
    let (expected, next) = (state.balance.expected(side), after.expected(side));
    if next > ceiling && next > expected {
        return Err(Refusal::CeilingBreached { account, expected, ceiling });
    }
    Ok(())
}

/// How much the account can take on one side, in minor units: what it holds above zero and above its floor if the side
/// lowers it, what fits under its ceiling if the side raises it. Can be negative.
pub(crate) fn room(state: &AccountState, is_debit: bool) -> i64 {
    let Account { side, floor, ceiling, .. } = state.account;
    let lowers = is_debit == (side == Side::Credit);
    if lowers {
        state.balance.available(side).saturating_sub(floor.unwrap_or(0).max(0))
    } else {
        ceiling.map_or(i64::MAX, |c| c.saturating_sub(state.balance.expected(side)))
    }
}
