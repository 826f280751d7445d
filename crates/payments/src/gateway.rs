//! The port to whoever moves the money outside.

use crate::{MethodRef, Operation};
use async_trait::async_trait;
use pmts_kernel::Timestamp;
use pmts_money::Money;
use pmts_sensitive::Cvv;
use serde::{Deserialize, Serialize};

/// What the outside will know an operation by, opaque to payments: given by the gateway before the operation is
/// committed, and the same in every repeat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GatewayReference(pub String);

/// How the card is presented.
#[derive(Debug, Clone, Default)]
pub struct CardDetails {
    /// The vaulted card.
    pub method: Option<MethodRef>,
    /// The security code, if the cardholder gave it just now; never from a store.
    pub security_code: Option<Cvv>,
    /// The cardholder's billing address, to be compared by the issuer; never stored with the payment.
    pub address: Option<BillingAddress>,
}

/// A billing address, as far as issuers compare it. Personal data: not shown by `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BillingAddress {
    /// The line with street and number.
    pub line: Option<String>,
    /// The postal code.
    pub postal_code: Option<String>,
}

impl std::fmt::Debug for BillingAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BillingAddress(..)")
    }
}

/// What came of comparing one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// It is the same.
    Pass,
    /// It differs.
    Fail,
    /// It was given, but the issuer did not compare it.
    Unavailable,
    /// It was not given.
    #[default]
    Unchecked,
}

/// What the issuer found when it compared address and security code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Checks {
    /// Street and number.
    pub address: Check,
    /// Postal code.
    pub postal_code: Check,
    /// Security code.
    pub security_code: Check,
}

/// Whether and when something that was declined may be tried again, by the networks' rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Never with this card.
    Never,
    /// With new card data.
    NewData,
    /// Not before so many seconds.
    After(u64),
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
    /// The security code is wrong.
    IncorrectCvc,
    /// Refused by our own risk screen: nothing was sent.
    Blocked,
    /// The cardholder must prove who it is.
    AuthenticationRequired,
    /// This kind of sale is not allowed with the card.
    NotPermitted,
    /// The amount is not possible for the issuer.
    InvalidAmount,
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
        /// What the issuer found.
        checks: Checks,
    },
    /// Refused.
    Declined {
        /// Why.
        code: DeclineCode,
        /// The gateway's own code.
        raw: Option<String>,
        /// Whether it may be tried again.
        retry: Option<Retry>,
        /// What the issuer found.
        checks: Checks,
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

    /// Asks the issuer to hold the operation's amount on top of `sale`'s.
    async fn increment(&self, operation: &Operation, sale: &Sale, card: &CardDetails) -> GatewayOutcome;

    /// Takes held money.
    async fn capture(
        &self,
        operation: &Operation,
        sale: &Sale,
        card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome;

    /// Gives up the whole hold. The issuer may refuse.
    async fn void(
        &self,
        operation: &Operation,
        sale: &Sale,
        card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome;

    /// Gives up what is not captured of the hold; only what is captured stays.
    async fn release(
        &self,
        operation: &Operation,
        sale: &Sale,
        card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome;

    /// Gives captured money back.
    async fn refund(
        &self,
        operation: &Operation,
        sale: &Sale,
        card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome;

    /// Takes an authorization or an increment back. `Approved`: it no longer holds money, or never did.
    async fn reverse(
        &self,
        operation: &Operation,
        sale: &Sale,
        card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome;
}

/// What a message after the authorization refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The authorization that began it.
    pub authorization: Operation,
    /// What is held or was captured of it in all, increments among it.
    pub authorized: Money,
    /// What is captured of it.
    pub captured: Money,
}
