//! Reads: a few connections, shared by all readers.

use super::accounts::{SELECT_ACCOUNT, account as read_account};
use super::days::{net_sql, totals_sql};
use super::documents;
use super::entries::{SELECT_ENTRY, entry as read_entry};
use super::error::{Damage, Trouble};
use super::session::{Address, Session};
use super::spans::{Order, last_of_each, sequences, sums_after};
use super::value::{Day, Id, Time};
use crate::{Answer, Job, ListPage, ListQuery, RecordedEvent, StoreError, Stored};
use pmts_kernel::Timestamp;
use pmts_ledger::{
    AccountFilter, AccountId, AccountPage, AccountState, Balance, ChartCode, DayQuery, DayTotal, EntityCode,
    Entry, HistoryOf, HistoryPage, HistoryQuery, RolledUp, Statement, StatementLine, StatementQuery,
    TransferId, TrialBalance, TrialLine,
};
use pmts_money::Currency;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// No sequence is as high.
const ALL: i64 = i64::MAX;

/// Connections for reading.
pub(super) struct Readers {
    address: Address,
    patience: Duration,
    sessions: Vec<Mutex<Option<Arc<Session>>>>,
    turn: AtomicUsize,
}

impl Readers {
    pub(super) fn new(address: Address, count: usize, patience: Duration) -> Self {
        let sessions = (0..count.max(1)).map(|_| Mutex::default()).collect();
        Self { address, patience, sessions, turn: AtomicUsize::new(0) }
    }

    async fn session(&self) -> Result<Arc<Session>, Trouble> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.sessions.len();
        let mut slot = self.sessions[turn].lock().await;
        if let Some(session) = slot.as_ref().filter(|s| !s.is_closed()) {
            return Ok(session.clone());
        }
        let session = Session::open(&self.address, &[]).await?;
        // What nobody waits for any more is not worked on any more.
        let most = self.patience.as_millis().saturating_add(5_000).min(1 << 30);
        session.batch(&format!("SET statement_timeout = {most}")).await?;
        *slot = Some(session.clone());
        Ok(session)
    }

    /// Runs a query. If the connection was lost, once more on another: the first may have been broken for long.
    async fn rows(&self, text: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        let attempt = || async { self.session().await?.query(text, parameters).await };
        let mut tries = 0;
        loop {
            let result = timeout(self.patience, attempt()).await;
            match result.unwrap_or_else(|_| Err(Trouble::Lost("no answer in time".into()))) {
                Err(Trouble::Lost(_) | Trouble::Again(_)) if tries < self.sessions.len() => tries += 1,
                result => return result.map_err(Trouble::not_read),
            }
        }
    }

    /// Runs a query and reads its rows.
    pub(super) async fn all<T>(
        &self,
        text: &str,
        parameters: &[&(dyn ToSql + Sync)],
        read: impl Fn(&Row) -> Result<T, Damage>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(text, parameters).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    pub(super) async fn record(&self, kind: &str, id: u128) -> Result<Option<Stored>, StoreError> {
        let text = "SELECT id, version, body FROM records WHERE kind = $1 AND id = $2";
        Ok(self.all(text, &[&kind, &Id(id)], documents::record).await?.pop())
    }

    pub(super) async fn list(&self, query: &ListQuery) -> Result<ListPage, StoreError> {
        // Ids are compared with the cursor; without one, with the far end.
        let (order, beyond, cursor) = match (query.newest_first, query.after) {
            (false, None) => ("ASC", ">=", Id(0)),
            (false, Some(after)) => ("ASC", ">", Id(after)),
            (true, None) => ("DESC", "<=", Id(u128::MAX)),
            (true, Some(after)) => ("DESC", "<", Id(after)),
        };
        let limit = limit_of(query.page_size()).saturating_add(1);
        let mut records = match &query.key {
            None => {
                let text = format!(
                    "SELECT id, version, body FROM records WHERE kind = $1 AND id {beyond} $2 ORDER BY id {order} LIMIT $3"
                );
                self.all(&text, &[&query.kind, &cursor, &limit], documents::record).await?
            }
            Some((name, key)) => {
                let text = format!(
                    "SELECT r.id, r.version, r.body FROM record_keys k JOIN records r ON r.kind = k.kind AND r.id = k.id
                     WHERE k.kind = $1 AND k.name = $2 AND k.key = $3 AND k.id {beyond} $4 ORDER BY k.id {order} LIMIT $5"
                );
                self.all(&text, &[&query.kind, name, key, &cursor, &limit], documents::record).await?
            }
        };
        let more = records.len() > query.page_size();
        records.truncate(query.page_size());
        let next = records.last().filter(|_| more).map(|r| r.id);
        Ok(ListPage { records, next })
    }

    pub(super) async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError> {
        let text = "SELECT scope, key, fingerprint, body FROM answers WHERE scope = $1 AND key = $2";
        // No stored key holds a zero byte, and the database takes none.
        if scope.contains('\0') || key.contains('\0') {
            return Ok(None);
        }
        Ok(self.all(text, &[&scope, &key], documents::answer).await?.pop())
    }

    pub(super) async fn jobs_due(&self, at: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        let text = "SELECT id, kind, due, attempts, body FROM jobs WHERE due <= $1 ORDER BY due, id LIMIT $2";
        self.all(text, &[&bounded(at), &limit_of(limit)], documents::job).await
    }

    pub(super) async fn events(&self, after: u64, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        let text = "SELECT sequence, commit_number, id, kind, object, object_sequence, at, data FROM events
                    WHERE sequence > $1 ORDER BY sequence LIMIT $2";
        self.all(text, &[&signed(after), &limit_of(limit)], documents::event).await
    }

    pub(super) async fn events_before(
        &self,
        before: u64,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let text = "SELECT sequence, commit_number, id, kind, object, object_sequence, at, data FROM events
                    WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2";
        self.all(text, &[&signed(before), &limit_of(limit)], documents::event).await
    }

    pub(super) async fn job_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        // The order of bytes, whatever the database's language.
        let text = "SELECT kind, count(*) FROM jobs GROUP BY kind";
        let read = |row: &Row| Ok((row.try_get(0)?, row.try_get::<_, i64>(1)?.cast_unsigned()));
        let mut counts: Vec<(String, u64)> = self.all(text, &[], read).await?;
        counts.sort_unstable();
        Ok(counts)
    }

    pub(super) async fn account(&self, id: AccountId) -> Result<Option<AccountState>, StoreError> {
        let text = format!("{SELECT_ACCOUNT} WHERE id = $1");
        Ok(self.all(&text, &[&Id(id.raw())], read_account).await?.pop())
    }

    pub(super) async fn entry(&self, id: TransferId) -> Result<Option<Entry>, StoreError> {
        let text = format!("{SELECT_ENTRY} WHERE t.id = $1");
        Ok(self.all(&text, &[&Id(id.raw())], read_entry).await?.pop())
    }

    pub(super) async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let text = format!("{SELECT_ENTRY} WHERE t.sequence > $1 ORDER BY t.sequence LIMIT $2");
        self.all(&text, &[&signed(after), &limit_of(limit)], read_entry).await
    }

    /// Sequence of the last entry at or before a moment; 0: none. Groups say where to look.
    async fn sequence_at(&self, at: Timestamp) -> Result<i64, StoreError> {
        let text = "SELECT t.sequence FROM (SELECT first_entry, last_entry FROM groups
                      WHERE first_time IS NOT NULL AND first_time <= $1 ORDER BY first_time DESC LIMIT 1) g
                    JOIN transfers t ON t.sequence BETWEEN g.first_entry AND g.last_entry
                    WHERE t.time <= $1 ORDER BY t.sequence DESC LIMIT 1";
        let read = |row: &Row| Ok(row.try_get(0)?);
        Ok(self.all(text, &[&bounded(at)], read).await?.pop().unwrap_or(0))
    }

    /// The sums of an account after its last entry at or before a sequence.
    async fn balance_until(&self, number: u64, until: i64) -> Result<Balance, StoreError> {
        let last = sequences("$1", "(-1)", "$2", Order::NewestFirst, "1");
        let text = format!(
            "SELECT {} FROM ({last}) l JOIN transfers t ON t.sequence = l.sequence",
            sums_after("$1")
        );
        let found = self.all(&text, &[&number.cast_signed(), &until], balance).await?.pop();
        Ok(found.unwrap_or_default())
    }

    pub(super) async fn balance_at(
        &self,
        id: AccountId,
        at: Timestamp,
    ) -> Result<Option<Balance>, StoreError> {
        let Some(state) = self.account(id).await? else { return Ok(None) };
        let until = self.sequence_at(at).await?;
        Ok(Some(self.balance_until(state.number, until).await?))
    }

    pub(super) async fn statement(&self, query: &StatementQuery) -> Result<Option<Statement>, StoreError> {
        let Some(account) = self.account(query.account).await? else { return Ok(None) };
        let just_before = |at: Timestamp| Timestamp::from_micros(at.as_micros().saturating_sub(1));
        let from = match query.from {
            Some(from) => self.sequence_at(just_before(from)).await?,
            None => 0,
        };
        let after = from.max(query.after.map_or(0, signed));
        let until = match query.until {
            Some(until) => self.sequence_at(just_before(until)).await?,
            None => ALL,
        };
        let opening = self.balance_until(account.number, after).await?;
        let text = format!(
            "{SELECT_ENTRY} JOIN ({}) wanted ON wanted.sequence = t.sequence ORDER BY t.sequence",
            sequences("$1", "$2", "$3", Order::OldestFirst, "$4")
        );
        let limit = limit_of(query.page_size()).saturating_add(1);
        let parameters: [&(dyn ToSql + Sync); 4] = [&account.number.cast_signed(), &after, &until, &limit];
        let mut entries = self.all(&text, &parameters, read_entry).await?;
        let more = entries.len() > query.page_size();
        entries.truncate(query.page_size());
        let mut lines = Vec::with_capacity(entries.len());
        for entry in entries {
            let (leg, is_debit) = entry
                .leg(query.account)
                .ok_or_else(|| StoreError::Damaged("an entry of another account".into()))?;
            lines.push(StatementLine { is_debit, after: leg.after, entry });
        }
        let next = lines.last().filter(|_| more).map(|l| l.entry.sequence);
        let closing = lines.last().map_or(opening, |l| l.after);
        Ok(Some(Statement { account, opening, lines, closing, next }))
    }

    pub(super) async fn accounts(&self, filter: &AccountFilter) -> Result<AccountPage, StoreError> {
        let limit = if filter.limit == 0 { 1000 } else { filter.limit };
        let text = format!(
            "{SELECT_ACCOUNT} WHERE number > $1 AND ($2::integer IS NULL OR chart = $2) AND ($3::text IS NULL OR owner = $3)
             ORDER BY number LIMIT $4"
        );
        let chart = filter.chart.map(|c| i32::from(c.0));
        let owner = filter.owner.as_ref().map(|o| o.as_str());
        let after = filter.after.map_or(0, signed);
        let parameters: [&(dyn ToSql + Sync); 4] =
            [&after, &chart, &owner, &limit_of(limit).saturating_add(1)];
        let mut accounts = self.all(&text, &parameters, read_account).await?;
        let more = accounts.len() > limit;
        accounts.truncate(limit);
        let next = accounts.last().filter(|_| more).map(|a| a.number);
        Ok(AccountPage { accounts, next })
    }

    pub(super) async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, StoreError> {
        let day = Day::nearest(day);
        Ok(self.all(&net_sql(), &[&Id(id.raw()), &day], |row| Ok(row.try_get(0)?)).await?.pop())
    }

    pub(super) async fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, StoreError> {
        let (from, until) = query.range();
        let (from, until) = (signed(from), signed(until));
        let limit = limit_of(query.page_size()).saturating_add(1);
        let way = if query.newest_first { Order::NewestFirst } else { Order::OldestFirst };
        let order = way.sql();
        let page = |table: &str, condition: &str| {
            format!(
                "SELECT sequence FROM {table} WHERE {condition} AND sequence BETWEEN $1 AND $2 ORDER BY sequence {order} LIMIT $3"
            )
        };
        let found = |sequences: String| {
            format!(
                "{SELECT_ENTRY} JOIN ({sequences}) wanted ON wanted.sequence = t.sequence ORDER BY t.sequence {order}"
            )
        };
        let mut entries = match &query.of {
            HistoryOf::All => {
                self.all(&found(page("transfers", "true")), &[&from, &until, &limit], read_entry).await?
            }
            HistoryOf::Account(id) => {
                let Some(state) = self.account(*id).await? else { return Ok(HistoryPage::default()) };
                let found = found(sequences("$4", "($1::bigint - 1)", "$2", way, "$3"));
                let number = state.number.cast_signed();
                self.all(&found, &[&from, &until, &limit, &number], read_entry).await?
            }
            HistoryOf::Reference(reference) => {
                let text = found(page("transfers", "reference = $4"));
                self.all(&text, &[&from, &until, &limit, &Id(*reference)], read_entry).await?
            }
            // The database takes no zero byte, and no metadata holds one.
            HistoryOf::Metadata { key, value } if key.contains('\0') || value.contains('\0') => vec![],
            HistoryOf::Metadata { key, value } => {
                let text = found(page("transfer_metadata", "key = $4 AND value = $5"));
                self.all(&text, &[&from, &until, &limit, key, value], read_entry).await?
            }
        };
        let more = entries.len() > query.page_size();
        entries.truncate(query.page_size());
        let next = entries.last().filter(|_| more).map(|e| e.sequence);
        Ok(HistoryPage { entries, next })
    }

    pub(super) async fn rolled_up(
        &self,
        id: AccountId,
        at: Option<Timestamp>,
    ) -> Result<Vec<RolledUp>, StoreError> {
        let under = "WITH RECURSIVE tree AS (SELECT id, number FROM accounts WHERE id = $1
                     UNION ALL SELECT a.id, a.number FROM accounts a JOIN tree ON a.parent = tree.id)";
        let sums =
            "count(*), coalesce(sum(s.debits_posted), 0)::text, coalesce(sum(s.credits_posted), 0)::text,
                    coalesce(sum(s.debits_reserved), 0)::text, coalesce(sum(s.credits_reserved), 0)::text";
        let read = |row: &Row| {
            Ok(RolledUp {
                currency: currency(row.try_get(0)?)?,
                accounts: row.try_get::<_, i64>(1)?.cast_unsigned(),
                debits_posted: wide(row, 2)?,
                credits_posted: wide(row, 3)?,
                debits_reserved: wide(row, 4)?,
                credits_reserved: wide(row, 5)?,
            })
        };
        let mut rows = match at {
            None => {
                let text = format!(
                    "{under} SELECT s.currency, {sums} FROM tree JOIN accounts s ON s.number = tree.number GROUP BY s.currency"
                );
                self.all(&text, &[&Id(id.raw())], read).await?
            }
            Some(at) => {
                let until = self.sequence_at(at).await?;
                let text = format!(
                    "{under} SELECT a.currency, {sums} FROM {} GROUP BY a.currency",
                    past_sums("tree", "$2")
                );
                self.all(&text, &[&Id(id.raw()), &until], read).await?
            }
        };
        rows.sort_unstable_by_key(|r| r.currency);
        Ok(rows)
    }

    pub(super) async fn day_totals(&self, query: &DayQuery) -> Result<Vec<DayTotal>, StoreError> {
        let small = |row: &Row, column: usize| {
            u16::try_from(row.try_get::<_, i32>(column)?).map_err(|_| Damage::of("a number out of range"))
        };
        let read = |row: &Row| {
            Ok(DayTotal {
                day: row.try_get::<_, Day>(0)?.0,
                entity: EntityCode(small(row, 1)?),
                chart: ChartCode(small(row, 2)?),
                currency: currency(row.try_get(3)?)?,
                debits: wide(row, 4)?,
                credits: wide(row, 5)?,
                count: row.try_get::<_, i64>(6)?.cast_unsigned(),
            })
        };
        let chart = query.chart.map(|c| i32::from(c.0));
        let entity = query.entity.map(|e| i32::from(e.0));
        let wanted = query.currency.as_ref().map(|c| c.code());
        let from = Day::nearest(query.from_day.unwrap_or(i32::MIN));
        let until = Day::nearest(query.until_day.unwrap_or(i32::MAX));
        let mut rows = self.all(&totals_sql(), &[&chart, &entity, &wanted, &from, &until], read).await?;
        rows.sort_unstable_by_key(|r| (r.day, r.entity, r.chart, r.currency));
        Ok(rows)
    }

    pub(super) async fn periods(&self) -> Result<Vec<(EntityCode, i32)>, StoreError> {
        let read = |row: &Row| {
            let entity = u16::try_from(row.try_get::<_, i32>(0)?);
            let entity = entity.map_err(|_| Damage::of("a number out of range"))?;
            Ok((EntityCode(entity), row.try_get::<_, Day>(1)?.0))
        };
        self.all("SELECT entity, closed_through FROM periods ORDER BY entity", &[], read).await
    }

    pub(super) async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, StoreError> {
        let sums = "count(*), coalesce(sum(greatest(s.debits_posted - s.credits_posted, 0)), 0)::text,
             coalesce(sum(greatest(s.credits_posted - s.debits_posted, 0)), 0)::text,
             coalesce(sum(s.debits_reserved), 0)::text, coalesce(sum(s.credits_reserved), 0)::text";
        let read = |row: &Row| {
            let chart = u16::try_from(row.try_get::<_, i32>(1)?);
            Ok(TrialLine {
                currency: currency(row.try_get(0)?)?,
                chart: ChartCode(chart.map_err(|_| Damage::of("a number out of range"))?),
                accounts: row.try_get::<_, i64>(2)?.cast_unsigned(),
                debits: wide(row, 3)?,
                credits: wide(row, 4)?,
                debits_reserved: wide(row, 5)?,
                credits_reserved: wide(row, 6)?,
            })
        };
        let lines = match at {
            None => {
                let text = format!(
                    "SELECT s.currency, s.chart, {sums} FROM accounts s GROUP BY s.currency, s.chart"
                );
                self.all(&text, &[], read).await?
            }
            Some(at) => {
                let until = self.sequence_at(at).await?;
                let text = format!(
                    "SELECT a.currency, a.chart, {sums} FROM {} GROUP BY a.currency, a.chart",
                    past_sums("accounts", "$1")
                );
                self.all(&text, &[&until], read).await?
            }
        };
        Ok(lines.into_iter().collect())
    }
}

/// Accounts `a` with their sums `s` after the last entry up to a sequence, null if there was none.
fn past_sums(accounts: &str, until: &str) -> String {
    format!(
        "({}) l JOIN accounts a ON a.number = l.account
         LEFT JOIN LATERAL (SELECT {} FROM transfers t WHERE t.sequence = l.sequence) s ON true",
        last_of_each(accounts, until),
        sums_after("l.account")
    )
}

/// Reads four sums.
fn balance(row: &Row) -> Result<Balance, Damage> {
    Ok(Balance {
        debits_posted: row.try_get(0)?,
        credits_posted: row.try_get(1)?,
        debits_reserved: row.try_get(2)?,
        credits_reserved: row.try_get(3)?,
    })
}

fn currency(code: &str) -> Result<Currency, Damage> {
    Currency::from_code(code).map_err(|_| Damage::of("an unknown currency"))
}

/// A sum of many amounts, which comes as text.
fn wide(row: &Row, column: usize) -> Result<i128, Damage> {
    row.try_get::<_, &str>(column)?.parse().map_err(|_| Damage::of("a sum out of range"))
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A limit as the database takes it.
pub(super) fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A moment to compare with: beyond the database's range, its infinity.
pub(super) fn bounded(at: Timestamp) -> Time {
    if Time::fits(at) {
        return Time(at);
    }
    Time(Timestamp::from_micros(if at.as_micros() < 0 { i64::MIN } else { i64::MAX }))
}
