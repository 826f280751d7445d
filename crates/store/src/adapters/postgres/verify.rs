//! Checks the whole database against its own journal.

use super::error::Trouble;
use super::session::Session;
use crate::VerifyReport;
use std::sync::Arc;

/// A rule, and a query that gives a line for what breaks it.
type Rule = (&'static str, &'static str);

const RULES: &[Rule] = &[
    (
        "numbered without gaps as the head row says",
        "SELECT x.what FROM head h, LATERAL (VALUES
           ('commits', (SELECT count(*) FROM commits), (SELECT coalesce(max(number), 0) FROM commits), h.commit_number),
           ('entries', (SELECT count(*) FROM transfers), (SELECT coalesce(max(sequence), 0) FROM transfers), h.entry_sequence),
           ('accounts', (SELECT count(*) FROM accounts), (SELECT coalesce(max(number), 0) FROM accounts), h.account_number),
           ('events', (SELECT count(*) FROM events), (SELECT coalesce(max(sequence), 0) FROM events), h.event_sequence)
         ) AS x(what, counted, highest, head) WHERE counted <> highest OR highest <> head",
    ),
    (
        "groups follow one another",
        "SELECT 'group of commit ' || first_commit FROM (SELECT first_commit, last_commit,
           lag(last_commit, 1, 0::bigint) OVER (ORDER BY first_commit) AS before FROM groups) g
         WHERE first_commit <> before + 1 OR last_commit < first_commit LIMIT 10",
    ),
    (
        "times strictly increase",
        "SELECT 'entry ' || sequence FROM (SELECT sequence, time, lag(time) OVER (ORDER BY sequence) AS before FROM transfers) t
         WHERE time <= before LIMIT 10",
    ),
    (
        "what is posted is the sum of the entries",
        "SELECT 'account ' || a.number FROM accounts a LEFT JOIN (
           SELECT number, sum(debit) AS debit, sum(credit) AS credit FROM (
             SELECT debit AS number, sum(amount) AS debit, 0 AS credit FROM transfers
               WHERE kind IN ('posted', 'posted_up_to', 'reversal', 'reservation_posted') GROUP BY debit
             UNION ALL SELECT credit, 0, sum(amount) FROM transfers
               WHERE kind IN ('posted', 'posted_up_to', 'reversal', 'reservation_posted') GROUP BY credit) legs GROUP BY number) s ON s.number = a.number
         WHERE a.debits_posted <> coalesce(s.debit, 0) OR a.credits_posted <> coalesce(s.credit, 0) LIMIT 10",
    ),
    (
        "what is reserved is the sum of the open reservations",
        "SELECT 'account ' || a.number FROM accounts a LEFT JOIN (
           SELECT number, sum(debit) AS debit, sum(credit) AS credit FROM (
             SELECT t.debit AS number, t.amount AS debit, 0 AS credit FROM reservations r JOIN transfers t ON t.sequence = r.sequence
             UNION ALL SELECT t.credit, 0, t.amount FROM reservations r JOIN transfers t ON t.sequence = r.sequence) legs
           GROUP BY number) s ON s.number = a.number
         WHERE a.debits_reserved <> coalesce(s.debit, 0) OR a.credits_reserved <> coalesce(s.credit, 0) LIMIT 10",
    ),
    (
        "balances and versions in the entries follow one another",
        "SELECT 'account ' || number || ' at version ' || version FROM (
           SELECT number, version, debits_posted - lag(debits_posted, 1, 0::bigint) OVER w - moved_debit AS d,
             credits_posted - lag(credits_posted, 1, 0::bigint) OVER w - moved_credit AS c,
             version - lag(version, 1, 0::bigint) OVER w AS step
           FROM (
             SELECT debit AS number, sequence, debit_version AS version, debit_debits_posted AS debits_posted,
               debit_credits_posted AS credits_posted,
               CASE WHEN kind IN ('posted', 'posted_up_to', 'reversal', 'reservation_posted') THEN amount ELSE 0 END AS moved_debit, 0 AS moved_credit
             FROM transfers
             UNION ALL SELECT credit, sequence, credit_version, credit_debits_posted, credit_credits_posted, 0,
               CASE WHEN kind IN ('posted', 'posted_up_to', 'reversal', 'reservation_posted') THEN amount ELSE 0 END FROM transfers) legs
           WINDOW w AS (PARTITION BY number ORDER BY sequence)) steps
         WHERE d <> 0 OR c <> 0 OR step <> 1 LIMIT 10",
    ),
    (
        "an account's version is that of its last entry",
        "SELECT 'account ' || a.number FROM accounts a LEFT JOIN (
           SELECT number, max(version) AS version FROM (
             SELECT debit AS number, max(debit_version) AS version FROM transfers GROUP BY debit
             UNION ALL SELECT credit, max(credit_version) FROM transfers GROUP BY credit) legs GROUP BY number) s
           ON s.number = a.number
         WHERE a.version <> coalesce(s.version, 0) LIMIT 10",
    ),
    (
        "debits equal credits",
        "SELECT 'currency ' || currency FROM trial_balance WHERE debits <> credits OR debits_reserved <> credits_reserved",
    ),
    (
        "sums by account and day are those of the entries",
        "SELECT 'account ' || account || ' on ' || day FROM (
           SELECT account, day, debit, credit FROM account_days
           UNION ALL SELECT t.debit, coalesce(t.effective_day, (t.time AT TIME ZONE 'UTC')::date), -t.amount, 0 FROM transfers t, reach r
             WHERE t.sequence <= r.sequence AND t.kind IN ('posted', 'posted_up_to', 'reversal', 'reservation_posted')
           UNION ALL SELECT t.credit, coalesce(t.effective_day, (t.time AT TIME ZONE 'UTC')::date), 0, -t.amount FROM transfers t, reach r
             WHERE t.sequence <= r.sequence AND t.kind IN ('posted', 'posted_up_to', 'reversal', 'reservation_posted')) x
         GROUP BY account, day HAVING sum(debit) <> 0 OR sum(credit) <> 0 LIMIT 10",
    ),
    (
        "sums by chart and day are those by account",
        "SELECT 'line ' || chart || ' of entity ' || entity || ' on ' || day FROM (
           SELECT day, entity, chart, currency, debit, credit FROM chart_days
           UNION ALL SELECT d.day, a.entity, a.chart, a.currency, -d.debit, -d.credit
             FROM account_days d JOIN accounts a ON a.number = d.account) x
         GROUP BY day, entity, chart, currency HAVING sum(debit) <> 0 OR sum(credit) <> 0 LIMIT 10",
    ),
    (
        "the history of an account has each of its entries once",
        "SELECT 'account ' || account || ', entry ' || sequence FROM (
           SELECT s.account, q.sequence, s.first, 1 AS side FROM account_spans s, LATERAL unnest(s.sequences) AS q(sequence)
           UNION ALL SELECT t.debit, t.sequence, 0, 2 FROM transfers t, reach r WHERE t.sequence <= r.sequence
           UNION ALL SELECT t.credit, t.sequence, 0, 2 FROM transfers t, reach r WHERE t.sequence <= r.sequence) both_sides
         GROUP BY account, sequence HAVING count(*) <> 2 OR sum(side) <> 3 OR max(first) > sequence LIMIT 10",
    ),
    (
        "lists name the keys of the records",
        "SELECT kind || ' ' || id FROM (
           SELECT kind, id, name, key, 1 AS side FROM record_keys
           UNION ALL SELECT r.kind, r.id, k ->> 0, k ->> 1, 2
             FROM records r, LATERAL jsonb_array_elements(r.keys::jsonb) AS k) both_sides
         GROUP BY kind, id, name, key HAVING count(*) <> 2 LIMIT 10",
    ),
];

/// Runs all rules on one snapshot of the database.
pub(super) async fn verify(session: &Arc<Session>) -> Result<VerifyReport, Trouble> {
    session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let counted = "SELECT commit_number, entry_sequence, account_number, event_sequence, (SELECT count(*) FROM records) FROM head";
    let head = session.query(counted, &[]).await?;
    let head = head.first().ok_or_else(|| Trouble::Damaged("the head row is missing".into()))?;
    let count = |column: usize| head.try_get::<_, i64>(column).map(i64::cast_unsigned);
    let mut report = VerifyReport {
        checked: "sequences, times, balances",
        commits: count(0)?,
        transfers: count(1)?,
        accounts: count(2)?,
        events: count(3)?,
        records: count(4)?,
        problems: vec![],
    };
    for (rule, query) in RULES {
        for row in session.query(query, &[]).await? {
            report.problems.push(format!("{}: broken is \"{rule}\"", row.try_get::<_, String>(0)?));
        }
    }
    session.batch("COMMIT").await?;
    Ok(report)
}
