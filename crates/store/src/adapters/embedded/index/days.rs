//! What was posted by day, and entries that count for another day than they were recorded on.

use super::tail::Batch;
use super::{EntryIndex, lock};
use crate::adapters::embedded::names::Names;
use pmts_ledger::{ChartCode, DayQuery, DayTotal, EntityCode};
use pmts_money::Currency;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use std::sync::Arc;

type Key = (i32, EntityCode, ChartCode, Currency);

/// An entry on one of its accounts, effective on another day than it was recorded on.
struct OffDay {
    sequence: u64,
    effective: i32,
    recorded: i32,
    is_debit: bool,
    posted: i64,
}

fn totals(batch: &Batch, main: &Connection, names: &Names) -> rusqlite::Result<BTreeMap<Key, DayTotal>> {
    let mut totals = BTreeMap::new();
    for (_, entry) in batch.entries().filter(|(_, e)| e.posted > 0) {
        for (number, is_debit) in entry.sides() {
            let name = names.get(main, number)?;
            let key = (entry.effective, name.entity, name.chart, name.currency);
            add(
                &mut totals,
                key,
                if is_debit { (entry.posted.into(), 0, 1) } else { (0, entry.posted.into(), 1) },
            );
        }
    }
    Ok(totals)
}

fn add(totals: &mut BTreeMap<Key, DayTotal>, key: Key, (debits, credits, count): (i128, i128, u64)) {
    let (day, entity, chart, currency) = key;
    let total = totals.entry(key).or_insert(DayTotal {
        day,
        entity,
        chart,
        currency,
        debits: 0,
        credits: 0,
        count: 0,
    });
    total.debits += debits;
    total.credits += credits;
    total.count += count;
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Key, (i128, i128, u64))> {
    let currency = Currency::from_code(row.get_ref(3)?.as_str()?)
        .map_err(|_| super::run::damaged("an unknown currency"))?;
    let key = (row.get(0)?, EntityCode(row.get(1)?), ChartCode(row.get(2)?), currency);
    let sum = |column| row.get::<_, [u8; 16]>(column).map(i128::from_be_bytes);
    Ok((key, (sum(4)?, sum(5)?, row.get::<_, i64>(6)?.cast_unsigned())))
}

const SELECT: &str = "SELECT day, entity, chart, currency, debits, credits, count FROM days";

/// Writes what a batch adds.
pub(super) fn write(
    db: &Connection,
    batch: &Batch,
    main: &Connection,
    names: &Names,
) -> rusqlite::Result<()> {
    let mut sums = totals(batch, main, names)?;
    let mut old =
        db.prepare_cached(&format!("{SELECT} WHERE day = ? AND entity = ? AND chart = ? AND currency = ?"))?;
    let mut put = db.prepare_cached("INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    for (key, sum) in &mut sums {
        let name = params![key.0, key.1.0, key.2.0, key.3.code()];
        if let Some((_, (debits, credits, count))) = old.query_row(name, read).optional()? {
            (sum.debits, sum.credits, sum.count) =
                (sum.debits + debits, sum.credits + credits, sum.count + count);
        }
        let (debits, credits) = (sum.debits.to_be_bytes(), sum.credits.to_be_bytes());
        put.execute(params![
            key.0,
            key.1.0,
            key.2.0,
            key.3.code(),
            debits,
            credits,
            sum.count.cast_signed()
        ])?;
    }
    let mut off = db.prepare_cached("INSERT OR REPLACE INTO off_days VALUES (?, ?, ?, ?, ?, ?)")?;
    for (sequence, e) in batch.entries().filter(|(_, e)| e.effective != e.recorded && e.posted > 0) {
        for (number, is_debit) in e.sides() {
            off.execute(params![
                number.cast_signed(),
                sequence.cast_signed(),
                e.effective,
                e.recorded,
                is_debit,
                e.posted
            ])?;
        }
    }
    Ok(())
}

impl EntryIndex {
    /// What was posted by day, as the query asks.
    pub(in crate::adapters::embedded) fn day_totals(
        &self,
        main: &Connection,
        query: &DayQuery,
    ) -> rusqlite::Result<Vec<DayTotal>> {
        let wanted = |(day, entity, chart, currency): &Key| {
            query.from_day.is_none_or(|d| *day >= d)
                && query.until_day.is_none_or(|d| *day <= d)
                && query.entity.is_none_or(|e| *entity == e)
                && query.chart.is_none_or(|c| *chart == c)
                && query.currency.is_none_or(|c| *currency == c)
        };
        let mut sums: BTreeMap<Key, DayTotal> = BTreeMap::new();
        self.consistent(|db, batches| {
            sums.clear();
            let mut select = db.prepare_cached(&format!("{SELECT} WHERE day BETWEEN ? AND ?"))?;
            let range = [query.from_day.unwrap_or(i32::MIN), query.until_day.unwrap_or(i32::MAX)];
            for row in select.query_map(range, read)? {
                let (key, sum) = row?;
                if wanted(&key) {
                    add(&mut sums, key, sum);
                }
            }
            for batch in batches {
                for (key, t) in totals(batch, main, &self.names)? {
                    if wanted(&key) {
                        add(&mut sums, key, (t.debits, t.credits, t.count));
                    }
                }
            }
            Ok(())
        })?;
        Ok(sums.into_values().collect())
    }

    /// What must be added to an account's debits less credits at the end of `day` by time of recording, to have them by
    /// effective day, of entries up to a sequence. Minor units.
    pub(in crate::adapters::embedded) fn off_days(
        &self,
        account: u64,
        day: i32,
        until: u64,
    ) -> rusqlite::Result<i64> {
        let mut sum = 0i64;
        let mut count = |o: &OffDay| {
            let signed = if o.is_debit { o.posted } else { -o.posted };
            if o.sequence > until {
                return;
            }
            if o.effective <= day && o.recorded > day {
                sum = sum.saturating_add(signed);
            } else if o.effective > day && o.recorded <= day {
                sum = sum.saturating_sub(signed);
            }
        };
        self.consistent(|db, batches| {
            let mut select = db.prepare_cached(
                "SELECT seq, effective, recorded, is_debit, posted FROM off_days WHERE account = ?",
            )?;
            let mut rows = select.query([account.cast_signed()])?;
            while let Some(row) = rows.next()? {
                count(&OffDay {
                    sequence: row.get::<_, i64>(0)?.cast_unsigned(),
                    effective: row.get(1)?,
                    recorded: row.get(2)?,
                    is_debit: row.get(3)?,
                    posted: row.get(4)?,
                });
            }
            for batch in batches {
                for (sequence, e) in
                    batch.entries().filter(|(_, e)| e.effective != e.recorded && e.posted > 0)
                {
                    for (_, is_debit) in e.sides().into_iter().filter(|(n, _)| *n == account) {
                        count(&OffDay {
                            sequence,
                            effective: e.effective,
                            recorded: e.recorded,
                            is_debit,
                            posted: e.posted,
                        });
                    }
                }
            }
            Ok(())
        })?;
        Ok(sum)
    }

    /// Reads tables of the file and the batches that are not in them yet, as of one moment: the tail is held meanwhile, so
    /// that no batch moves from one to the other.
    fn consistent(
        &self,
        read: impl FnOnce(&Connection, &[&Batch]) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let tail = lock(&self.tail);
        let sealed: Option<Arc<Batch>> = tail.sealed.clone();
        self.with_reader(|db| {
            // The tables and how far they reach are read in one transaction: the thread of the index may write the sealed
            // batch at any moment, and then it must be counted either here or there.
            db.execute_batch("BEGIN")?;
            let result = (|| {
                let mut reach = db.prepare_cached("SELECT value FROM meta WHERE key = 'sequence'")?;
                let written = reach.query_row([], |r| r.get::<_, i64>(0))?.cast_unsigned();
                let batches: Vec<&Batch> = sealed
                    .as_deref()
                    .into_iter()
                    .chain([&tail.active])
                    .filter(|b| b.has_entries() && b.last() > written)
                    .collect();
                read(db, &batches)
            })();
            db.execute_batch("COMMIT")?;
            result
        })
    }
}
