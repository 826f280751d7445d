//! Payments are confirmed: the authorization is sent, and with automatic capture the capture after it.

use super::outcome::Open;
use super::risk::Admitted;
use super::unit::Unit;
use super::{Engine, EngineError, PaymentView, Request, Told};
use crate::risk::Signals;
use pmts_payments::decide::{self, NewPayment, Step};
use pmts_payments::{
    BillingAddress, CardDetails, ChallengeId, DeclineCode, Intent, MethodRef, MoneyView, Operation, PaymentId,
};
use pmts_sensitive::Cvv;
use pmts_store::{Versioned, Write};

/// How a payment is confirmed.
#[derive(Debug, Clone, Default)]
pub struct Confirm {
    /// How it is paid; `None`: as the payment says.
    pub method: Option<MethodRef>,
    /// The security code, if the cardholder gave it just now.
    pub security_code: Option<Cvv>,
    /// The billing address, to be compared by the issuer.
    pub address: Option<BillingAddress>,
    /// Whether less than the whole amount is taken too.
    pub allow_partial: bool,
    /// What is known of the payer, for the risk screen.
    pub signals: Signals,
    /// The payer is not there to be challenged: what needs a challenge is declined.
    pub payer_absent: bool,
}

impl Confirm {
    fn card(self, intent: &Intent) -> CardDetails {
        CardDetails {
            method: intent.method.clone(),
            security_code: self.security_code,
            address: self.address,
        }
    }
}

impl Engine {
    /// Sends the authorization of a payment, and with automatic capture the capture after it. The view comes back authorized,
    /// captured, declined, or still open: then its outcome is not known yet and recovery works on it.
    ///
    /// # Errors
    /// [`EngineError`]. If the first commit failed, nothing happened.
    pub async fn confirm(
        &self,
        id: PaymentId,
        confirm: Confirm,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        let mut read = self.intent(id).await?;
        if let Some(end) = self.look_up_challenge(&read.value).await {
            let failed = end.passed.is_none();
            let own = self.own_request();
            let by = if failed { request } else { &own };
            let view = self.end_challenge(id, end.id, end.passed, by).await?;
            if failed {
                return Ok(view);
            }
            read = self.intent(id).await?;
        }
        let mut intent = read.value;
        if let Some(method) = &confirm.method {
            let changes = decide::Changes { method: Some(method.clone()), ..decide::Changes::default() };
            intent = decide::update(intent, changes)?;
        }
        let money = self.money(&intent, read.version).await?;
        self.attempted(Versioned { version: read.version, value: intent }, money, confirm, request, vec![])
            .await
    }

    /// Makes a payment and confirms it, the first commit doing both.
    ///
    /// # Errors
    /// As [`Engine::confirm`].
    pub async fn create_and_confirm(
        &self,
        new: NewPayment,
        confirm: Confirm,
        request: &Request,
    ) -> Result<PaymentView, EngineError> {
        self.begin(new, confirm, request, |_| Ok(vec![])).await
    }

    /// Authorizes and captures a purchase. `also` is given the payment's id and returns records to be written in its first
    /// commit: once that is there, the purchase will be carried to an end, whatever happens to this process. What is not
    /// known is asked about a few times at once.
    ///
    /// The intent comes back captured, declined, or still open: then recovery works on it.
    ///
    /// # Errors
    /// As [`Engine::confirm`].
    pub async fn purchase(
        &self,
        purchase: NewPayment,
        also: impl FnOnce(PaymentId) -> Result<Vec<Write>, EngineError>,
    ) -> Result<Intent, EngineError> {
        let confirm = Confirm { payer_absent: true, ..Confirm::default() };
        let view = self.begin(purchase, confirm, &self.own_request(), also).await?;
        match view.operation {
            Some(operation) if !operation.state.is_final() => {
                self.resolve_tries(operation.id, 0).await?;
                Ok(self.intent(view.intent.id).await?.value)
            }
            _ => Ok(view.intent),
        }
    }

    async fn begin(
        &self,
        new: NewPayment,
        confirm: Confirm,
        request: &Request,
        also: impl FnOnce(PaymentId) -> Result<Vec<Write>, EngineError>,
    ) -> Result<PaymentView, EngineError> {
        let method = confirm.method.clone().or(new.method.clone());
        let new = NewPayment { live: self.live, method, ..new };
        let id = PaymentId::from_raw(self.ids.next_id());
        let intent = decide::create(new, id, self.clock.now())?;
        let money = MoneyView::none(pmts_money::Money::new(0, intent.amount.currency()));
        self.attempted(Versioned { version: 0, value: intent }, money, confirm, request, also(id)?).await
    }

    /// Screens an authorization, and sends it if the screen lets it. The decision is in the same commit as what it leads to: the
    /// operation that is about to be sent, the challenge, or the refusal.
    async fn attempted(
        &self,
        read: Versioned<Intent>,
        money: MoneyView,
        confirm: Confirm,
        request: &Request,
        also: Vec<Write>,
    ) -> Result<PaymentView, EngineError> {
        let Versioned { version, value: mut intent } = read;
        let birth = self.birth(request);
        let now = birth.now;
        // Judged before anybody is asked about it.
        decide::begin_authorization(intent.clone(), confirm.allow_partial, birth.clone())?;
        let (mut screened, admitted, signals) =
            self.screen_authorization(&intent, confirm.signals.clone(), confirm.payer_absent, now).await?;
        let stop = self.stop(&intent, true).await?;
        let admitted = if stop.is_some() { Admitted::Refuse(DeclineCode::Blocked) } else { admitted };
        intent.risk.decision = screened.as_ref().map(|s| s.id.to_string());
        (intent.risk.review, intent.risk.released, intent.risk.rejected) = (None, false, false);
        let mut unit = Unit::new(self, request, now);
        unit.also(also);
        unit.also(signals.into_iter().collect());
        if let (Admitted::Challenge, Some(screened)) = (&admitted, &screened) {
            let mut intent = decide::challenge(intent, ChallengeId::from_raw(self.ids.next_id()), now)?;
            if intent.risk.challenge.as_ref().is_some_and(|c| c.page.is_none()) {
                self.ask_challenger(&mut intent).await;
            }
            let attempt = self.attempt(&intent).await?;
            let view = PaymentView { intent, money, attempt, operation: None };
            unit.intent(&view.intent, version, &money, Some(Told::ActionRequired))?;
            unit.screened(screened.clone())?;
            unit.answer_at_once(request, &view);
            unit.commit().await?;
            return Ok(view);
        }
        if let Admitted::Send(review) = &admitted {
            intent.risk.review = *review;
        }
        let mut step = decide::begin_authorization(intent, confirm.allow_partial, birth)?;
        if let Some(screened) = &mut screened {
            screened.operation = step.operations.first().map(|o| o.id);
            unit.screened(screened.clone())?;
        }
        if let Admitted::Refuse(code) = admitted {
            step = decide::block(step, code)?;
            if let Some(stop) = stop {
                unit.stopped(&step.intent, version + 1, "authorization", stop.why());
            }
            unit.intent(&step.intent, version, &money, Some(Told::Declined))?;
            unit.operation(&step.operations[0], 0, 0)?;
            let attempt = step.operations.first().cloned();
            let view = PaymentView { intent: step.intent, money, operation: attempt.clone(), attempt };
            unit.answer_at_once(request, &view);
            unit.commit().await?;
            return Ok(view);
        }
        unit.intent(&step.intent, version, &money, Some(Told::Processing))?;
        unit.operation(&step.operations[0], 0, 0)?;
        unit.claim(request, &step.operations[0]);
        unit.commit().await?;
        let attempt = step.operations.first().cloned();
        let open = Open::begun(step, version, money, attempt);
        let card = confirm.card(&open.intent.value);
        self.carry(open, &card, request).await
    }
}

impl Open {
    /// The one operation of a step that was committed over an intent at `version`.
    pub(super) fn begun(step: Step, version: u64, money: MoneyView, attempt: Option<Operation>) -> Self {
        let operation = step.operations.into_iter().next().expect("a step that begins has an operation");
        Self {
            intent: Versioned { version: version + 1, value: step.intent },
            operation: Versioned { version: 1, value: operation },
            money,
            attempt,
        }
    }
}
