//! The records of the platform: domain types as they are kept. The names of the kinds are on disk and stay.

use pmts_cards::WireKeys;
use pmts_compliance::pci::{VaultEntry, VaultKeys};
use pmts_identity::ApiKey;
use pmts_kernel::{Principal, Timestamp, typed_id};
use pmts_money::Money;
use pmts_payments::{Intent, Operation, OperationId, OperationKind, OperationState, PaymentId};
use pmts_store::Record;
use serde::{Deserialize, Serialize};

/// A record that is a domain type, with its kind, id and keys.
macro_rules! record_of {
    ($(#[$doc:meta])* $name:ident($inner:ty), $kind:literal, |$value:ident| $id:expr, $keys:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl Record for $name {
            const KIND: &'static str = $kind;

            fn record_id(&self) -> u128 {
                let $value = &self.0;
                $id
            }

            fn keys(&self) -> Vec<(&'static str, String)> {
                let keys: fn(&$inner) -> Vec<(&'static str, String)> = |$value| {
                    let _ = $value;
                    $keys
                };
                keys(&self.0)
            }
        }
    };
}

pub(crate) use record_of;

record_of! {
    /// A payment. Those of a customer are listed by it.
    IntentRecord(Intent), "payment", |p| p.id.raw(), p.customer.iter().map(|c| ("customer", c.to_string())).collect()
}
record_of! {
    /// An operation. Those of a payment are listed by it; authorizations, refunds, and what moved money, together.
    OperationRecord(Operation), "operation", |o| o.id.raw(), {
        let moved = o.state == OperationState::Succeeded;
        let lists: &[&str] = match o.kind {
            OperationKind::Authorize => &["charge"],
            OperationKind::Refund if moved => &["refund", "movement"],
            OperationKind::Refund => &["refund"],
            OperationKind::Capture if moved => &["movement"],
            _ => &[],
        };
        let lists = lists.iter().map(|list| ("list", (*list).to_owned()));
        [("payment", o.payment.to_string())].into_iter().chain(lists).collect()
    }
}
record_of! {
    /// A card in the vault, sealed.
    VaultCardRecord(VaultEntry), "vault_card", |e| e.token.raw(), vec![]
}
record_of! {
    /// An API key.
    ApiKeyRecord(ApiKey), "api_key", |k| k.id.raw(), vec![]
}
record_of! {
    /// The vault's own keys, wrapped. There is one.
    VaultKeysRecord(VaultKeys), "vault_keys", |_k| 1, vec![]
}

typed_id! {
    /// Something a person has to look at.
    pub struct TaskId("task");
}

/// Something a person has to look at, with all that is needed to start. Open ones are listed under `open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Which payment, if it is about one.
    pub payment: Option<PaymentId>,
    /// Which operation, if it is about one.
    pub operation: Option<OperationId>,
    /// What is the matter, a sentence.
    pub what: String,
    /// Since when.
    pub created: Timestamp,
    /// When it was done, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<(Timestamp, Principal)>,
}

impl Record for Task {
    const KIND: &'static str = "task";

    fn record_id(&self) -> u128 {
        self.id.raw()
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        let open = self.done.is_none().then(|| ("open", "1".to_owned()));
        self.operation.map(|o| ("operation", o.to_string())).into_iter().chain(open).collect()
    }
}

/// An approval given in the card host's place, which the host has not been told of yet. The card is in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandInAdvice {
    /// Its place in the queue.
    pub id: u128,
    /// The trace number of the authorization.
    pub stan: u32,
    /// When the authorization was to be sent.
    pub transmitted_at: Timestamp,
    /// Its retrieval reference.
    pub rrn: String,
    /// The vault's token of the card.
    pub token: String,
    /// The card's expiry date, YYMM.
    pub expiry_yymm: String,
    /// What was approved.
    pub amount: Money,
    /// The approval code of our own.
    pub approval_code: String,
    /// It was decided so; otherwise the host could not be reached.
    pub by_acquirer: bool,
    /// It may have been sent before.
    pub sent: bool,
}

impl StandInAdvice {
    /// What it is known by.
    pub fn key(keys: &WireKeys) -> String {
        format!("{}/{}/{}", keys.stan, keys.transmitted_at.as_micros(), keys.rrn)
    }

    /// The keys of its message.
    pub fn wire_keys(&self) -> WireKeys {
        let Self { stan, transmitted_at, rrn, .. } = self;
        WireKeys { stan: *stan, transmitted_at: *transmitted_at, rrn: rrn.clone(), trace: None }
    }
}

impl Record for StandInAdvice {
    const KIND: &'static str = "stand_in_advice";

    fn record_id(&self) -> u128 {
        self.id
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![("keys", Self::key(&self.wire_keys()))]
    }
}

/// The name of a mode.
pub fn mode(live: bool) -> &'static str {
    if live { "live" } else { "test" }
}
