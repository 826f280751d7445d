//! Refunds: accepted in one commit, then sent.

use super::purchase::card_of;
use super::unit::Unit;
use super::{Engine, EngineError};
use crate::books::{Line, SellerFunds};
use crate::records::{IntentRecord, OperationRecord};
use pmts_ledger::Refusal;
use pmts_payments::decide;
use pmts_payments::{
    GatewayOutcome, Intent, Operation, OperationId, OperationKind, Payee, PaymentId, RefundRequest,
};
use pmts_store::{CommitError, ListQuery, StoreExt, Versioned, Write};

/// A refund of one payment.
#[derive(Debug, Clone)]
pub struct RefundOrder {
    /// Which payment.
    pub payment: PaymentId,
    /// How much of whose parts.
    pub request: RefundRequest,
}

/// How often a refund is decided again when others were faster.
const DECISIONS_MAX: u32 = 1_000;

impl Engine {
    /// Accepts refunds of one or more payments in one commit, then sends them. `also` is given the ids of the refunds and
    /// returns records to be written with them. The operations come back in the order of the orders, final or still open.
    ///
    /// # Errors
    /// [`EngineError`]: nothing is refunded then, unless it came after the refunds were accepted; those are carried to an
    /// end by recovery.
    pub async fn refund(
        &self,
        orders: &[RefundOrder],
        mut also: impl FnMut(&[OperationId]) -> Result<Vec<Write>, EngineError>,
    ) -> Result<Vec<Operation>, EngineError> {
        for _ in 1..DECISIONS_MAX {
            match self.accept(orders, &mut also).await {
                Err(EngineError::Commit(CommitError::Conflict { kind: "payment", .. })) => {}
                Err(EngineError::Commit(CommitError::Refused(r)))
                    if matches!(r.reason, Refusal::FloorBreached { .. }) => {}
                Err(other) => return Err(other),
                Ok(accepted) => return self.send_all(accepted).await,
            }
            tokio::task::yield_now().await;
        }
        self.send_all(self.accept(orders, &mut also).await?).await
    }

    async fn accept(
        &self,
        orders: &[RefundOrder],
        also: &mut impl FnMut(&[OperationId]) -> Result<Vec<Write>, EngineError>,
    ) -> Result<Vec<(Intent, Operation)>, EngineError> {
        let now = self.clock.now();
        let mut unit = Unit::new(self, now);
        let mut accepted = Vec::with_capacity(orders.len());
        let mut funds = SellerFunds::new();
        for order in orders {
            let intent = self.intent(order.payment).await?;
            let id = OperationId::from_raw(self.ids.next_id());
            let step =
                decide::begin_refund(intent.value, &order.request, id, self.gateway.reference(now), now)?;
            self.read_funds(&step.intent, &order.request, &mut funds).await?;
            unit.quiet_intent(&step.intent, intent.version)?;
            unit.operation(&step.operations[0], 0, 0)?;
            unit.facts(&step.facts, &funds)?;
            // What this refund takes is not there for the next one in the same commit.
            for (payee, amount) in &order.request.parts {
                if let Payee::Seller(seller) = payee
                    && let Some(there) = funds.get_mut(seller)
                {
                    let taken = amount.minor().min(there.0);
                    *there = (there.0 - taken, (there.1 - (amount.minor() - taken)).max(0));
                }
            }
            accepted.push((step.intent, step.operations[0].clone()));
        }
        let ids: Vec<OperationId> = accepted.iter().map(|(_, o)| o.id).collect();
        unit.also(also(&ids)?);
        unit.commit().await?;
        Ok(accepted)
    }

    async fn send_all(&self, accepted: Vec<(Intent, Operation)>) -> Result<Vec<Operation>, EngineError> {
        let mut done = Vec::with_capacity(accepted.len());
        for (intent, operation) in accepted {
            let authorization = self.authorization_of(intent.id).await?;
            let outcome = self.gateway.refund(&operation, &authorization, &card_of(&intent), false).await;
            done.push(self.refund_outcome(Versioned { version: 1, value: operation }, &outcome, 0).await?);
        }
        Ok(done)
    }

    /// Commits what became of a refund.
    pub(super) async fn refund_outcome(
        &self,
        operation: Versioned<Operation>,
        outcome: &GatewayOutcome,
        tries: u32,
    ) -> Result<Operation, EngineError> {
        let (after, facts) = decide::refund_answered(operation.value, outcome)?;
        let mut unit = Unit::new(self, self.clock.now());
        unit.operation(&after, operation.version, tries)?;
        unit.facts(&facts, &SellerFunds::new())?;
        unit.commit().await?;
        if after.state.is_final() || tries > 0 {
            return Ok(after);
        }
        let id = after.id;
        self.resolve_tries(id, 0).await?;
        Ok(self.operation(id).await?.value)
    }

    async fn read_funds(
        &self,
        intent: &Intent,
        request: &RefundRequest,
        funds: &mut SellerFunds,
    ) -> Result<(), EngineError> {
        for (payee, _) in &request.parts {
            let Payee::Seller(seller) = payee else { continue };
            if funds.contains_key(seller) {
                continue;
            }
            let mut there = [0, 0];
            for (line, sum) in [Line::SellerPending, Line::SellerAvailable].into_iter().zip(&mut there) {
                let account = self.books.accounts.seller(line, intent.amount.currency(), seller);
                *sum = self.store.account(account.id).await?.map_or(0, |a| a.available_minor());
            }
            funds.insert(seller.clone(), (there[0], there[1]));
        }
        Ok(())
    }

    /// A payment.
    ///
    /// # Errors
    /// [`EngineError::Missing`] if there is none, [`EngineError::Store`].
    pub async fn intent(&self, id: PaymentId) -> Result<Versioned<Intent>, EngineError> {
        let read = self.store.get::<IntentRecord>(id.raw()).await?;
        read.map(|r| Versioned { version: r.version, value: r.value.0 })
            .ok_or_else(|| EngineError::Missing(id.to_string()))
    }

    /// An operation.
    ///
    /// # Errors
    /// As [`Engine::intent`].
    pub async fn operation(&self, id: OperationId) -> Result<Versioned<Operation>, EngineError> {
        let read = self.store.get::<OperationRecord>(id.raw()).await?;
        read.map(|r| Versioned { version: r.version, value: r.value.0 })
            .ok_or_else(|| EngineError::Missing(id.to_string()))
    }

    /// The authorization of a payment: its first operation.
    pub(super) async fn authorization_of(&self, id: PaymentId) -> Result<Operation, EngineError> {
        let query = ListQuery { limit: 1, ..ListQuery::with_key("operation", "payment", id.to_string()) };
        let (first, _) = self.store.list_typed::<OperationRecord>(query).await?;
        let first =
            first.into_iter().next().map(|r| r.value.0).filter(|o| o.kind == OperationKind::Authorize);
        first.ok_or_else(|| EngineError::Missing(format!("the authorization of {id}")))
    }
}
