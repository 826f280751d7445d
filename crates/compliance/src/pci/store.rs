//! The port to the place where entries are kept.

use crate::VaultError;
use crate::pci::{CardToken, VaultEntry, VaultKeys};
use async_trait::async_trait;

/// Keeps vault entries and the wrapped keys they are sealed with.
///
/// # Contract
/// - Both inserts are atomic and durable: of several at once for the same fingerprint (or of keys) exactly one is kept,
///   and all of them return it.
/// - What an insert returned is found by every later read, unchanged.
/// - A failure of the place itself is [`VaultError::Store`].
///
/// [`contract::vault_store`](crate::pci::contract::vault_store) tries an implementation.
#[async_trait]
pub trait VaultStore: Send + Sync {
    /// The entry of this token.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    async fn by_token(&self, token: CardToken) -> Result<Option<VaultEntry>, VaultError>;

    /// The entry with this fingerprint.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    async fn by_fingerprint(&self, fingerprint: &[u8; 32]) -> Result<Option<VaultEntry>, VaultError>;

    /// Keeps `entry` unless there is one with its fingerprint, and returns the one that is kept: `entry`, or the
    /// earlier one.
    ///
    /// # Errors
    /// [`VaultError::TokenTaken`] if the fingerprint is new but the token is not; nothing is kept then.
    /// [`VaultError::Store`].
    async fn insert(&self, entry: VaultEntry) -> Result<VaultEntry, VaultError>;

    /// The keys of the vault, if it has been used before.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    async fn keys(&self) -> Result<Option<VaultKeys>, VaultError>;

    /// Keeps `keys` unless there are some, and returns those that are kept: `keys`, or the earlier ones.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    async fn insert_keys(&self, keys: VaultKeys) -> Result<VaultKeys, VaultError>;

    /// Puts `now` in the place of `before`; `false`, and nothing is changed, if those are not the keys that are kept.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    async fn replace_keys(&self, before: &VaultKeys, now: VaultKeys) -> Result<bool, VaultError>;

    /// Entries beyond a token, by rising token, at most `limit`; fewer only at the end.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    async fn page(&self, after: Option<CardToken>, limit: usize) -> Result<Vec<VaultEntry>, VaultError>;

    /// Puts the second of each pair in the place of the first, all or none; `false`, and nothing is changed, if one of the first is not what
    /// is kept. Token and fingerprint of a pair are the same; at most 1,000 pairs.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    async fn replace(&self, pairs: Vec<(VaultEntry, VaultEntry)>) -> Result<bool, VaultError>;
}
