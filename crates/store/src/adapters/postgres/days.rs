//! Sums by effective day, kept behind the commit: what balances and totals by day read, so that they need not add up the
//! whole journal. A query adds the entries after their reach, in one statement and so in one snapshot.

use super::entries::{DAY, MOVED};

/// One side of each entry that moved money, with its account and day. Complete it with a condition on `t`.
fn legs() -> String {
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
         FROM reach r, accounts a WHERE r.one = 1 AND a.id = $1",
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
             FROM reach r JOIN transfers t ON t.sequence > r.sequence JOIN accounts a ON a.number = t.{side}
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

/// Adds the entries after $1, up to $2: to the sums of their accounts, and those to the sums by line of the chart.
pub(super) fn insert_sql() -> String {
    let legs = legs();
    format!(
        "WITH sums AS MATERIALIZED (
           SELECT account, day, sum(debit) AS debit, sum(credit) AS credit, count(*) AS entries FROM ({legs}) l
           GROUP BY account, day),
         by_account AS (
           INSERT INTO account_days (account, day, debit, credit)
           SELECT account, day, debit, credit FROM sums ORDER BY account, day
           ON CONFLICT (account, day) DO UPDATE SET debit = account_days.debit + excluded.debit,
             credit = account_days.credit + excluded.credit)
         INSERT INTO chart_days (day, entity, chart, currency, debit, credit, entries)
         SELECT s.day, a.entity, a.chart, a.currency, sum(s.debit), sum(s.credit), sum(s.entries)
         FROM sums s JOIN accounts a ON a.number = s.account GROUP BY s.day, a.entity, a.chart, a.currency
         ON CONFLICT (day, entity, chart, currency) DO UPDATE SET debit = chart_days.debit + excluded.debit,
           credit = chart_days.credit + excluded.credit, entries = chart_days.entries + excluded.entries"
    )
}
