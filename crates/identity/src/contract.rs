//! What every implementation of [`KeyStore`] has to do, as a test that can be run from anywhere.
//!
//! ```
//! use pmts_identity::{KeyStore, MemoryKeyStore, contract};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! contract::key_store(async || Arc::new(MemoryKeyStore::new()) as Arc<dyn KeyStore>).await;
//! # }
//! ```

use crate::{ApiKey, ApiKeyId, IdentityError, KeyKind, KeyStore, Mode, VersionedKey};
use pmts_kernel::Timestamp;
use std::sync::Arc;

/// Tries a [`KeyStore`]; `make` gives an empty one at each call.
///
/// # Panics
/// If the contract is broken; the message says how.
pub async fn key_store(make: impl AsyncFn() -> Arc<dyn KeyStore>) {
    written_keys_are_found(&*make().await).await;
    versions_guard_against_others(&*make().await).await;
    a_hash_is_used_once(&*make().await).await;
    writes_are_all_or_none(&*make().await).await;
}

fn key(n: u8) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_raw(u128::from(n) << 8),
        mode: Mode::Test,
        kind: KeyKind::Secret,
        name: format!("key {n}"),
        hash: [n; 32],
        last_four: "wxyz".into(),
        created: Timestamp::from_micros(1),
        expires: None,
        revoked: None,
    }
}

fn at(version: u64, key: ApiKey) -> VersionedKey {
    VersionedKey { version, key }
}

async fn put(store: &dyn KeyStore, version: u64, key: ApiKey) -> Result<(), IdentityError> {
    store.put(vec![at(version, key)]).await
}

async fn by_hash(store: &dyn KeyStore, n: u8) -> Option<VersionedKey> {
    store.by_hash(&[n; 32]).await.expect("reads")
}

async fn written_keys_are_found(store: &dyn KeyStore) {
    assert_eq!(store.by_id(key(1).id).await.expect("reads"), None, "nothing there at first");
    assert_eq!(by_hash(store, 1).await, None, "nothing there at first");
    let full = ApiKey {
        expires: Some(Timestamp::from_micros(7)),
        revoked: Some(Timestamp::from_micros(8)),
        mode: Mode::Live,
        kind: KeyKind::Publishable,
        ..key(2)
    };
    put(store, 0, full.clone()).await.expect("a new key is written");
    put(store, 0, key(1)).await.expect("a new key is written");
    assert_eq!(store.by_id(full.id).await.expect("reads"), Some(at(1, full.clone())), "found by id, whole");
    assert_eq!(by_hash(store, 2).await, Some(at(1, full.clone())), "found by hash, whole");
    assert_eq!(store.list().await.expect("lists"), [key(1), full], "listed in order of id");
}

async fn versions_guard_against_others(store: &dyn KeyStore) {
    put(store, 0, key(1)).await.expect("a new key is written");
    let renamed = ApiKey { name: "other".into(), ..key(1) };
    for wrong in [0, 2, u64::MAX >> 1] {
        let refused = put(store, wrong, renamed.clone()).await;
        assert!(
            matches!(refused, Err(IdentityError::Conflict(id)) if id == key(1).id),
            "{wrong}: {refused:?}"
        );
    }
    put(store, 1, renamed.clone()).await.expect("the version that is there");
    assert_eq!(by_hash(store, 1).await, Some(at(2, renamed)), "changed, one version on");
    let missing = put(store, 1, key(2)).await;
    assert!(matches!(missing, Err(IdentityError::Conflict(_))), "not there at all: {missing:?}");
}

async fn a_hash_is_used_once(store: &dyn KeyStore) {
    put(store, 0, key(1)).await.expect("a new key is written");
    let twin = ApiKey { id: key(2).id, ..key(1) };
    let refused = put(store, 0, twin).await;
    assert!(matches!(refused, Err(IdentityError::KeyTaken)), "{refused:?}");
    assert_eq!(store.list().await.expect("lists"), [key(1)], "the second was not written");
}

async fn writes_are_all_or_none(store: &dyn KeyStore) {
    put(store, 0, key(1)).await.expect("a new key is written");
    let changed = ApiKey { name: "late".into(), ..key(1) };
    let refused = store.put(vec![at(0, key(2)), at(7, changed)]).await;
    assert!(matches!(refused, Err(IdentityError::Conflict(_))), "{refused:?}");
    assert_eq!(store.list().await.expect("lists"), [key(1)], "nothing of it was written");
    let renamed = ApiKey { name: "old".into(), ..key(1) };
    store.put(vec![at(1, renamed.clone()), at(0, key(2))]).await.expect("both fit");
    assert_eq!(store.list().await.expect("lists"), [renamed, key(2)], "both were written");
}
