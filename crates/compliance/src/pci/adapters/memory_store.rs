//! Entries in memory: for tests, simulation and demonstrations.

use crate::VaultError;
use crate::pci::{CardToken, VaultEntry, VaultKeys, VaultStore};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A [`VaultStore`] that is gone when it is dropped.
#[derive(Default)]
pub struct MemoryVaultStore(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    keys: Option<VaultKeys>,
    entries: HashMap<CardToken, VaultEntry>,
    tokens: HashMap<[u8; 32], CardToken>,
}

impl MemoryVaultStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing below can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn by_fingerprint(&self, fingerprint: &[u8; 32]) -> Option<&VaultEntry> {
        self.tokens.get(fingerprint).and_then(|token| self.entries.get(token))
    }
}

#[async_trait]
impl VaultStore for MemoryVaultStore {
    async fn by_token(&self, token: CardToken) -> Result<Option<VaultEntry>, VaultError> {
        Ok(self.kept().entries.get(&token).cloned())
    }

    async fn by_fingerprint(&self, fingerprint: &[u8; 32]) -> Result<Option<VaultEntry>, VaultError> {
        Ok(self.kept().by_fingerprint(fingerprint).cloned())
    }

    async fn insert(&self, entry: VaultEntry) -> Result<VaultEntry, VaultError> {
        let mut kept = self.kept();
        if let Some(earlier) = kept.by_fingerprint(&entry.fingerprint) {
            return Ok(earlier.clone());
        }
        if kept.entries.contains_key(&entry.token) {
            return Err(VaultError::TokenTaken { token: entry.token });
        }
        kept.tokens.insert(entry.fingerprint, entry.token);
        kept.entries.insert(entry.token, entry.clone());
        Ok(entry)
    }

    async fn keys(&self) -> Result<Option<VaultKeys>, VaultError> {
        Ok(self.kept().keys.clone())
    }

    async fn insert_keys(&self, keys: VaultKeys) -> Result<VaultKeys, VaultError> {
        Ok(self.kept().keys.get_or_insert(keys).clone())
    }

    async fn replace_keys(&self, before: &VaultKeys, now: VaultKeys) -> Result<bool, VaultError> {
        let mut kept = self.kept();
        let fits = kept.keys.as_ref() == Some(before);
        if fits {
            kept.keys = Some(now);
        }
        Ok(fits)
    }

    async fn page(&self, after: Option<CardToken>, limit: usize) -> Result<Vec<VaultEntry>, VaultError> {
        let kept = self.kept();
        let beyond = |entry: &&VaultEntry| after.is_none_or(|after| entry.token.raw() > after.raw());
        let mut found: Vec<VaultEntry> = kept.entries.values().filter(beyond).cloned().collect();
        found.sort_unstable_by_key(|entry| entry.token.raw());
        found.truncate(limit);
        Ok(found)
    }

    async fn replace(&self, pairs: Vec<(VaultEntry, VaultEntry)>) -> Result<bool, VaultError> {
        let mut kept = self.kept();
        if pairs.iter().any(|(before, _)| kept.entries.get(&before.token) != Some(before)) {
            return Ok(false);
        }
        kept.entries.extend(pairs.into_iter().map(|(_, now)| (now.token, now)));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn keeps_the_contract() {
        crate::pci::contract::vault_store(async || Arc::new(MemoryVaultStore::new()) as Arc<dyn VaultStore>)
            .await;
    }
}
