//! A row of the audit: who changed what, chained to the row before.

use crate::hex::sha256;
use pmts_kernel::{Principal, Timestamp};
use pmts_store::Record;
use serde::{Deserialize, Serialize};

/// A record that was written, or days of the books that were closed or opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The kind of record; `ledger_period` for days of the books.
    pub kind: String,
    /// Which one: 32 hexadecimal digits; of days the legal entity.
    pub id: String,
    /// The version it has now, from 1 on; of days 0.
    pub version: u64,
    /// SHA-256 of what is kept, in hex; of days the last closed one, since 1970-01-01. `None`: it was removed, or all days are open.
    pub content: Option<String>,
}

/// Who changed what. The rows are numbered 1, 2, 3 ... without gaps, over all nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its number.
    pub n: u64,
    /// When, by the clock of the node.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
    /// What, all of it in the commit that this row is in.
    pub changes: Vec<Change>,
    /// The hash of the row before; empty for the first.
    pub before: String,
    /// SHA-256 of all that stands above, as JSON, in hex.
    pub hash: String,
}

/// What of a row is hashed.
#[derive(Serialize)]
struct Hashed<'a> {
    n: u64,
    at: Timestamp,
    by: &'a Principal,
    changes: &'a [Change],
    before: &'a str,
}

/// The end of the chain: the number and the hash of the last row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// How many rows there are.
    pub rows: u64,
    /// The hash of the last; empty if there is none.
    pub hash: String,
}

impl AuditRow {
    /// The row after that end.
    pub fn after(head: &Head, at: Timestamp, by: Principal, changes: Vec<Change>) -> Self {
        let (n, before) = (head.rows.saturating_add(1), head.hash.clone());
        let mut row = Self { n, at, by, changes, before, hash: String::new() };
        row.hash = row.hash_now();
        row
    }

    /// The hash that a row with this in it has.
    pub fn hash_now(&self) -> String {
        let Self { n, at, by, changes, before, hash: _ } = self;
        let hashed = Hashed { n: *n, at: *at, by, changes, before };
        // Numbers and texts are JSON in any case.
        sha256(&serde_json::to_vec(&hashed).unwrap_or_default())
    }

    /// The chain's end if this is its last row.
    pub fn head(&self) -> Head {
        Head { rows: self.n, hash: self.hash.clone() }
    }
}

impl Record for AuditRow {
    const KIND: &'static str = "audit";

    fn record_id(&self) -> u128 {
        u128::from(self.n)
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![("by", self.by.to_string())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_covers_all_that_a_row_says() {
        let change =
            Change { kind: "api_key".into(), id: "0".into(), version: 1, content: Some("ab".into()) };
        let row = |head: &Head, by| {
            AuditRow::after(head, Timestamp::default(), Principal::system(by), vec![change.clone()])
        };
        let first = row(&Head::default(), "ann");
        assert_eq!((first.n, first.before.as_str(), first.hash.len()), (1, "", 64));
        let second = row(&first.head(), "ann");
        assert_eq!((second.n, &second.before), (2, &first.hash));
        let mut others = vec![row(&first.head(), "bob"), row(&Head { rows: 2, ..first.head() }, "ann")];
        others.push(AuditRow { at: Timestamp::MAX, ..second.clone() });
        others.push(AuditRow { changes: vec![], ..second.clone() });
        others.push(AuditRow { before: String::new(), ..second.clone() });
        for other in others {
            assert_ne!(other.hash_now(), second.hash);
        }
        assert_eq!(second.hash_now(), second.hash);
        // As anyone can count it again.
        let text = r#"{"n":1,"at":0,"by":"system:ann","changes":[{"kind":"api_key","id":"0","version":1,"content":"ab"}],"before":""}"#;
        assert_eq!(sha256(text.as_bytes()), first.hash);
    }
}
