//! The risk screen before each step that moves money, and what people say about it.

use super::outcome::card_of;
use super::unit::Unit;
use super::{CLAIM, Engine, EngineError, PaymentView, Request, Told};
use crate::risk::{self, DecisionId, DecisionRecord, Effect, Risk, Screened, Signals, SignalsRecord};
use pmts_fraud::{Action, Facts};
use pmts_kernel::{Event, Timestamp};
use pmts_money::Money;
use pmts_payments::decide::{self, CaptureRequest, Ending};
use pmts_payments::{
    CancelReason, CaptureMethod, ChallengeId, ChallengeOutcome, ChallengeRequest, Challenger,
    ChallengerFault, DeclineCode, Intent, IntentState, Operation, PaymentId, PaymentsError, ReviewId,
};
use pmts_store::{CommitError, StoreExt, Write};
use std::sync::atomic::Ordering;

/// What the screen leaves of an authorization.
pub(super) enum Admitted {
    /// It is sent. With a review, nothing is captured before a person looked.
    Send(Option<ReviewId>),
    /// The payer is challenged first.
    Challenge,
    /// It is not sent.
    Refuse(DeclineCode),
}

/// How a challenge ended.
pub(super) struct ChallengeEnd {
    /// Which one.
    pub(super) id: ChallengeId,
    /// What was passed; `None`: the payer did not.
    pub(super) passed: Option<String>,
}

/// Counts and tells that a challenger did not say what it was asked: the payer stays asked.
fn challenger_fault(risk: &Risk, request: &ChallengeRequest, fault: &ChallengerFault) {
    risk.gate.stats.challenger_faults.fetch_add(1, Ordering::Relaxed);
    tracing::warn!(target: "pmts::risk", challenge = %request.id, %fault, "the challenger does not answer");
}

/// How a review ended.
#[derive(Debug, Clone, Default)]
pub struct ReviewEnd {
    /// The payment goes on; otherwise its hold is given up.
    pub release: bool,
    /// Records written in the same commit.
    pub records: Vec<Write>,
    /// Events told in the same commit.
    pub events: Vec<Event>,
}

impl Engine {
    /// Asks the screen; `None`: there is none.
    async fn screen(
        &self,
        facts: Facts,
        payment: Option<PaymentId>,
        done: Option<Effect>,
    ) -> Option<Screened> {
        let risk = self.risk.as_ref()?;
        let decision = risk.gate.ask(facts).await;
        let effect = match done {
            _ if risk.gate.watches() => Effect::Watched,
            // What was passed or looked at before holds for what asks for that, not for a block.
            // Who was asked and did not answer is asked still, whatever is decided now.
            Some(Effect::Awaiting) if decision.action != Action::Block => Effect::Awaiting,
            Some(Effect::Challenged) if decision.action == Action::StepUp => Effect::Challenged,
            Some(Effect::Released) if matches!(decision.action, Action::StepUp | Action::Review) => {
                Effect::Released
            }
            _ => Effect::Enforced,
        };
        let id = DecisionId::from_raw(self.ids.next_id());
        Some(Screened { id, payment, operation: None, effect, decision })
    }

    /// Screens an authorization that is about to be sent: the decision, what it leaves of it, and the signals to be kept.
    pub(super) async fn screen_authorization(
        &self,
        intent: &Intent,
        told: Signals,
        payer_absent: bool,
        now: Timestamp,
    ) -> Result<(Option<Screened>, Admitted, Option<Write>), EngineError> {
        if self.risk.is_none() {
            return Ok((None, Admitted::Send(None), None));
        }
        let kept = self.store.get::<SignalsRecord>(intent.id.raw()).await?;
        let version = kept.as_ref().map_or(0, |k| k.version);
        let before = kept.map(|k| k.value.0).unwrap_or_default();
        let mut signals = told.onto(before.clone());
        signals.payment = Some(intent.id);
        let write = (!signals.is_empty() && signals != before)
            .then(|| Write::put(&SignalsRecord(signals.clone()), version))
            .transpose()?;
        let facts = risk::of_authorization(intent, &signals, now);
        let passed = intent.risk.challenge.as_ref().is_some_and(|c| c.passed(intent, now));
        let done = if intent.risk.awaits(intent, now) {
            Some(Effect::Awaiting)
        } else {
            passed.then_some(Effect::Challenged)
        };
        let Some(screened) = self.screen(facts, Some(intent.id), done).await else {
            return Ok((None, Admitted::Send(None), write));
        };
        let admitted = match screened.action() {
            Action::Allow => Admitted::Send(None),
            Action::Review => Admitted::Send(Some(ReviewId::from_raw(self.ids.next_id()))),
            Action::StepUp if payer_absent => Admitted::Refuse(DeclineCode::AuthenticationRequired),
            Action::StepUp => Admitted::Challenge,
            Action::Block => Admitted::Refuse(DeclineCode::Blocked),
        };
        Ok((Some(screened), admitted, write))
    }

    /// Asks the challenger for the challenge of a payment that is about to be kept, and puts its page there. If it does not
    /// answer the payment is kept without a page, and it is asked again with the next confirmation.
    pub(super) async fn ask_challenger(&self, intent: &mut Intent) {
        let Some((risk, challenger)) = self.challenger() else { return };
        let Some(request) = ChallengeRequest::of(intent) else { return };
        match challenger.ask(&request).await {
            Ok(page) => {
                if let Some(challenge) = &mut intent.risk.challenge {
                    challenge.page = page;
                }
            }
            Err(fault) => challenger_fault(risk, &request, &fault),
        }
    }

    /// What the challenger says of the challenge a payment waits for: `None`: nothing yet, or nobody knows.
    pub(super) async fn look_up_challenge(&self, intent: &Intent) -> Option<ChallengeEnd> {
        let waits =
            intent.state == IntentState::ActionRequired && intent.risk.awaits(intent, self.clock.now());
        let (risk, challenger) = self.challenger().filter(|_| waits)?;
        let request = ChallengeRequest::of(intent)?;
        let passed = match challenger.outcome(&request).await {
            Ok(ChallengeOutcome::Open) => return None,
            Ok(ChallengeOutcome::Failed) => None,
            Ok(ChallengeOutcome::Passed { factor }) => Some(factor),
            Err(fault) => {
                challenger_fault(risk, &request, &fault);
                return None;
            }
        };
        Some(ChallengeEnd { id: request.id, passed })
    }

    fn challenger(&self) -> Option<(&Risk, &dyn Challenger)> {
        let risk = self.risk.as_deref()?;
        Some((risk, risk.challenger.as_deref()?))
    }

    /// Screens a capture of `amount`.
    pub(super) async fn screen_capture(
        &self,
        intent: &Intent,
        amount: Money,
        attempt: Option<&Operation>,
        now: Timestamp,
    ) -> Result<Option<Screened>, EngineError> {
        if self.risk.is_none() {
            return Ok(None);
        }
        let before = self.decided(intent).await?.map(|d| d.decision.facts);
        let facts = risk::of_capture(intent, amount, before.as_ref(), attempt.map(|a| &a.checks), now);
        let done = intent.risk.released.then_some(Effect::Released);
        Ok(self.screen(facts, Some(intent.id), done).await)
    }

    /// Screens a refund of `amount`.
    pub(super) async fn screen_refund(
        &self,
        intent: &Intent,
        amount: Money,
        now: Timestamp,
    ) -> Result<Option<Screened>, EngineError> {
        if self.risk.is_none() {
            return Ok(None);
        }
        let before = self.decided(intent).await?.map(|d| d.decision.facts);
        let facts = risk::of_refund(intent, amount, before.as_ref(), now);
        Ok(self.screen(facts, Some(intent.id), None).await)
    }

    /// The decision about the latest authorization of a payment.
    pub(super) async fn decided(&self, intent: &Intent) -> Result<Option<Screened>, EngineError> {
        let id = intent.risk.decision.as_deref().and_then(|d| d.parse::<DecisionId>().ok());
        match id {
            Some(id) => Ok(self.store.get::<DecisionRecord>(id.raw()).await?.map(|r| r.value.0)),
            None => Ok(None),
        }
    }

    /// A request that was done before under its key is not stopped now: it is answered as it was then.
    pub(super) async fn unless_answered(&self, request: &Request) -> Result<(), EngineError> {
        let Some(slot) = &request.answer else { return Ok(()) };
        for scope in [slot.scope.clone(), format!("{}{CLAIM}", slot.scope)] {
            if let Some(answer) = self.store.answer(&scope, &slot.key).await? {
                return Err(CommitError::Answered(Box::new(answer)).into());
            }
        }
        Ok(())
    }

    /// Keeps a decision that stopped a step, by itself: nothing else is written.
    pub(super) async fn keep_refusal(
        &self,
        screened: Screened,
        request: &Request,
    ) -> Result<EngineError, EngineError> {
        self.unless_answered(request).await?;
        let id = screened.id;
        let mut unit = Unit::new(self, request, self.clock.now());
        unit.screened(screened)?;
        unit.commit().await?;
        Ok(EngineError::Blocked(id))
    }

    /// Keeps a decision that a person looks at a held payment before it is captured.
    pub(super) async fn keep_for_review(
        &self,
        read: &pmts_store::Versioned<Intent>,
        money: &pmts_payments::MoneyView,
        screened: Screened,
        request: &Request,
    ) -> Result<EngineError, EngineError> {
        self.unless_answered(request).await?;
        let id = ReviewId::from_raw(self.ids.next_id());
        let mut intent = read.value.clone();
        intent.risk.review = Some(id);
        let mut unit = Unit::new(self, request, self.clock.now());
        unit.intent(&intent, read.version, money, None)?;
        unit.review(&intent, id, &screened)?;
        unit.screened(screened)?;
        unit.commit().await?;
        Ok(EngineError::Payments(PaymentsError::UnderReview(id.to_string())))
    }

    /// Takes what the shop says came of a challenge: `passed` is the factor the payer passed, `None`: the payer did not. Passed,
    /// the payment can be confirmed again and is not challenged again.
    ///
    /// # Errors
    /// [`EngineError::Payments`] for another challenge than the one that is asked, and for one as passed where a challenger is
    /// configured, who says so itself; nothing is written then.
    pub async fn challenge_ended(
        &self,
        id: PaymentId,
        challenge: ChallengeId,
        passed: Option<String>,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        if passed.is_some() && self.challenger().is_some() {
            return Err(PaymentsError::ChallengerSays(challenge.to_string()).into());
        }
        self.end_challenge(id, challenge, passed, request).await
    }

    /// Keeps what came of a challenge.
    pub(super) async fn end_challenge(
        &self,
        id: PaymentId,
        challenge: ChallengeId,
        passed: Option<String>,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        loop {
            let read = self.intent(id).await?;
            let now = self.clock.now();
            let money = self.money(&read.value, read.version).await?;
            let intent = decide::challenge_ended(read.value, challenge, passed.clone(), now)?;
            let attempt = self.attempt(&intent).await?;
            let told =
                if intent.state == IntentState::Declined { Told::Declined } else { Told::ChallengePassed };
            let view = PaymentView { intent, money, attempt, operation: None };
            let mut unit = Unit::new(self, request, now);
            unit.intent(&view.intent, read.version, &money, Some(told))?;
            unit.answer_at_once(request, &view);
            match unit.commit().await {
                Err(EngineError::Commit(CommitError::Conflict { .. })) => {}
                done => return done.map(|_| view),
            }
        }
    }

    /// Ends the review a payment waits for: released, it goes on (with automatic capture it is captured now); otherwise what is
    /// left of its hold is given up. What `end` brings is written in the same commit. A payment that is no longer held is only freed of the review.
    ///
    /// # Errors
    /// [`EngineError`]. If the first commit failed, nothing happened.
    pub async fn review_closed(
        &self,
        id: PaymentId,
        review: ReviewId,
        end: ReviewEnd,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let now = self.clock.now();
        let read = self.intent(id).await?;
        let money = self.money(&read.value, read.version).await?;
        let closed = decide::review_closed(read.value.clone(), review, end.release)?;
        let held = closed.state == IntentState::Authorized && money.held.is_positive();
        let birth = self.birth(request);
        let mut unit = Unit::new(self, request, now);
        let mut screened = None;
        if held && end.release && closed.capture == CaptureMethod::Automatic {
            self.unless_stopped(&read, "capture", &self.own_request()).await?;
            let attempt = self.attempt(&closed).await?;
            screened = self.screen_capture(&closed, money.held, attempt.as_ref(), now).await?;
            // What a person let go on can still be blocked: by a list, say.
            if let Some(blocked) = screened.take_if(|s| s.action() == Action::Block) {
                return Err(self.keep_refusal(blocked, &self.own_request()).await?);
            }
        }
        let step = match (held, end.release) {
            (true, true) if closed.capture == CaptureMethod::Automatic => {
                Some(decide::begin_capture(closed.clone(), &CaptureRequest::default(), &money, birth)?)
            }
            (true, false) if !money.captured.is_positive() => {
                Some(decide::begin_void(closed.clone(), Some(CancelReason::Fraudulent), &money, birth)?)
            }
            // A part is captured already: the rest is given up.
            (true, false) => Some(decide::begin_release(closed.clone(), Ending::RestGivenUp, &money, birth)?),
            _ => None,
        };
        let told = step.as_ref().filter(|s| s.intent.state == IntentState::Captured).map(|_| Told::Captured);
        unit.also(end.records);
        unit.tell_also(end.events);
        if let (Some(mut screened), Some(step)) = (screened, &step) {
            screened.operation = step.operations.first().map(|o| o.id);
            unit.screened(screened)?;
        }
        let Some(step) = step else {
            let attempt = self.attempt(&closed).await?;
            let view = PaymentView { intent: closed, money, attempt, operation: None };
            unit.intent(&view.intent, read.version, &money, None)?;
            unit.answer_at_once(request, &view);
            unit.commit().await?;
            return Ok(view);
        };
        let open = self.commit_begun_in(unit, read, step, &money, request, told).await?;
        let card = card_of(&open.intent.value);
        self.carry(open, &card, request).await
    }
}
