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
