//! The port to what keeps the key-encryption key.

use crate::VaultError;
use crate::pci::{DataKey, hex};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Makes, wraps and unwraps keys with a key-encryption key that never leaves it.
///
/// # Contract
/// - A key unwraps to what was wrapped, with the same context only, for as long as its version is kept. A changed
///   wrapped key, or another context, is [`VaultError::KeyDamaged`]; a version that is gone,
///   [`VaultError::KekVersionUnknown`].
/// - Each wrapping is under [`Kms::current_version`].
#[async_trait]
pub trait Kms: Send + Sync {
    /// A new key, not known to anybody, and its wrapped form.
    ///
    /// # Errors
    /// [`VaultError::Kms`] if the service fails.
    async fn new_key(&self, context: &str) -> Result<(DataKey, WrappedKey), VaultError>;

    /// Wraps a key. The context says what it is for, and is bound to it; it is not secret.
    ///
    /// # Errors
    /// [`VaultError::Kms`] if the service fails.
    async fn wrap_key(&self, key: &DataKey, context: &str) -> Result<WrappedKey, VaultError>;

    /// The key inside.
    ///
    /// # Errors
    /// [`VaultError::KeyDamaged`], [`VaultError::KekVersionUnknown`], [`VaultError::Kms`].
    async fn unwrap_key(&self, wrapped: &WrappedKey, context: &str) -> Result<DataKey, VaultError>;

    /// The version of the key-encryption key that wraps now; it grows.
    fn current_version(&self) -> u32;
}

/// A key, readable only by the [`Kms`] that wrapped it. Can be kept anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrappedKey {
    /// Which key-encryption key wrapped it.
    pub kek_version: u32,
    /// What the service gave out; its form is the service's own affair. Hexadecimal in JSON.
    #[serde(with = "hex")]
    pub bytes: Vec<u8>,
}

/// An earlier data key of a vault, wrapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierKey {
    /// Its version.
    pub version: u32,
    /// The key.
    pub data_key: WrappedKey,
}

/// The keys of a vault, wrapped. Made when the vault is first used; a new data key joins them when they are rotated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultKeys {
    /// Names these keys in the entries that were sealed with them; from 1.
    pub version: u32,
    /// Seals the card numbers.
    pub data_key: WrappedKey,
    /// Earlier data keys: what was sealed with them opens until it is sealed anew, and in copies of the store after that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierKey>,
    /// No entry that opens was found any more that is sealed with a version before this one; 0: nobody looked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sealed_from: u32,
    /// Makes the fingerprints. It never changes, or equal cards would get unequal tokens.
    pub fingerprint_key: WrappedKey,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(version: &u32) -> bool {
    *version == 0
}
