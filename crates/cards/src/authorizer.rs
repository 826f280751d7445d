//! The port to whoever authorizes cards.

use crate::{
    AuthorizationRequest, CaptureRequest, Checks, IncrementRequest, RefundRequest, ResponseCode, RetryAdvice,
    ReversalRequest, VoidRequest,
};
use async_trait::async_trait;
use pmts_money::Money;

/// What came of a message to a card host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostAnswer {
    /// The host answered.
    Answered(Box<Answer>),
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

/// What a host answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Yes or no, and why.
    pub response: ResponseCode,
    /// Field 38 of an approval, without its padding.
    pub approval_code: Option<String>,
    /// What was approved, if it is less than asked for (response 10). A host may approve less although the request did
    /// not allow it.
    pub amount: Option<Money>,
    /// What the issuer found when it compared address and security code; of a decline, too.
    pub checks: Checks,
    /// Whether a decline may be tried again; `None` if nobody says anything about it, and of an approval.
    pub advice: Option<RetryAdvice>,
}

impl Answer {
    /// An answer of nothing but a response code.
    pub fn bare(response: ResponseCode) -> Self {
        Self { response, approval_code: None, amount: None, checks: Checks::default(), advice: None }
    }
}

impl From<Answer> for HostAnswer {
    fn from(answer: Answer) -> Self {
        Self::Answered(Box::new(answer))
    }
}

/// Asks a card host: a link to it, a simulation, or another way to the networks.
///
/// # Contract
/// - A missing answer is [`HostAnswer::Unknown`], never a decline.
/// - [`HostAnswer::NotSent`] is given only if nothing of the message can have reached the host.
/// - Each call sends its message at most once; repeating is up to the caller, with the same keys and `repeat` set.
/// - An authorization or an increment whose outcome is unknown is reversed; a capture, void or refund is repeated.
/// - A reversal is repeated until its answer [settles](ResponseCode::settles_reversal) it; it cannot be declined.
/// - An answer that comes after [`HostAnswer::Unknown`] was given is dropped: it never changes what was said.
/// - A call that is dropped before it returns counts as [`HostAnswer::Unknown`].
#[async_trait]
pub trait CardAuthorizer: Send + Sync {
    /// Holds an amount (0100).
    async fn authorize(&self, request: &AuthorizationRequest) -> HostAnswer;
    /// Holds more for a sale that was authorized (0100 with field 90).
    async fn increment(&self, request: &IncrementRequest) -> HostAnswer;
    /// Takes an amount that was held (0220, 0221). There may be several for one sale, up to what is held.
    async fn capture(&self, request: &CaptureRequest) -> HostAnswer;
    /// Sets free all that is held (0400, 0401). The host may decline, for instance after a capture.
    async fn void(&self, request: &VoidRequest) -> HostAnswer;
    /// Gives an amount back (0200 with processing code 200000, 0201).
    async fn refund(&self, request: &RefundRequest) -> HostAnswer;
    /// Undoes an authorization or an increment, or sets what stays of it (0420, 0421).
    async fn reverse(&self, request: &ReversalRequest) -> HostAnswer;
}
