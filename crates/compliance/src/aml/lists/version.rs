//! What a version of a list is known by.

use super::write_jsonl;
use crate::aml::party::ListedParty;
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The format a list comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListKind {
    /// See [`ofac_csv`](super::ofac_csv).
    OfacCsv,
    /// See [`un_xml`](super::un_xml).
    UnXml,
    /// See [`eu_csv`](super::eu_csv).
    EuCsv,
    /// See [`uk_csv`](super::uk_csv).
    UkCsv,
    /// See [`jsonl`](super::jsonl).
    Jsonl,
}

/// SHA-256 of the entries as lines of JSON: equal for equal content, whatever the file looked like. 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListHash(String);

impl ListHash {
    /// The hash of these entries in this order.
    pub fn of(list: &[ListedParty]) -> Self {
        let mut context = Hashing(digest::Context::new(&digest::SHA256));
        // A digest takes all that is written.
        let _ = write_jsonl(list, &mut context);
        let bytes = context.0.finish();
        Self(bytes.as_ref().iter().fold(String::with_capacity(64), |text, b| text + &format!("{b:02x}")))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ListHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ListHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct Hashing(digest::Context);

impl std::io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
