//! Refunds: accepted in one commit, then sent.

use super::outcome::{Open, card_of};
use super::unit::Unit;
use super::{Engine, EngineError, PaymentView, Request};
use crate::books::{Line, SellerFunds};
use crate::risk::Screened;
use pmts_fraud::Action;
use pmts_ledger::Refusal;
use pmts_money::Money;
use pmts_payments::decide::{self, RefundRequest};
use pmts_payments::{Intent, Operation, OperationId, Payee, PaymentId};
use pmts_store::{CommitError, Write};
use std::collections::BTreeMap;

/// A refund of one payment.
#[derive(Debug, Clone)]
pub struct RefundOrder {
    /// Which payment.
    pub payment: PaymentId,
    /// How much of whose parts.
    pub request: RefundRequest,
}

/// A refund that a caller asks for.
#[derive(Debug, Clone, Default)]
pub struct Refund {
    /// How much; `None`: all that is left. Not used with `parts`.
    pub amount: Option<Money>,
    /// Whose parts; none: out of all, in proportion to what is left of each.
    pub parts: Vec<(Payee, Money)>,
    /// Why, a word for the caller's own use.
    pub reason: Option<String>,
    /// Names and values of the caller's own.
    pub metadata: BTreeMap<String, String>,
}

/// How often a refund is decided again when others were faster.
const DECISIONS_MAX: u32 = 1_000;

impl Engine {
    /// Refunds a payment: so much of it, or with `None` all that is left, out of all parts in proportion; or the parts that
    /// are named.
    ///
    /// # Errors
    /// [`EngineError`]. If the first commit failed, nothing happened.
    pub async fn refund_payment(
        &self,
        id: PaymentId,
        refund: Refund,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        for left in (0..DECISIONS_MAX).rev() {
            let read = self.intent(id).await?;
            let mut wanted = match &refund.parts[..] {
                [] => RefundRequest::of_amount(&read.value, refund.amount)?,
                parts => RefundRequest::of(parts.to_vec()),
            };
            (wanted.reason, wanted.metadata) = (refund.reason.clone(), refund.metadata.clone());
            self.unless_held(&read, "refund", request).await?;
            let intent = read.value;
            let amount = Money::sum(intent.amount.currency(), wanted.parts.iter().map(|(_, part)| *part))?;
            let screened = self.screen_refund(&intent, amount, self.clock.now()).await?;
            if let Some(screened) = screened.as_ref().filter(|s| s.action() == Action::Block) {
                return Err(self.keep_refusal(screened.clone(), request).await?);
            }
            let order = RefundOrder { payment: id, request: wanted };
            match self.accept(&[order], &mut |_| Ok(vec![]), screened, request).await {
                Err(error) if left > 0 && others_were_faster(&error) => tokio::task::yield_now().await,
                Err(error) => return Err(error),
                Ok(mut accepted) => {
                    let open = accepted.remove(0);
                    let card = card_of(&open.intent.value);
                    return self.carry(open, &card, request).await;
                }
            }
        }
        Err(EngineError::CutOff("the refund was decided too often".into()))
    }

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
        let request = self.own_request();
        for _ in 1..DECISIONS_MAX {
            match self.accept(orders, &mut also, None, &request).await {
                Err(error) if others_were_faster(&error) => tokio::task::yield_now().await,
                Err(other) => return Err(other),
                Ok(accepted) => return self.send_all(accepted).await,
            }
        }
        self.send_all(self.accept(orders, &mut also, None, &request).await?).await
    }

    async fn accept(
        &self,
        orders: &[RefundOrder],
        also: &mut impl FnMut(&[OperationId]) -> Result<Vec<Write>, EngineError>,
        screened: Option<Screened>,
        request: &Request,
    ) -> Result<Vec<Open>, EngineError> {
        let mut unit = Unit::new(self, request, self.clock.now());
        let mut accepted = Vec::with_capacity(orders.len());
        let mut funds = SellerFunds::new();
        for order in orders {
            let read = self.intent(order.payment).await?;
            let money = self.money(&read.value, read.version).await?;
            let step = decide::begin_refund(read.value, &order.request, self.birth(request))?;
            self.read_funds(&step.intent, &order.request, &mut funds).await?;
            let money = money.after(&step.facts)?;
            unit.intent(&step.intent, read.version, &money, None)?;
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
            let attempt = self.attempt(&step.intent).await?;
            accepted.push(Open::begun(step, read.version, money, attempt));
        }
        let ids: Vec<OperationId> = accepted.iter().map(|o| o.operation.value.id).collect();
        unit.also(also(&ids)?);
        if let Some(mut screened) = screened {
            screened.operation = ids.first().copied();
            unit.screened(screened)?;
        }
        if let [open] = &accepted[..] {
            unit.claim(request, &open.operation.value);
        }
        unit.commit().await?;
        Ok(accepted)
    }

    async fn send_all(&self, accepted: Vec<Open>) -> Result<Vec<Operation>, EngineError> {
        let mut done = Vec::with_capacity(accepted.len());
        for open in accepted {
            let (id, card) = (open.operation.value.id, card_of(&open.intent.value));
            let view = self.carry(open, &card, &self.own_request()).await?;
            match view.operation {
                Some(operation) if operation.state.is_final() => done.push(operation),
                _ => {
                    self.resolve_tries(id, 0).await?;
                    done.push(self.operation(id).await?.value);
                }
            }
        }
        Ok(done)
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
}

fn others_were_faster(error: &EngineError) -> bool {
    match error {
        EngineError::Commit(CommitError::Conflict { kind: "payment", .. }) => true,
        EngineError::Commit(CommitError::Refused(r)) => matches!(r.reason, Refusal::FloorBreached { .. }),
        _ => false,
    }
}
