//! Puts a step into one commit: records, transfers, events, jobs, answer.

use super::{CLAIM, Claim, Engine, EngineError, PaymentView, Request, Told};
use crate::books::{Journal, SellerFunds};
use crate::records::{IntentRecord, OperationRecord, Task, TaskId};
use crate::risk::people::ReviewRecord;
use crate::risk::{DecisionRecord, Screened};
use pmts_fraud::people::{Review, ReviewOf};
use pmts_kernel::{Event, EventId, Timestamp, derived_id};
use pmts_payments::{
    Fact, Intent, IntentState, MoneyView, Operation, OperationKind, OperationState, PaymentId, ReviewId,
};
use pmts_store::{Answer, Commit, Committed, Job, JobChange, Write};

/// The kind of the job that watches over an operation until it is final.
pub(super) const RESOLVE: &str = "resolve";
/// The kind of the job that gives up a hold that comes to its end.
pub(super) const EXPIRE: &str = "expire";

/// The tag of the job of a payment's hold; jobs of operations have the operation's own id.
const EXPIRE_TAG: u8 = 1;

/// A commit being put together.
pub(super) struct Unit<'a> {
    engine: &'a Engine,
    now: Timestamp,
    commit: Commit,
    journal: Journal,
    /// What is known of the money once this is committed.
    money: Vec<(PaymentId, u64, MoneyView)>,
    /// Decisions that are history once this is committed.
    screened: Vec<Screened>,
}

impl<'a> Unit<'a> {
    pub(super) fn new(engine: &'a Engine, request: &Request, now: Timestamp) -> Self {
        Self {
            engine,
            now,
            commit: Commit::by(request.by.clone()),
            journal: Journal::default(),
            money: vec![],
            screened: vec![],
        }
    }

    /// Writes an intent that was read at version `expected`, keeps the job that watches over its hold, and tells of it.
    pub(super) fn intent(
        &mut self,
        intent: &Intent,
        expected: u64,
        money: &MoneyView,
        told: Option<Told>,
    ) -> Result<(), EngineError> {
        self.commit.records.push(Write::put(&IntentRecord(intent.clone()), expected)?);
        self.money.push((intent.id, expected + 1, *money));
        if let Some(told) = told {
            let mut data = serde_json::json!({
                "order": intent.order, "amount": intent.amount.minor(), "currency": intent.amount.currency().code(),
                "state": intent.state,
            });
            // What is zero or nothing is left out.
            let sums = [("held", money.held), ("captured", money.captured), ("refunded", money.refunded)];
            for (name, sum) in sums.into_iter().filter(|(_, sum)| !sum.is_zero()) {
                data[name] = sum.minor().into();
            }
            if let Some(decline) = &intent.decline {
                data["decline"] = serde_json::json!(decline);
                if let Some(decision) = &intent.risk.decision {
                    data["decision"] = serde_json::json!(decision);
                }
            }
            self.event(told, intent.id.to_string(), expected + 1, data);
        }
        Ok(())
    }

    /// Keeps a job that gives up the hold of a payment when it comes to its end, while nothing else is under way with it;
    /// `before` is the payment as it was read.
    pub(super) fn watch_hold(&mut self, before: &Intent, after: &Intent) {
        let resting = |intent: &Intent| intent.hold_until.filter(|_| intent.state == IntentState::Authorized);
        let (before, due) = (resting(before), resting(after));
        if before == due {
            return;
        }
        let id = derived_id(after.id.raw(), EXPIRE_TAG);
        self.commit.jobs.push(match due {
            Some(due) => {
                let body = format!("\"{}\"", after.id);
                JobChange::Put(Job { id, kind: EXPIRE.into(), due, attempts: 0, body })
            }
            None => JobChange::Done(id),
        });
    }

    /// Writes an operation that was read at version `expected`, and keeps the job that watches over it while it is open. An
    /// operation that is open for too long is given to a person.
    pub(super) fn operation(
        &mut self,
        operation: &Operation,
        expected: u64,
        tries: u32,
    ) -> Result<(), EngineError> {
        self.commit.records.push(Write::put(&OperationRecord(operation.clone()), expected)?);
        let id = operation.id.raw();
        let give_up_at = operation.created.saturating_add_secs(self.engine.give_up_after_secs);
        if operation.state.is_final() {
            self.commit.jobs.push(JobChange::Done(id));
        } else if tries > 0 && self.now >= give_up_at {
            self.commit.jobs.push(JobChange::Done(id));
            self.task(
                operation,
                "the other side never said what became of it: ask them, then record it with `pmts unknown resolve`",
            )?;
        } else {
            let due = if operation.state == OperationState::Pending {
                self.now.saturating_add_secs(self.engine.grace_secs)
            } else {
                backoff(self.now, tries)
            };
            let body = format!("\"{}\"", operation.id);
            self.commit.jobs.push(JobChange::Put(Job {
                id,
                kind: RESOLVE.into(),
                due,
                attempts: tries,
                body,
            }));
        }
        if operation.kind == OperationKind::Refund
            && let Some(told) = Told::of_refund(operation.state)
        {
            let data = serde_json::json!({
                "payment": operation.payment, "amount": operation.amount.minor(), "currency": operation.amount.currency().code(),
            });
            self.event(told, operation.id.to_string(), expected + 1, data);
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

    /// Tells events of the caller in the same commit.
    pub(super) fn tell_also(&mut self, events: Vec<Event>) {
        self.commit.events.extend(events);
    }

    /// Keeps a decision of the risk screen.
    pub(super) fn screened(&mut self, screened: Screened) -> Result<(), EngineError> {
        let Screened { id, payment, effect, .. } = &screened;
        let decision = &screened.decision;
        let mut data = serde_json::json!({
            "step": screened.step().name(), "action": decision.action.name(), "by": decision.by, "effect": effect,
        });
        if let Some(payment) = payment {
            data["payment"] = serde_json::json!(payment);
        }
        self.event(Told::RiskDecided, id.to_string(), 1, data);
        self.commit.records.push(Write::put(&DecisionRecord(screened.clone()), 0)?);
        self.screened.push(screened);
        Ok(())
    }

    /// Opens a review of a payment that waits for it.
    pub(super) fn review(
        &mut self,
        intent: &Intent,
        id: ReviewId,
        screened: &Screened,
    ) -> Result<(), EngineError> {
        let of = ReviewOf {
            about: intent.id.to_string(),
            seller: None,
            amount: intent.amount.minor(),
            currency: intent.amount.currency().code().to_owned(),
            decision_id: screened.id.to_string(),
            decision: &screened.decision,
            held_until: intent.hold_until,
        };
        let review = Review::open(id.to_string(), of, self.now);
        let data = serde_json::json!({
            "payment": intent.id, "decision": screened.id, "step": screened.step().name(), "priority": review.priority,
            "due": review.due.as_secs(),
        });
        self.commit.records.push(Write::put(&ReviewRecord(review), 0)?);
        self.event(Told::ReviewOpened, id.to_string(), 1, data);
        Ok(())
    }

    /// Claims the key of the request: its answer follows with a later commit.
    pub(super) fn claim(&mut self, request: &Request, operation: &Operation) {
        let claim = Claim { payment: operation.payment, operation: operation.id };
        self.commit.answer = request.answer.as_ref().map(|slot| slot.claim(&claim));
    }

    /// Stores the answer to a request that is done with its first commit, in the place of its claim, so that no other
    /// request under the key can claim it.
    pub(super) fn answer_at_once(&mut self, request: &Request, view: &PaymentView) {
        self.commit.answer = request.answer.as_ref().map(|slot| {
            let answer = slot.answer(view);
            Answer { scope: format!("{}{CLAIM}", answer.scope), ..answer }
        });
    }

    /// Stores the answer to the request that was claimed before.
    pub(super) fn answer(&mut self, request: &Request, view: &PaymentView) {
        self.commit.answer = request.answer.as_ref().map(|slot| slot.answer(view));
    }

    /// Asks a person.
    pub(super) fn task(&mut self, operation: &Operation, what: &str) -> Result<(), EngineError> {
        let task = Task {
            id: TaskId::from_raw(self.engine.ids.next_id()),
            payment: Some(operation.payment),
            operation: Some(operation.id),
            what: what.into(),
            created: self.now,
            done: None,
        };
        self.commit.records.push(Write::put(&task, 0)?);
        Ok(())
    }

    /// A task is done.
    pub(super) fn task_done(
        &mut self,
        mut task: Task,
        expected: u64,
        request: &Request,
    ) -> Result<(), EngineError> {
        task.done = Some((self.now, request.by.clone()));
        self.commit.records.push(Write::put(&task, expected)?);
        Ok(())
    }

    /// Commits it all.
    pub(super) async fn commit(mut self) -> Result<Committed, EngineError> {
        (self.commit.accounts, self.commit.transfers) = (self.journal.accounts, self.journal.transfers);
        let committed = self.engine.store.commit(self.commit).await?;
        for (id, version, money) in self.money {
            self.engine.recent.remember(id, version, money);
        }
        if let Some(risk) = &self.engine.risk {
            risk.committed(self.screened);
        }
        Ok(committed)
    }

    pub(super) fn event(&mut self, told: Told, object: String, sequence: u64, data: serde_json::Value) {
        let id = EventId::from_raw(self.engine.ids.next_id());
        let kind = told.name().into();
        self.commit.events.push(Event { id, kind, object, sequence, at: self.now, data });
    }
}

/// When an operation whose outcome is unknown is tried again: at once, then after 1, 2, 4 ... seconds, at most an hour.
fn backoff(now: Timestamp, tries: u32) -> Timestamp {
    if tries == 0 { now } else { now.saturating_add_secs((1i64 << (tries - 1).min(12)).min(3_600)) }
}
