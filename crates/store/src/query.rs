//! Lists of records.

/// A record as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Which one.
    pub id: u128,
    /// Its version.
    pub version: u64,
    /// Its content, JSON text.
    pub body: String,
}

/// Which records to list, in order of id.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// The kind.
    pub kind: &'static str,
    /// Only those with this key in this index.
    pub key: Option<(&'static str, String)>,
    /// Only those beyond this id: the cursor of the page before.
    pub after: Option<u128>,
    /// Highest id first.
    pub newest_first: bool,
    /// At most so many; 0 = 1000.
    pub limit: usize,
}

impl ListQuery {
    /// All records of a kind, lowest id first.
    pub fn all(kind: &'static str) -> Self {
        Self { kind, key: None, after: None, newest_first: false, limit: 0 }
    }

    /// All records of a kind with this key, lowest id first.
    pub fn with_key(kind: &'static str, index: &'static str, key: impl Into<String>) -> Self {
        Self { key: Some((index, key.into())), ..Self::all(kind) }
    }

    /// The limit in force.
    pub fn page_size(&self) -> usize {
        if self.limit == 0 { 1000 } else { self.limit }
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    /// The records.
    pub records: Vec<Stored>,
    /// Cursor for the next page, if there may be more.
    pub next: Option<u128>,
}
