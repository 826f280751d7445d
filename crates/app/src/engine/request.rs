//! On whose behalf a step is done, and where its answer is kept.

use super::PaymentView;
use pmts_kernel::Principal;
use pmts_payments::{OperationId, PaymentId};
use pmts_store::Answer;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One request of a caller.
#[derive(Clone)]
pub struct Request {
    /// On whose behalf: it stands on every commit the request leads to.
    pub by: Principal,
    /// Where its answer is kept, if it can be asked again under the same key.
    pub answer: Option<AnswerSlot>,
    /// By which name the request is found in logs, up to the wire.
    pub trace: Option<String>,
}

/// The place of the answer to an idempotency key.
///
/// A request that has an effect outside writes twice: its first commit *claims* the key in the scope `<scope>#claim` (see
/// [`Claim`]), and the commit of its outcome writes the answer. A request that is done with its first commit writes the answer
/// in the claim's place: the first commit under a key is the only one. A twin is refused by whichever is there. A claim without an
/// answer is a request under way, or one whose process ended; recovery carries its operation to an end in any case.
#[derive(Clone)]
pub struct AnswerSlot {
    /// Tenant, mode and endpoint.
    pub scope: String,
    /// The caller's key.
    pub key: String,
    /// Of the request: the same key with another fingerprint is another request.
    pub fingerprint: String,
    /// Makes the text of the answer from the payment as it will be after the commit.
    pub render: Render,
}

/// Makes the text of an answer.
pub type Render = Arc<dyn Fn(&PaymentView) -> String + Send + Sync>;

/// What follows the scope of an answer in the scope of its claim.
pub const CLAIM: &str = "#claim";

/// The body of a claim: what the request began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The payment.
    pub payment: PaymentId,
    /// The operation whose outcome is the answer.
    pub operation: OperationId,
}

impl AnswerSlot {
    /// The claim of the key.
    pub(super) fn claim(&self, claim: &Claim) -> Answer {
        let body = format!(r#"{{"payment":"{}","operation":"{}"}}"#, claim.payment, claim.operation);
        Answer {
            scope: format!("{}{CLAIM}", self.scope),
            key: self.key.clone(),
            fingerprint: self.fingerprint.clone(),
            body,
        }
    }

    /// The answer itself.
    pub(super) fn answer(&self, view: &PaymentView) -> Answer {
        Answer {
            scope: self.scope.clone(),
            key: self.key.clone(),
            fingerprint: self.fingerprint.clone(),
            body: (self.render)(view),
        }
    }
}
