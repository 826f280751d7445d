//! Payments and holds are given up: by the caller, or because the hold comes to its end.

use super::outcome::{Open, card_of};
use super::unit::Unit;
use super::{Engine, EngineError, PaymentView, Request, Told};
use crate::books::SellerFunds;
use pmts_payments::decide::{self, Ending, Step};
use pmts_payments::{CancelReason, Intent, IntentState, MoneyView, PaymentId};
use pmts_store::Versioned;

impl Engine {
    /// Gives up a payment: of one that was not sent or was declined nothing is left to do; a hold is voided; of a hold of
    /// which a part is captured the rest is released, and the payment ends captured.
    ///
    /// # Errors
    /// [`EngineError`]. If the first commit failed, nothing happened.
    pub async fn cancel(
        &self,
        id: PaymentId,
        reason: Option<CancelReason>,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let read = self.intent(id).await?;
        let money = self.money(&read.value, read.version).await?;
        if matches!(read.value.state, IntentState::New | IntentState::ActionRequired | IntentState::Declined)
        {
            return self.give_up(read, reason, money, request).await;
        }
        if money.captured.is_positive() && money.held.is_zero() {
            return self.end_captured(read, money, request).await;
        }
        let birth = self.birth(request);
        let (step, told) = if money.captured.is_positive() {
            let step = decide::begin_release(read.value.clone(), Ending::RestGivenUp, &money, birth)?;
            (step, Some(Told::Captured))
        } else {
            (decide::begin_void(read.value.clone(), reason, &money, birth)?, None)
        };
        let open = self.commit_begun(read, step, &money, request, told).await?;
        let card = card_of(&open.intent.value);
        self.carry(open, &card, request).await
    }

    /// Gives up a hold that has come to its end; `false`: it is gone, or something is under way with it.
    ///
    /// # Errors
    /// [`EngineError`] when the store fails.
    pub(super) async fn expire(&self, id: PaymentId) -> Result<bool, EngineError> {
        let intent = self.intent(id).await?.value;
        if intent.state != IntentState::Authorized || intent.hold_until.is_none_or(|at| at > self.clock.now())
        {
            return Ok(false);
        }
        self.cancel(id, Some(CancelReason::Expired), &self.own_request()).await.map(|_| true)
    }

    /// All that was held is captured already: nothing is left to give up.
    async fn end_captured(
        &self,
        read: Versioned<Intent>,
        money: MoneyView,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let intent = decide::end_captured(read.value.clone())?;
        let attempt = self.attempt(&intent).await?;
        let view = PaymentView { intent, money, attempt, operation: None };
        let mut unit = Unit::new(self, request, self.clock.now());
        unit.intent(&view.intent, read.version, &money, Some(Told::Captured))?;
        unit.watch_hold(&read.value, &view.intent);
        unit.answer_at_once(request, &view);
        unit.commit().await?;
        Ok(view)
    }

    async fn give_up(
        &self,
        read: Versioned<Intent>,
        reason: Option<CancelReason>,
        money: MoneyView,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let now = self.clock.now();
        let intent = decide::give_up(read.value, reason, now)?;
        let attempt = self.attempt(&intent).await?;
        let view = PaymentView { intent, money, attempt, operation: None };
        let mut unit = Unit::new(self, request, now);
        unit.intent(&view.intent, read.version, &money, Some(Told::Canceled))?;
        unit.answer_at_once(request, &view);
        unit.commit().await?;
        Ok(view)
    }

    /// Commits the one operation that a step begins; it is about to be sent then.
    pub(super) async fn commit_begun(
        &self,
        read: Versioned<Intent>,
        step: Step,
        money: &MoneyView,
        request: &Request,
        told: Option<Told>,
    ) -> Result<Open, EngineError> {
        let unit = Unit::new(self, request, step.operations[0].created);
        self.commit_begun_in(unit, read, step, money, request, told).await
    }

    /// As [`Engine::commit_begun`], with what is in the unit already.
    pub(super) async fn commit_begun_in(
        &self,
        mut unit: Unit<'_>,
        read: Versioned<Intent>,
        step: Step,
        money: &MoneyView,
        request: &Request,
        told: Option<Told>,
    ) -> Result<Open, EngineError> {
        let operation = &step.operations[0];
        let (money, attempt) = (money.after(&step.facts)?, self.attempt(&read.value).await?);
        unit.intent(&step.intent, read.version, &money, told)?;
        unit.watch_hold(&read.value, &step.intent);
        unit.operation(operation, 0, 0)?;
        unit.facts(&step.facts, &SellerFunds::new())?;
        unit.claim(request, operation);
        unit.commit().await?;
        Ok(Open::begun(step, read.version, money, attempt))
    }
}
