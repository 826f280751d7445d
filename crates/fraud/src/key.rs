//! What history is kept by: a customer, a card, a device and so on, each as a hash.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What a key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyKind {
    /// Who pays.
    Customer,
    /// The card's fingerprint, never its number.
    Card,
    /// The payer's device.
    Device,
    /// The payer's internet address.
    Ip,
    /// The network of that address.
    Network,
    /// The payer's e-mail address.
    Email,
    /// Where the goods go.
    Address,
    /// Who sells.
    Seller,
    /// Where the card is used.
    Terminal,
    /// The first digits of the card.
    Bin,
}

impl KeyKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Customer,
        Self::Card,
        Self::Device,
        Self::Ip,
        Self::Network,
        Self::Email,
        Self::Address,
        Self::Seller,
        Self::Terminal,
        Self::Bin,
    ];

    /// The name in features, rules and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Card => "card",
            Self::Device => "device",
            Self::Ip => "ip",
            Self::Network => "network",
            Self::Email => "email",
            Self::Address => "address",
            Self::Seller => "seller",
            Self::Terminal => "terminal",
            Self::Bin => "bin",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }

    /// The number, 0 to 9.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A key: a kind, and the hash of a value. The value itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// What it is of.
    pub kind: KeyKind,
    /// A 64-bit hash of the value.
    pub hash: u64,
}

impl Key {
    /// The key of a value. Upper and lower case are the same, spaces around it do not count.
    pub fn of(kind: KeyKind, value: &str) -> Self {
        let value = value.trim();
        let seed = kind as u64;
        let hash = if value.bytes().any(|b| b.is_ascii_uppercase()) {
            xxh3_64_with_seed(value.to_ascii_lowercase().as_bytes(), seed)
        } else {
            xxh3_64_with_seed(value.as_bytes(), seed)
        };
        Self { kind, hash }
    }
}
