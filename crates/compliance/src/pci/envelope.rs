//! The vault: numbers sealed with a data key that a key service wraps.

use crate::VaultError;
use crate::pci::seal::{NONCE_LEN, SealingKey};
use crate::pci::{CardToken, Kms, StoredCard, Vault, VaultEntry, VaultKeys, VaultStore};
use async_trait::async_trait;
use aws_lc_rs::hmac;
use pmts_kernel::IdSource;
use pmts_sensitive::Pan;
use std::sync::Arc;

/// A [`Vault`] by envelope encryption; see the [module](crate::pci) for how a number is kept. The data key is unwrapped
/// once, at the start: the key service is not asked again for each card.
pub struct EnvelopeVault {
    store: Arc<dyn VaultStore>,
    ids: Arc<dyn IdSource>,
    key_version: u32,
    data_key: SealingKey,
    fingerprint_key: hmac::Key,
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
        let data_key = kms.unwrap_key(&keys.data_key, &data_key_context(keys.version)).await?;
        let fingerprint_key = kms.unwrap_key(&keys.fingerprint_key, FINGERPRINT_KEY_CONTEXT).await?;
        Ok(Self {
            store,
            ids,
            key_version: keys.version,
            data_key: SealingKey::new(&data_key),
            fingerprint_key: hmac::Key::new(hmac::HMAC_SHA256, fingerprint_key.expose()),
        })
    }

    fn fingerprint(&self, pan: &Pan) -> [u8; 32] {
        let tag = hmac::sign(&self.fingerprint_key, pan.expose().as_bytes());
        tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    fn seal(&self, pan: &Pan) -> VaultEntry {
        let token = CardToken::from_raw(self.ids.next_id());
        let nonce = nonce_of(token);
        let bound = bound_to(token, self.key_version);
        VaultEntry {
            token,
            fingerprint: self.fingerprint(pan),
            ciphertext: self.data_key.seal(nonce, &bound, pan.expose().as_bytes()),
            nonce,
            key_version: self.key_version,
            first_six: pan.first_six().to_owned(),
            last_four: pan.last_four().to_owned(),
        }
    }

    /// The number in an entry, if everything in the entry fits it.
    fn open(&self, entry: &VaultEntry) -> Result<Pan, VaultError> {
        let (token, key_version) = (entry.token, entry.key_version);
        if key_version != self.key_version {
            return Err(VaultError::KeyVersionUnknown { token, key_version });
        }
        self.data_key
            .open(entry.nonce, &bound_to(token, key_version), &entry.ciphertext)
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
            None => self.store.insert(self.seal(pan)).await?,
        };
        // Not believed but opened: a token that was moved to another card must not be given out.
        if self.open(&entry)? == *pan {
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
        self.open(&entry)
    }
}

const FINGERPRINT_KEY_CONTEXT: &str = "pmts vault, fingerprint key";

fn data_key_context(version: u32) -> String {
    format!("pmts vault, data key {version}")
}

async fn new_keys(kms: &dyn Kms) -> Result<VaultKeys, VaultError> {
    let version = FIRST_VERSION;
    let (_, data_key) = kms.new_key(&data_key_context(version)).await?;
    let (_, fingerprint_key) = kms.new_key(FINGERPRINT_KEY_CONTEXT).await?;
    Ok(VaultKeys { version, data_key, fingerprint_key })
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
