//! A payment is made or changed.

use super::unit::Unit;
use super::{Engine, EngineError, PaymentView, Request, Told};
use crate::risk::{Signals, SignalsRecord};
use pmts_payments::decide::{self, Changes, NewPayment};
use pmts_payments::{MoneyView, PaymentId};
use pmts_store::{CommitError, Write};

impl Engine {
    /// Makes a payment. Nothing is sent.
    ///
    /// # Errors
    /// [`EngineError`]; nothing is written then.
    pub async fn create(&self, new: NewPayment, request: &Request) -> Result<PaymentView, EngineError> {
        self.create_told(new, Signals::default(), request).await
    }

    /// As [`Engine::create`], with what is known of the payer: it is kept until the payment is confirmed.
    ///
    /// # Errors
    /// As [`Engine::create`].
    pub async fn create_told(
        &self,
        new: NewPayment,
        signals: Signals,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let now = self.clock.now();
        let new = NewPayment { live: self.live, ..new };
        let intent = decide::create(new, PaymentId::from_raw(self.ids.next_id()), now)?;
        let money = MoneyView::none(pmts_money::Money::new(0, intent.amount.currency()));
        let view = PaymentView { intent, money, attempt: None, operation: None };
        let mut unit = Unit::new(self, request, now);
        unit.intent(&view.intent, 0, &money, Some(Told::Created))?;
        if !signals.is_empty() {
            let signals = Signals { payment: Some(view.intent.id), ..signals };
            unit.also(vec![Write::put(&SignalsRecord(signals), 0)?]);
        }
        unit.answer_at_once(request, &view);
        unit.commit().await?;
        Ok(view)
    }

    /// Changes a payment.
    ///
    /// # Errors
    /// [`EngineError`]; nothing is written then.
    pub async fn update(
        &self,
        id: PaymentId,
        changes: Changes,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        loop {
            let read = self.intent(id).await?;
            let intent = decide::update(read.value, changes.clone())?;
            let money = self.money(&intent, read.version).await?;
            let attempt = self.attempt(&intent).await?;
            let view = PaymentView { intent, money, attempt, operation: None };
            let mut unit = Unit::new(self, request, self.clock.now());
            unit.intent(&view.intent, read.version, &money, None)?;
            unit.answer_at_once(request, &view);
            match unit.commit().await {
                Err(EngineError::Commit(CommitError::Conflict { .. })) => {}
                done => return done.map(|_| view),
            }
        }
    }
}
