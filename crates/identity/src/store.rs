//! The port to where keys are kept.

use crate::{ApiKey, ApiKeyId, IdentityError, VersionedKey};
use async_trait::async_trait;

/// Keeps API keys.
///
/// # Contract
/// - A write names the version it read (0: the key is new) and is atomic and durable. Another version there is
///   [`IdentityError::Conflict`]; a new key with a hash that another has is [`IdentityError::KeyTaken`]. Nothing is written
///   then.
/// - A write changes neither id nor hash.
/// - What was written is found by every later read.
/// - A failure of the place itself is [`IdentityError::Store`].
///
/// [`contract::key_store`](crate::contract::key_store) tries an implementation.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// The key with this id.
    ///
    /// # Errors
    /// [`IdentityError::Store`].
    async fn by_id(&self, id: ApiKeyId) -> Result<Option<VersionedKey>, IdentityError>;

    /// The key with this hash.
    ///
    /// # Errors
    /// [`IdentityError::Store`].
    async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<VersionedKey>, IdentityError>;

    /// Writes keys, all or none, each with the version that was read; at most one of them is new.
    ///
    /// # Errors
    /// [`IdentityError::Conflict`], [`IdentityError::KeyTaken`], [`IdentityError::Store`].
    async fn put(&self, keys: Vec<VersionedKey>) -> Result<(), IdentityError>;

    /// All keys, oldest first.
    ///
    /// # Errors
    /// [`IdentityError::Store`].
    async fn list(&self) -> Result<Vec<ApiKey>, IdentityError>;
}
