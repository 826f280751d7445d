//! Card data under PCI DSS v4.0.1: the vault, and what finds card numbers elsewhere ([`scrub`]).
//!
//! [`Vault::put`] is the only way to keep a card number. Everything else in the platform carries the [`CardToken`] it
//! gives back. How a number is kept by [`EnvelopeVault`]:
//!
//! ```text
//! Kms: key-encryption key ──wraps──▶ data key   ──AES-256-GCM-SIV──▶ VaultEntry.ciphertext
//!                         └─wraps──▶ print key  ──HMAC-SHA-256─────▶ VaultEntry.fingerprint
//! ```
//!
//! - Strong cryptography with managed keys (3.5.1), keys wrapped by a key-encryption key that is at least as strong and
//!   kept apart (3.6.1, 3.6.1.2). AES-256-GCM-SIV is RFC 8452.
//! - The fingerprint is a keyed hash of the whole number (3.5.1.1), so that the same card gets the same token; without
//!   the key it cannot be tried out against the first six and last four digits that stand beside it.
//! - Both keys rotate while the vault is in use (3.7.4): [`EnvelopeVault::rewrap`] wraps all keys anew, [`EnvelopeVault::rotate`] begins a new data key, and
//!   [`EnvelopeVault::reseal`] seals with it what was sealed with an earlier one. The fingerprint key stays, or equal cards would get unequal tokens.
//! - Not stored here at all: card verification codes, tracks, PIN blocks (3.3.1).
//!
//! | port | adapters |
//! | --- | --- |
//! | [`Kms`] | [`FileKms`], [`MemoryKms`] |
//! | [`VaultStore`] | [`MemoryVaultStore`]; [`contract::vault_store`] is the suite for others |

pub mod contract;

mod adapters;
mod entry;
mod envelope;
pub(crate) mod hex;
mod key;
mod kms;
mod rotation;
pub mod scrub;
mod seal;
mod store;
mod token;
mod vault;

pub use adapters::{FileKms, MemoryKms, MemoryVaultStore};
pub use entry::{StoredCard, VaultEntry};
pub use envelope::EnvelopeVault;
pub use key::DataKey;
pub use kms::{EarlierKey, Kms, VaultKeys, WrappedKey};
pub use rotation::{Resealed, VaultStanding};
pub(crate) use seal::{NONCE_LEN, SealingKey};
pub use store::VaultStore;
pub use token::CardToken;
pub use vault::Vault;
