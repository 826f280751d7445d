//! Records: typed documents with a version.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type that is kept as a record.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// The name of the kind, stable: it is on disk.
    const KIND: &'static str;

    /// Its id, best time-ordered.
    fn record_id(&self) -> u128;

    /// The keys under which lists find it: (index, key). Keys are at most a few hundred bytes.
    fn keys(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A record as read, with the version that a write of it must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<R> {
    /// 1 for the first write.
    pub version: u64,
    /// The content.
    pub value: R,
}
