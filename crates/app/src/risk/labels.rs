//! What became known of a payment: fraud or not, and who says so.

use super::records::{DecisionRecord, LabelRecord, Screened};
use super::{RiskDesk, RiskError};
use crate::engine::Told;
use pmts_fraud::Step;
use pmts_fraud::features::Outcome;
use pmts_kernel::{Principal, typed_id};
use pmts_payments::PaymentId;
use pmts_store::{Commit, ListQuery, Record, StoreExt, Write};
use serde::{Deserialize, Serialize};
use serde_json::json;

typed_id! {
    /// A label.
    pub struct LabelId("rlab");
}

/// Who says whether a payment was fraud. The later, the more it counts: a label never replaces one of a stronger source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSource {
    /// Nobody complained for as long as labels take.
    Silence,
    /// The shop.
    Shop,
    /// A review.
    Review,
    /// A dispute of the cardholder, or the issuer's report of fraud.
    Dispute,
}

impl LabelSource {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Silence, Self::Shop, Self::Review, Self::Dispute];

    /// The name in files and at the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Shop => "shop",
            Self::Review => "review",
            Self::Dispute => "dispute",
        }
    }
}

impl RiskDesk {
    /// The decisions about a payment or payout, the oldest first.
    ///
    /// # Errors
    /// [`RiskError::Store`].
    pub async fn decisions(&self, about: &str) -> Result<Vec<Screened>, RiskError> {
        let query = ListQuery::with_key(DecisionRecord::KIND, "about", about.to_owned());
        let (page, _) = self.store.list_typed::<DecisionRecord>(query).await?;
        Ok(page.into_iter().map(|r| r.value.0).collect())
    }

    /// The labels of a payment, the oldest first.
    ///
    /// # Errors
    /// [`RiskError::Store`].
    pub async fn labels(&self, payment: PaymentId) -> Result<Vec<LabelRecord>, RiskError> {
        let query = ListQuery::with_key(LabelRecord::KIND, "payment", payment.to_string());
        let (page, _) = self.store.list_typed::<LabelRecord>(query).await?;
        Ok(page.into_iter().map(|r| r.value).collect())
    }

    /// The write and the event of a label, to be committed with what led to it. `None`: nothing is to be said, since the same
    /// or a stronger source said it before, or the payment was never screened.
    ///
    /// # Errors
    /// [`RiskError::Store`].
    pub async fn label_parts(
        &self,
        payment: PaymentId,
        fraud: bool,
        source: LabelSource,
        by: &Principal,
    ) -> Result<Option<(LabelRecord, Write, pmts_kernel::Event)>, RiskError> {
        let decisions = self.decisions(&payment.to_string()).await?;
        let Some(decided) = decisions.into_iter().rev().find(|d| d.step() == Step::Authorization) else {
            return Ok(None);
        };
        let before = self.labels(payment).await?;
        let settled = before.last().is_some_and(|l| l.source > source || l.fraud == fraud);
        if settled && !(source == LabelSource::Dispute && before.iter().all(|l| l.outcome.is_none())) {
            return Ok(None);
        }
        let at = self.clock.now();
        let label = LabelRecord {
            id: LabelId::from_raw(self.ids.next_id()),
            decision: decided.id,
            payment,
            recorded: decided.recorded(),
            fraud,
            source,
            outcome: (source == LabelSource::Dispute).then_some(Outcome::Disputed),
            at,
            by: by.clone(),
        };
        let data = json!({ "payment": payment, "fraud": fraud, "source": source });
        let event = self.event(Told::RiskLabelled, label.id.to_string(), 1, data);
        let write = Write::put(&label, 0)?;
        Ok(Some((label, write, event)))
    }

    /// Keeps what became known of a payment. `false`: the same, or something stronger, was known before, or the payment was never screened.
    ///
    /// # Errors
    /// [`RiskError::Store`], [`RiskError::Commit`].
    pub async fn label(
        &self,
        payment: PaymentId,
        fraud: bool,
        source: LabelSource,
        by: &Principal,
    ) -> Result<bool, RiskError> {
        let Some((_, write, event)) = self.label_parts(payment, fraud, source, by).await? else {
            return Ok(false);
        };
        let mut commit = Commit::by(by.clone());
        commit.records.push(write);
        commit.events.push(event);
        self.store.commit(commit).await?;
        Ok(true)
    }
}
