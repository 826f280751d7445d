//! What the outbox says, as facts of the monitoring.
//!
//! | event | facts |
//! | --- | --- |
//! | `payment.captured`, `payment.partly_captured` | the buyer opened an account (the first time), uses a card and a device, paid each seller |
//! | `refund.succeeded` | each seller paid back |
//! | `risk.labelled` by a dispute | each seller was charged back |
//! | `payout.paid` | the seller uses a bank account, changed it, took money out |
//! | `aml.facts_told` | what the shop told |
//!
//! Parties are named `customer:REFERENCE`, `seller:REFERENCE`; a buyer without a reference is `card:TOKEN`. A bank account is a keyed hash of it.
//! The marketplace's own part of a purchase is nobody's.

use super::{CaseDesk, FactsId, FactsRecord};
use crate::aml::AmlError;
use crate::payouts::{PayoutRecord, SellerRecord};
use crate::rates::Rates;
use crate::records::{IntentRecord, OperationRecord};
use crate::risk::{DecisionId, DecisionRecord, LabelId, LabelRecord, LabelSource};
use pmts_compliance::aml::monitor::{Fact, Movement, MovementKind};
use pmts_compliance::aml::party::Country;
use pmts_fraud::KeyKind;
use pmts_kernel::{Event, Timestamp};
use pmts_money::{Currency, Money};
use pmts_payments::{Intent, Operation, OperationId, OperationKind, OperationState, Payee, PaymentId};
use pmts_payouts::batches::PayoutId;
use pmts_store::{ListQuery, Record, StoreExt};
use std::sync::Arc;

/// Makes facts of events.
pub struct Facts {
    desk: CaseDesk,
    rates: Arc<Rates>,
}

/// A buyer with what is known of where they pay from.
struct Buyer {
    name: String,
    country: Option<Country>,
    facts: Vec<Fact>,
}

impl Facts {
    /// From the records of this desk's store; amounts are priced by these rates.
    pub fn new(desk: CaseDesk, rates: Arc<Rates>) -> Self {
        Self { desk, rates }
    }

    /// What an event says. `currency`: what thresholds are in.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn of(&self, event: &Event, currency: Currency) -> Result<Vec<Fact>, AmlError> {
        let mut facts = match event.kind.as_str() {
            "payment.captured" | "payment.partly_captured" => self.captured(&event.object).await?,
            "refund.succeeded" => self.refunded(&event.object).await?,
            "risk.labelled" => self.disputed(&event.object).await?,
            "payout.paid" => self.paid_out(&event.object, event.at).await?,
            "aml.facts_told" => match event.object.parse::<FactsId>() {
                Ok(id) => {
                    let read = self.desk.store.get::<FactsRecord>(id.raw()).await?;
                    read.map(|r| r.value.facts).unwrap_or_default()
                }
                Err(_) => Vec::new(),
            },
            _ => Vec::new(),
        };
        for fact in &mut facts {
            if let Fact::Moved(m) = fact
                && m.value_minor.is_none()
            {
                m.value_minor = self.rates.worth(m.amount, currency, m.at);
            }
        }
        Ok(facts)
    }

    async fn captured(&self, payment: &str) -> Result<Vec<Fact>, AmlError> {
        let Some(intent) = self.intent(payment).await? else { return Ok(Vec::new()) };
        let Some(buyer) = self.buyer(&intent).await? else { return Ok(Vec::new()) };
        let query = ListQuery::with_key(OperationRecord::KIND, "payment", intent.id.to_string());
        let (page, _) = self.desk.store.list_typed::<OperationRecord>(query).await?;
        let mut captures: Vec<Operation> = page.into_iter().map(|r| r.value.0).collect();
        captures.retain(|o| o.kind == OperationKind::Capture && o.state == OperationState::Succeeded);
        captures.sort_unstable_by_key(|o| (o.created, o.id));
        let mut left: Vec<(Payee, i64)> =
            intent.splits.iter().map(|s| (s.payee.clone(), s.gross.minor())).collect();
        let Buyer { name, country, mut facts } = buyer;
        for capture in &captures {
            for (payee, minor) in taken(capture, &mut left) {
                let amount = Money::new(minor, intent.amount.currency());
                let ends = (name.clone(), seller(&payee));
                let kind = MovementKind::Purchase;
                facts.extend(moved(&capture.id.to_string(), capture.created, kind, ends, amount, country));
            }
        }
        Ok(facts)
    }

    async fn refunded(&self, operation: &str) -> Result<Vec<Fact>, AmlError> {
        let Ok(id) = operation.parse::<OperationId>() else { return Ok(Vec::new()) };
        let Some(read) = self.desk.store.get::<OperationRecord>(id.raw()).await? else {
            return Ok(Vec::new());
        };
        let refund = read.value.0;
        let Some(intent) = self.intent(&refund.payment.to_string()).await? else { return Ok(Vec::new()) };
        let Some(buyer) = self.buyer(&intent).await? else { return Ok(Vec::new()) };
        let parts: Vec<(Payee, i64)> = if refund.parts.is_empty() {
            let captured = intent.splits.iter().map(|s| (s.payee.clone(), s.captured.minor())).collect();
            shared(refund.effective().minor(), captured)
        } else {
            refund.parts.iter().map(|p| (p.payee.clone(), p.amount.minor())).collect()
        };
        let mut facts = Vec::new();
        for (payee, minor) in parts {
            let (amount, kind) = (Money::new(minor, refund.amount.currency()), MovementKind::Refund);
            let ends = (seller(&payee), Some(buyer.name.clone()));
            facts.extend(back(&refund.id.to_string(), refund.created, kind, ends, amount));
        }
        Ok(facts)
    }

    async fn disputed(&self, label: &str) -> Result<Vec<Fact>, AmlError> {
        let Ok(id) = label.parse::<LabelId>() else { return Ok(Vec::new()) };
        let Some(read) = self.desk.store.get::<LabelRecord>(id.raw()).await? else { return Ok(Vec::new()) };
        let label = read.value;
        if label.source != LabelSource::Dispute || !label.fraud {
            return Ok(Vec::new());
        }
        let Some(intent) = self.intent(&label.payment.to_string()).await? else { return Ok(Vec::new()) };
        let Some(buyer) = self.buyer(&intent).await? else { return Ok(Vec::new()) };
        let mut facts = Vec::new();
        for split in &intent.splits {
            let ends = (seller(&split.payee), Some(buyer.name.clone()));
            let kind = MovementKind::Chargeback;
            facts.extend(back(&label.id.to_string(), label.at, kind, ends, split.captured));
        }
        Ok(facts)
    }

    async fn paid_out(&self, payout: &str, at: Timestamp) -> Result<Vec<Fact>, AmlError> {
        let Ok(id) = payout.parse::<PayoutId>() else { return Ok(Vec::new()) };
        let Some(read) = self.desk.store.get::<PayoutRecord>(id.raw()).await? else { return Ok(Vec::new()) };
        let payout = read.value.0;
        let party = format!("seller:{}", payout.payee);
        let iban = payout.destination.as_iban().map(|i| i.as_str().to_owned()).unwrap_or_default();
        let account = format!("account:{}", self.desk.seal.name(&format!("account/{iban}")));
        let mut facts = Vec::new();
        let known = self.desk.store.get::<SellerRecord>(payout.payee.number()).await?;
        if let Some(seller) = known.map(|r| r.value.0) {
            let opened =
                seller.known_since.map(|at| Fact::Opened { party: party.clone(), at, monthly_minor: None });
            let changed = seller.account_changed.filter(|changed| *changed <= at);
            let changed = changed.map(|at| Fact::PayoutAccountChanged { party: party.clone(), at });
            facts.extend(opened.into_iter().chain(changed));
        }
        facts.push(Fact::Linked { party: party.clone(), token: account.clone(), at });
        facts.push(Fact::Moved(Movement {
            id: payout.id.to_string(),
            at,
            kind: MovementKind::Withdrawal,
            from: party,
            to: account,
            amount: payout.amount,
            value_minor: None,
            from_country: None,
            to_country: iban.get(..2).and_then(Country::find),
        }));
        Ok(facts)
    }

    async fn intent(&self, payment: &str) -> Result<Option<Intent>, AmlError> {
        let Ok(id) = payment.parse::<PaymentId>() else { return Ok(None) };
        Ok(self.desk.store.get::<IntentRecord>(id.raw()).await?.map(|r| r.value.0))
    }

    /// Who pays; `None`: neither a customer nor a card is known.
    async fn buyer(&self, intent: &Intent) -> Result<Option<Buyer>, AmlError> {
        let card = intent.method.as_ref().map(|m| format!("card:{}", m.token));
        let customer = intent.customer.as_ref().map(|c| format!("customer:{c}"));
        let Some(name) = customer.clone().or_else(|| card.clone()) else { return Ok(None) };
        let at = intent.created;
        let linked = |token: String| Fact::Linked { party: name.clone(), token, at };
        let mut facts = vec![Fact::Opened { party: name.clone(), at, monthly_minor: None }];
        facts.extend(customer.and(card).map(&linked));
        let mut country = None;
        let decision = intent.risk.decision.as_ref().and_then(|d| d.parse::<DecisionId>().ok());
        if let Some(id) = decision
            && let Some(read) = self.desk.store.get::<DecisionRecord>(id.raw()).await?
        {
            let decided = read.value.0.decision.facts;
            let device = decided.key(KeyKind::Device).map(|key| format!("device:{:016x}", key.hash));
            facts.extend(device.map(&linked));
            country = match decided.attributes.get("card_country") {
                Some(pmts_fraud::Value::Text(code)) => Country::find(code),
                _ => None,
            };
        }
        Ok(Some(Buyer { name, country, facts }))
    }
}

/// What a capture took, of what was left; that much less is left then.
fn taken(capture: &Operation, left: &mut [(Payee, i64)]) -> Vec<(Payee, i64)> {
    let parts: Vec<(Payee, i64)> = if capture.parts.is_empty() {
        left.to_vec()
    } else {
        capture.parts.iter().map(|p| (p.payee.clone(), p.amount.minor())).collect()
    };
    for (payee, minor) in &parts {
        if let Some((_, rest)) = left.iter_mut().find(|(p, _)| p == payee) {
            *rest = rest.saturating_sub(*minor);
        }
    }
    parts
}

/// An amount, shared out in proportion, rounded down.
fn shared(minor: i64, parts: Vec<(Payee, i64)>) -> Vec<(Payee, i64)> {
    let all: i128 = parts.iter().map(|(_, m)| i128::from(*m)).sum();
    let part =
        |m: i64| (i128::from(minor) * i128::from(m)).checked_div(all).and_then(|m| i64::try_from(m).ok());
    parts.into_iter().map(|(payee, m)| (payee, part(m).unwrap_or(0))).collect()
}

fn seller(payee: &Payee) -> Option<String> {
    match payee {
        Payee::Seller(seller) => Some(format!("seller:{seller}")),
        Payee::Platform => None,
    }
}

fn moved(
    id: &str,
    at: Timestamp,
    kind: MovementKind,
    (from, to): (String, Option<String>),
    amount: Money,
    from_country: Option<Country>,
) -> Option<Fact> {
    let to = to.filter(|_| amount.is_positive())?;
    let id = format!("{id}:{to}");
    Some(Fact::Moved(Movement {
        id,
        at,
        kind,
        from,
        to,
        amount,
        value_minor: None,
        from_country,
        to_country: None,
    }))
}

fn back(
    id: &str,
    at: Timestamp,
    kind: MovementKind,
    (from, to): (Option<String>, Option<String>),
    amount: Money,
) -> Option<Fact> {
    let (from, to) = (from.filter(|_| amount.is_positive())?, to?);
    let id = format!("{id}:{from}");
    let (from_country, to_country) = (None, None);
    Some(Fact::Moved(Movement {
        id,
        at,
        kind,
        from,
        to,
        amount,
        value_minor: None,
        from_country,
        to_country,
    }))
}
