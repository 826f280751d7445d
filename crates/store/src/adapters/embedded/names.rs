//! What is fixed about an account, by its number: kept in memory, since every entry read back and every total needs it.

use super::rows;
use pmts_ledger::{Account, AccountId, ChartCode, EntityCode};
use pmts_money::Currency;
use rusqlite::{Connection, OptionalExtension};
use std::sync::{Mutex, PoisonError};

/// Places in a part of the table. A part is made when the first of its places is taken.
const PART: usize = 1 << 10;
/// Parts of the table.
const PARTS: usize = 1 << 10;

/// What never changes about an account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    pub(super) id: AccountId,
    pub(super) currency: Currency,
    pub(super) chart: ChartCode,
    pub(super) entity: EntityCode,
}

impl From<&Account> for Name {
    fn from(a: &Account) -> Self {
        Self { id: a.id, currency: a.currency, chart: a.chart, entity: a.entity }
    }
}

/// A part: account numbers and what is fixed about them.
type Part = Box<[Option<(u64, Name)>]>;

/// The accounts asked for lately, each in the one place that its number gives it: about a million neighbours fit, in some
/// 60 MB. Only accounts that are durably recorded are ever asked for, or put in.
pub(super) struct Names(Mutex<Vec<Option<Part>>>);

impl Default for Names {
    fn default() -> Self {
        Self(Mutex::new(vec![None; PARTS]))
    }
}

/// The part and the place in it of an account number.
fn place(number: u64) -> (usize, usize) {
    let at = usize::try_from(number % (PART * PARTS) as u64).unwrap_or_default();
    (at / PART, at % PART)
}

impl Names {
    /// The account of a number that an entry names.
    pub(super) fn get(&self, db: &Connection, number: u64) -> rusqlite::Result<Name> {
        let (part, at) = place(number);
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner)[part].as_ref().and_then(|p| p[at]);
        if let Some((_, name)) = known.filter(|(n, _)| *n == number) {
            return Ok(name);
        }
        let mut select = db.prepare_cached("SELECT * FROM accounts WHERE number = ?")?;
        let account =
            select.query_row([number.cast_signed()], |r| rows::account(r).map(|a| a.0)).optional()?;
        let account =
            account.ok_or_else(|| rows::damaged(0, &format!("account number {number} is missing")))?;
        self.put(number, &account);
        Ok(Name::from(&account))
    }

    /// Keeps what an account that was just read is called.
    pub(super) fn put(&self, number: u64, account: &Account) {
        let (part, at) = place(number);
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts[part].get_or_insert_with(|| vec![None; PART].into())[at] = Some((number, Name::from(account)));
    }
}
