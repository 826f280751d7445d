//! Sums by effective day, kept behind the commit: what balances and totals by day read, so that they need not add up the
//! whole journal.
//!
//! The tables hold all entries up to a sequence, their reach; a query adds the entries after it, in one statement and so in
//! one snapshot. Whichever node finds enough entries after the reach adds them, a piece at a time, each in a transaction
//! of its own that holds the row of the reach. No group waits for it.

use super::entries::{DAY, MOVED};
use super::error::Trouble;
use super::session::{Address, Session};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// One side of each entry that moved money, with its account and day. Complete it with a condition on `t`.
pub(super) fn legs() -> String {
    let side = |side: &str, debit: &str, credit: &str| {
        format!(
            "SELECT t.sequence, t.{side} AS account, {DAY} AS day, {debit} AS debit, {credit} AS credit
             FROM transfers t WHERE t.kind IN {MOVED} AND t.sequence > $1 AND t.sequence <= $2"
        )
    };
    format!("{} UNION ALL {}", side("debit", "t.amount", "0"), side("credit", "0", "t.amount"))
}

/// What an account held at the end of an effective day, and its side.
pub(super) fn net_sql() -> String {
    let after = |side: &str| {
        format!(
            "(SELECT coalesce(sum(t.amount), 0) FROM transfers t
              WHERE t.{side} = a.number AND t.sequence > r.sequence AND t.kind IN {MOVED} AND {DAY} <= $2)"
        )
    };
    format!(
        "SELECT (CASE a.side WHEN 'debit' THEN 1 ELSE -1 END * (
           (SELECT coalesce(sum(d.debit - d.credit), 0) FROM account_days d WHERE d.account = a.number AND d.day <= $2)
           + {} - {}))::bigint, a.side
         FROM day_reach r, accounts a WHERE r.one = 1 AND a.id = $1",
        after("debit"),
        after("credit")
    )
}

/// Totals by day, entity, line of the chart and currency: $1 chart, $2 entity, $3 currency (each may be null), $4 and $5
/// first and last day.
pub(super) fn totals_sql() -> String {
    let wanted = |of: &str| {
        format!(
            "($1::integer IS NULL OR {of}.chart = $1) AND ($2::integer IS NULL OR {of}.entity = $2)
             AND ($3::text IS NULL OR {of}.currency = $3)"
        )
    };
    let after = |side: &str, debit: &str, credit: &str| {
        format!(
            "SELECT {DAY}, a.entity, a.chart, a.currency, {debit}, {credit}, 1
             FROM day_reach r JOIN transfers t ON t.sequence > r.sequence JOIN accounts a ON a.number = t.{side}
             WHERE r.one = 1 AND t.kind IN {MOVED} AND {DAY} BETWEEN $4 AND $5 AND {}",
            wanted("a")
        )
    };
    format!(
        "SELECT day, entity, chart, currency, sum(debit)::text, sum(credit)::text, sum(entries)::bigint FROM (
           SELECT d.day, d.entity, d.chart, d.currency, d.debit, d.credit, d.entries FROM chart_days d
             WHERE d.day BETWEEN $4 AND $5 AND {} UNION ALL {} UNION ALL {}) s
         GROUP BY day, entity, chart, currency",
        wanted("d"),
        after("debit", "t.amount", "0"),
        after("credit", "0", "t.amount")
    )
}

/// Keeps the sums of a node's database up.
pub(super) struct DaySums {
    address: Address,
    /// So many entries are added in one piece.
    step: u64,
    /// The sequence at which it is looked again whether there is enough to add.
    next: Arc<AtomicU64>,
    running: Arc<AtomicBool>,
}

impl DaySums {
    pub(super) fn new(address: Address, step: u64) -> Self {
        let step = step.max(1);
        Self { address, step, next: Arc::new(AtomicU64::new(step)), running: Arc::default() }
    }

    /// The journal has reached a sequence: adds what is missing, if it is enough, while the caller goes on.
    pub(super) fn reached(&self, sequence: u64) {
        if sequence < self.next.load(Ordering::Relaxed) || self.running.swap(true, Ordering::Acquire) {
            return;
        }
        let (address, step) = (self.address.clone(), self.step);
        let (next, running) = (self.next.clone(), self.running.clone());
        tokio::spawn(async move {
            // If another node is at it, or it fails, the next look is a piece later: nothing is wrong meanwhile.
            let reach = catch_up(&address, step).await.ok().flatten().unwrap_or(sequence);
            next.store(reach.saturating_add(step), Ordering::Relaxed);
            running.store(false, Ordering::Release);
        });
    }
}

/// Adds pieces until less than a piece is missing; gives the reach. `None`: another is at it.
async fn catch_up(address: &Address, step: u64) -> Result<Option<u64>, Trouble> {
    let session = Session::for_reports(address).await?;
    loop {
        session.batch("BEGIN").await?;
        let added = add(&session, step.cast_signed()).await;
        session.batch(if matches!(added, Ok(Some((_, true)))) { "COMMIT" } else { "ROLLBACK" }).await?;
        match added? {
            None => return Ok(None),
            Some((reach, false)) => return Ok(Some(reach.cast_unsigned())),
            Some((_, true)) => {}
        }
    }
}

/// Adds a piece: the reach now, and whether anything was added.
async fn add(session: &Arc<Session>, step: i64) -> Result<Option<(i64, bool)>, Trouble> {
    let select = "SELECT r.sequence, h.entry_sequence FROM day_reach r, head h WHERE r.one = 1 AND h.one = 1
                  FOR UPDATE OF r SKIP LOCKED";
    let rows = session.query(select, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (reach, last) = (row.try_get::<_, i64>(0)?, row.try_get::<_, i64>(1)?);
    if last - reach < step {
        return Ok(Some((reach, false)));
    }
    // What was left for long is added in larger pieces: a row is then changed less often.
    let until = last.min(reach.saturating_add(step.saturating_mul(4)));
    let legs = legs();
    let accounts = format!(
        "INSERT INTO account_days (account, day, debit, credit)
         SELECT account, day, sum(debit), sum(credit) FROM ({legs}) l GROUP BY account, day ORDER BY account, day
         ON CONFLICT (account, day) DO UPDATE SET debit = account_days.debit + excluded.debit,
           credit = account_days.credit + excluded.credit"
    );
    session.query(&accounts, &[&reach, &until]).await?;
    let charts = format!(
        "INSERT INTO chart_days (day, entity, chart, currency, debit, credit, entries)
         SELECT l.day, a.entity, a.chart, a.currency, sum(l.debit), sum(l.credit), count(*)
         FROM ({legs}) l JOIN accounts a ON a.number = l.account GROUP BY l.day, a.entity, a.chart, a.currency
         ON CONFLICT (day, entity, chart, currency) DO UPDATE SET debit = chart_days.debit + excluded.debit,
           credit = chart_days.credit + excluded.credit, entries = chart_days.entries + excluded.entries"
    );
    session.query(&charts, &[&reach, &until]).await?;
    session.query("UPDATE day_reach SET sequence = $1 WHERE one = 1", &[&until]).await?;
    Ok(Some((until, true)))
}
