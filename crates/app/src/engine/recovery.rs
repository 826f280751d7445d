//! Recovery: works on every operation whose outcome is not known, until it is.
//!
//! A job stands for each open operation, written in the same commit as the operation itself. Authorizations are reversed,
//! captures and refunds are repeated with the same reference. Whoever runs the engine calls [`Engine::recover`]: the
//! import and the demo at their start and end, for everything that is open; a server, from time to time, for what is due.

use super::purchase::card_of;
use super::unit::{RESOLVE, Unit};
use super::{Engine, EngineError};
use crate::books::SellerFunds;
use pmts_kernel::Timestamp;
use pmts_payments::decide;
use pmts_payments::{GatewayOutcome, Intent, Operation, OperationId, OperationKind, OperationState};
use pmts_store::{CommitError, Versioned};
use std::pin::Pin;

/// How often an operation is tried in a row before it is left to its next due time.
pub const UNRESOLVED_TRIES: u32 = 3;

/// What a round of recovery did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecoverySummary {
    /// Operations that are final now.
    pub resolved: u64,
    /// Operations that are still not known.
    pub open: u64,
}

impl Engine {
    /// Works on every open operation due at `until`. At start, when no other process can be working on them, give
    /// [`Timestamp::MAX`]: whatever is open was left by a process that ended.
    ///
    /// # Errors
    /// [`EngineError`] when the store fails; what the outside does is no error.
    pub async fn recover(&self, until: Timestamp) -> Result<RecoverySummary, EngineError> {
        let mut summary = RecoverySummary::default();
        let jobs = self.store.jobs_due(until, 1_000_000).await?;
        let limit = std::sync::Arc::new(tokio::sync::Semaphore::new(32));
        let mut running = tokio::task::JoinSet::new();
        for job in jobs.into_iter().filter(|j| j.kind == RESOLVE) {
            let (engine, limit) = (self.clone(), limit.clone());
            running.spawn(async move {
                let _permit = limit.acquire_owned().await;
                engine.resolve_tries(OperationId::from_raw(job.id), job.attempts).await
            });
        }
        while let Some(done) = running.join_next().await {
            match done {
                Ok(Ok(true)) => summary.resolved += 1,
                Ok(Ok(false)) => summary.open += 1,
                // One that cannot be worked on stays open and is seen as such; it must not hold up the others.
                Ok(Err(
                    EngineError::Payments(_)
                    | EngineError::Money(_)
                    | EngineError::Missing(_)
                    | EngineError::Vault(_)
                    | EngineError::Commit(CommitError::Refused(_)),
                )) => summary.open += 1,
                Ok(Err(error)) => return Err(error),
                Err(e) => return Err(EngineError::CutOff(e.to_string())),
            }
        }
        Ok(summary)
    }

    /// Resolves an operation of this process's own, then gives the intent as it is after that.
    pub(super) async fn resolve_soon(&self, id: OperationId, intent: Intent) -> Result<Intent, EngineError> {
        self.resolve_tries(id, 0).await?;
        Ok(self.intent(intent.id).await?.value)
    }

    /// Tries a few times, after `before` tries in vain; `true`: it is final.
    pub(super) fn resolve_tries(
        &self,
        id: OperationId,
        before: u32,
    ) -> Pin<Box<dyn Future<Output = Result<bool, EngineError>> + Send + '_>> {
        // Boxed, because what a try commits may ask for more tries.
        Box::pin(self.try_some(id, before))
    }

    async fn try_some(&self, id: OperationId, before: u32) -> Result<bool, EngineError> {
        for tries in (1..=UNRESOLVED_TRIES).map(|n| before.saturating_add(n)) {
            match self.resolve(id, tries).await {
                Ok(operation) if operation.state.is_final() => return Ok(true),
                // Somebody else was faster: look again.
                Ok(_) | Err(EngineError::Commit(CommitError::Conflict { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.operation(id).await?.value.state.is_final())
    }

    /// One try; gives the operation after it.
    async fn resolve(&self, id: OperationId, tries: u32) -> Result<Operation, EngineError> {
        let operation = self.operation(id).await?;
        if operation.value.state.is_final() {
            return Ok(operation.value);
        }
        let intent = self.intent(operation.value.payment).await?;
        let card = card_of(&intent.value);
        match operation.value.kind {
            OperationKind::Authorize if operation.value.state == OperationState::Pending => {
                // It was left by a process that ended: it may have been sent.
                let unknown =
                    GatewayOutcome::Unknown { why: "the process ended before the answer came".into() };
                self.forget_authorization(intent, operation, &unknown).await?;
            }
            OperationKind::Authorize => {
                let outcome = self.gateway.reverse(&operation.value, &card, tries > 1).await;
                if matches!(outcome, GatewayOutcome::Approved { .. }) {
                    self.reversed(intent, operation).await?;
                } else {
                    self.try_later(&operation, tries).await?;
                }
            }
            OperationKind::Capture => {
                let authorization = self.authorization_of(intent.value.id).await?;
                let outcome = self.gateway.capture(&operation.value, &authorization, &card, true).await;
                self.capture_outcome(intent, operation, &outcome, tries).await?;
            }
            OperationKind::Refund => {
                let authorization = self.authorization_of(intent.value.id).await?;
                let outcome = self.gateway.refund(&operation.value, &authorization, &card, true).await;
                self.refund_outcome(operation, &outcome, tries).await?;
            }
        }
        Ok(self.operation(id).await?.value)
    }

    async fn forget_authorization(
        &self,
        intent: Versioned<Intent>,
        operation: Versioned<Operation>,
        unknown: &GatewayOutcome,
    ) -> Result<(), EngineError> {
        let now = self.clock.now();
        let step = decide::authorization_answered(intent.value, operation.value, unknown, || {
            self.gateway.reference(now)
        })?;
        let mut unit = Unit::new(self, now);
        unit.operation(&step.operations[0], operation.version, 0)?;
        unit.commit().await?;
        Ok(())
    }

    async fn reversed(
        &self,
        intent: Versioned<Intent>,
        operation: Versioned<Operation>,
    ) -> Result<(), EngineError> {
        let step = decide::authorization_reversed(intent.value, operation.value)?;
        let mut unit = Unit::new(self, self.clock.now());
        unit.intent(&step.intent, intent.version)?;
        unit.operation(&step.operations[0], operation.version, 0)?;
        unit.facts(&step.facts, &SellerFunds::new())?;
        unit.commit().await?;
        Ok(())
    }

    async fn try_later(&self, operation: &Versioned<Operation>, tries: u32) -> Result<(), EngineError> {
        let mut unit = Unit::new(self, self.clock.now());
        unit.operation(&operation.value, operation.version, tries)?;
        unit.commit().await?;
        Ok(())
    }
}
