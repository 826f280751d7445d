//! The vault: numbers sealed with a data key that a key service wraps.

use crate::VaultError;
use crate::pci::seal::{NONCE_LEN, SealingKey};
use crate::pci::{CardToken, Kms, StoredCard, Vault, VaultEntry, VaultKeys, VaultStore};
use async_trait::async_trait;
use aws_lc_rs::hmac;
use pmts_kernel::IdSource;
use pmts_sensitive::Pan;
use std::sync::{Arc, PoisonError, RwLock};

/// A [`Vault`] by envelope encryption; see the [module](crate::pci) for how a number is kept. Data keys are unwrapped
/// once, at the start and when they were rotated: the key service is not asked again for each card.
pub struct EnvelopeVault {
    pub(super) kms: Arc<dyn Kms>,
    pub(super) store: Arc<dyn VaultStore>,
    ids: Arc<dyn IdSource>,
    keys: RwLock<Arc<OpenKeys>>,
    fingerprint_key: hmac::Key,
}

/// The data keys of a vault, ready for use.
pub(super) struct OpenKeys {
    /// As they are kept.
    pub(super) kept: VaultKeys,
    /// By version, the current one first.
    sealing: Vec<(u32, SealingKey)>,
}

impl OpenKeys {
    async fn open(kms: &dyn Kms, kept: VaultKeys) -> Result<Self, VaultError> {
        let mut sealing = Vec::with_capacity(1 + kept.earlier.len());
        let earlier = kept.earlier.iter().rev().map(|key| (key.version, &key.data_key));
        for (version, key) in std::iter::once((kept.version, &kept.data_key)).chain(earlier) {
            let key = kms.unwrap_key(key, &data_key_context(version)).await?;
            sealing.push((version, SealingKey::new(&key)));
        }
        Ok(Self { kept, sealing })
    }
}

/// The version that a new vault starts with.
const FIRST_VERSION: u32 = 1;

impl EnvelopeVault {
    /// Opens the vault whose entries are in `store`; makes its keys if there are none yet.
    ///
    /// # Errors
    /// [`VaultError::KeyDamaged`] if `kms` is not the one the keys were wrapped by; [`VaultError::KekVersionUnknown`];
    /// [`VaultError::Kms`]; [`VaultError::Store`].
    pub async fn init(
        kms: Arc<dyn Kms>,
        store: Arc<dyn VaultStore>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, VaultError> {
        let keys = match store.keys().await? {
            Some(keys) => keys,
            // Another process may do the same: the one that comes first wins.
            None => store.insert_keys(new_keys(&*kms).await?).await?,
        };
        let fingerprint_key = kms.unwrap_key(&keys.fingerprint_key, FINGERPRINT_KEY_CONTEXT).await?;
        let keys = RwLock::new(Arc::new(OpenKeys::open(&*kms, keys).await?));
        let fingerprint_key = hmac::Key::new(hmac::HMAC_SHA256, fingerprint_key.expose());
        Ok(Self { kms, store, ids, keys, fingerprint_key })
    }

    /// The keys as this process knows them.
    pub(super) fn known(&self) -> Arc<OpenKeys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys as they are kept: another process may have rotated them.
    pub(super) async fn reload(&self) -> Result<Arc<OpenKeys>, VaultError> {
        let gone = || VaultError::Store { source: "the keys of the vault are gone".into() };
        let kept = self.store.keys().await?.ok_or_else(gone)?;
        let known = self.known();
        if known.kept == kept {
            return Ok(known);
        }
        let keys = Arc::new(OpenKeys::open(&*self.kms, kept).await?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.clone();
        Ok(keys)
    }

    fn fingerprint(&self, pan: &Pan) -> [u8; 32] {
        let tag = hmac::sign(&self.fingerprint_key, pan.expose().as_bytes());
        tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// The number sealed under that token with the current key.
    pub(super) fn seal(&self, keys: &OpenKeys, token: CardToken, pan: &Pan) -> VaultEntry {
        let (key_version, key) = &keys.sealing[0];
        let nonce = nonce_of(token);
        let bound = bound_to(token, *key_version);
        VaultEntry {
            token,
            fingerprint: self.fingerprint(pan),
            ciphertext: key.seal(nonce, &bound, pan.expose().as_bytes()),
            nonce,
            key_version: *key_version,
            first_six: pan.first_six().to_owned(),
            last_four: pan.last_four().to_owned(),
        }
    }

    /// The number in an entry. One that was sealed with a key that is not known yet is opened with the keys as they are now.
    pub(super) async fn open(&self, entry: &VaultEntry) -> Result<Pan, VaultError> {
        match self.open_with(&self.known(), entry) {
            Err(VaultError::KeyVersionUnknown { .. }) => self.open_with(&*self.reload().await?, entry),
            done => done,
        }
    }

    /// The number in an entry, if everything in the entry fits it.
    fn open_with(&self, keys: &OpenKeys, entry: &VaultEntry) -> Result<Pan, VaultError> {
        let (token, key_version) = (entry.token, entry.key_version);
        let Some((_, key)) = keys.sealing.iter().find(|(version, _)| *version == key_version) else {
            return Err(VaultError::KeyVersionUnknown { token, key_version });
        };
        key.open(entry.nonce, &bound_to(token, key_version), &entry.ciphertext)
            .and_then(|digits| Pan::parse(std::str::from_utf8(&digits).ok()?).ok())
            .filter(|pan| self.fingerprint(pan) == entry.fingerprint)
            .filter(|pan| pan.first_six() == entry.first_six && pan.last_four() == entry.last_four)
            .ok_or(VaultError::EntryDamaged { token })
    }
}

#[async_trait]
impl Vault for EnvelopeVault {
    async fn put(&self, pan: &Pan) -> Result<StoredCard, VaultError> {
        let entry = match self.store.by_fingerprint(&self.fingerprint(pan)).await? {
            Some(entry) => entry,
            // Another call may put the same number: the one that comes first wins.
            None => {
                let token = CardToken::from_raw(self.ids.next_id());
                self.store.insert(self.seal(&self.known(), token, pan)).await?
            }
        };
        // Not believed but opened: a token that was moved to another card must not be given out.
        if self.open(&entry).await? == *pan {
            Ok(entry.into())
        } else {
            Err(VaultError::EntryDamaged { token: entry.token })
        }
    }

    async fn reveal(&self, token: CardToken) -> Result<Pan, VaultError> {
        let entry = self.store.by_token(token).await?.ok_or(VaultError::TokenUnknown { token })?;
        if entry.token != token {
            return Err(VaultError::EntryDamaged { token });
        }
        self.open(&entry).await
    }
}

pub(super) const FINGERPRINT_KEY_CONTEXT: &str = "pmts vault, fingerprint key";

pub(super) fn data_key_context(version: u32) -> String {
    format!("pmts vault, data key {version}")
}

async fn new_keys(kms: &dyn Kms) -> Result<VaultKeys, VaultError> {
    let version = FIRST_VERSION;
    let (_, data_key) = kms.new_key(&data_key_context(version)).await?;
    let (_, fingerprint_key) = kms.new_key(FINGERPRINT_KEY_CONTEXT).await?;
    Ok(VaultKeys { version, data_key, earlier: vec![], sealed_from: version, fingerprint_key })
}

/// What a sealed number is bound to: it opens under its own token and key version only.
fn bound_to(token: CardToken, key_version: u32) -> Vec<u8> {
    [b"pmts card", &token.raw().to_be_bytes()[..], &key_version.to_be_bytes()].concat()
}

/// Tokens are unique, so a nonce can come from its token. Should the part that fits repeat, nothing is given away: the
/// whole token is bound to the text, and GCM-SIV stands that (RFC 8452, section 9).
fn nonce_of(token: CardToken) -> [u8; NONCE_LEN] {
    let bytes = token.raw().to_be_bytes();
    let mut nonce = [0; NONCE_LEN];
    nonce.copy_from_slice(&bytes[bytes.len() - NONCE_LEN..]);
    nonce
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
