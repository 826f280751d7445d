//! The port to whoever challenges payers: a 3-D Secure server, or a factor of the shop's own.

use crate::{ChallengeId, Intent, PaymentId};
use async_trait::async_trait;
use pmts_kernel::Timestamp;
use pmts_money::Money;

/// What a payer is asked to agree to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeRequest {
    /// The challenge. Asked twice with the same id it is one challenge.
    pub id: ChallengeId,
    /// Of which payment.
    pub payment: PaymentId,
    /// The amount the payer is shown, in minor units of its currency. A challenge that is passed for another one is not passed.
    pub amount: Money,
    /// The last four digits of the card, if one is known.
    pub last_four: Option<String>,
    /// Who pays, in the shop's numbering.
    pub customer: Option<String>,
    /// Until when it can be passed.
    pub until: Timestamp,
}

impl ChallengeRequest {
    /// The challenge that is asked of a payment; `None`: none is.
    pub fn of(intent: &Intent) -> Option<Self> {
        let challenge = intent.risk.challenge.as_ref()?;
        Some(Self {
            id: challenge.id,
            payment: intent.id,
            amount: intent.amount,
            last_four: intent.method.as_ref().map(|m| m.last_four.clone()),
            customer: intent.customer.as_ref().map(|c| c.as_str().to_owned()),
            until: challenge.until,
        })
    }
}

/// How far a challenge is, as its challenger says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChallengeOutcome {
    /// The payer has not answered yet.
    Open,
    /// The payer passed it.
    Passed {
        /// What was passed: `three_ds`, `totp`, `passkey`, `other`.
        factor: String,
    },
    /// The payer could not, or would not.
    Failed,
}

/// Nobody knows how far a challenge is: it is neither passed nor failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChallengerFault(pub String);

/// Challenges payers.
///
/// # Contract
/// * `ask` with the same id again is the same challenge. It may be asked for a payment that is never committed: nothing follows then.
/// * `outcome` changes nothing. Once `Passed` or `Failed`, it stays.
/// * A timeout or an answer that cannot be read is a [`ChallengerFault`], never `Failed`.
/// * Both end within seconds. Neither is called inside a commit.
#[async_trait]
pub trait Challenger: Send + Sync {
    /// Prepares a challenge; gives the page the payer is sent to, if there is one.
    ///
    /// # Errors
    /// [`ChallengerFault`]: it is asked again when the payment is confirmed again.
    async fn ask(&self, request: &ChallengeRequest) -> Result<Option<String>, ChallengerFault>;

    /// How far it is.
    ///
    /// # Errors
    /// [`ChallengerFault`]: the payer stays asked.
    async fn outcome(&self, request: &ChallengeRequest) -> Result<ChallengeOutcome, ChallengerFault>;
}
