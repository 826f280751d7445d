//! The vault's place: entries are records, and a fingerprint is an idempotency key, so that one card has one token.

use crate::hex;
use crate::records::{VaultCardRecord, VaultKeysRecord};
use async_trait::async_trait;
use pmts_compliance::VaultError;
use pmts_compliance::pci::{CardToken, VaultEntry, VaultKeys, VaultStore};
use pmts_kernel::Principal;
use pmts_store::{Answer, Commit, CommitError, ListQuery, Record, Store, StoreExt, Write};
use std::sync::Arc;

const SCOPE: &str = "vault";

/// Keeps vault entries in the platform's store.
pub struct StoredVault {
    store: Arc<dyn Store>,
    by: Principal,
}

impl StoredVault {
    /// Keeps them in `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::by(store, Principal::system("vault"))
    }

    /// Keeps them in `store` on behalf of somebody.
    pub fn by(store: Arc<dyn Store>, by: Principal) -> Self {
        Self { store, by }
    }

    /// Writes records as they were read; `false` if one was changed meanwhile.
    async fn write(&self, records: Vec<Write>) -> Result<bool, VaultError> {
        match self.store.commit(Commit { records, ..self.commit() }).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(other) => Err(failed(other)),
        }
    }

    fn commit(&self) -> Commit {
        Commit::by(self.by.clone())
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> VaultError {
    VaultError::Store { source: error.into() }
}

#[async_trait]
impl VaultStore for StoredVault {
    async fn by_token(&self, token: CardToken) -> Result<Option<VaultEntry>, VaultError> {
        Ok(self.store.get::<VaultCardRecord>(token.raw()).await.map_err(failed)?.map(|r| r.value.0))
    }

    async fn by_fingerprint(&self, fingerprint: &[u8; 32]) -> Result<Option<VaultEntry>, VaultError> {
        let Some(answer) = self.store.answer(SCOPE, &hex::encode(fingerprint)).await.map_err(failed)? else {
            return Ok(None);
        };
        self.by_token(answer.body.parse().map_err(failed)?).await
    }

    async fn insert(&self, entry: VaultEntry) -> Result<VaultEntry, VaultError> {
        let answer = Answer {
            scope: SCOPE.into(),
            key: hex::encode(&entry.fingerprint),
            fingerprint: String::new(),
            body: entry.token.to_string(),
        };
        let record = Write::put(&VaultCardRecord(entry.clone()), 0).map_err(failed)?;
        match self.store.commit(Commit { records: vec![record], answer: Some(answer), ..self.commit() }).await
        {
            Ok(_) => Ok(entry),
            Err(CommitError::Answered(first)) => {
                let token = first.body.parse().map_err(failed)?;
                self.by_token(token).await?.ok_or_else(|| failed("the entry of a known card is missing"))
            }
            Err(CommitError::Conflict { .. }) => Err(VaultError::TokenTaken { token: entry.token }),
            Err(other) => Err(failed(other)),
        }
    }

    async fn keys(&self) -> Result<Option<VaultKeys>, VaultError> {
        Ok(self.store.get::<VaultKeysRecord>(1).await.map_err(failed)?.map(|r| r.value.0))
    }

    async fn insert_keys(&self, keys: VaultKeys) -> Result<VaultKeys, VaultError> {
        let record = Write::put(&VaultKeysRecord(keys.clone()), 0).map_err(failed)?;
        match self.store.commit(Commit { records: vec![record], ..self.commit() }).await {
            Ok(_) => Ok(keys),
            Err(CommitError::Conflict { .. }) => {
                self.keys().await?.ok_or_else(|| failed("the keys of the vault are missing"))
            }
            Err(other) => Err(failed(other)),
        }
    }

    async fn replace_keys(&self, before: &VaultKeys, now: VaultKeys) -> Result<bool, VaultError> {
        let read = self.store.get::<VaultKeysRecord>(1).await.map_err(failed)?;
        let Some(read) = read.filter(|read| read.value.0 == *before) else { return Ok(false) };
        self.write(vec![Write::put(&VaultKeysRecord(now), read.version).map_err(failed)?]).await
    }

    async fn page(&self, after: Option<CardToken>, limit: usize) -> Result<Vec<VaultEntry>, VaultError> {
        let mut query = ListQuery::all(VaultCardRecord::KIND);
        query.after = after.map(CardToken::raw);
        let mut found = Vec::new();
        while found.len() < limit {
            query.limit = limit - found.len();
            let (page, next) =
                self.store.list_typed::<VaultCardRecord>(query.clone()).await.map_err(failed)?;
            found.extend(page.into_iter().map(|read| read.value.0));
            query.after = next;
            if next.is_none() {
                break;
            }
        }
        Ok(found)
    }

    async fn replace(&self, pairs: Vec<(VaultEntry, VaultEntry)>) -> Result<bool, VaultError> {
        let mut records = Vec::with_capacity(pairs.len());
        for (before, now) in pairs {
            let read = self.store.get::<VaultCardRecord>(before.token.raw()).await.map_err(failed)?;
            let Some(read) = read.filter(|read| read.value.0 == before) else { return Ok(false) };
            records.push(Write::put(&VaultCardRecord(now), read.version).map_err(failed)?);
        }
        self.write(records).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_kernel::SystemClock;
    use pmts_store::{EmbeddedOptions, EmbeddedStore, MemoryStore};

    #[tokio::test(flavor = "multi_thread")]
    async fn keeps_the_contract_in_memory_and_on_disk() {
        pmts_compliance::pci::contract::vault_store(async || {
            Arc::new(StoredVault::new(Arc::new(MemoryStore::new(Arc::new(SystemClock)))))
                as Arc<dyn VaultStore>
        })
        .await;
        let dir = tempfile::tempdir().unwrap();
        let n = std::sync::atomic::AtomicU32::new(0);
        pmts_compliance::pci::contract::vault_store(async || {
            let path = dir.path().join(n.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string());
            let store = EmbeddedStore::open(path, EmbeddedOptions::default()).unwrap();
            Arc::new(StoredVault::new(Arc::new(store))) as Arc<dyn VaultStore>
        })
        .await;
    }
}
