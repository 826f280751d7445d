//! Keys in memory: the twin for tests.

use crate::{ApiKey, ApiKeyId, IdentityError, KeyStore, VersionedKey};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A [`KeyStore`] that forgets with the process.
#[derive(Default)]
pub struct MemoryKeyStore(Mutex<BTreeMap<ApiKeyId, VersionedKey>>);

impl MemoryKeyStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<ApiKeyId, VersionedKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl KeyStore for MemoryKeyStore {
    async fn by_id(&self, id: ApiKeyId) -> Result<Option<VersionedKey>, IdentityError> {
        Ok(self.kept().get(&id).cloned())
    }

    async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<VersionedKey>, IdentityError> {
        Ok(self.kept().values().find(|k| k.key.hash == *hash).cloned())
    }

    async fn put(&self, keys: Vec<VersionedKey>) -> Result<(), IdentityError> {
        let mut kept = self.kept();
        let mut after = kept.clone();
        for VersionedKey { version, key } in keys {
            if after.get(&key.id).map_or(0, |k| k.version) != version {
                return Err(IdentityError::Conflict(key.id));
            }
            if version == 0 && after.values().any(|k| k.key.hash == key.hash) {
                return Err(IdentityError::KeyTaken);
            }
            after.insert(key.id, VersionedKey { version: version + 1, key });
        }
        *kept = after;
        Ok(())
    }

    async fn list(&self) -> Result<Vec<ApiKey>, IdentityError> {
        Ok(self.kept().values().map(|k| k.key.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn keeps_the_contract() {
        crate::contract::key_store(async || Arc::new(MemoryKeyStore::new()) as Arc<dyn KeyStore>).await;
    }
}
