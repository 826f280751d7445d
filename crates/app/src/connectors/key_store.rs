//! The place of API keys: each is a record, and its hash is an idempotency key, so that no two have the same.

use crate::hex;
use crate::records::ApiKeyRecord;
use async_trait::async_trait;
use pmts_identity::{ApiKey, ApiKeyId, IdentityError, KeyStore, VersionedKey};
use pmts_kernel::Principal;
use pmts_store::{Answer, Commit, CommitError, ListQuery, Record, Store, StoreExt, Write};
use std::sync::Arc;

const SCOPE: &str = "api_key";

/// Keeps API keys in the platform's store.
pub struct StoredKeys {
    store: Arc<dyn Store>,
    by: Principal,
}

impl StoredKeys {
    /// Keeps them in `store`; who changes them is not known.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::by(store, Principal::system("keys"))
    }

    /// Keeps them in `store` on behalf of somebody.
    pub fn by(store: Arc<dyn Store>, by: Principal) -> Self {
        Self { store, by }
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> IdentityError {
    IdentityError::Store { source: error.into() }
}

#[async_trait]
impl KeyStore for StoredKeys {
    async fn by_id(&self, id: ApiKeyId) -> Result<Option<VersionedKey>, IdentityError> {
        let read = self.store.get::<ApiKeyRecord>(id.raw()).await.map_err(failed)?;
        Ok(read.map(|r| VersionedKey { version: r.version, key: r.value.0 }))
    }

    async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<VersionedKey>, IdentityError> {
        match self.store.answer(SCOPE, &hex::encode(hash)).await.map_err(failed)? {
            Some(answer) => self.by_id(answer.body.parse().map_err(failed)?).await,
            None => Ok(None),
        }
    }

    async fn put(&self, keys: Vec<VersionedKey>) -> Result<(), IdentityError> {
        let mut commit = Commit::by(self.by.clone());
        let new = keys.iter().find(|k| k.version == 0).map(|k| k.key.id);
        for VersionedKey { version, key } in keys {
            if version == 0 {
                let answer = Answer {
                    scope: SCOPE.into(),
                    key: hex::encode(&key.hash),
                    fingerprint: String::new(),
                    body: key.id.to_string(),
                };
                if commit.answer.replace(answer).is_some() {
                    return Err(failed("one new key at a time"));
                }
            }
            commit.records.push(Write::put(&ApiKeyRecord(key), version).map_err(failed)?);
        }
        match self.store.commit(commit).await {
            Ok(_) => Ok(()),
            // The hash is judged before the version: the same key once more is a conflict, another one is not new.
            Err(CommitError::Answered(first)) => match new.filter(|id| first.body == id.to_string()) {
                Some(id) => Err(IdentityError::Conflict(id)),
                None => Err(IdentityError::KeyTaken),
            },
            Err(CommitError::Conflict { id, .. }) => Err(IdentityError::Conflict(ApiKeyId::from_raw(id))),
            Err(other) => Err(failed(other)),
        }
    }

    async fn list(&self) -> Result<Vec<ApiKey>, IdentityError> {
        let mut keys = Vec::new();
        let mut query = ListQuery::all(ApiKeyRecord::KIND);
        loop {
            let (page, next) = self.store.list_typed::<ApiKeyRecord>(query.clone()).await.map_err(failed)?;
            keys.extend(page.into_iter().map(|r| r.value.0));
            query.after = next;
            if next.is_none() {
                return Ok(keys);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_kernel::SystemClock;
    use pmts_store::{EmbeddedOptions, EmbeddedStore, MemoryStore};

    #[tokio::test(flavor = "multi_thread")]
    async fn keeps_the_contract_in_memory_and_on_disk() {
        pmts_identity::contract::key_store(async || {
            Arc::new(StoredKeys::new(Arc::new(MemoryStore::new(Arc::new(SystemClock))))) as Arc<dyn KeyStore>
        })
        .await;
        let dir = tempfile::tempdir().unwrap();
        let n = std::sync::atomic::AtomicU32::new(0);
        pmts_identity::contract::key_store(async || {
            let path = dir.path().join(n.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string());
            let store = EmbeddedStore::open(path, EmbeddedOptions::default()).unwrap();
            Arc::new(StoredKeys::new(Arc::new(store))) as Arc<dyn KeyStore>
        })
        .await;
    }
}
