//! What a payment keeps of the risk screen: the decision, a challenge of its payer, a review that captures wait for.

use crate::{Intent, PaymentsError};
use pmts_kernel::{Timestamp, typed_id};
use serde::{Deserialize, Serialize};

typed_id! {
    /// A challenge: the payer is asked to prove who it is.
    pub struct ChallengeId("chal");
}

typed_id! {
    /// A review: a person looks at a payment.
    pub struct ReviewId("prv");
}

/// How far a challenge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeState {
    /// The payer is asked.
    Asked,
    /// The payer proved who it is.
    Passed,
    /// The payer could not, or would not.
    Failed,
}

/// A challenge of the payer. It stands for one amount, method and set of payees: when one of them changes, it is void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// What it stands for: see [`Challenge::binding_of`].
    pub binding: String,
    /// How far it is.
    pub state: ChallengeState,
    /// Until when it can be passed, and once passed, be used.
    pub until: Timestamp,
    /// What the payer passed, in the words of whoever asked: `three_ds`, `totp`, `passkey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<String>,
    /// The page the payer is sent to, if the challenger has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

impl Challenge {
    /// How long a challenge can be passed and used, in seconds.
    pub const SECS: i64 = 900;

    /// Asks for a challenge of a payment as it is now.
    pub fn of(intent: &Intent, id: ChallengeId, now: Timestamp) -> Self {
        Self {
            id,
            binding: Self::binding_of(intent),
            state: ChallengeState::Asked,
            until: now.saturating_add_secs(Self::SECS),
            factor: None,
            page: None,
        }
    }

    /// What a challenge of this payment stands for: amount, currency, method, payees.
    pub fn binding_of(intent: &Intent) -> String {
        let Intent { amount, method, splits, .. } = intent;
        let token = method.as_ref().map_or("", |m| m.token.as_str());
        let mut binding = format!("{} {} {token}", amount.minor(), amount.currency().code());
        for split in splits {
            binding.push_str(&format!(" {}={}", split.payee, split.gross.minor()));
        }
        binding
    }

    /// Whether it stands for the payment as it is now.
    pub fn fits(&self, intent: &Intent, now: Timestamp) -> bool {
        now < self.until && self.binding == Self::binding_of(intent)
    }

    /// Whether the payer passed it for the payment as it is now.
    pub fn passed(&self, intent: &Intent, now: Timestamp) -> bool {
        self.state == ChallengeState::Passed && self.fits(intent, now)
    }
}

/// What a payment keeps of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Risk {
    /// The id of the decision about the latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// The latest challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// The open review that captures wait for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
    /// A person looked at it and let it go on: it waits for no other review.
    #[serde(default, skip_serializing_if = "crate::intent::is_default")]
    pub released: bool,
    /// A person looked at it and did not let it go on: nothing more is held or captured, also if the issuer does not give up the hold.
    #[serde(default, skip_serializing_if = "crate::intent::is_default")]
    pub rejected: bool,
}

impl Risk {
    /// Whether the payer was asked for a challenge that still stands for the payment as it is now, and is not passed.
    pub fn awaits(&self, intent: &Intent, now: Timestamp) -> bool {
        self.challenge.as_ref().is_some_and(|c| c.state == ChallengeState::Asked && c.fits(intent, now))
    }

    /// Whether more may be held or captured.
    ///
    /// # Errors
    /// [`PaymentsError::UnderReview`] while a person looks, [`PaymentsError::Rejected`] if one said no.
    pub(crate) fn admits(&self) -> Result<(), PaymentsError> {
        match self.review {
            Some(review) => Err(PaymentsError::UnderReview(review.to_string())),
            None if self.rejected => Err(PaymentsError::Rejected),
            None => Ok(()),
        }
    }
}
