//! A refused person asks for a person: GDPR, article 22(3). An automatic refusal is looked at by somebody who can change it.

use super::note::text;
use crate::error::FraudError;
use pmts_kernel::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// What the person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppealAnswer {
    /// The refusal stands.
    Stands,
    /// The refusal was wrong: the payment may be made again, and counts as genuine.
    Overturned,
}

/// What a refused person asked, and the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// Its id.
    pub id: String,
    /// Which payment.
    pub payment: String,
    /// Which decision.
    pub decision: String,
    /// What the decision used of the person's data, in plain words: kinds of data, no values, no rules.
    #[serde(default)]
    pub data_used: Vec<String>,
    /// Their view of it, in their words.
    pub view: String,
    /// When it was asked.
    pub asked: Timestamp,
    /// By when it is answered.
    pub due: Timestamp,
    /// The answer, the reason, who gave it and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<(AppealAnswer, String, Principal, Timestamp)>,
}

impl Appeal {
    /// How long an answer may take, in seconds: 28 days, within the month of article 12(3).
    pub const SECS: i64 = 28 * 86_400;

    /// Takes what a refused person asks.
    ///
    /// # Errors
    /// [`FraudError::Text`] without their view, or a very long one.
    pub fn ask(
        id: impl Into<String>,
        payment: String,
        decision: String,
        data_used: Vec<String>,
        view: &str,
        now: Timestamp,
    ) -> Result<Self, FraudError> {
        Ok(Self {
            id: id.into(),
            payment,
            decision,
            data_used,
            view: text(view)?,
            asked: now,
            due: now.saturating_add_secs(Self::SECS),
            answer: None,
        })
    }

    /// A person answers.
    ///
    /// # Errors
    /// [`FraudError::Move`] when it is answered, [`FraudError::Text`] without a reason, [`FraudError::FourEyes`] for the platform
    /// itself: it must be a person.
    pub fn answer(
        &mut self,
        answer: AppealAnswer,
        reason: &str,
        by: &Principal,
        now: Timestamp,
    ) -> Result<(), FraudError> {
        if self.answer.is_some() {
            return Err(FraudError::Move { what: "an appeal", from: "answered", to: "answered" });
        }
        if by.as_str().starts_with("system:") {
            return Err(FraudError::FourEyes);
        }
        self.answer = Some((answer, text(reason)?, by.clone(), now));
        Ok(())
    }

    /// What the person is told: plain, true, and of no help to fraud.
    pub fn told(&self) -> &'static str {
        match self.answer.as_ref().map(|a| a.0) {
            None => {
                "We have your question. A person will look at the decision and at what you wrote, and answer within a month."
            }
            Some(AppealAnswer::Stands) => {
                "A person looked at the decision and at what you wrote. We still cannot accept this payment. You may pay in another \
                 way, and you may complain to the data protection authority or go to court."
            }
            Some(AppealAnswer::Overturned) => {
                "A person looked at the decision and at what you wrote. You were right: please make the payment again."
            }
        }
    }
}
