//! The history of each account: which entries touched it.
//!
//! An index of both accounts in each row of the journal is two random pages an entry: it took a third of the time of a
//! group. So the sequences of an account's entries are kept in spans behind the commit, as in the embedded engine, and a
//! query adds what came after their reach from the journal's end, in one statement and so in one snapshot.

use super::entries::COUNTED;
use pmts_ledger::Side;

/// Sequences in a span, at most.
const SPAN: usize = 256;

/// Makes spans of the entries after $1, up to $2.
pub(super) fn insert_sql() -> String {
    format!(
        "INSERT INTO account_spans (account, first, sequences)
         SELECT account, min(sequence), array_agg(sequence ORDER BY sequence) FROM (
           SELECT account, sequence, (row_number() OVER (PARTITION BY account ORDER BY sequence) - 1) / {SPAN} AS part FROM (
             SELECT debit AS account, sequence FROM transfers WHERE sequence > $1 AND sequence <= $2
             UNION ALL SELECT credit, sequence FROM transfers WHERE sequence > $1 AND sequence <= $2) legs) parts
         GROUP BY account, part ORDER BY account, min(sequence)"
    )
}

/// The way a history is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    OldestFirst,
    NewestFirst,
}

impl Order {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::OldestFirst => "ASC",
            Self::NewestFirst => "DESC",
        }
    }
}

/// Sequences of the entries of an account, after one and up to another, at most `limit` of them in this order: a query with
/// the column `sequence`. All are expressions of SQL; the account is named by its number.
pub(super) fn sequences(account: &str, after: &str, until: &str, order: Order, limit: &str) -> String {
    let direction = order.sql();
    // Each span adds at least one, but for the first, which may lie before.
    let from = match order {
        Order::OldestFirst => format!(
            "AND s.first >= coalesce((SELECT max(b.first) FROM account_spans b WHERE b.account = {account} AND b.first <= {after}), 0)"
        ),
        Order::NewestFirst => String::new(),
    };
    format!(
        "SELECT sequence FROM (
           (SELECT q.sequence FROM (
              SELECT s.first, s.sequences FROM account_spans s WHERE s.account = {account} AND s.first <= {until} {from}
              ORDER BY s.first {direction} LIMIT {limit}::bigint + 1) x CROSS JOIN LATERAL unnest(x.sequences) AS q(sequence)
            WHERE q.sequence > {after} AND q.sequence <= {until} ORDER BY x.first {direction}, q.sequence {direction} LIMIT {limit})
           UNION ALL
           (SELECT t.sequence FROM reach r JOIN transfers t ON t.sequence > r.sequence
            WHERE r.one = 1 AND t.sequence > {after} AND t.sequence <= {until} AND (t.debit = {account} OR t.credit = {account})
            ORDER BY t.sequence {direction} LIMIT {limit})) legs
         ORDER BY sequence {direction} LIMIT {limit}"
    )
}

/// The last entry of each of these accounts up to a sequence, 0 for none: a query with the columns `account` and `sequence`.
/// `accounts` is the name of something with the column `number`.
pub(super) fn last_of_each(accounts: &str, until: &str) -> String {
    let tail = |side: &str| {
        format!(
            "SELECT t.{side}, t.sequence, false FROM reach r JOIN transfers t ON t.sequence > r.sequence
             WHERE r.one = 1 AND t.sequence <= {until}"
        )
    };
    format!(
        "SELECT account, max(sequence) AS sequence FROM (
           SELECT w.number AS account, 0 AS sequence, true AS wanted FROM {accounts} w
           UNION ALL SELECT w.number, l.sequence, true FROM {accounts} w CROSS JOIN LATERAL (
             SELECT q.sequence FROM (
               SELECT s.sequences FROM account_spans s WHERE s.account = w.number AND s.first <= {until}
               ORDER BY s.first DESC LIMIT 1) x CROSS JOIN LATERAL unnest(x.sequences) AS q(sequence)
             WHERE q.sequence <= {until} ORDER BY q.sequence DESC LIMIT 1) l
           UNION ALL {} UNION ALL {}) legs
         GROUP BY account HAVING bool_or(wanted)",
        tail("debit"),
        tail("credit")
    )
}

/// The four sums of an account in the entry `t` that touched it: columns named as in `accounts`.
pub(super) fn sums_after(account: &str) -> String {
    ["debits_posted", "credits_posted", "debits_reserved", "credits_reserved"]
        .map(|sum| {
            format!("CASE WHEN t.debit = {account} THEN t.debit_{sum} ELSE t.credit_{sum} END AS {sum}")
        })
        .join(", ")
}

/// What one side of the account $1 took since the moment $2, and in how many entries. Groups say from which entry on to
/// look.
pub(super) fn taken_sql(side: Side) -> String {
    let column = if side == Side::Debit { "debit" } else { "credit" };
    let account = "(SELECT number FROM accounts WHERE id = $1)";
    let after = "(SELECT coalesce((SELECT first_entry FROM groups
                   WHERE first_time IS NOT NULL AND first_time <= $2 ORDER BY first_time DESC LIMIT 1), 0) - 1)";
    let all = i64::MAX / 2;
    let found = sequences(account, after, &all.to_string(), Order::OldestFirst, &all.to_string());
    format!(
        "SELECT least(coalesce(sum(t.amount), 0), {})::bigint, count(*) FROM ({found}) w JOIN transfers t ON t.sequence = w.sequence
         WHERE t.{column} = {account} AND t.time >= $2 AND t.kind IN {COUNTED}",
        i64::MAX
    )
}
