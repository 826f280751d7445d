//! What is fixed about an account, by its number: kept in memory, since every entry read back needs it.

use super::rows;
use pmts_ledger::{AccountId, ChartCode, EntityCode};
use pmts_money::Currency;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Most accounts kept in memory.
const MOST: usize = 100_000;

/// What never changes about an account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    pub(super) id: AccountId,
    pub(super) currency: Currency,
    pub(super) chart: ChartCode,
    pub(super) entity: EntityCode,
}

/// The accounts asked for lately. Only ones that are durably recorded are ever asked for.
#[derive(Default)]
pub(super) struct Names(Mutex<HashMap<u64, Name, foldhash::fast::RandomState>>);

impl Names {
    /// The account of a number that an entry names.
    pub(super) fn get(&self, db: &Connection, number: u64) -> rusqlite::Result<Name> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = lock().get(&number) {
            return Ok(*name);
        }
        let mut select = db.prepare_cached("SELECT * FROM accounts WHERE number = ?")?;
        let account =
            select.query_row([number.cast_signed()], |r| rows::account(r).map(|a| a.0)).optional()?;
        let a = account.ok_or_else(|| rows::damaged(0, &format!("account number {number} is missing")))?;
        let name = Name { id: a.id, currency: a.currency, chart: a.chart, entity: a.entity };
        let mut names = lock();
        if names.len() >= MOST {
            names.clear();
        }
        names.insert(number, name);
        Ok(name)
    }
}
