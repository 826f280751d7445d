//! Operations that nobody outside says anything about are decided by a person.

use super::unit::{RESOLVE, Unit};
use super::{Engine, EngineError, Request};
use crate::records::Task;
use pmts_kernel::Timestamp;
use pmts_payments::decide;
use pmts_payments::{Checks, DeclineCode, GatewayOutcome, Operation, OperationId, OperationState};
use pmts_store::{CommitError, ListQuery, StoreExt, Versioned};
use std::collections::BTreeMap;

/// An operation whose outcome is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOperation {
    /// The operation.
    pub operation: Operation,
    /// How often it was tried so far.
    pub tries: u32,
    /// When it is tried next; `None`: never again, a person is asked.
    pub next_try: Option<Timestamp>,
    /// What a person is asked to do, if one is.
    pub task: Option<String>,
}

/// What a person found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It happened: the other side has done it.
    Happened,
    /// It did not happen, and will not: the other side has not done it, or has taken it back.
    DidNotHappen,
}

impl Engine {
    /// Every open operation, oldest first: those that are worked on, and those that a person is asked about.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn open_operations(&self) -> Result<Vec<OpenOperation>, EngineError> {
        let mut found = BTreeMap::new();
        for job in self.store.jobs_due(Timestamp::MAX, 1_000_000).await? {
            if job.kind == RESOLVE {
                match self.operation(OperationId::from_raw(job.id)).await {
                    Ok(read) => {
                        let (tries, next_try) = (job.attempts, Some(job.due));
                        let open = OpenOperation { operation: read.value, tries, next_try, task: None };
                        found.insert(job.id, open);
                    }
                    Err(EngineError::Missing(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        for task in self.tasks().await? {
            let Some(id) = task.value.operation else { continue };
            let operation = match self.operation(id).await {
                Ok(read) => read.value,
                Err(EngineError::Missing(_)) => continue,
                Err(error) => return Err(error),
            };
            if !operation.state.is_final() {
                let open = OpenOperation { operation, tries: 0, next_try: None, task: None };
                found.entry(id.raw()).or_insert(open).task = Some(task.value.what);
            }
        }
        Ok(found.into_values().collect())
    }

    /// Records what a person found out about an open operation, and closes the tasks about it.
    ///
    /// # Errors
    /// [`EngineError::NotByHand`] for what cannot be said of it: a hold that was not confirmed in time is taken back, never
    /// taken up again. [`EngineError`].
    pub async fn resolve_by_hand(
        &self,
        id: OperationId,
        verdict: Verdict,
        request: &Request,
    ) -> Result<Operation, EngineError> {
        let open = self.open(id).await?;
        let operation = &open.operation.value;
        if operation.state.is_final() {
            return Err(EngineError::NotByHand("the operation is final: nothing is left to decide"));
        }
        // After that nobody is sending it any more: it never left us, or its process ended.
        let under_way = operation.created.saturating_add_secs(self.grace_secs) > self.clock.now();
        if operation.state == OperationState::Pending && (under_way || operation.kind.holds()) {
            return Err(EngineError::NotByHand(
                "the operation is being sent just now: wait until its outcome is known to be unknown",
            ));
        }
        if operation.kind.holds() {
            if verdict == Verdict::Happened {
                return Err(EngineError::NotByHand(
                    "a hold that was not confirmed in time is not taken up: have the issuer release it, then record that it did not happen",
                ));
            }
            let (intent, operation) = (open.intent.value.clone(), operation.clone());
            self.settle_step(&open, decide::reversed(intent, operation)?, 0, request).await?;
        } else {
            let outcome = match verdict {
                Verdict::Happened => {
                    GatewayOutcome::Approved { approval_code: None, amount: None, checks: Checks::default() }
                }
                Verdict::DidNotHappen => GatewayOutcome::Declined {
                    code: DeclineCode::Other,
                    raw: Some("by hand".into()),
                    retry: None,
                    checks: Checks::default(),
                },
            };
            // What follows from it at once has a job of its own.
            self.settle(open, &outcome, 0, request).await?;
        }
        self.close_tasks(id, request).await?;
        Ok(self.operation(id).await?.value)
    }

    /// The open tasks, oldest first.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn tasks(&self) -> Result<Vec<Versioned<Task>>, EngineError> {
        self.all_tasks("open", "1".into()).await
    }

    async fn close_tasks(&self, id: OperationId, request: &Request) -> Result<(), EngineError> {
        for task in self.all_tasks("operation", id.to_string()).await? {
            // A refused refund is still owed: that task is another one and stays.
            let is_this = task.value.done.is_none() && task.value.what.contains("pmts unknown resolve");
            if is_this {
                let mut unit = Unit::new(self, request, self.clock.now());
                unit.task_done(task.value, task.version, request)?;
                match unit.commit().await {
                    Ok(_) | Err(EngineError::Commit(CommitError::Conflict { .. })) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    async fn all_tasks(&self, index: &'static str, key: String) -> Result<Vec<Versioned<Task>>, EngineError> {
        let mut all = Vec::new();
        let mut query = ListQuery::with_key("task", index, key);
        loop {
            let (tasks, next) = self.store.list_typed::<Task>(query.clone()).await?;
            all.extend(tasks);
            match next {
                Some(_) => query.after = next,
                None => return Ok(all),
            }
        }
    }
}
