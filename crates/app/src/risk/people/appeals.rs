//! Appeals: a refused person asks for a person.

use super::{AppealRecord, PeopleDesk};
use crate::engine::{EngineError, Told};
use crate::risk::{DecisionId, DecisionRecord, LabelSource, RiskError};
use pmts_fraud::explain;
use pmts_fraud::people::{Appeal, AppealAnswer};
use pmts_kernel::{Principal, typed_id};
use pmts_payments::{DeclineCode, PaymentId};
use pmts_store::{ListQuery, Record, Versioned, Write};
use serde_json::json;

typed_id! {
    /// An appeal.
    pub struct AppealId("rapp");
}

impl PeopleDesk {
    /// Takes what a refused person asks about a payment that the screen refused. Asked again about the same refusal it is the same appeal.
    ///
    /// # Errors
    /// [`EngineError::Missing`] if the screen did not refuse this payment, [`pmts_fraud::FraudError::Text`].
    pub async fn appeal(
        &self,
        payment: PaymentId,
        view: &str,
        by: &Principal,
    ) -> Result<Appeal, EngineError> {
        let intent = self.engine.intent(payment).await?.value;
        let refused = intent.decline.as_ref().is_some_and(|d| d.code == DeclineCode::Blocked);
        let decision = intent.risk.decision.filter(|_| refused);
        let decision =
            decision.ok_or_else(|| EngineError::Missing(format!("a refusal of {payment} by the screen")))?;
        let query = ListQuery::with_key(AppealRecord::KIND, "payment", payment.to_string());
        let before = self.all::<AppealRecord>(query).await?;
        if let Some(asked) = before.into_iter().find(|a| a.0.decision == decision) {
            return Ok(asked.0);
        }
        let missing = || EngineError::Missing(decision.clone());
        let made: DecisionId = decision.parse().map_err(|_| missing())?;
        let made = self.get::<DecisionRecord>(made.raw(), || decision.clone()).await?.value.0;
        let used = explain::data_used(&made.decision.facts);
        let id = AppealId::from_raw(self.engine.ids.next_id());
        let now = self.engine.clock.now();
        let about = payment.to_string();
        let appeal =
            Appeal::ask(id.to_string(), about, decision, used, view, now).map_err(RiskError::from)?;
        let data = json!({ "payment": payment, "due": appeal.due.as_secs() });
        let event = self.desk().event(Told::AppealAsked, appeal.id.clone(), 1, data);
        self.commit(vec![Write::put(&AppealRecord(appeal.clone()), 0)?], vec![event], by).await?;
        Ok(appeal)
    }

    /// Appeals, the one that is due first at the head; those that are open only. At most 10,000.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn appeals(&self) -> Result<Vec<Appeal>, EngineError> {
        let query = ListQuery::with_key(AppealRecord::KIND, "open", "1");
        let mut all: Vec<_> = self.all::<AppealRecord>(query).await?.into_iter().map(|a| a.0).collect();
        all.sort_by_key(|a| a.due);
        Ok(all)
    }

    /// An appeal.
    ///
    /// # Errors
    /// [`EngineError::Missing`].
    pub async fn read_appeal(&self, id: AppealId) -> Result<Versioned<Appeal>, EngineError> {
        let read = self.get::<AppealRecord>(id.raw(), || id.to_string()).await?;
        Ok(Versioned { version: read.version, value: read.value.0 })
    }

    /// A person answers. Overturned, the payment counts as genuine.
    ///
    /// # Errors
    /// [`pmts_fraud::FraudError::Move`] when it was answered, [`pmts_fraud::FraudError::FourEyes`] for the platform itself.
    pub async fn answer(
        &self,
        id: AppealId,
        answer: AppealAnswer,
        reason: &str,
        by: &Principal,
    ) -> Result<Appeal, EngineError> {
        let Versioned { version, value: mut appeal } = self.read_appeal(id).await?;
        appeal.answer(answer, reason, by, self.engine.clock.now()).map_err(RiskError::from)?;
        let mut records = vec![Write::put(&AppealRecord(appeal.clone()), version)?];
        let data = json!({ "payment": appeal.payment, "answer": answer });
        let mut events = vec![self.desk().event(Told::AppealAnswered, id.to_string(), version + 1, data)];
        if answer == AppealAnswer::Overturned
            && let Ok(payment) = appeal.payment.parse::<PaymentId>()
            && let Some((_, write, event)) =
                self.desk().label_parts(payment, false, LabelSource::Review, by).await?
        {
            records.push(write);
            events.push(event);
        }
        self.commit(records, events, by).await?;
        Ok(appeal)
    }
}
