//! The audit is read from its first row to its last and held against what is kept.

use super::row::{AuditRow, Head};
use super::store::kinds;
use crate::hex::sha256;
use pmts_store::{ListQuery, Record, Store, StoreError, StoreExt};
use serde::Serialize;
use std::collections::HashMap;

/// The most problems that are listed.
const LISTED: usize = 100;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AuditReport {
    /// Rows read.
    pub rows: u64,
    /// The hash of the last one; empty if there is none.
    pub hash: String,
    /// Records that are as the last row about them says.
    pub records: u64,
    /// Records that the platform itself has written since.
    pub written_since: u64,
    /// What is wrong, each naming its place; at most 100 are listed.
    pub problems: Vec<String>,
}

impl AuditReport {
    pub(super) fn problem(&mut self, what: String) {
        if self.problems.len() < LISTED {
            self.problems.push(what);
        }
    }
}

/// What the last row about a record says of it.
struct Last {
    row: u64,
    version: u64,
    content: Option<String>,
}

/// Reads every row: that none is missing, changed or in another place, and that records are as the last row about them says. `each` gets the
/// hash of each row, by its number.
///
/// # Errors
/// [`StoreError`] when it cannot be read at all.
pub async fn verify(
    store: &dyn Store,
    mut each: impl FnMut(u64, &str) + Send,
) -> Result<AuditReport, StoreError> {
    let mut report = AuditReport::default();
    let mut head = Head::default();
    let mut told: HashMap<(String, String), Last> = HashMap::new();
    let mut query = ListQuery::all(AuditRow::KIND);
    loop {
        let (page, next) = store.list_typed::<AuditRow>(query.clone()).await?;
        for row in page {
            let (version, row) = (row.version, row.value);
            if row.n != head.rows + 1 {
                report.problem(format!("rows {} to {} are missing", head.rows + 1, row.n.saturating_sub(1)));
            } else if row.before != head.hash {
                report.problem(format!("row {} does not follow the one before it", row.n));
            }
            if row.hash != row.hash_now() || version != 1 {
                report.problem(format!("row {} was changed", row.n));
            }
            each(row.n, &row.hash);
            head = row.head();
            report.rows += 1;
            for change in row.changes {
                let last = Last { row: row.n, version: change.version, content: change.content };
                told.insert((change.kind, change.id), last);
            }
        }
        query.after = next;
        if next.is_none() {
            break;
        }
    }
    report.hash = head.hash;
    for ((kind, id), last) in told {
        if let (Some(kind), Ok(id)) = (kinds().find(|k| *k == kind), u128::from_str_radix(&id, 16)) {
            hold_against(store, (kind, id), &last, &mut report).await?;
        }
    }
    report.problems.sort_unstable();
    Ok(report)
}

/// Whether a record is as the last row about it says.
async fn hold_against(
    store: &dyn Store,
    (kind, id): (&'static str, u128),
    last: &Last,
    report: &mut AuditReport,
) -> Result<(), StoreError> {
    let found = store.read(kind, id).await?;
    let wrong = match (&found, &last.content) {
        (Some(found), _) if found.version > last.version => {
            report.written_since += 1;
            return Ok(());
        }
        (Some(found), Some(content)) if found.version == last.version => {
            (sha256(found.body.as_bytes()) != *content).then_some("is other than")
        }
        (None, None) => None,
        (None, Some(_)) => Some("is gone, and was there after"),
        (Some(_), _) => Some("is older than"),
    };
    match wrong {
        Some(wrong) => report.problem(format!("{kind} {id:032x} {wrong} row {} says", last.row)),
        None => report.records += 1,
    }
    Ok(())
}
