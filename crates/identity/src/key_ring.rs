//! What is done with keys: issue, verify, rotate, revoke, list.

use crate::{ApiKey, ApiKeyId, IdentityError, KeyKind, KeyStore, KeyText, Mode, Pepper, VersionedKey};
use pmts_kernel::{Clock, IdSource, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A key to be issued.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What people call it: 1 to 64 printable characters.
    pub name: String,
    /// Test or live.
    pub mode: Mode,
    /// What it may do.
    pub kind: KeyKind,
    /// From this moment on it is not taken. `None`: never.
    pub expires: Option<Timestamp>,
}

impl NewKey {
    /// One that does not expire.
    pub fn named(name: &str, mode: Mode, kind: KeyKind) -> Self {
        Self { name: name.into(), mode, kind, expires: None }
    }
}

/// How many verified keys are remembered.
const REMEMBERED_MAX: usize = 4_096;
const PURPOSE: &str = "api key";

/// How long a verified key is taken without being looked up again, in seconds.
const FRESH_SECS: i64 = 5;

/// A key as it was read, and when.
type Remembered = (Timestamp, Arc<ApiKey>);

/// Issues and verifies keys. Keys that were verified are remembered for five seconds; what this ring changes, it forgets at
/// once. So a revoked key is refused from the moment the revocation is written by the node that wrote it, and within five
/// seconds by others.
pub struct KeyRing {
    store: Arc<dyn KeyStore>,
    pepper: Pepper,
    ids: Arc<dyn IdSource>,
    clock: Arc<dyn Clock>,
    remembered: RwLock<HashMap<[u8; 32], Remembered>>,
}

impl KeyRing {
    /// Over the keys in `store`, which were hashed with `pepper`.
    pub fn new(
        store: Arc<dyn KeyStore>,
        pepper: Pepper,
        ids: Arc<dyn IdSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, pepper, ids, clock, remembered: RwLock::default() }
    }

    /// The pepper, for other keyed hashes of the same owner.
    pub fn pepper(&self) -> &Pepper {
        &self.pepper
    }

    /// Issues a key. The text is not kept and cannot be had again.
    ///
    /// # Errors
    /// [`IdentityError::Name`], [`IdentityError::Random`], [`IdentityError::Store`].
    pub async fn issue(&self, new: NewKey) -> Result<(ApiKey, KeyText), IdentityError> {
        let text = KeyText::random(new.kind, new.mode)?;
        let key = self.key_of(&text, &new.name, new.expires)?;
        self.store.put(vec![VersionedKey { version: 0, key: key.clone() }]).await?;
        Ok((key, text))
    }

    /// Takes a key whose text somebody else made. One that is there already is given back as it is.
    ///
    /// # Errors
    /// [`IdentityError::Name`], [`IdentityError::Store`].
    pub async fn adopt(&self, text: &KeyText, name: &str) -> Result<ApiKey, IdentityError> {
        let key = self.key_of(text, name, None)?;
        match self.store.put(vec![VersionedKey { version: 0, key: key.clone() }]).await {
            Err(IdentityError::KeyTaken) => {
                let there = self.store.by_hash(&key.hash).await?;
                there.map(|k| k.key).ok_or(IdentityError::KeyUnknown)
            }
            result => result.map(|()| key),
        }
    }

    fn key_of(
        &self,
        text: &KeyText,
        name: &str,
        expires: Option<Timestamp>,
    ) -> Result<ApiKey, IdentityError> {
        if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
            return Err(IdentityError::Name);
        }
        Ok(ApiKey {
            id: ApiKeyId::from_raw(self.ids.next_id()),
            mode: text.mode(),
            kind: text.kind(),
            name: name.into(),
            hash: self.pepper.mac(PURPOSE, text.expose().as_bytes()),
            last_four: text.last_four().into(),
            created: self.clock.now(),
            expires,
            revoked: None,
        })
    }

    /// The key with this text, if it is taken now.
    ///
    /// The text is looked up by its keyed hash: how long that takes tells nothing about the keys there are.
    ///
    /// # Errors
    /// [`IdentityError::KeyMalformed`], [`IdentityError::KeyUnknown`], [`IdentityError::KeyRevoked`],
    /// [`IdentityError::KeyExpired`], [`IdentityError::Store`].
    pub async fn verify(&self, text: &str) -> Result<Arc<ApiKey>, IdentityError> {
        let text = KeyText::parse(text)?;
        let hash = self.pepper.mac(PURPOSE, text.expose().as_bytes());
        let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        let now = self.clock.now();
        let key = match remembered {
            // A clock that went back makes nothing fresh for longer.
            Some((read, key)) if now >= read && now < read.saturating_add_secs(FRESH_SECS) => key,
            _ => self.remember(&hash).await?,
        };
        if aws_lc_rs::constant_time::verify_slices_are_equal(&key.hash, &hash).is_err() {
            return Err(IdentityError::KeyUnknown);
        }
        if key.revoked.is_some() {
            return Err(IdentityError::KeyRevoked(key.id));
        }
        if key.expires.is_some_and(|end| self.clock.now() >= end) {
            return Err(IdentityError::KeyExpired(key.id));
        }
        Ok(key)
    }

    /// Reads a key and remembers it.
    async fn remember(&self, hash: &[u8; 32]) -> Result<Arc<ApiKey>, IdentityError> {
        let since = self.clock.now();
        let read = self.store.by_hash(hash).await?.ok_or(IdentityError::KeyUnknown)?;
        let key = Arc::new(read.key);
        {
            let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
            if remembered.len() >= REMEMBERED_MAX {
                remembered.clear();
            }
            remembered.insert(*hash, (since, key.clone()));
        }
        // Had it been changed between the reading and the remembering, the change would have been forgotten too early.
        let now =
            self.store.by_hash(hash).await?.map(|k| Arc::new(k.key)).ok_or(IdentityError::KeyUnknown)?;
        if now != key {
            self.forget(hash);
        }
        Ok(now)
    }

    fn forget(&self, hash: &[u8; 32]) {
        self.remembered.write().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }

    /// Issues a key in the place of another, which is taken for `grace_secs` more seconds (0: no longer), or until it would
    /// have expired, whichever is first.
    ///
    /// # Errors
    /// [`IdentityError::IdUnknown`], [`IdentityError::KeyRevoked`], [`IdentityError::KeyExpired`],
    /// [`IdentityError::Random`], [`IdentityError::Store`]. Nothing has changed then.
    pub async fn rotate(&self, id: ApiKeyId, grace_secs: u32) -> Result<(ApiKey, KeyText), IdentityError> {
        loop {
            let old = self.read(id).await?;
            if old.key.revoked.is_some() {
                return Err(IdentityError::KeyRevoked(id));
            }
            let now = self.clock.now();
            if !old.key.is_active(now) {
                return Err(IdentityError::KeyExpired(id));
            }
            let text = KeyText::random(old.key.kind, old.key.mode)?;
            let new = self.key_of(&text, &old.key.name, None)?;
            let end = now.saturating_add_secs(i64::from(grace_secs));
            let end = old.key.expires.map_or(end, |before| before.min(end));
            let ending =
                VersionedKey { version: old.version, key: ApiKey { expires: Some(end), ..old.key.clone() } };
            let written = self.store.put(vec![ending, VersionedKey { version: 0, key: new.clone() }]).await;
            self.forget(&old.key.hash);
            match written {
                Err(IdentityError::Conflict(_)) => {}
                result => return result.map(|()| (new, text)),
            }
        }
    }

    /// Revokes a key: from now on it is not taken. One that was revoked stays as it is.
    ///
    /// # Errors
    /// [`IdentityError::IdUnknown`], [`IdentityError::Store`].
    pub async fn revoke(&self, id: ApiKeyId) -> Result<ApiKey, IdentityError> {
        loop {
            let old = self.read(id).await?;
            if old.key.revoked.is_some() {
                return Ok(old.key);
            }
            let key = ApiKey { revoked: Some(self.clock.now()), ..old.key };
            let written = self.store.put(vec![VersionedKey { version: old.version, key: key.clone() }]).await;
            self.forget(&key.hash);
            match written {
                Err(IdentityError::Conflict(_)) => {}
                result => return result.map(|()| key),
            }
        }
    }

    async fn read(&self, id: ApiKeyId) -> Result<VersionedKey, IdentityError> {
        self.store.by_id(id).await?.ok_or(IdentityError::IdUnknown(id))
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// [`IdentityError::Store`].
    pub async fn list(&self) -> Result<Vec<ApiKey>, IdentityError> {
        self.store.list().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryKeyStore;
    use pmts_kernel::{ManualClock, SeededIds};

    fn ring() -> (KeyRing, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_000_000)));
        let ids = Arc::new(SeededIds::new(1, clock.clone()));
        let store = Arc::new(MemoryKeyStore::new());
        (KeyRing::new(store, Pepper::random().unwrap(), ids, clock.clone()), clock)
    }

    fn secret() -> NewKey {
        NewKey::named("shop", Mode::Test, KeyKind::Secret)
    }

    #[tokio::test]
    async fn a_key_is_taken_until_it_is_revoked() {
        let (ring, _) = ring();
        let (key, text) = ring.issue(secret()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(*ring.verify(text.expose()).await.unwrap(), key);
        }
        assert_eq!(key.principal().as_str(), format!("key:{}", key.id));
        ring.revoke(key.id).await.unwrap();
        assert!(
            matches!(ring.verify(text.expose()).await, Err(IdentityError::KeyRevoked(id)) if id == key.id)
        );
        assert!(matches!(ring.rotate(key.id, 60).await, Err(IdentityError::KeyRevoked(_))));
        let first = ring.list().await.unwrap()[0].revoked;
        ring.revoke(key.id).await.unwrap();
        assert_eq!(ring.list().await.unwrap()[0].revoked, first, "revoked once");
    }

    #[tokio::test]
    async fn what_another_node_revoked_is_refused_soon() {
        let (mut ring, clock) = ring();
        let dir = tempfile::tempdir().unwrap();
        let pepper = || Pepper::open_or_create(&dir.path().join("pepper")).unwrap();
        ring.pepper = pepper();
        let other = KeyRing::new(ring.store.clone(), pepper(), ring.ids.clone(), clock.clone());
        let (key, text) = ring.issue(secret()).await.unwrap();
        assert!(other.verify(text.expose()).await.is_ok());
        ring.revoke(key.id).await.unwrap();
        clock.advance_micros(FRESH_SECS * 1_000_000);
        assert!(matches!(other.verify(text.expose()).await, Err(IdentityError::KeyRevoked(_))));
    }

    #[tokio::test]
    async fn the_old_key_works_for_the_time_of_grace() {
        let (ring, clock) = ring();
        let (old, old_text) = ring.issue(secret()).await.unwrap();
        assert!(ring.verify(old_text.expose()).await.is_ok());
        let (new, new_text) = ring.rotate(old.id, 60).await.unwrap();
        assert_eq!((new.kind, new.mode, &new.name), (old.kind, old.mode, &old.name));
        assert!(ring.verify(old_text.expose()).await.is_ok() && ring.verify(new_text.expose()).await.is_ok());
        clock.advance_micros(60_000_000);
        assert!(matches!(ring.verify(old_text.expose()).await, Err(IdentityError::KeyExpired(_))));
        assert!(matches!(ring.rotate(old.id, 60).await, Err(IdentityError::KeyExpired(_))));
        let (_, last) = ring.rotate(new.id, 0).await.unwrap();
        assert!(ring.verify(new_text.expose()).await.is_err() && ring.verify(last.expose()).await.is_ok());
    }

    #[tokio::test]
    async fn rotation_never_makes_a_key_live_longer() {
        let (ring, clock) = ring();
        let end = clock.now().saturating_add_secs(10);
        let (key, _) = ring.issue(NewKey { expires: Some(end), ..secret() }).await.unwrap();
        ring.rotate(key.id, 60).await.unwrap();
        assert_eq!(ring.list().await.unwrap()[0].expires, Some(end));
    }

    #[tokio::test]
    async fn a_key_that_was_given_is_taken_once() {
        let (ring, _) = ring();
        let text = KeyText::parse("sk_test_abcdefghijklmnopqrstuvwx").unwrap();
        let first = ring.adopt(&text, "first").await.unwrap();
        assert_eq!(ring.adopt(&text, "second").await.unwrap(), first);
        assert_eq!(ring.list().await.unwrap().len(), 1);
        assert_eq!(ring.verify(text.expose()).await.unwrap().id, first.id);
    }

    #[tokio::test]
    async fn unknown_keys_and_bad_names_are_refused() {
        let (ring, _) = ring();
        let other = KeyText::random(KeyKind::Secret, Mode::Test).unwrap();
        assert!(matches!(ring.verify(other.expose()).await, Err(IdentityError::KeyUnknown)));
        assert!(matches!(ring.verify("x").await, Err(IdentityError::KeyMalformed)));
        assert!(matches!(ring.revoke(ApiKeyId::from_raw(1)).await, Err(IdentityError::IdUnknown(_))));
        for name in ["", "a\nb", &"x".repeat(65)] {
            let new = NewKey { name: name.into(), ..secret() };
            assert!(matches!(ring.issue(new).await, Err(IdentityError::Name)));
        }
    }

    #[tokio::test]
    async fn neither_the_key_nor_its_pepper_is_kept() {
        let (ring, _) = ring();
        let (key, text) = ring.issue(secret()).await.unwrap();
        let kept = serde_json::to_string(&key).unwrap();
        assert!(!kept.contains(&text.expose()[8..]) && kept.contains(text.last_four()));
        assert_eq!(serde_json::from_str::<ApiKey>(&kept).unwrap(), key);
    }
}
