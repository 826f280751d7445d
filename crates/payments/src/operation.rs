//! An operation: one effect in the outside world.

use crate::intent::is_default;
use crate::{Checks, Decline, GatewayReference, MethodRef, Payee, PaymentId};
use pmts_kernel::{Timestamp, typed_id};
use pmts_money::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

typed_id! {
    /// An operation of a payment.
    pub struct OperationId("op");
}

/// What the operation does outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Asks the issuer to hold the money. After a timeout it is reversed, never repeated.
    Authorize,
    /// Asks the issuer to hold more. After a timeout it is reversed, never repeated.
    Increment,
    /// Takes held money. After a timeout it is repeated with the same reference.
    Capture,
    /// Gives up the whole hold. After a timeout it is repeated with the same reference.
    Void,
    /// Gives up what is left of a hold of which a part is captured. It cannot be refused, and is repeated until confirmed.
    Release,
    /// Gives money back. After a timeout it is repeated with the same reference.
    Refund,
}

impl OperationKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Authorize, Self::Increment, Self::Capture, Self::Void, Self::Release, Self::Refund];

    /// It makes the issuer hold money, and is reversed when its outcome is not known.
    pub fn holds(self) -> bool {
        matches!(self, Self::Authorize | Self::Increment)
    }
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// The intent to do it is committed; the effect may be under way.
    Pending,
    /// Done.
    Succeeded,
    /// Refused by the other side.
    Declined,
    /// It may or may not have happened; somebody works on it.
    Unknown,
    /// It is being taken back, though it is known to have happened.
    Reversing,
    /// Taken back, or found never to have happened.
    Reversed,
    /// It surely never left us.
    NotSent,
}

impl OperationState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Succeeded,
        Self::Declined,
        Self::Unknown,
        Self::Reversing,
        Self::Reversed,
        Self::NotSent,
    ];

    /// Nothing more will happen to it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Declined | Self::Reversed | Self::NotSent)
    }
}

/// One payee's part of a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Whose.
    pub payee: Payee,
    /// How much, from 1 minor unit.
    pub amount: Money,
}

/// An operation as a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// Whose.
    pub payment: PaymentId,
    /// What it does.
    pub kind: OperationKind,
    /// How much was asked for.
    pub amount: Money,
    /// How much was approved, if it is less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Money>,
    /// Where it stands.
    pub state: OperationState,
    /// What the outside knows it by; a repeat carries the same.
    pub reference: GatewayReference,
    /// What the outside knows its reversal by, once it has to be reversed.
    pub reversal: Option<GatewayReference>,
    /// The issuer's approval code.
    pub approval_code: Option<String>,
    /// Why it was declined.
    pub decline: Option<Decline>,
    /// When it was decided.
    pub created: Timestamp,
    /// An authorization: the caller takes less than it asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub allow_partial: bool,
    /// A capture: no other follows, and the rest of the hold is given up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub last: bool,
    /// A capture or refund: whose parts, if they are not all that is left of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// An authorization: how it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodRef>,
    /// What the issuer found when it compared address and security code.
    #[serde(default, skip_serializing_if = "is_default")]
    pub checks: Checks,
    /// A refund: the caller's reason, a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A refund: names and values of the caller's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Real money, not a test.
    #[serde(default, skip_serializing_if = "is_default")]
    pub live: bool,
    /// The request that asked for it, to be found again in logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

impl Operation {
    /// What it came to: what was approved, else what was asked for.
    pub fn effective(&self) -> Money {
        self.approved.unwrap_or(self.amount)
    }
}
