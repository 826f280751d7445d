//! The readers: a pool of read-only connections.

use super::balances::{account_state, balance_until, net_by};
use super::entries::{EntryScan, Fetch, sequence_at};
use super::error::reading;
use super::index::{EntryIndex, Kind, metadata_key};
use super::names::Names;
use super::rows::{self, blob};
use super::schema::open_reader;
use super::state::{self, SELECT_RECORD};
use crate::{Answer, Job, ListPage, ListQuery, RecordedEvent, StoreError, Stored};
use pmts_kernel::Timestamp;
use pmts_ledger::{
    AccountFilter, AccountId, AccountPage, AccountState, Balance, DayQuery, DayTotal, EntityCode, Entry,
    HistoryOf, HistoryPage, HistoryQuery, RolledUp, Statement, StatementLine, StatementQuery, TransferId,
    TrialBalance,
};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

const ALL: u64 = u64::MAX >> 1;

/// A pool of connections for reading, and the index.
pub(super) struct Readers {
    dir: PathBuf,
    index: Arc<EntryIndex>,
    names: Arc<Names>,
    idle: Mutex<Vec<Connection>>,
}

/// What a read goes by: a connection to the main file, the index and the names of accounts.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) db: &'a Connection,
    pub(super) index: &'a EntryIndex,
    pub(super) names: &'a Names,
}

impl Readers {
    pub(super) fn new(dir: PathBuf, index: Arc<EntryIndex>, names: Arc<Names>) -> Self {
        Self { dir, index, names, idle: Mutex::default() }
    }

    /// Runs a read of a few rows on a connection of the pool, where it is called: it takes microseconds, less than handing
    /// it to another thread would.
    pub(super) fn point<T>(
        &self,
        read: impl FnOnce(View<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.with_connection(read).map_err(|e| reading(&e))
    }

    fn with_connection<T>(&self, read: impl FnOnce(View<'_>) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let pooled = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let open = || open_reader(&self.dir).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()));
        let db = pooled.map_or_else(open, Ok)?;
        let result = read(View { db: &db, index: &self.index, names: &self.names });
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        result
    }

    /// Runs a read of any length on a connection of the pool, off the async threads.
    pub(super) async fn read<T, F>(self: &Arc<Self>, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(View<'_>) -> rusqlite::Result<T> + Send + 'static,
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

pub(super) fn answer(v: View<'_>, scope: &str, key: &str) -> rusqlite::Result<Option<Answer>> {
    state::answer(v.db, v.index, scope, key)
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

pub(super) fn account(v: View<'_>, id: AccountId) -> rusqlite::Result<Option<AccountState>> {
    account_state(v.db, v.index, v.names, id, ALL)
}

pub(super) fn entry(v: View<'_>, id: TransferId) -> rusqlite::Result<Option<Entry>> {
    let Some(sequence) = v.index.id(id.raw(), false)? else { return Ok(None) };
    present(&mut Fetch::new(v.db, v.names), sequence).map(Some)
}

/// The entry of a sequence that the index knows: it is there, or the data is damaged.
fn present(fetch: &mut Fetch<'_>, sequence: u64) -> rusqlite::Result<Entry> {
    fetch.at(sequence)?.ok_or_else(|| rows::damaged(0, &format!("entry {sequence} is missing")))
}

pub(super) fn entries(v: View<'_>, after: u64, limit: usize) -> rusqlite::Result<Vec<Entry>> {
    let mut scan = EntryScan::after(v.db, v.names, after)?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some((entry, ..)) = scan.next()?
    {
        found.push(entry);
    }
    Ok(found)
}

pub(super) fn balance_at(v: View<'_>, id: AccountId, at: Timestamp) -> rusqlite::Result<Option<Balance>> {
    let Some((_, number)) = rows::account_of(v.db, id)? else { return Ok(None) };
    Ok(Some(balance_until(v.db, v.index, v.names, number, sequence_at(v.db, at)?)?.0))
}

pub(super) fn balance_on(v: View<'_>, id: AccountId, day: i32) -> rusqlite::Result<Option<i64>> {
    let Some((account, number)) = rows::account_of(v.db, id)? else { return Ok(None) };
    net_by(v.db, v.index, v.names, (number, account.side), day).map(Some)
}

pub(super) fn history(v: View<'_>, query: &HistoryQuery) -> rusqlite::Result<HistoryPage> {
    let (limit, range) = (query.page_size().saturating_add(1), query.range());
    let by = |kind, key| v.index.page(kind, key, range, limit, query.newest_first);
    let sequences = match &query.of {
        HistoryOf::All => {
            let (from, until) = (range.0, range.1.min(super::entries::last_entry(v.db)?.0));
            let all = from..until.saturating_add(1);
            if query.newest_first { all.rev().take(limit).collect() } else { all.take(limit).collect() }
        }
        HistoryOf::Account(id) => match rows::account_of(v.db, *id)? {
            Some((_, number)) => by(Kind::Accounts, u128::from(number))?,
            None => Vec::new(),
        },
        HistoryOf::Reference(reference) => by(Kind::References, *reference)?,
        HistoryOf::Metadata { key, value } => by(Kind::Metadata, metadata_key(key, value))?,
    };
    let mut fetch = Fetch::new(v.db, v.names);
    let mut entries = Vec::with_capacity(sequences.len());
    for sequence in sequences {
        entries.push(present(&mut fetch, sequence)?);
    }
    let more = entries.len() > query.page_size();
    entries.truncate(query.page_size());
    let next = entries.last().filter(|_| more).map(|e| e.sequence);
    if let HistoryOf::Metadata { key, value } = &query.of {
        // Two pairs can share a key of the index.
        entries.retain(|e| e.transfer.metadata.get(key) == Some(value));
    }
    Ok(HistoryPage { entries, next })
}

pub(super) fn rolled_up(
    v: View<'_>,
    id: AccountId,
    at: Option<Timestamp>,
) -> rusqlite::Result<Vec<RolledUp>> {
    let until = match at {
        Some(at) => sequence_at(v.db, at)?,
        None => super::entries::last_entry(v.db)?.0,
    };
    let mut sums = BTreeMap::new();
    let mut children = v.db.prepare_cached("SELECT id FROM accounts WHERE parent = ? ORDER BY number")?;
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let Some((account, number)) = rows::account_of(v.db, id)? else { continue };
        let (balance, _) = balance_until(v.db, v.index, v.names, number, until)?;
        sums.entry(account.currency).or_insert_with(|| RolledUp::zero(account.currency)).add(&balance);
        let under = children.query_map([blob(id.raw())], |r| rows::id(r, 0).map(AccountId::from_raw))?;
        open.extend(under.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    Ok(sums.into_values().collect())
}

pub(super) fn day_totals(v: View<'_>, query: &DayQuery) -> rusqlite::Result<Vec<DayTotal>> {
    v.index.day_totals(v.db, query)
}

pub(super) fn statement(v: View<'_>, query: &StatementQuery) -> rusqlite::Result<Option<Statement>> {
    let Some(account) = account(v, query.account)? else { return Ok(None) };
    let just_before =
        |at: Timestamp| sequence_at(v.db, Timestamp::from_micros(at.as_micros().saturating_sub(1)));
    let from = query.from.map(just_before).transpose()?.unwrap_or(0);
    let after = from.max(query.after.unwrap_or(0));
    let until = query.until.map(just_before).transpose()?.unwrap_or(ALL);
    let (opening, _) = balance_until(v.db, v.index, v.names, account.number, after)?;
    let range = (after.saturating_add(1), until);
    let limit = query.page_size().saturating_add(1);
    let mut sequences = v.index.page(Kind::Accounts, u128::from(account.number), range, limit, false)?;
    let more = sequences.len() > query.page_size();
    sequences.truncate(query.page_size());
    let mut fetch = Fetch::new(v.db, v.names);
    let mut lines = Vec::with_capacity(sequences.len());
    for sequence in sequences {
        let entry = present(&mut fetch, sequence)?;
        let (leg, is_debit) = entry.leg(query.account).ok_or_else(|| {
            rows::damaged(0, &format!("the index names entry {sequence} for another account"))
        })?;
        lines.push(StatementLine { is_debit, after: leg.after, entry });
    }
    let next = lines.last().filter(|_| more).map(|l| l.entry.sequence);
    let closing = lines.last().map_or(opening, |l| l.after);
    Ok(Some(Statement { account, opening, lines, closing, next }))
}

pub(super) fn accounts(v: View<'_>, filter: &AccountFilter) -> rusqlite::Result<AccountPage> {
    let limit = if filter.limit == 0 { 1000 } else { filter.limit };
    let (mut sql, mut values) = (
        String::from("SELECT * FROM accounts WHERE number > ?"),
        vec![Value::Integer(filter.after.unwrap_or(0).cast_signed())],
    );
    if let Some(chart) = filter.chart {
        sql.push_str(" AND chart = ?");
        values.push(Value::Integer(chart.0.into()));
    }
    if let Some(owner) = &filter.owner {
        sql.push_str(" AND owner = ?");
        values.push(Value::Text(owner.as_str().to_owned()));
    }
    sql.push_str(" ORDER BY number LIMIT ?");
    values.push(Value::Integer(limit_of(limit).saturating_add(1)));
    let mut select = v.db.prepare_cached(&sql)?;
    let found = select
        .query_map(rusqlite::params_from_iter(values), |r| rows::account_now(v.db, r))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let more = found.len() > limit;
    let mut accounts = Vec::with_capacity(found.len());
    for (account, number) in found.into_iter().take(limit) {
        let (balance, version) = balance_until(v.db, v.index, v.names, number, ALL)?;
        accounts.push(AccountState { account, number, balance, version });
    }
    let next = accounts.last().filter(|_| more).map(|a| a.number);
    Ok(AccountPage { accounts, next })
}

pub(super) fn trial_balance(v: View<'_>, at: Option<Timestamp>) -> rusqlite::Result<TrialBalance> {
    let mut trial = TrialBalance::default();
    let mut select = v.db.prepare_cached("SELECT currency, chart FROM accounts WHERE number = ?")?;
    let mut add = |number: u64, balance: &Balance| -> rusqlite::Result<()> {
        let (currency, chart) = select.query_row([number.cast_signed()], rows::currency_and_chart)?;
        trial.add(currency, chart, balance);
        Ok(())
    };
    // One picture of the accounts; the index may know more, of accounts that are not in it.
    v.db.execute_batch("BEGIN")?;
    let last: i64 = v
        .db
        .query_row("SELECT coalesce(max(number), 0) FROM accounts", [], |r| r.get(0))
        .inspect_err(|_| {
            let _ = v.db.execute_batch("ROLLBACK");
        })?;
    let last = last.cast_unsigned();
    let mut walk = || -> rusqlite::Result<()> {
        // Accounts without entries are not in the index: they fill the gaps between those that are.
        let mut next = 1;
        let mut found = |number: u64, balance: &Balance| -> rusqlite::Result<()> {
            for untouched in next..number.min(last + 1) {
                add(untouched, &Balance::default())?;
            }
            if number <= last {
                add(number, balance)?;
            }
            next = next.max(number + 1);
            Ok(())
        };
        match at {
            None => v.index.each_balance(&mut found)?,
            Some(at) => {
                let mut balances: Vec<_> = balances_at(v, at)?.into_iter().collect();
                balances.sort_unstable_by_key(|(number, _)| *number);
                balances.iter().try_for_each(|(number, balance)| found(*number, balance))?;
            }
        }
        found(last + 1, &Balance::default())
    };
    let walked = walk();
    v.db.execute_batch("COMMIT")?;
    walked.map(|()| trial)
}

/// The balances after the last entry at or before a moment: one walk over the journal; the last leg of each account wins.
fn balances_at(v: View<'_>, at: Timestamp) -> rusqlite::Result<HashMap<u64, Balance>> {
    let until = sequence_at(v.db, at)?;
    let mut balances = HashMap::new();
    let mut scan = EntryScan::after(v.db, v.names, 0)?;
    while let Some((entry, ..)) = scan.next()?
        && entry.sequence <= until
    {
        for leg in [entry.debit, entry.credit] {
            balances.insert(leg.number, leg.after);
        }
    }
    Ok(balances)
}

/// The last closed day of each entity that has closed days, by entity.
pub(super) fn periods(db: &Connection) -> rusqlite::Result<Vec<(EntityCode, i32)>> {
    let mut periods = BTreeMap::new();
    let mut select = db.prepare("SELECT * FROM periods ORDER BY seq")?;
    for row in select.query_map([], rows::period)? {
        let (entity, day, ..) = row?;
        match day {
            Some(day) => periods.insert(entity, day),
            None => periods.remove(&entity),
        };
    }
    Ok(periods.into_iter().collect())
}
