//! The issuer is asked to hold more.

use super::outcome::card_of;
use super::{Engine, EngineError, PaymentView, Request};
use pmts_money::Money;
use pmts_payments::PaymentId;
use pmts_payments::decide;

impl Engine {
    /// Asks for a hold of `total` in all.
    ///
    /// # Errors
    /// [`EngineError`]; [`EngineError::Held`] when somebody in it is held. If the first commit failed, nothing happened.
    pub async fn increment(
        &self,
        id: PaymentId,
        total: Money,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let read = self.intent(id).await?;
        let money = self.money(&read.value, read.version).await?;
        let step = decide::begin_increment(read.value.clone(), total, &money, self.birth(request))?;
        self.unless_stopped(&read, "increment", request).await?;
        let open = self.commit_begun(read, step, &money, request, None).await?;
        let card = card_of(&open.intent.value);
        self.carry(open, &card, request).await
    }
}
