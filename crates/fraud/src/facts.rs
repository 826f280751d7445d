//! What is known of a step before it is decided.

use crate::key::{Key, KeyKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// At which point of a payment's life a decision is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Before the authorization.
    Authorization,
    /// Before the capture.
    Capture,
    /// Before money is paid out to a seller.
    Payout,
    /// Before a refund.
    Refund,
}

impl Step {
    /// The name in rules.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Capture => "capture",
            Self::Payout => "payout",
            Self::Refund => "refund",
        }
    }
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
}

/// What is known of a step: when, how much, whose, and attributes that rules may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The id under which the step is known outside, at most 64 bytes.
    pub id: String,
    /// At which point it is.
    pub step: Step,
    /// When, in seconds since 1970, UTC.
    pub at: i64,
    /// How much, in minor units of the currency in which this platform compares amounts (the caller converts). Not below zero.
    pub amount: i64,
    /// Whose: at most one key of each kind counts.
    pub keys: Vec<Key>,
    /// What rules may ask for, by the names of [`crate::rules::Schema`].
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
}

impl Facts {
    /// The key of a kind.
    pub fn key(&self, kind: KeyKind) -> Option<Key> {
        self.keys.iter().find(|k| k.kind == kind).copied()
    }
}
