//! Puts a step into one commit: records, transfers, events, jobs.

use super::{Engine, EngineError};
use crate::books::{Journal, SellerFunds};
use crate::records::{IntentRecord, OperationRecord, Task, TaskId};
use pmts_kernel::{Event, EventId, Timestamp};
use pmts_payments::{Fact, Intent, IntentState, Operation, OperationKind, OperationState};
use pmts_store::{Commit, Committed, Job, JobChange, Write};

/// The kind of the job that watches over an operation until it is final.
pub(super) const RESOLVE: &str = "resolve";

/// How long an operation that was just sent is left to whoever sent it.
const GRACE_SECS: i64 = 120;

/// A commit being put together.
pub(super) struct Unit<'a> {
    engine: &'a Engine,
    now: Timestamp,
    commit: Commit,
    journal: Journal,
}

impl<'a> Unit<'a> {
    pub(super) fn new(engine: &'a Engine, now: Timestamp) -> Self {
        Self { engine, now, commit: Commit::by(engine.by.clone()), journal: Journal::default() }
    }

    /// Writes an intent that was read at version `expected`, and tells of its state. That an approved payment is being
    /// captured is not told: the next event says how it ended.
    pub(super) fn intent(&mut self, intent: &Intent, expected: u64) -> Result<(), EngineError> {
        self.quiet_intent(intent, expected)?;
        let kind = match intent.state {
            IntentState::New | IntentState::Authorizing => "payment.processing",
            IntentState::Authorized => "payment.authorized",
            IntentState::Capturing => return Ok(()),
            IntentState::Captured => "payment.captured",
            IntentState::Declined => "payment.declined",
        };
        let data = serde_json::json!({
            "order": intent.order, "amount": intent.amount.minor(), "currency": intent.amount.currency().code(), "decline": intent.decline,
        });
        self.event(kind, intent.id.to_string(), expected + 1, data);
        Ok(())
    }

    /// Writes an intent without telling of it: nothing the outside sees has changed.
    pub(super) fn quiet_intent(&mut self, intent: &Intent, expected: u64) -> Result<(), EngineError> {
        self.commit.records.push(Write::put(&IntentRecord(intent.clone()), expected)?);
        Ok(())
    }

    /// Writes an operation that was read at version `expected`, and keeps the job that watches over it while it is open.
    pub(super) fn operation(
        &mut self,
        operation: &Operation,
        expected: u64,
        tries: u32,
    ) -> Result<(), EngineError> {
        self.commit.records.push(Write::put(&OperationRecord(operation.clone()), expected)?);
        let id = operation.id.raw();
        self.commit.jobs.push(if operation.state.is_final() {
            JobChange::Done(id)
        } else {
            let due = if operation.state == OperationState::Pending {
                self.now.saturating_add_secs(GRACE_SECS)
            } else {
                backoff(self.now, tries)
            };
            JobChange::Put(Job {
                id,
                kind: RESOLVE.into(),
                due,
                attempts: tries,
                body: format!("\"{}\"", operation.id),
            })
        });
        if operation.kind == OperationKind::Capture && operation.state == OperationState::Declined {
            self.task(
                operation,
                "the capture was refused and the hold stands: capture again or let it lapse",
            )?;
        }
        if operation.kind == OperationKind::Refund {
            let state = match operation.state {
                OperationState::Succeeded => "refund.succeeded",
                OperationState::Declined => "refund.failed",
                _ => "refund.processing",
            };
            let data = serde_json::json!({
                "payment": operation.payment, "amount": operation.amount.minor(), "currency": operation.amount.currency().code(),
            });
            self.event(state, operation.id.to_string(), expected + 1, data);
            if operation.state == OperationState::Declined {
                self.task(operation, "the refund was refused: find another way to pay the customer")?;
            }
        }
        Ok(())
    }

    /// Books facts.
    pub(super) fn facts(&mut self, facts: &[Fact], funds: &SellerFunds) -> Result<(), EngineError> {
        for fact in facts {
            self.engine.books.book(fact, funds, &mut self.journal)?;
        }
        Ok(())
    }

    /// Writes records of the caller in the same commit.
    pub(super) fn also(&mut self, records: Vec<Write>) {
        self.commit.records.extend(records);
    }

    /// Asks a person.
    pub(super) fn task(&mut self, operation: &Operation, what: &str) -> Result<(), EngineError> {
        let id = TaskId::from_raw(self.engine.ids.next_id());
        let task = Task {
            id,
            payment: operation.payment,
            operation: operation.id,
            what: what.into(),
            created: self.now,
        };
        self.commit.records.push(Write::put(&task, 0)?);
        Ok(())
    }

    /// Commits it all.
    pub(super) async fn commit(mut self) -> Result<Committed, EngineError> {
        (self.commit.accounts, self.commit.transfers) = (self.journal.accounts, self.journal.transfers);
        Ok(self.engine.store.commit(self.commit).await?)
    }

    fn event(&mut self, kind: &str, object: String, sequence: u64, data: serde_json::Value) {
        let id = EventId::from_raw(self.engine.ids.next_id());
        self.commit.events.push(Event { id, kind: kind.into(), object, sequence, at: self.now, data });
    }
}

/// When an operation whose outcome is unknown is tried again: at once, then after 1, 2, 4 ... seconds, at most an hour.
fn backoff(now: Timestamp, tries: u32) -> Timestamp {
    if tries == 0 { now } else { now.saturating_add_secs((1i64 << (tries - 1).min(12)).min(3_600)) }
}
