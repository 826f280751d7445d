//! An API key as it is kept.

use crate::hex;
use pmts_kernel::{Principal, Timestamp, typed_id};
use serde::{Deserialize, Serialize};
use std::fmt;

typed_id! {
    /// An API key. Not the key itself: what it is called in lists and logs.
    pub struct ApiKeyId("key");
}

/// Whether real money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Against a sandbox.
    Test,
    /// Against a card host.
    Live,
}

impl Mode {
    /// The word inside a key: `test`, `live`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Everything but the work of the case team. Stays on the shop's servers.
    Secret,
    /// Hand in cards, and confirm and read one payment whose client secret is known. May be seen by everybody.
    Publishable,
    /// Read everything, and work on cases of money laundering, which no other key sees. One for each person of the case team.
    CaseTeam,
}

impl KeyKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Secret, Self::Publishable, Self::CaseTeam];

    /// What a key of this kind starts with: `sk`, `pk`, `ck`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "sk",
            Self::Publishable => "pk",
            Self::CaseTeam => "ck",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret => "secret",
            Self::Publishable => "publishable",
            Self::CaseTeam => "case-team",
        })
    }
}

/// A key as it is kept. The key itself is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Test or live.
    pub mode: Mode,
    /// What it may do.
    pub kind: KeyKind,
    /// What people call it: 1 to 64 printable characters.
    pub name: String,
    /// HMAC-SHA-256 of the key under the pepper; unique. Hexadecimal in JSON.
    #[serde(with = "hex")]
    pub hash: [u8; 32],
    /// The last four characters of the key, for people.
    pub last_four: String,
    /// Since when.
    pub created: Timestamp,
    /// From this moment on it is not taken. `None`: never.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

impl ApiKey {
    /// Who it stands for in commits and logs: `key:key_...`.
    pub fn principal(&self) -> Principal {
        Principal::try_new(format!("key:{}", self.id)).expect("an id is short and printable")
    }

    /// Whether it is taken at `now`.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|end| now < end)
    }
}

/// A key, and the version that a write of it must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionedKey {
    /// 1 for the first write.
    pub version: u64,
    /// The key.
    pub key: ApiKey,
}
