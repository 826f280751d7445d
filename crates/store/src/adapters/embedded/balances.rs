//! Balances as recorded: of an account now, after a sequence, or by effective day.

use super::entries::{Fetch, last_entry, sequence_at};
use super::index::{EntryIndex, Last};
use super::names::Names;
use super::rows;
use pmts_kernel::Timestamp;
use pmts_ledger::{AccountId, AccountState, Balance, Side};
use rusqlite::Connection;

const MICROS_A_DAY: i64 = 86_400_000_000;

/// An account with its balance after its last entry at or before a sequence.
pub(super) fn account_state(
    db: &Connection,
    index: &EntryIndex,
    names: &Names,
    id: AccountId,
    until: u64,
) -> rusqlite::Result<Option<AccountState>> {
    let Some((account, number)) = rows::account_of(db, id)? else { return Ok(None) };
    names.put(number, &account);
    let (balance, version) = balance_until(db, index, names, number, until)?;
    Ok(Some(AccountState { account, number, balance, version }))
}

/// Balance and version of an account after its last entry at or before a sequence.
pub(super) fn balance_until(
    db: &Connection,
    index: &EntryIndex,
    names: &Names,
    number: u64,
    until: u64,
) -> rusqlite::Result<(Balance, u64)> {
    match index.last(number, until)? {
        None => Ok((Balance::default(), 0)),
        Some(Last::Known(leg)) => Ok((leg.after, leg.version)),
        Some(Last::InEntry(sequence)) => {
            let entry = Fetch::new(db, names).at(sequence)?;
            let entry = entry.ok_or_else(|| rows::damaged(0, &format!("entry {sequence} is missing")))?;
            let leg = if entry.debit.number == number { entry.debit } else { entry.credit };
            Ok((leg.after, leg.version))
        }
    }
}

/// The posted balance of an account from all entries effective on a day or before, in the direction of `side`.
pub(super) fn net_by(
    db: &Connection,
    index: &EntryIndex,
    names: &Names,
    (number, side): (u64, Side),
    day: i32,
) -> rusqlite::Result<i64> {
    let end = (i64::from(day) + 1).saturating_mul(MICROS_A_DAY).saturating_sub(1);
    let (highest, _) = last_entry(db)?;
    let until = sequence_at(db, Timestamp::from_micros(end))?;
    let (balance, _) = balance_until(db, index, names, number, until)?;
    let moved = index.off_days(number, day, highest)?;
    Ok(balance.net(side).saturating_add(if side == Side::Debit { moved } else { moved.saturating_neg() }))
}
