//! The intent: what customer and merchant see of a payment.

use crate::error::reference;
use crate::{DeclineCode, PaymentsError, Split};
use pmts_kernel::{Timestamp, typed_id};
use pmts_money::Money;
use serde::{Deserialize, Serialize};

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
}

/// Where a payment stands. [`crate::INTENT_TRANSITIONS`] lists what leads where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// Known, nothing sent.
    New,
    /// An authorization is under way, or its outcome is not known.
    Authorizing,
    /// The money is held.
    Authorized,
    /// A capture is under way, or its outcome is not known.
    Capturing,
    /// The money is captured. Refunds do not change this: the ledger tells them.
    Captured,
    /// Refused by the issuer, or taken back after an unknown outcome: no money is held.
    Declined,
}

impl IntentState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::New, Self::Authorizing, Self::Authorized, Self::Capturing, Self::Captured, Self::Declined];
}

/// Why a payment was declined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// The reason in one vocabulary for all gateways.
    pub code: DeclineCode,
    /// The gateway's own code, if it gave one.
    pub raw: Option<String>,
}

/// A payment as a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its id.
    pub id: PaymentId,
    /// What is paid for.
    pub order: OrderRef,
    /// Who pays; `None`: a guest.
    pub customer: Option<CustomerRef>,
    /// How.
    pub method: MethodRef,
    /// The sum of the splits.
    pub amount: Money,
    /// Who gets which part, and how much of it went back.
    pub splits: Vec<Split>,
    /// Where it stands.
    pub state: IntentState,
    /// Why it was declined.
    pub decline: Option<Decline>,
    /// When it was made.
    pub created: Timestamp,
}
