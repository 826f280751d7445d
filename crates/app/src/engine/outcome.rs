//! What became of an effect, committed: the same way for a caller's request and for recovery.

use super::unit::Unit;
use super::{Engine, EngineError, PaymentView, Request};
use crate::books::SellerFunds;
use pmts_fraud::Action;
use pmts_payments::decide::{self, CaptureRequest, Ending, Step};
use pmts_payments::{
    CancelReason, CaptureMethod, CardDetails, GatewayOutcome, Intent, IntentState, MoneyView, Operation,
    OperationKind, OperationState, ReviewId, Sale,
};
use pmts_store::{CommitError, Versioned};

/// An operation under way, with its payment as last read. Every step that changes the money of a payment writes the
/// intent, so the money goes with the version of the intent.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) intent: Versioned<Intent>,
    pub(super) operation: Versioned<Operation>,
    pub(super) money: MoneyView,
    /// The latest authorization, before what is under way.
    pub(super) attempt: Option<Operation>,
}

/// What an outcome led to.
pub(super) struct Settled {
    pub(super) view: PaymentView,
    /// What is to be sent now, begun in the same commit.
    pub(super) next: Option<Open>,
}

impl Engine {
    /// Sends an operation that was just committed, and what follows from it, and commits what becomes of each. Gives the
    /// payment as it was answered to the caller.
    pub(super) async fn carry(
        &self,
        mut open: Open,
        card: &CardDetails,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let mut answered: Option<PaymentView> = None;
        loop {
            let outcome = self.send(&open, card, false).await?;
            // The caller has its answer when what is left to do is only to let go of the rest of the hold.
            let own = self.own_request();
            let on_behalf = if answered.is_some() { &own } else { request };
            let settled = self.settle(open, &outcome, 0, on_behalf).await?;
            match settled.next {
                Some(next) => {
                    if next.operation.value.kind == OperationKind::Release {
                        answered.get_or_insert(settled.view);
                    }
                    open = next;
                }
                None => return Ok(answered.unwrap_or(settled.view)),
            }
        }
    }

    /// Does the effect of an operation.
    pub(super) async fn send(
        &self,
        open: &Open,
        card: &CardDetails,
        repeat: bool,
    ) -> Result<GatewayOutcome, EngineError> {
        let operation = &open.operation.value;
        if operation.kind == OperationKind::Authorize {
            return Ok(self.gateway.authorize(operation, card).await);
        }
        let missing = || EngineError::Missing(format!("the authorization of {}", operation.payment));
        let authorization = open.attempt.clone().ok_or_else(missing)?;
        let sale = Sale { authorization, authorized: open.money.authorized, captured: open.money.captured };
        Ok(match operation.kind {
            OperationKind::Increment => self.gateway.increment(operation, &sale, card).await,
            OperationKind::Capture => self.gateway.capture(operation, &sale, card, repeat).await,
            OperationKind::Void => self.gateway.void(operation, &sale, card, repeat).await,
            OperationKind::Release => self.gateway.release(operation, &sale, card, repeat).await,
            OperationKind::Refund | OperationKind::Authorize => {
                self.gateway.refund(operation, &sale, card, repeat).await
            }
        })
    }

    /// Commits what became of an operation. When another step was faster it is read and decided again; when another has
    /// settled the operation itself, that stands.
    pub(super) async fn settle(
        &self,
        open: Open,
        outcome: &GatewayOutcome,
        tries: u32,
        request: &Request,
    ) -> Result<Settled, EngineError> {
        let mut open = open;
        let mut request = request.clone();
        loop {
            match self.settle_once(&open, outcome, tries, &request).await {
                // The key was answered by another: what became of the effect is written in any case.
                Err(EngineError::Commit(CommitError::Answered(_))) => request.answer = None,
                Err(EngineError::Commit(CommitError::Conflict { .. })) => {
                    let before = open.operation.value.state;
                    open = self.open(open.operation.value.id).await?;
                    if open.operation.value.state != before {
                        let view = self.view(open.intent.value.id, Some(open.operation.value.id)).await?;
                        return Ok(Settled { view, next: None });
                    }
                }
                done => return done,
            }
        }
    }

    /// An operation with its payment, as they are now.
    pub(super) async fn open(&self, id: pmts_payments::OperationId) -> Result<Open, EngineError> {
        let operation = self.operation(id).await?;
        let intent = self.intent(operation.value.payment).await?;
        let (money, attempt) =
            (self.money(&intent.value, intent.version).await?, self.attempt(&intent.value).await?);
        Ok(Open { intent, operation, money, attempt })
    }

    async fn settle_once(
        &self,
        open: &Open,
        outcome: &GatewayOutcome,
        tries: u32,
        request: &Request,
    ) -> Result<Settled, EngineError> {
        let now = self.clock.now();
        let (intent, operation) = (open.intent.value.clone(), open.operation.value.clone());
        let step = match operation.kind {
            OperationKind::Authorize => {
                decide::authorization_answered(intent, operation, outcome, now, || {
                    self.gateway.reference(now)
                })?
            }
            OperationKind::Increment => {
                decide::increment_answered(intent, operation, outcome, &open.money, || {
                    self.gateway.reference(now)
                })?
            }
            OperationKind::Capture => decide::capture_answered(intent, operation, outcome)?,
            OperationKind::Void => decide::void_answered(intent, operation, outcome)?,
            OperationKind::Release => decide::release_answered(intent, operation, outcome)?,
            OperationKind::Refund => {
                let (operation, facts) = decide::refund_answered(operation, outcome)?;
                Step { intent, operations: vec![operation], facts }
            }
        };
        self.settle_step(open, step, tries, request).await
    }

    /// Commits the step that ends or carries on an operation, with what follows from it at once.
    pub(super) async fn settle_step(
        &self,
        open: &Open,
        step: Step,
        tries: u32,
        request: &Request,
    ) -> Result<Settled, EngineError> {
        let now = self.clock.now();
        let Step { intent, mut operations, mut facts } = step;
        let operation = operations.remove(0);
        let mut money = open.money.after(&facts)?;
        let mut intent = intent;
        let mut following = None;
        let mut unit = Unit::new(self, request, now);
        if operation.state == OperationState::Succeeded {
            let ended = (operation.kind, intent.state);
            let next = if ended == (OperationKind::Authorize, IntentState::Authorized) {
                let attempt = Some(&operation);
                self.after_approval(&mut intent, &money, attempt, &mut unit, request).await?
            } else if ended == (OperationKind::Capture, IntentState::Captured) && money.held.is_positive() {
                Some(decide::begin_release(intent.clone(), Ending::LastCapture, &money, self.birth(request))?)
            } else {
                None
            };
            if let Some(next) = next {
                money = money.after(&next.facts)?;
                facts.extend(next.facts);
                intent = next.intent;
                following = next.operations.into_iter().next();
            }
        } else if intent.state == IntentState::Declined {
            // Nothing is held: there is nothing to look at.
            intent.risk.review = None;
        }
        unit.operation(&operation, open.operation.version, tries)?;
        let mut version = open.intent.version;
        if intent != open.intent.value {
            let told = super::Told::of_outcome(&operation, intent.state);
            unit.intent(&intent, version, &money, told)?;
            unit.watch_hold(&open.intent.value, &intent);
            version += 1;
        }
        if let Some(next) = &following {
            unit.operation(next, 0, 0)?;
        }
        unit.facts(&facts, &SellerFunds::new())?;
        if operation.state == OperationState::Declined {
            match operation.kind {
                OperationKind::Capture => unit.task(
                    &operation,
                    "the capture was refused and the hold stands: capture again or give it up",
                )?,
                OperationKind::Refund => {
                    unit.task(&operation, "the refund was refused: find another way to pay the customer")?;
                }
                _ => {}
            }
        }
        let attempt = match operation.kind {
            OperationKind::Authorize => Some(operation.clone()),
            _ => open.attempt.clone(),
        };
        let view = PaymentView { intent, money, attempt, operation: Some(operation) };
        if following.as_ref().is_none_or(|next| next.kind == OperationKind::Release) {
            unit.answer(request, &view);
        }
        unit.commit().await?;
        let next = following.map(|operation| Open {
            intent: Versioned { version, value: view.intent.clone() },
            operation: Versioned { version: 1, value: operation },
            money: view.money,
            attempt: view.attempt.clone(),
        });
        Ok(Settled { view, next })
    }
}

impl Engine {
    /// What follows an approval: the capture, if it is automatic and the screen lets it; a person looks first; or the hold is given
    /// up at once.
    async fn after_approval(
        &self,
        intent: &mut Intent,
        money: &MoneyView,
        attempt: Option<&Operation>,
        unit: &mut Unit<'_>,
        request: &Request,
    ) -> Result<Option<Step>, EngineError> {
        if let Some(review) = intent.risk.review {
            if let Some(decided) = self.decided(intent).await? {
                unit.review(intent, review, &decided)?;
            }
            return Ok(None);
        }
        if intent.capture != CaptureMethod::Automatic {
            return Ok(None);
        }
        let birth = self.birth(request);
        let Some(mut screened) = self.screen_capture(intent, money.held, attempt, birth.now).await? else {
            let all = CaptureRequest::default();
            return Ok(Some(decide::begin_capture(intent.clone(), &all, money, birth)?));
        };
        let step = match screened.action() {
            Action::Allow => {
                let all = CaptureRequest::default();
                Some(decide::begin_capture(intent.clone(), &all, money, birth)?)
            }
            Action::StepUp | Action::Review => {
                let id = ReviewId::from_raw(self.ids.next_id());
                intent.risk.review = Some(id);
                unit.review(intent, id, &screened)?;
                None
            }
            Action::Block => {
                Some(decide::begin_void(intent.clone(), Some(CancelReason::Fraudulent), money, birth)?)
            }
        };
        screened.operation = step.as_ref().and_then(|s| s.operations.first()).map(|o| o.id);
        unit.screened(screened)?;
        Ok(step)
    }
}

/// How the card of a payment is presented when nobody is there to give more than what is kept.
pub(super) fn card_of(intent: &Intent) -> CardDetails {
    CardDetails { method: intent.method.clone(), ..CardDetails::default() }
}
