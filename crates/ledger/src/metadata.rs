//! What a user hangs on a transfer: a few short texts that can be searched for.

use crate::error::codes;
use pmts_kernel::{CodeInfo, Coded};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Up to 16 pairs of key and value, in order of the keys; most transfers have none. A key is 1 to 40 printable ASCII
/// characters without space and `=`, a value at most 256 bytes without control characters. Never personal data: it is
/// kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Metadata(Option<Arc<[(String, String)]>>);

/// The pairs cannot be metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "metadata is at most 16 pairs; keys have 1 to 40 printable ASCII characters without space and =, values at most 256 bytes without control characters"
)]
pub struct MetadataError;

impl Coded for MetadataError {
    fn code(&self) -> &'static CodeInfo {
        &codes::METADATA_MALFORMED
    }
}

impl Metadata {
    /// Most pairs.
    pub const MOST: usize = 16;
    /// Longest key, in bytes.
    pub const LONGEST_KEY: usize = 40;
    /// Longest value, in bytes.
    pub const LONGEST_VALUE: usize = 256;

    /// Takes pairs; of two with the same key the later stays.
    ///
    /// # Errors
    /// [`MetadataError`]: too many, too long, other characters.
    pub fn try_new<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, MetadataError> {
        let pairs: BTreeMap<String, String> = pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        let key = |k: &str| {
            (1..=Self::LONGEST_KEY).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_graphic() && b != b'=')
        };
        let value = |v: &str| v.len() <= Self::LONGEST_VALUE && !v.chars().any(char::is_control);
        if pairs.len() > Self::MOST || !pairs.iter().all(|(k, v)| key(k) && value(v)) {
            return Err(MetadataError);
        }
        Ok(Self((!pairs.is_empty()).then(|| pairs.into_iter().collect())))
    }

    /// The pairs, in order of their keys.
    pub fn pairs(&self) -> &[(String, String)] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs().iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl TryFrom<BTreeMap<String, String>> for Metadata {
    type Error = MetadataError;
    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        Self::try_new(pairs)
    }
}

impl From<Metadata> for BTreeMap<String, String> {
    fn from(metadata: Metadata) -> Self {
        metadata.pairs().iter().cloned().collect()
    }
}
