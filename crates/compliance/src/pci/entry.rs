//! What is kept of a card, and what is told about it.

use crate::pci::seal::NONCE_LEN;
use crate::pci::{CardToken, hex};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A card as the [`VaultStore`](crate::pci::VaultStore) keeps it: the number sealed, the rest fit to be seen. Bytes are
/// hexadecimal text in JSON. `{:?}` shows the token and the masked number only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultEntry {
    /// Stands for the card; unique.
    pub token: CardToken,
    /// HMAC-SHA-256 of the number under the vault's fingerprint key; unique.
    #[serde(with = "hex")]
    pub fingerprint: [u8; 32],
    /// The number, sealed with AES-256-GCM-SIV together with token and key version.
    #[serde(with = "hex")]
    pub ciphertext: Vec<u8>,
    /// The nonce it was sealed with.
    #[serde(with = "hex")]
    pub nonce: [u8; NONCE_LEN],
    /// The version of the [`VaultKeys`](crate::pci::VaultKeys) it was sealed with.
    pub key_version: u32,
    /// The first six digits; empty for a number of fewer than 14 digits.
    pub first_six: String,
    /// The last four digits.
    pub last_four: String,
}

impl fmt::Debug for VaultEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultEntry")
            .field("token", &self.token)
            .field("first_six", &self.first_six)
            .field("last_four", &self.last_four)
            .finish_non_exhaustive()
    }
}

/// What the vault tells about a card it keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCard {
    /// Stands for the card.
    pub token: CardToken,
    /// The first six digits; empty for a number of fewer than 14 digits.
    pub first_six: String,
    /// The last four digits.
    pub last_four: String,
    /// Equal for equal numbers, within one vault: 64 hexadecimal digits.
    pub fingerprint: String,
}

impl From<VaultEntry> for StoredCard {
    fn from(entry: VaultEntry) -> Self {
        let VaultEntry { token, fingerprint, first_six, last_four, .. } = entry;
        Self { token, first_six, last_four, fingerprint: hex::encode(&fingerprint) }
    }
}
