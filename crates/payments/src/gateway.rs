//! The port to whoever moves the money outside.

use crate::{MethodRef, Operation};
use async_trait::async_trait;
use pmts_kernel::Timestamp;
use pmts_money::Money;
use serde::{Deserialize, Serialize};

/// What the outside will know an operation by, opaque to payments: given by the gateway before the operation is
/// committed, and the same in every repeat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GatewayReference(pub String);

/// How the card is presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardDetails {
    /// The vaulted card.
    pub method: MethodRef,
}

/// Why something was declined, in one vocabulary for all gateways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineCode {
    /// No reason given.
    DoNotHonor,
    /// Not enough money.
    InsufficientFunds,
    /// The card is past its date.
    ExpiredCard,
    /// There is no such card.
    InvalidNumber,
    /// Reported lost.
    LostCard,
    /// Reported stolen.
    StolenCard,
    /// Suspected of fraud.
    Fraud,
    /// Too often or too much.
    LimitExceeded,
    /// The issuer cannot be reached or failed.
    IssuerUnavailable,
    /// Only a part was approved, which the caller had not allowed.
    PartialApproval,
    /// The outcome was unknown and the authorization was taken back.
    ReversedAfterTimeout,
    /// Nothing was sent: the gateway could not be reached.
    GatewayUnavailable,
    /// Something else: see the gateway's own code.
    Other,
}

/// What became of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayOutcome {
    /// Done.
    Approved {
        /// The issuer's approval code.
        approval_code: Option<String>,
        /// How much, if it differs from what was asked for.
        amount: Option<Money>,
    },
    /// Refused.
    Declined {
        /// Why.
        code: DeclineCode,
        /// The gateway's own code.
        raw: Option<String>,
    },
    /// It surely never left us.
    NotSent {
        /// Why, for the operator.
        why: String,
    },
    /// It may or may not have happened.
    Unknown {
        /// Why, for the operator.
        why: String,
    },
}

/// Moves money outside.
///
/// # Contract
/// * An effect carries the reference of its operation; two calls with the same reference have one effect.
/// * A timeout, a lost connection or an answer that cannot be read is `Unknown`, never `Declined`.
/// * `repeat` tells that the operation may have been sent before.
/// * Calls may run at the same time; none is made inside a commit.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// A new reference for an operation decided at `now`.
    fn reference(&self, now: Timestamp) -> GatewayReference;

    /// Asks the issuer to hold the operation's amount.
    async fn authorize(&self, operation: &Operation, card: &CardDetails) -> GatewayOutcome;

    /// Takes the held money. `authorization` is the operation that holds it.
    async fn capture(
        &self,
        operation: &Operation,
        authorization: &Operation,
        card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome;

    /// Gives captured money back.
    async fn refund(
        &self,
        operation: &Operation,
        authorization: &Operation,
        card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome;

    /// Takes an authorization back. `Approved`: it no longer holds money, or never did.
    async fn reverse(&self, authorization: &Operation, card: &CardDetails, repeat: bool) -> GatewayOutcome;
}
