//! The risk screen before money leaves for a seller.

use super::step::Step;
use super::{DeskError, PayoutDesk};
use crate::engine::Told;
use crate::risk::people::ReviewRecord;
use crate::risk::{DecisionId, DecisionRecord, Effect, Screened, of_payout};
use pmts_fraud::Action;
use pmts_fraud::people::{Review, ReviewOf};
use pmts_payments::ReviewId;
use pmts_payouts::batches::Payout;
use pmts_payouts::sellers::Seller;
use pmts_store::Versioned;
use serde_json::json;

impl PayoutDesk {
    /// Asks the screen about a payout that is about to be approved. The decision, and the review it asks for, go into the step. Gives
    /// why the payout leaves the batch; `None`: it goes on.
    pub(super) async fn screened(
        &self,
        payout: &Payout,
        seller: Option<&Seller>,
        step: &mut Step<'_>,
    ) -> Result<Option<String>, DeskError> {
        let Some(risk) = &self.risk else { return Ok(None) };
        let age = |since: pmts_kernel::Timestamp| step.now.as_secs().saturating_sub(since.as_secs());
        let known = seller.and_then(|s| s.known_since).map(age);
        let changed = seller.and_then(|s| s.account_changed).map(age);
        let name = payout.payee.to_string();
        let facts = of_payout(payout.id.to_string(), &name, payout.amount, known, changed, step.now);
        let decision = risk.gate.ask(facts).await;
        let (amount, currency) = (payout.amount.minor(), payout.amount.currency().code().to_owned());
        let mut effect = if risk.gate.watches() { Effect::Watched } else { Effect::Enforced };
        if effect == Effect::Enforced && Review::wanted(decision.action) {
            let changed = seller.and_then(|s| s.account_changed);
            let found = risk.desk.payout_released(&name, amount, &currency, changed).await?;
            // What a person released is released once.
            if let Some(Versioned { version, value: review }) = found.filter(|r| step.uses(&r.value.id)) {
                let used = Some(payout.id.to_string());
                step.put(&ReviewRecord(Review { used, ..review }), version)?;
                effect = Effect::Released;
            }
        }
        let id = DecisionId::from_raw(self.ids.next_id());
        let screened = Screened { id, payment: None, operation: None, effect, decision };
        let decision = &screened.decision;
        let data = json!({
            "step": screened.step().name(), "action": decision.action.name(), "by": decision.by, "effect": effect,
            "payout": payout.id, "seller": payout.payee,
        });
        step.tell(Told::RiskDecided, id.to_string(), 1, data);
        step.put(&DecisionRecord(screened.clone()), 0)?;
        let why = match screened.action() {
            Action::Allow => return Ok(None),
            Action::Block => return Ok(Some(format!("the risk screen refused it ({id})"))),
            // Nobody is there to be challenged: a person looks.
            Action::StepUp | Action::Review => {
                let review = ReviewId::from_raw(self.ids.next_id());
                let of = ReviewOf {
                    about: payout.id.to_string(),
                    seller: Some(name),
                    amount,
                    currency,
                    decision_id: id.to_string(),
                    decision,
                    held_until: None,
                };
                let opened = Review::open(review.to_string(), of, step.now);
                let data = json!({
                    "payout": payout.id, "seller": payout.payee, "decision": id, "step": "payout", "priority": opened.priority,
                    "due": opened.due.as_secs(),
                });
                step.tell(Told::ReviewOpened, review.to_string(), 1, data);
                step.put(&ReviewRecord(opened), 0)?;
                format!("a person looks at it first ({review})")
            }
        };
        Ok(Some(why))
    }
}
