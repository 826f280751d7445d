//! The port to the vault.

use crate::VaultError;
use crate::pci::{CardToken, StoredCard};
use async_trait::async_trait;
use pmts_sensitive::Pan;

/// Keeps card numbers.
///
/// # Contract
/// - The same number always gets the same token, also when it is put many times at once.
/// - What `put` returned can be revealed, after a restart too.
/// - No card number is ever in an error.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Keeps a card number and gives the token that stands for it.
    ///
    /// # Errors
    /// [`VaultError::EntryDamaged`] and [`VaultError::KeyVersionUnknown`] if the number is kept already, in an entry
    /// that does not open; [`VaultError::TokenTaken`]; [`VaultError::Kms`]; [`VaultError::Store`].
    async fn put(&self, pan: &Pan) -> Result<StoredCard, VaultError>;

    /// The card number behind a token. **Only inside a call to an acquirer or network**, for the message that needs it;
    /// the result is dropped with the message and goes nowhere else.
    ///
    /// # Errors
    /// [`VaultError::TokenUnknown`], [`VaultError::EntryDamaged`], [`VaultError::KeyVersionUnknown`],
    /// [`VaultError::Kms`], [`VaultError::Store`].
    async fn reveal(&self, token: CardToken) -> Result<Pan, VaultError>;
}
