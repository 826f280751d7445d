//! Key-encryption keys in memory, by version: what the local key services share.

use crate::VaultError;
use crate::pci::seal::{NONCE_LEN, SealingKey};
use crate::pci::{DataKey, WrappedKey};
use std::collections::BTreeMap;

/// The keys of all versions; never empty.
pub(super) struct KeyRing {
    current: u32,
    keys: BTreeMap<u32, SealingKey>,
}

impl KeyRing {
    /// The highest version wraps. `None` without keys.
    pub(super) fn new(keys: impl IntoIterator<Item = (u32, DataKey)>) -> Option<Self> {
        let keys: BTreeMap<_, _> =
            keys.into_iter().map(|(version, key)| (version, SealingKey::new(&key))).collect();
        let current = *keys.last_key_value()?.0;
        Some(Self { current, keys })
    }

    pub(super) fn current(&self) -> u32 {
        self.current
    }

    /// The nonce, then the sealed key.
    pub(super) fn wrap(&self, nonce: [u8; NONCE_LEN], key: &DataKey, context: &str) -> WrappedKey {
        let kek = self.keys.get(&self.current).expect("the current version is one of the keys");
        let sealed = kek.seal(nonce, &bound_to(context, self.current), key.expose());
        WrappedKey { kek_version: self.current, bytes: [&nonce[..], &sealed].concat() }
    }

    pub(super) fn unwrap(&self, wrapped: &WrappedKey, context: &str) -> Result<DataKey, VaultError> {
        let kek_version = wrapped.kek_version;
        let kek = self.keys.get(&kek_version).ok_or(VaultError::KekVersionUnknown { kek_version })?;
        wrapped
            .bytes
            .split_first_chunk::<NONCE_LEN>()
            .and_then(|(nonce, sealed)| kek.open(*nonce, &bound_to(context, kek_version), sealed))
            .and_then(|mut key| DataKey::take(std::mem::take(&mut *key)))
            .ok_or_else(|| VaultError::KeyDamaged { context: context.to_owned() })
    }
}

fn bound_to(context: &str, kek_version: u32) -> Vec<u8> {
    [b"pmts key", &kek_version.to_be_bytes()[..], context.as_bytes()].concat()
}
