//! Recovery: works on every operation whose outcome is not known, until it is.
//!
//! A job stands for each open operation, written in the same commit as the operation itself. Authorizations and increments
//! are reversed; captures, voids, releases and refunds are repeated with the same reference. Whoever runs the engine calls
//! [`Engine::recover`]: the import and the demo at their start and end, for everything that is open; a server runs
//! [`Engine::work`], for what is due.

use super::outcome::{Open, card_of};
use super::shift::Shift;
use super::unit::RESOLVE;
use super::{Engine, EngineError};
use pmts_kernel::Timestamp;
use pmts_payments::decide;
use pmts_payments::{GatewayOutcome, Operation, OperationId, OperationState, Sale};
use pmts_store::{CommitError, Job};
use std::pin::Pin;
use std::sync::Arc;

/// How often an operation is tried in a row before it is left to its next due time.
pub const UNRESOLVED_TRIES: u32 = 3;

/// How many operations a round of recovery takes.
const MOST_LEFT: usize = 1_000_000;

/// Open operations that a round of recovery has taken, to be given to [`Engine::recover_left`].
pub struct Left {
    shift: Shift,
    jobs: Vec<Job>,
}

/// What a round of recovery did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecoverySummary {
    /// Operations that are final now.
    pub resolved: u64,
    /// Operations that are still not known.
    pub open: u64,
}

impl Engine {
    /// Works on every open operation due at `until` that nobody else works on. At start, when no other process can be working
    /// on them, give [`Timestamp::MAX`]: whatever is open was left by a process that ended.
    ///
    /// # Errors
    /// [`EngineError`] when the store fails; what the outside does is no error.
    pub async fn recover(&self, until: Timestamp) -> Result<RecoverySummary, EngineError> {
        self.recover_left(self.take_left(until).await?).await
    }

    /// Takes what [`Engine::recover`] works on. A server does so at its start, before it takes requests: what a request has
    /// just begun must not be taken for left.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn take_left(&self, until: Timestamp) -> Result<Left, EngineError> {
        let shift = Shift::new(self.store.clone(), self.clock.clone(), &*self.ids, &[RESOLVE]);
        let jobs = match until {
            Timestamp::MAX => shift.take_over(until, MOST_LEFT).await?,
            _ => shift.take(until, MOST_LEFT).await?,
        };
        Ok(Left { shift, jobs })
    }

    /// Works on what was taken.
    ///
    /// # Errors
    /// As [`Engine::recover`].
    pub async fn recover_left(&self, left: Left) -> Result<RecoverySummary, EngineError> {
        let shift = Arc::new(left.shift);
        let mut summary = RecoverySummary::default();
        let limit = Arc::new(tokio::sync::Semaphore::new(32));
        let mut running = tokio::task::JoinSet::new();
        for job in left.jobs {
            let (engine, limit, shift) = (self.clone(), limit.clone(), shift.clone());
            running.spawn(async move {
                let _permit = limit.acquire_owned().await;
                let done = engine.resolve_tries(OperationId::from_raw(job.id), job.attempts).await;
                match &done {
                    Ok(true) => shift.done(job.id),
                    _ => shift.put_off(job.id, 0).await,
                }
                done
            });
        }
        let all = async {
            while let Some(done) = running.join_next().await {
                match done {
                    Ok(Ok(true)) => summary.resolved += 1,
                    Ok(Ok(false)) => summary.open += 1,
                    Ok(Err(error)) if error.is_of_one_operation() => summary.open += 1,
                    Ok(Err(error)) => return Err(error),
                    Err(e) => return Err(EngineError::CutOff(e.to_string())),
                }
            }
            Ok(summary)
        };
        shift.meanwhile(all).await
    }

    /// Tries a few times, after `before` tries in vain; `true`: it is final.
    pub(super) fn resolve_tries(
        &self,
        id: OperationId,
        before: u32,
    ) -> Pin<Box<dyn Future<Output = Result<bool, EngineError>> + Send + '_>> {
        // Boxed, because what a try commits may ask for more tries.
        Box::pin(async move {
            for tries in (1..=UNRESOLVED_TRIES).map(|n| before.saturating_add(n)) {
                match self.resolve(id, tries).await {
                    Ok(operation) if operation.state.is_final() => return Ok(true),
                    // Somebody else was faster: look again.
                    Ok(_) | Err(EngineError::Commit(CommitError::Conflict { .. })) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(self.operation(id).await?.value.state.is_final())
        })
    }

    /// One try; gives the operation after it.
    pub(super) async fn resolve(&self, id: OperationId, tries: u32) -> Result<Operation, EngineError> {
        let open = self.open(id).await?;
        let operation = &open.operation.value;
        if operation.state.is_final() {
            return Ok(operation.clone());
        }
        let request = self.own_request();
        if !operation.kind.holds() {
            let outcome = self.send(&open, &card_of(&open.intent.value), true).await?;
            let settled = self.settle(open, &outcome, tries, &request).await?;
            if let Some(next) = settled.next {
                // Its job stands; whoever is faster does it.
                let card = card_of(&next.intent.value);
                self.carry(next, &card, &request).await?;
            }
        } else if operation.state == OperationState::Pending {
            // It was left by a process that ended: it may have been sent.
            let why = "the process ended before the answer came".into();
            self.settle(open, &GatewayOutcome::Unknown { why }, 0, &request).await?;
        } else {
            self.reverse(open, tries).await?;
        }
        Ok(self.operation(id).await?.value)
    }

    async fn reverse(&self, open: Open, tries: u32) -> Result<(), EngineError> {
        let (intent, operation) = (open.intent.value.clone(), open.operation.value.clone());
        let authorization = open.attempt.clone().unwrap_or_else(|| operation.clone());
        let sale = Sale { authorization, authorized: open.money.authorized, captured: open.money.captured };
        let outcome = self.gateway.reverse(&operation, &sale, &card_of(&intent), tries > 1).await;
        let step = match outcome {
            GatewayOutcome::Approved { .. } => decide::reversed(intent, operation)?,
            _ => decide::Step { intent, operations: vec![operation], facts: vec![] },
        };
        self.settle_step(&open, step, tries, &self.own_request()).await.map(|_| ())
    }
}

impl EngineError {
    /// One operation cannot be worked on: it stays open and is seen as such; it must not hold up the others.
    pub(super) fn is_of_one_operation(&self) -> bool {
        matches!(
            self,
            Self::Payments(_)
                | Self::Money(_)
                | Self::Missing(_)
                | Self::Vault(_)
                | Self::Commit(CommitError::Refused(_) | CommitError::Conflict { .. })
        )
    }
}
