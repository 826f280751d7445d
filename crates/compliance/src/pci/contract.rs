//! What every implementation of the ports has to do, as tests that can be run from anywhere.
//!
//! ```
//! use pmts_compliance::pci::{MemoryVaultStore, VaultStore, contract};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! contract::vault_store(async || Arc::new(MemoryVaultStore::new()) as Arc<dyn VaultStore>).await;
//! # }
//! ```

use crate::VaultError;
use crate::pci::{CardToken, EarlierKey, Kms, VaultEntry, VaultKeys, VaultStore, WrappedKey};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// Tries a [`VaultStore`]; `make` gives an empty one at each call.
///
/// # Panics
/// If the contract is broken; the message says how.
pub async fn vault_store(make: impl AsyncFn() -> Arc<dyn VaultStore>) {
    empty_store_has_nothing(&*make().await).await;
    inserted_entries_are_found(&*make().await).await;
    equal_fingerprints_keep_the_first(&*make().await).await;
    taken_tokens_are_refused(&*make().await).await;
    inserts_at_once_agree(&*make().await).await;
    keys_are_kept_once(&*make().await).await;
    keys_change_only_from_what_they_are(&*make().await).await;
    entries_are_read_in_order(&*make().await).await;
    entries_are_replaced_all_or_none(&*make().await).await;
}

/// Tries a [`Kms`].
///
/// # Panics
/// If the contract is broken; the message says how.
pub async fn kms(kms: &dyn Kms) {
    let (key, wrapped) = kms.new_key("one").await.expect("makes a key");
    let (other, _) = kms.new_key("one").await.expect("makes another key");
    assert!(key.expose() != other.expose(), "each new key is different");
    assert_eq!(wrapped.kek_version, kms.current_version(), "wraps under the current version");
    let inside = |bytes: &[u8]| bytes.windows(8).any(|window| key.expose().starts_with(window));
    assert!(!inside(&wrapped.bytes), "a wrapped key does not show the key");

    let same = kms.unwrap_key(&wrapped, "one").await.expect("unwraps what it wrapped");
    assert!(same.expose() == key.expose(), "unwraps to the same key");
    let again = kms.wrap_key(&key, "two").await.expect("wraps a key that is there");
    let same = kms.unwrap_key(&again, "two").await.expect("unwraps what it wrapped");
    assert!(same.expose() == key.expose(), "unwraps to the same key");

    let result = kms.unwrap_key(&wrapped, "two").await;
    assert!(matches!(result, Err(VaultError::KeyDamaged { .. })), "another context: {result:?}");
    for at in 0..wrapped.bytes.len() {
        let mut changed = wrapped.clone();
        changed.bytes[at] ^= 1;
        let result = kms.unwrap_key(&changed, "one").await;
        assert!(matches!(result, Err(VaultError::KeyDamaged { .. })), "byte {at} changed: {result:?}");
    }
    for bytes in [Vec::new(), wrapped.bytes[..wrapped.bytes.len() - 1].to_vec()] {
        let result = kms.unwrap_key(&WrappedKey { bytes, ..wrapped.clone() }, "one").await;
        assert!(matches!(result, Err(VaultError::KeyDamaged { .. })), "cut: {result:?}");
    }
    let kek_version = u32::MAX;
    let result = kms.unwrap_key(&WrappedKey { kek_version, ..wrapped }, "one").await;
    assert!(matches!(result, Err(VaultError::KekVersionUnknown { .. })), "unknown version: {result:?}");
}

async fn empty_store_has_nothing(store: &dyn VaultStore) {
    assert_eq!(by_token(store, &entry(1, 1)).await, None, "no entry under a token");
    assert_eq!(by_fingerprint(store, &entry(1, 1)).await, None, "no entry with a fingerprint");
    assert_eq!(store.keys().await.expect("reads keys"), None, "no keys");
}

async fn inserted_entries_are_found(store: &dyn VaultStore) {
    let short = VaultEntry { first_six: String::new(), ciphertext: vec![0; 28], ..entry(2, 2) };
    let widest = VaultEntry { token: CardToken::from_raw(u128::MAX), key_version: u32::MAX, ..entry(3, 3) };
    let entries = [entry(1, 1), short, widest];
    for entry in &entries {
        assert_eq!(insert(store, entry).await, *entry, "a new entry is kept");
    }
    for entry in &entries {
        assert_eq!(by_token(store, entry).await.as_ref(), Some(entry), "found by token");
        assert_eq!(by_fingerprint(store, entry).await.as_ref(), Some(entry), "found by fingerprint");
    }
    assert_eq!(by_token(store, &entry(4, 4)).await, None, "other tokens are not found");
    assert_eq!(by_fingerprint(store, &entry(4, 4)).await, None, "other fingerprints are not found");
}

async fn equal_fingerprints_keep_the_first(store: &dyn VaultStore) {
    let (first, second) = (entry(1, 7), entry(2, 7));
    insert(store, &first).await;
    assert_eq!(insert(store, &second).await, first, "the earlier entry is returned");
    assert_eq!(insert(store, &first).await, first, "the same entry again is no error");
    assert_eq!(by_token(store, &second).await, None, "the later entry is not kept");
    assert_eq!(by_fingerprint(store, &second).await, Some(first), "the earlier entry stays");
}

async fn taken_tokens_are_refused(store: &dyn VaultStore) {
    let (first, second) = (entry(1, 1), entry(1, 2));
    insert(store, &first).await;
    let result = store.insert(second.clone()).await;
    assert!(
        matches!(result, Err(VaultError::TokenTaken { token }) if token == first.token),
        "taken: {result:?}"
    );
    assert_eq!(by_token(store, &first).await, Some(first), "the earlier entry stays");
    assert_eq!(by_fingerprint(store, &second).await, None, "nothing is kept");
}

async fn inserts_at_once_agree(store: &dyn VaultStore) {
    let candidates: Vec<VaultEntry> = (0..20).map(|token| entry(token, 9)).collect();
    let kept = at_once(candidates.iter().map(|entry| insert(store, entry))).await;
    assert!(kept.iter().all(|entry| *entry == kept[0]), "all inserts return the same entry");
    let mut found = 0;
    for candidate in &candidates {
        found += usize::from(by_token(store, candidate).await.is_some());
    }
    assert_eq!(found, 1, "one entry is kept");
    assert_eq!(by_fingerprint(store, &kept[0]).await.as_ref(), Some(&kept[0]), "the one that was returned");
}

async fn keys_are_kept_once(store: &dyn VaultStore) {
    let candidates: Vec<VaultKeys> = (1..=8).map(keys).collect();
    let insert = |keys: &VaultKeys| store.insert_keys(keys.clone());
    let kept = at_once(candidates.iter().map(insert)).await;
    let kept: Vec<VaultKeys> = kept.into_iter().map(|keys| keys.expect("inserts keys")).collect();
    assert!(
        candidates.contains(&kept[0]) && kept.iter().all(|keys| *keys == kept[0]),
        "all inserts return the same keys"
    );
    assert_eq!(store.keys().await.expect("reads keys").as_ref(), Some(&kept[0]), "the keys are found");
    let later = store.insert_keys(keys(99)).await.expect("inserts keys");
    assert_eq!(later, kept[0], "later keys are not kept");
}

async fn keys_change_only_from_what_they_are(store: &dyn VaultStore) {
    let [first, second, third] = [1, 2, 3].map(keys);
    let replace = async |before: &VaultKeys, now: &VaultKeys| {
        store.replace_keys(before, now.clone()).await.expect("replaces keys")
    };
    assert!(!replace(&first, &second).await, "there are none");
    store.insert_keys(first.clone()).await.expect("inserts keys");
    assert!(replace(&first, &second).await, "those are the keys");
    assert!(!replace(&first, &third).await, "those were the keys");
    assert_eq!(store.keys().await.expect("reads keys"), Some(second), "the first change stays");
}

async fn entries_are_read_in_order(store: &dyn VaultStore) {
    let entries: Vec<VaultEntry> = [5, 1, 9, 3, 7].iter().map(|n| entry(u128::from(*n), *n)).collect();
    for entry in &entries {
        insert(store, entry).await;
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.page(after, 2).await.expect("reads a page");
        assert!(page.len() <= 2, "no more than was asked for");
        found.extend(page.iter().map(|entry| entry.token.raw() >> 8));
        after = page.last().map(|entry| entry.token);
        if page.len() < 2 {
            break;
        }
    }
    assert_eq!(found, [1, 3, 5, 7, 9], "each once, by rising token");
}

async fn entries_are_replaced_all_or_none(store: &dyn VaultStore) {
    let (first, second) = (entry(1, 1), entry(2, 2));
    insert(store, &first).await;
    insert(store, &second).await;
    let anew = |entry: &VaultEntry| VaultEntry { key_version: 2, ciphertext: vec![9; 32], ..entry.clone() };
    let replace = async |pairs: &[(VaultEntry, VaultEntry)]| {
        store.replace(pairs.to_vec()).await.expect("replaces entries")
    };
    let absent = entry(3, 3);
    assert!(
        !replace(&[(first.clone(), anew(&first)), (absent.clone(), anew(&absent))]).await,
        "one is not there"
    );
    assert_eq!(by_token(store, &first).await.as_ref(), Some(&first), "nothing was changed");
    let both = [(first.clone(), anew(&first)), (second.clone(), anew(&second))];
    assert!(replace(&both).await, "both are there");
    assert!(!replace(&both[1..]).await, "it is another one now");
    assert_eq!(by_token(store, &second).await, Some(anew(&second)), "found by token");
    assert_eq!(by_fingerprint(store, &first).await, Some(anew(&first)), "found by fingerprint");
}

fn entry(token: u128, fingerprint: u8) -> VaultEntry {
    VaultEntry {
        token: CardToken::from_raw(token << 8),
        fingerprint: [fingerprint; 32],
        ciphertext: (0..32).map(|byte| byte ^ fingerprint).collect(),
        nonce: [fingerprint; 12],
        key_version: 1,
        first_six: "424242".into(),
        last_four: "4242".into(),
    }
}

fn keys(version: u32) -> VaultKeys {
    let wrapped = |byte| WrappedKey { kek_version: version, bytes: vec![byte; 60] };
    let earlier = vec![EarlierKey { version: 0, data_key: wrapped(3) }];
    VaultKeys { version, data_key: wrapped(1), earlier, sealed_from: 0, fingerprint_key: wrapped(2) }
}

async fn insert(store: &dyn VaultStore, entry: &VaultEntry) -> VaultEntry {
    store.insert(entry.clone()).await.expect("inserts an entry")
}

async fn by_token(store: &dyn VaultStore, entry: &VaultEntry) -> Option<VaultEntry> {
    store.by_token(entry.token).await.expect("reads by token")
}

async fn by_fingerprint(store: &dyn VaultStore, entry: &VaultEntry) -> Option<VaultEntry> {
    store.by_fingerprint(&entry.fingerprint).await.expect("reads by fingerprint")
}

/// Lets all of them run at the same time, on one thread, and waits for all.
async fn at_once<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Pin<Box<F>>> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (future, output) in running.iter_mut().zip(&mut outputs).filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                *output = Some(value);
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().map(|output| output.expect("all have ended")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pci::MemoryVaultStore;
    use async_trait::async_trait;
    use tokio::task::yield_now;

    /// Looks and inserts in two steps, so another insert can come between.
    #[derive(Default)]
    struct TwoSteps {
        lookup: MemoryVaultStore,
        entries: MemoryVaultStore,
    }

    #[async_trait]
    impl VaultStore for TwoSteps {
        async fn by_token(&self, token: CardToken) -> Result<Option<VaultEntry>, VaultError> {
            self.entries.by_token(token).await
        }

        async fn by_fingerprint(&self, fingerprint: &[u8; 32]) -> Result<Option<VaultEntry>, VaultError> {
            self.lookup.by_fingerprint(fingerprint).await
        }

        async fn insert(&self, entry: VaultEntry) -> Result<VaultEntry, VaultError> {
            if let Some(earlier) = self.by_fingerprint(&entry.fingerprint).await? {
                return Ok(earlier);
            }
            if self.by_token(entry.token).await?.is_some() {
                return Err(VaultError::TokenTaken { token: entry.token });
            }
            yield_now().await;
            self.lookup.insert(entry.clone()).await?;
            // Keeps it under its token even if the fingerprint came in meanwhile.
            let mut under_token = entry.clone();
            under_token.fingerprint[..16].copy_from_slice(&entry.token.raw().to_be_bytes());
            self.entries.insert(under_token).await?;
            Ok(entry)
        }

        async fn keys(&self) -> Result<Option<VaultKeys>, VaultError> {
            self.entries.keys().await
        }

        async fn insert_keys(&self, keys: VaultKeys) -> Result<VaultKeys, VaultError> {
            self.entries.insert_keys(keys).await
        }

        async fn replace_keys(&self, before: &VaultKeys, now: VaultKeys) -> Result<bool, VaultError> {
            self.entries.replace_keys(before, now).await
        }

        async fn page(&self, after: Option<CardToken>, limit: usize) -> Result<Vec<VaultEntry>, VaultError> {
            self.entries.page(after, limit).await
        }

        async fn replace(&self, pairs: Vec<(VaultEntry, VaultEntry)>) -> Result<bool, VaultError> {
            self.entries.replace(pairs).await
        }
    }

    #[tokio::test]
    #[should_panic(expected = "all inserts return the same entry")]
    async fn an_insert_that_is_not_atomic_is_found_out() {
        inserts_at_once_agree(&TwoSteps::default()).await;
    }

    #[tokio::test]
    async fn the_rest_of_it_is_not_noticed_one_by_one() {
        equal_fingerprints_keep_the_first(&TwoSteps::default()).await;
    }
}
