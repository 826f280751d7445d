//! Purchases: authorize, and capture at once.

use super::unit::Unit;
use super::{Engine, EngineError};
use crate::books::SellerFunds;
use pmts_payments::decide::{self, Ids, Purchase};
use pmts_payments::{
    CardDetails, GatewayOutcome, Intent, IntentState, Operation, OperationId, OperationState, PaymentId,
};
use pmts_store::{Versioned, Write};

impl Engine {
    /// Authorizes and captures a purchase. `also` is given the payment's id and returns records to be written in its first
    /// commit: once that is there, the purchase will be carried to an end, whatever happens to this process.
    ///
    /// The intent comes back captured, declined, or still open: then its outcome is not known yet and recovery works on it.
    ///
    /// # Errors
    /// [`EngineError`]. If the first commit failed, nothing happened.
    pub async fn purchase(
        &self,
        purchase: Purchase,
        also: impl FnOnce(PaymentId) -> Result<Vec<Write>, EngineError>,
    ) -> Result<Intent, EngineError> {
        let now = self.clock.now();
        let ids = Ids {
            payment: PaymentId::from_raw(self.ids.next_id()),
            operation: OperationId::from_raw(self.ids.next_id()),
        };
        let step = decide::begin_purchase(purchase, ids, self.gateway.reference(now), now)?;
        let mut unit = Unit::new(self, now);
        unit.intent(&step.intent, 0)?;
        unit.operation(&step.operations[0], 0, 0)?;
        unit.also(also(ids.payment)?);
        unit.commit().await?;

        let operation = step.operations[0].clone();
        let outcome = self.gateway.authorize(&operation, &card_of(&step.intent)).await;
        let intent = Versioned { version: 1, value: step.intent };
        self.authorization_outcome(intent, Versioned { version: 1, value: operation }, &outcome).await
    }

    /// Commits what became of an authorization; if it is approved, the capture is begun in the same commit, then sent.
    pub(super) async fn authorization_outcome(
        &self,
        intent: Versioned<Intent>,
        operation: Versioned<Operation>,
        outcome: &GatewayOutcome,
    ) -> Result<Intent, EngineError> {
        let now = self.clock.now();
        let step = decide::authorization_answered(intent.value, operation.value, outcome, || {
            self.gateway.reference(now)
        })?;
        let authorization = step.operations[0].clone();
        let mut unit = Unit::new(self, now);
        unit.operation(&authorization, operation.version, 0)?;
        unit.facts(&step.facts, &SellerFunds::new())?;
        if step.intent.state != IntentState::Authorized {
            unit.intent(&step.intent, intent.version)?;
            unit.commit().await?;
            return match authorization.state {
                OperationState::Unknown | OperationState::Reversing => {
                    self.resolve_soon(authorization.id, step.intent).await
                }
                _ => Ok(step.intent),
            };
        }
        let capture = decide::begin_capture(
            step.intent,
            OperationId::from_raw(self.ids.next_id()),
            self.gateway.reference(now),
            now,
        )?;
        unit.intent(&capture.intent, intent.version)?;
        unit.operation(&capture.operations[0], 0, 0)?;
        unit.facts(&capture.facts, &SellerFunds::new())?;
        unit.commit().await?;

        let operation = Versioned { version: 1, value: capture.operations[0].clone() };
        let outcome =
            self.gateway.capture(&operation.value, &authorization, &card_of(&capture.intent), false).await;
        self.capture_outcome(
            Versioned { version: intent.version + 1, value: capture.intent },
            operation,
            &outcome,
            0,
        )
        .await
    }

    /// Commits what became of a capture.
    pub(super) async fn capture_outcome(
        &self,
        intent: Versioned<Intent>,
        operation: Versioned<Operation>,
        outcome: &GatewayOutcome,
        tries: u32,
    ) -> Result<Intent, EngineError> {
        let step = decide::capture_answered(intent.value, operation.value, outcome)?;
        let mut unit = Unit::new(self, self.clock.now());
        unit.operation(&step.operations[0], operation.version, tries)?;
        if step.operations[0].state.is_final() {
            unit.intent(&step.intent, intent.version)?;
        }
        unit.facts(&step.facts, &SellerFunds::new())?;
        unit.commit().await?;
        if step.operations[0].state.is_final() || tries > 0 {
            return Ok(step.intent);
        }
        self.resolve_soon(step.operations[0].id, step.intent).await
    }
}

pub(super) fn card_of(intent: &Intent) -> CardDetails {
    CardDetails { method: intent.method.clone() }
}
