//! The keys of a vault are changed while it is in use.

use crate::VaultError;
use crate::pci::envelope::{EnvelopeVault, FINGERPRINT_KEY_CONTEXT, data_key_context};
use crate::pci::{EarlierKey, VaultKeys, WrappedKey};

/// Entries that are sealed anew in one write.
const BATCH: usize = 500;

/// Which keys a vault has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultStanding {
    /// The version of the data key that seals now.
    pub version: u32,
    /// Earlier versions, the oldest first.
    pub earlier: Vec<u32>,
    /// No entry that opens was found any more that is sealed with a version before this one; 0: nobody looked.
    pub sealed_from: u32,
    /// The versions of the key-encryption keys that its keys are wrapped with: of the current data key, the fingerprint key, then the earlier ones.
    pub kek_versions: Vec<u32>,
}

/// How far entries are sealed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resealed {
    /// Entries looked at.
    pub seen: u64,
    /// Of those, sealed anew now.
    pub resealed: u64,
    /// Of those, entries that somebody else changed meanwhile: another pass finds what is left.
    pub left: u64,
    /// Of those, entries that do not open, and stay as they are.
    pub damaged: u64,
}

impl EnvelopeVault {
    /// Which keys it has.
    ///
    /// # Errors
    /// [`VaultError::Store`], and those of the key service.
    pub async fn standing(&self) -> Result<VaultStanding, VaultError> {
        let keys = self.reload().await?;
        let VaultKeys { version, data_key, earlier, sealed_from, fingerprint_key } = &keys.kept;
        let wrapped = [data_key, fingerprint_key].into_iter().chain(earlier.iter().map(|key| &key.data_key));
        Ok(VaultStanding {
            version: *version,
            earlier: earlier.iter().map(|key| key.version).collect(),
            sealed_from: *sealed_from,
            kek_versions: wrapped.map(|key| key.kek_version).collect(),
        })
    }

    /// Begins a new data key; what comes in from now on is sealed with it. Gives its version. What is there opens with the earlier keys
    /// until [`EnvelopeVault::reseal`] has sealed it anew. Other processes on the same store notice with the first entry that they cannot open, or when
    /// they are asked for [`EnvelopeVault::standing`].
    ///
    /// # Errors
    /// [`VaultError::Store`], and those of the key service.
    pub async fn rotate(&self) -> Result<u32, VaultError> {
        loop {
            let keys = self.reload().await?;
            let before = &keys.kept;
            let version = before.version.saturating_add(1);
            let (_, data_key) = self.kms.new_key(&data_key_context(version)).await?;
            let mut earlier = before.earlier.clone();
            earlier.push(EarlierKey { version: before.version, data_key: before.data_key.clone() });
            let now = VaultKeys { version, data_key, earlier, ..before.clone() };
            if self.change(before, now).await? {
                return Ok(version);
            }
        }
    }

    /// Wraps all keys anew with the key-encryption key that the key service wraps with now. No entry is touched. Gives its version.
    ///
    /// # Errors
    /// [`VaultError::KekVersionUnknown`] if a key-encryption key that wrapped one of them is gone already; [`VaultError::Store`], and those
    /// of the key service.
    pub async fn rewrap(&self) -> Result<u32, VaultError> {
        loop {
            let keys = self.reload().await?;
            let before = &keys.kept;
            let mut earlier = Vec::with_capacity(before.earlier.len());
            for EarlierKey { version, data_key } in &before.earlier {
                let data_key = self.wrapped_anew(data_key, &data_key_context(*version)).await?;
                earlier.push(EarlierKey { version: *version, data_key });
            }
            let data_key = self.wrapped_anew(&before.data_key, &data_key_context(before.version)).await?;
            let fingerprint_key = self.wrapped_anew(&before.fingerprint_key, FINGERPRINT_KEY_CONTEXT).await?;
            let kek_version = data_key.kek_version;
            let now = VaultKeys { data_key, fingerprint_key, earlier, ..before.clone() };
            if self.change(before, now).await? {
                return Ok(kek_version);
            }
        }
    }

    async fn wrapped_anew(&self, key: &WrappedKey, context: &str) -> Result<WrappedKey, VaultError> {
        let key = self.kms.unwrap_key(key, context).await?;
        self.kms.wrap_key(&key, context).await
    }

    /// Seals with the current key what was sealed with an earlier one, while others use the vault. `each` is told how far it is; if it gives `false` this
    /// ends there, and another pass goes on. A pass that goes through and finds nothing is noted in [`VaultStanding::sealed_from`].
    ///
    /// # Errors
    /// [`VaultError::KeyVersionUnknown`] for an entry under a key that is gone; [`VaultError::Store`], and those of the key service.
    pub async fn reseal(
        &self,
        mut each: impl FnMut(Resealed) -> bool + Send,
    ) -> Result<Resealed, VaultError> {
        let keys = self.reload().await?;
        let (mut done, mut after) = (Resealed::default(), None);
        loop {
            let page = self.store.page(after, BATCH).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.token);
            done.seen += page.len() as u64;
            let mut pairs = Vec::new();
            for before in page {
                if before.key_version < keys.kept.version {
                    match self.open(&before).await {
                        Ok(pan) => {
                            let now = self.seal(&keys, before.token, &pan);
                            pairs.push((before, now));
                        }
                        Err(VaultError::EntryDamaged { .. }) => done.damaged += 1,
                        Err(other) => return Err(other),
                    }
                }
            }
            let count = pairs.len() as u64;
            if count > 0 {
                match self.store.replace(pairs).await? {
                    true => done.resealed += count,
                    false => done.left += count,
                }
            }
            if !each(done) {
                return Ok(done);
            }
        }
        let clean = done.resealed == 0 && done.left == 0;
        while clean && self.known().kept.sealed_from < keys.kept.version {
            let before = self.reload().await?.kept.clone();
            let sealed_from = before.sealed_from.max(keys.kept.version);
            if self.change(&before, VaultKeys { sealed_from, ..before.clone() }).await? {
                break;
            }
        }
        Ok(done)
    }

    /// Changes the keys, if they are still those; else somebody else was faster.
    async fn change(&self, before: &VaultKeys, now: VaultKeys) -> Result<bool, VaultError> {
        let changed = self.store.replace_keys(before, now).await?;
        self.reload().await?;
        Ok(changed)
    }
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
