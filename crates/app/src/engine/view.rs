//! A payment and its money, read.

use super::{Engine, EngineError};
use crate::books::Line;
use crate::records::{IntentRecord, OperationRecord};
use pmts_money::Money;
use pmts_payments::{Intent, MoneyView, Operation, OperationId, PaymentId};
use pmts_store::{StoreExt, Versioned};

/// A payment as its caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentView {
    /// The payment.
    pub intent: Intent,
    /// Its money.
    pub money: MoneyView,
    /// Its latest authorization.
    pub attempt: Option<Operation>,
    /// The operation that was asked for or about, if any.
    pub operation: Option<Operation>,
}

impl Engine {
    /// A payment with its money, its latest authorization, and one more operation of it if that is asked for.
    ///
    /// # Errors
    /// [`EngineError::Missing`] if there is none, or if it is of the other mode; [`EngineError::Store`].
    pub async fn view(
        &self,
        id: PaymentId,
        operation: Option<OperationId>,
    ) -> Result<PaymentView, EngineError> {
        let Versioned { version, value: intent } = self.intent(id).await?;
        let money = self.money(&intent, version).await?;
        let attempt = self.attempt(&intent).await?;
        let operation = match operation {
            Some(id) => Some(self.operation(id).await?.value),
            None => None,
        };
        Ok(PaymentView { intent, money, attempt, operation })
    }

    /// A payment.
    ///
    /// # Errors
    /// As [`Engine::view`].
    pub async fn intent(&self, id: PaymentId) -> Result<Versioned<Intent>, EngineError> {
        let read = self.store.get::<IntentRecord>(id.raw()).await?.filter(|r| r.value.0.live == self.live);
        read.map(|r| Versioned { version: r.version, value: r.value.0 })
            .ok_or_else(|| EngineError::Missing(id.to_string()))
    }

    /// An operation.
    ///
    /// # Errors
    /// As [`Engine::view`].
    pub async fn operation(&self, id: OperationId) -> Result<Versioned<Operation>, EngineError> {
        let read = self.store.get::<OperationRecord>(id.raw()).await?.filter(|r| r.value.0.live == self.live);
        read.map(|r| Versioned { version: r.version, value: r.value.0 })
            .ok_or_else(|| EngineError::Missing(id.to_string()))
    }

    /// What the ledger says of a payment whose intent was read at `version`.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn money(&self, intent: &Intent, version: u64) -> Result<MoneyView, EngineError> {
        let currency = intent.amount.currency();
        let money = |minor| Money::new(minor, currency);
        let mut view = MoneyView::none(money(0));
        if intent.attempt.is_none() {
            return Ok(view);
        }
        if let Some(recent) = self.recent.of(intent.id, version) {
            return Ok(recent);
        }
        let account = |line| self.books.accounts.payment(line, currency, intent.id).id;
        if let Some(held) = self.store.account(account(Line::PayAuthorized)).await? {
            view.authorized = money(held.balance.credits_posted);
            view.held = money(held.available_minor());
            if let Some(taken) = self.store.account(account(Line::PayRefundable)).await? {
                view.captured = money(taken.balance.credits_posted);
                view.refunded = money(taken.balance.credits_posted - taken.available_minor());
            }
        }
        Ok(view)
    }

    /// The latest authorization of a payment.
    pub(super) async fn attempt(&self, intent: &Intent) -> Result<Option<Operation>, EngineError> {
        match intent.attempt {
            Some(id) => Ok(Some(self.operation(id).await?.value)),
            None => Ok(None),
        }
    }
}
