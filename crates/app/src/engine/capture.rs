//! Held money is captured, at once or in parts.

use super::outcome::card_of;
use super::{Engine, EngineError, PaymentView, Request};
use pmts_payments::PaymentId;
use pmts_payments::decide::{self, CaptureRequest};

impl Engine {
    /// Captures held money. What is left after the last capture is given up.
    ///
    /// # Errors
    /// [`EngineError`]. If the first commit failed, nothing happened.
    pub async fn capture(
        &self,
        id: PaymentId,
        capture: &CaptureRequest,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let read = self.intent(id).await?;
        let money = self.money(&read.value, read.version).await?;
        let step = decide::begin_capture(read.value.clone(), capture, &money, self.birth(request))?;
        let open = self.commit_begun(read, step, &money, request, None).await?;
        let card = card_of(&open.intent.value);
        self.carry(open, &card, request).await
    }
}
