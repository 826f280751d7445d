//! The readers: a pool of read-only connections.

use super::error::reading;
use super::index::{EntryIndex, sequence_at};
use super::rows::{self, SELECT_ENTRY, blob};
use super::schema::open_reader;
use super::state::{self, SELECT_RECORD};
use super::writer::{account_state, balance_until};
use crate::{Answer, Job, ListPage, ListQuery, RecordedEvent, StoreError, Stored};
use pmts_kernel::Timestamp;
use pmts_ledger::{
    AccountFilter, AccountId, AccountPage, AccountState, Balance, Entry, Statement, StatementLine,
    StatementQuery, TransferId, TrialBalance, TrialRow,
};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

const ALL: u64 = u64::MAX >> 1;

/// A pool of connections for reading, and the index.
pub(super) struct Readers {
    dir: PathBuf,
    index: Arc<EntryIndex>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(dir: PathBuf, index: Arc<EntryIndex>) -> Self {
        Self { dir, index, idle: Mutex::default() }
    }

    /// Runs a read of a few rows on a connection of the pool, where it is called: it takes microseconds, less than handing
    /// it to another thread would.
    pub(super) fn point<T>(
        &self,
        read: impl FnOnce(&Connection, &EntryIndex) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.with_connection(read).map_err(|e| reading(&e))
    }

    fn with_connection<T>(
        &self,
        read: impl FnOnce(&Connection, &EntryIndex) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let pooled = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let db = pooled.map_or_else(|| open_reader(&self.dir), Ok)?;
        let result = read(&db, &self.index);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        result
    }

    /// Runs a read of any length on a connection of the pool, off the async threads.
    pub(super) async fn read<T, F>(self: &Arc<Self>, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &EntryIndex) -> rusqlite::Result<T> + Send + 'static,
    {
        let this = self.clone();
        match tokio::task::spawn_blocking(move || this.with_connection(read)).await {
            Ok(result) => result.map_err(|e| reading(&e)),
            Err(_) => Err(StoreError::Engine("a read was cut off".into())),
        }
    }
}

pub(super) fn record(db: &Connection, kind: &str, id: u128) -> rusqlite::Result<Option<Stored>> {
    db.prepare_cached(&format!("{SELECT_RECORD} WHERE r.kind = ? AND r.id = ?"))?
        .query_row(rusqlite::params![kind, blob(id)], state::record)
        .optional()
}

pub(super) fn list(db: &Connection, query: &ListQuery) -> rusqlite::Result<ListPage> {
    let (order, beyond, edge) = if query.newest_first { ("DESC", "<", u128::MAX) } else { ("ASC", ">", 0) };
    // Ids are compared with the cursor; without one, with the far end, which no id of a record has.
    let cursor = Value::Blob(blob(query.after.unwrap_or(edge)).to_vec());
    let limit = Value::Integer(i64::try_from(query.page_size()).unwrap_or(i64::MAX).saturating_add(1));
    let kind = Value::Text(query.kind.into());
    let (sql, values) = match &query.key {
        None => (format!("{SELECT_RECORD} WHERE r.kind = ? AND r.id {beyond} ? ORDER BY r.id {order} LIMIT ?"), vec![kind, cursor, limit]),
        Some((name, key)) => (
            format!(
                "{SELECT_RECORD} JOIN record_keys k ON k.kind = r.kind AND k.id = r.id
                 WHERE k.kind = ? AND k.name = ? AND k.key = ? AND k.id {beyond} ? ORDER BY k.id {order} LIMIT ?"
            ),
            vec![kind, Value::Text((*name).into()), Value::Text(key.clone()), cursor, limit],
        ),
    };
    let mut select = db.prepare_cached(&sql)?;
    let mut records = select
        .query_map(rusqlite::params_from_iter(values), state::record)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let more = records.len() > query.page_size();
    records.truncate(query.page_size());
    let next = records.last().filter(|_| more).map(|r| r.id);
    Ok(ListPage { records, next })
}

pub(super) fn answer(db: &Connection, scope: &str, key: &str) -> rusqlite::Result<Option<Answer>> {
    state::answer(db, scope, key)
}

pub(super) fn jobs_due(db: &Connection, at: Timestamp, limit: usize) -> rusqlite::Result<Vec<Job>> {
    let mut select = db.prepare_cached("SELECT * FROM jobs WHERE due <= ? ORDER BY due, id LIMIT ?")?;
    select.query_map([at.as_micros(), limit_of(limit)], state::job)?.collect()
}

pub(super) fn events(db: &Connection, after: u64, limit: usize) -> rusqlite::Result<Vec<RecordedEvent>> {
    let mut select = db.prepare_cached("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?")?;
    select.query_map([after.cast_signed(), limit_of(limit)], state::event)?.collect()
}

pub(super) fn events_before(
    db: &Connection,
    before: u64,
    limit: usize,
) -> rusqlite::Result<Vec<RecordedEvent>> {
    let mut select = db.prepare_cached("SELECT * FROM events WHERE seq < ? ORDER BY seq DESC LIMIT ?")?;
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    select.query_map([before, limit_of(limit)], state::event)?.collect()
}

pub(super) fn job_counts(db: &Connection) -> rusqlite::Result<Vec<(String, u64)>> {
    let mut select = db.prepare_cached("SELECT kind, COUNT(*) FROM jobs GROUP BY kind ORDER BY kind")?;
    select.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?.collect()
}

fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn account(
    db: &Connection,
    index: &EntryIndex,
    id: AccountId,
) -> rusqlite::Result<Option<AccountState>> {
    account_state(db, index, id, ALL)
}

pub(super) fn entry(db: &Connection, id: TransferId) -> rusqlite::Result<Option<Entry>> {
    rows::entry_of(db, id.raw())
}

pub(super) fn entries(db: &Connection, after: u64, limit: usize) -> rusqlite::Result<Vec<Entry>> {
    let mut select = db.prepare_cached(&format!("{SELECT_ENTRY} WHERE t.seq > ? ORDER BY t.seq LIMIT ?"))?;
    select.query_map([after.cast_signed(), limit_of(limit)], |r| rows::entry(r).map(|e| e.0))?.collect()
}

pub(super) fn balance_at(
    db: &Connection,
    index: &EntryIndex,
    id: AccountId,
    at: Timestamp,
) -> rusqlite::Result<Option<Balance>> {
    let Some((_, number)) = rows::account_of(db, id)? else { return Ok(None) };
    Ok(Some(balance_until(db, index, number, sequence_at(db, at)?)?.0))
}

pub(super) fn statement(
    db: &Connection,
    index: &EntryIndex,
    query: &StatementQuery,
) -> rusqlite::Result<Option<Statement>> {
    let Some(account) = account(db, index, query.account)? else { return Ok(None) };
    let just_before =
        |at: Timestamp| sequence_at(db, Timestamp::from_micros(at.as_micros().saturating_sub(1)));
    let from = query.from.map(just_before).transpose()?.unwrap_or(0);
    let after = from.max(query.after.unwrap_or(0));
    let until = query.until.map(just_before).transpose()?.unwrap_or(ALL);
    let (opening, _) = balance_until(db, index, account.number, after)?;
    let mut sequences = index.page(account.number, after, until, query.page_size().saturating_add(1))?;
    let more = sequences.len() > query.page_size();
    sequences.truncate(query.page_size());
    let mut lines = Vec::with_capacity(sequences.len());
    for sequence in sequences {
        let entry = rows::entry_at(db, sequence)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let (leg, is_debit) = entry.leg(query.account).ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        lines.push(StatementLine { is_debit, after: leg.after, entry });
    }
    let next = lines.last().filter(|_| more).map(|l| l.entry.sequence);
    let closing = lines.last().map_or(opening, |l| l.after);
    Ok(Some(Statement { account, opening, lines, closing, next }))
}

pub(super) fn accounts(
    db: &Connection,
    index: &EntryIndex,
    filter: &AccountFilter,
) -> rusqlite::Result<AccountPage> {
    let limit = if filter.limit == 0 { 1000 } else { filter.limit };
    let mut select = db.prepare_cached(
        "SELECT * FROM accounts WHERE number > ?1 AND (?2 IS NULL OR chart = ?2) AND (?3 IS NULL OR owner = ?3) ORDER BY number LIMIT ?4",
    )?;
    let parameters = rusqlite::params![
        filter.after.unwrap_or(0).cast_signed(),
        filter.chart.map(|c| c.0),
        filter.owner.as_ref().map(|o| o.as_str().to_owned()),
        limit_of(limit).saturating_add(1)
    ];
    let found =
        select.query_map(parameters, |r| rows::account_now(db, r))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = found.len() > limit;
    let mut accounts = Vec::with_capacity(found.len());
    for (account, number) in found.into_iter().take(limit) {
        let (balance, version) = balance_until(db, index, number, ALL)?;
        accounts.push(AccountState { account, number, balance, version });
    }
    let next = accounts.last().filter(|_| more).map(|a| a.number);
    Ok(AccountPage { accounts, next })
}

/// One walk over the journal: the last leg of each account wins.
pub(super) fn trial_balance(db: &Connection, at: Option<Timestamp>) -> rusqlite::Result<TrialBalance> {
    let until = at.map(|at| sequence_at(db, at)).transpose()?.unwrap_or(ALL);
    let mut balances: HashMap<i64, Balance> = HashMap::new();
    let mut select = db.prepare_cached(
        "SELECT debit, debit_debits_posted, debit_credits_posted, debit_debits_reserved, debit_credits_reserved,
                credit, credit_debits_posted, credit_credits_posted, credit_debits_reserved, credit_credits_reserved
         FROM transfers WHERE seq <= ? ORDER BY seq",
    )?;
    let mut rows = select.query([until.cast_signed()])?;
    while let Some(row) = rows.next()? {
        for side in [0, 5] {
            let after = Balance {
                debits_posted: row.get(side + 1)?,
                credits_posted: row.get(side + 2)?,
                debits_reserved: row.get(side + 3)?,
                credits_reserved: row.get(side + 4)?,
            };
            balances.insert(row.get(side)?, after);
        }
    }
    let mut select = db.prepare_cached("SELECT * FROM accounts ORDER BY number")?;
    let rows = select.query_map([], |r| {
        let (a, number, ..) = rows::account(r)?;
        let balance = balances.get(&number.cast_signed()).copied().unwrap_or_default();
        Ok(TrialRow {
            account: a.id,
            chart: a.chart,
            owner: a.owner,
            currency: a.currency,
            side: a.side,
            balance,
        })
    })?;
    Ok(TrialBalance { rows: rows.collect::<rusqlite::Result<_>>()? })
}
