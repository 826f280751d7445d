//! What a shop tells of payer and purchase, as keys and attributes: no address, number or name is kept.

use super::RiskError;
use crate::records::record_of;
use pmts_fraud::rules::{Schema, Type};
use pmts_fraud::{Key, KeyKind, Value};
use pmts_payments::PaymentId;
use pmts_store::Record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What is known of payer and purchase beside the payment itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Signals {
    /// Of which payment; `None` before it has an id.
    #[serde(default)]
    pub payment: Option<PaymentId>,
    /// Device, internet address, network, e-mail, address, terminal: hashed.
    pub keys: Vec<Key>,
    /// By the names of [`Schema`].
    pub attributes: BTreeMap<String, Value>,
}

record_of! {
    /// The signals of a payment that is not confirmed yet, or may be tried again.
    SignalsRecord(Signals), "risk_signals", |s| s.payment.map_or(0, |p| p.raw()), vec![]
}

impl Signals {
    /// Whether nothing is told.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.attributes.is_empty()
    }

    /// Takes a key by its value: `None` if nothing is left of it without spaces.
    pub fn key(&mut self, kind: KeyKind, value: &str) {
        if value.trim().is_empty() {
            return;
        }
        self.keys.retain(|k| k.kind != kind);
        self.keys.push(Key::of(kind, value));
    }

    /// Takes an internet address, and its network: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address.
    pub fn ip(&mut self, address: IpAddr) {
        let address = address.to_canonical();
        self.key(KeyKind::Ip, &address.to_string());
        let network = match address {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(v6) => {
                let [a, b, c, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
        };
        self.key(KeyKind::Network, &network);
    }

    /// Takes an attribute as text: `true` and `false`, whole numbers, or text, as the schema says.
    ///
    /// # Errors
    /// [`RiskError::Signal`] for a name the schema does not have, or a value of another type.
    pub fn attribute(&mut self, name: &str, text: &str) -> Result<(), RiskError> {
        let wrong = || RiskError::Signal { name: name.to_owned(), value: text.to_owned() };
        let value = match Schema::attribute(name).ok_or_else(wrong)? {
            Type::Bool => Value::Bool(text.parse().map_err(|_| wrong())?),
            Type::Int => Value::Int(text.parse().map_err(|_| wrong())?),
            Type::Text if text.len() <= 100 => Value::Text(text.to_owned()),
            Type::Text => return Err(wrong()),
        };
        self.attributes.insert(name.to_owned(), value);
        Ok(())
    }

    /// Puts what is told now over what was told before.
    #[must_use]
    pub fn onto(mut self, before: Self) -> Self {
        for key in before.keys {
            if !self.keys.iter().any(|k| k.kind == key.kind) {
                self.keys.push(key);
            }
        }
        for (name, value) in before.attributes {
            self.attributes.entry(name).or_insert(value);
        }
        self.payment = self.payment.or(before.payment);
        self
    }
}
