//! What is known of a list's versions.

use super::Sources;
use pmts_compliance::aml::lists::{ListHash, ListKind};
use pmts_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// A version of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Counted from 1.
    pub number: u32,
    /// The hash of its entries.
    pub hash: ListHash,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// Where it came from.
    pub sources: Sources,
    /// How many entries it has.
    pub entries: u64,
    /// How many names they have.
    pub names: u64,
}

/// A list and its versions: the file `list.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What it is called.
    pub list: String,
    /// The format its files come in.
    pub kind: ListKind,
    /// The number of the version in force.
    pub in_force: u32,
    /// All versions, the oldest first.
    pub versions: Vec<Version>,
}

impl Manifest {
    /// The version of this number.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions.iter().find(|v| v.number == number)
    }

    /// The version in force.
    pub fn current(&self) -> Option<&Version> {
        self.version(self.in_force)
    }

    /// The version before the one in force.
    pub fn previous(&self) -> Option<&Version> {
        self.versions.iter().rev().find(|v| v.number < self.in_force)
    }
}
