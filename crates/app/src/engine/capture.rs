//! Held money is captured, at once or in parts.

use super::outcome::card_of;
use super::unit::Unit;
use super::{Engine, EngineError, PaymentView, Request};
use pmts_fraud::Action;
use pmts_payments::PaymentId;
use pmts_payments::decide::{self, CaptureRequest};

impl Engine {
    /// Captures held money. What is left after the last capture is given up.
    ///
    /// # Errors
    /// [`EngineError::Held`] when somebody in it is, [`EngineError::MayNotReceive`] when a seller in it may not receive, [`EngineError::Blocked`] when the risk screen refuses it, [`EngineError::Payments`] when a person looks first: nothing is sent
    /// then and the hold stands. [`EngineError`]. If the first commit failed, nothing happened.
    pub async fn capture(
        &self,
        id: PaymentId,
        capture: &CaptureRequest,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let read = self.intent(id).await?;
        let money = self.money(&read.value, read.version).await?;
        let birth = self.birth(request);
        let now = birth.now;
        let step = decide::begin_capture(read.value.clone(), capture, &money, birth)?;
        self.unless_stopped(&read, "capture", request).await?;
        let attempt = self.attempt(&read.value).await?;
        let amount = step.operations[0].amount;
        let mut unit = Unit::new(self, request, now);
        if let Some(mut screened) = self.screen_capture(&read.value, amount, attempt.as_ref(), now).await? {
            match screened.action() {
                Action::Block => return Err(self.keep_refusal(screened, request).await?),
                Action::Review | Action::StepUp => {
                    return Err(self.keep_for_review(&read, &money, screened, request).await?);
                }
                Action::Allow => {
                    screened.operation = Some(step.operations[0].id);
                    unit.screened(screened)?;
                }
            }
        }
        let open = self.commit_begun_in(unit, read, step, &money, request, None).await?;
        let card = card_of(&open.intent.value);
        self.carry(open, &card, request).await
    }
}
