//! An operation: one effect in the outside world.

use crate::{Decline, GatewayReference, PaymentId};
use pmts_kernel::{Timestamp, typed_id};
use pmts_money::Money;
use serde::{Deserialize, Serialize};

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
    /// Takes the held money. After a timeout it is repeated with the same reference.
    Capture,
    /// Gives money back. After a timeout it is repeated with the same reference.
    Refund,
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

/// An operation as a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// Whose.
    pub payment: PaymentId,
    /// What it does.
    pub kind: OperationKind,
    /// How much.
    pub amount: Money,
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
}
