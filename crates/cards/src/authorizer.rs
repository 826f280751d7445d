//! The port to whoever authorizes cards.

use crate::{AuthorizationRequest, CaptureRequest, RefundRequest, ResponseCode, ReversalRequest};
use async_trait::async_trait;
use pmts_money::Money;

/// What came of a message to a card host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostAnswer {
    /// The host answered.
    Answered {
        /// Yes or no, and why.
        response: ResponseCode,
        /// Field 38 of an approval, without its padding.
        approval_code: Option<String>,
        /// What was approved, if it is less than asked for (response 10).
        amount: Option<Money>,
    },
    /// This message surely never left us: it has no effect. Says nothing about an earlier message that it repeats.
    NotSent {
        /// Why, without card data.
        why: String,
    },
    /// The message may have had its effect, or may yet: no answer in time, or the connection was lost after sending.
    Unknown {
        /// Why, without card data.
        why: String,
    },
}

/// Asks a card host: a link to it, a simulation, or another way to the networks.
///
/// # Contract
/// - A missing answer is [`HostAnswer::Unknown`], never a decline.
/// - [`HostAnswer::NotSent`] is given only if nothing of the message can have reached the host.
/// - Each call sends its message at most once; repeating is up to the caller, with the same keys and `repeat` set.
/// - An authorization whose outcome is unknown is reversed, a capture or refund is repeated.
/// - A call that is dropped before it returns counts as [`HostAnswer::Unknown`].
#[async_trait]
pub trait CardAuthorizer: Send + Sync {
    /// Holds an amount (0100).
    async fn authorize(&self, request: &AuthorizationRequest) -> HostAnswer;
    /// Takes an amount that was held (0220, 0221).
    async fn capture(&self, request: &CaptureRequest) -> HostAnswer;
    /// Gives an amount back (0200 with processing code 200000, 0201).
    async fn refund(&self, request: &RefundRequest) -> HostAnswer;
    /// Undoes an authorization in full or in part (0420, 0421). It is over when the answer
    /// [settles](ResponseCode::settles_reversal) it.
    async fn reverse(&self, request: &ReversalRequest) -> HostAnswer;
}
