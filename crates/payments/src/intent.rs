//! The intent: what customer and merchant see of a payment.

use crate::error::reference;
use crate::{DeclineCode, OperationId, PaymentsError, Retry, Risk, Split};
use pmts_kernel::{Timestamp, typed_id};
use pmts_money::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

typed_id! {
    /// A payment.
    pub struct PaymentId("pay");
}

macro_rules! reference_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads it.
            ///
            /// # Errors
            /// [`PaymentsError::Reference`].
            pub fn try_new(text: impl Into<String>) -> Result<Self, PaymentsError> {
                reference($what, $max, text.into()).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = PaymentsError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::try_new(text)
            }
        }

        impl From<$name> for String {
            fn from(r: $name) -> Self {
                r.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use reference_type;

reference_type! {
    /// The shop's order, in the shop's own numbering.
    OrderRef, "an order reference", 64
}
reference_type! {
    /// The shop's customer, a pseudonym: never a name or address.
    CustomerRef, "a customer reference", 64
}

/// How the customer pays: a vaulted card. No card number, only what may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodRef {
    /// The vault's token.
    pub token: String,
    /// Last four digits, for people.
    pub last_four: String,
    /// Expiry date, YYMM.
    pub expiry_yymm: String,
    /// The card network's name in lower case, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The first six digits, which say whose card it is: the screen counts by them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_six: Option<String>,
    /// The caller's own name for it (`pm_...`), if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl MethodRef {
    /// A card in the vault; `expiry_yymm` is its date, YYMM.
    pub fn new(
        token: impl Into<String>,
        last_four: impl Into<String>,
        expiry_yymm: impl Into<String>,
    ) -> Self {
        Self {
            token: token.into(),
            last_four: last_four.into(),
            expiry_yymm: expiry_yymm.into(),
            network: None,
            first_six: None,
            name: None,
        }
    }
}

/// Where a payment stands. [`crate::INTENT_TRANSITIONS`] lists what leads where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// Known, nothing sent.
    New,
    /// The payer is asked for a challenge; nothing is sent.
    ActionRequired,
    /// An authorization is under way, or its outcome is not known.
    Authorizing,
    /// The money is held; parts of it may be captured already.
    Authorized,
    /// A higher hold is asked for, or whether it was given is not known. The hold there was stands.
    Incrementing,
    /// A capture is under way, or its outcome is not known.
    Capturing,
    /// All that will be captured is captured. Refunds do not change this: the ledger tells them.
    Captured,
    /// The hold is being given up, or whether it was is not known.
    Canceling,
    /// Given up before anything was captured: no money is held.
    Canceled,
    /// Refused by the risk screen or the issuer, or taken back after an unknown outcome: no money is held. It can be tried again.
    Declined,
}

impl IntentState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::New,
        Self::ActionRequired,
        Self::Authorizing,
        Self::Authorized,
        Self::Incrementing,
        Self::Capturing,
        Self::Captured,
        Self::Canceling,
        Self::Canceled,
        Self::Declined,
    ];

    /// Nothing more will happen to its hold.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Captured | Self::Canceled)
    }
}

/// Why a payment was declined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// The reason in one vocabulary for all gateways.
    pub code: DeclineCode,
    /// The gateway's own code, if it gave one.
    pub raw: Option<String>,
    /// Whether and when it may be tried again, if the gateway knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}

/// When the money is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMethod {
    /// At once, with the approval.
    #[default]
    Automatic,
    /// When the caller says so, in one or more captures.
    Manual,
}

/// Why a payment was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// Bought twice.
    Duplicate,
    /// Suspected of fraud.
    Fraudulent,
    /// The customer asked for it.
    RequestedByCustomer,
    /// Left lying by the customer.
    Abandoned,
    /// The hold came to its end before it was captured.
    Expired,
}

/// What the caller says about a payment, for people: kept and shown, never acted on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Details {
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What stands on the customer's statement, if it is not the merchant's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_descriptor: Option<String>,
    /// Names and values of the caller's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// A payment as a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its id.
    pub id: PaymentId,
    /// What is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderRef>,
    /// Who pays; `None`: a guest.
    pub customer: Option<CustomerRef>,
    /// How; `None`: not said yet.
    pub method: Option<MethodRef>,
    /// The sum of the splits.
    pub amount: Money,
    /// Who gets which part, how much of it is captured and how much of that went back.
    pub splits: Vec<Split>,
    /// Where it stands.
    pub state: IntentState,
    /// Why it was declined last; gone when it is tried again.
    pub decline: Option<Decline>,
    /// When it was made.
    pub created: Timestamp,
    /// Its latest authorization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<OperationId>,
    /// When it is captured.
    #[serde(default, skip_serializing_if = "is_default")]
    pub capture: CaptureMethod,
    /// Until when the issuer holds the money, once it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_until: Option<Timestamp>,
    /// When and why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canceled: Option<(Timestamp, Option<CancelReason>)>,
    /// Real money, not a test.
    #[serde(default, skip_serializing_if = "is_default")]
    pub live: bool,
    /// What the caller says about it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub details: Details,
    /// What the risk screen said, and what came of it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub risk: Risk,
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
