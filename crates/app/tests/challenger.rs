//! Payers are challenged by another: what it says, what it does not say, and who tries to get around it.
#![allow(clippy::unwrap_used)]

mod bench;

use async_trait::async_trait;
use bench::{Bench, from, rules};
use pmts_app::engine::{Confirm, Engine, PaymentView};
use pmts_app::risk::{DecisionRecord, Effect, Gate, Risk, RiskConfig};
use pmts_kernel::Coded;
use pmts_payments::*;
use pmts_store::{ListQuery, Record, StoreExt};
use std::sync::{Arc, Mutex};

const GOOD: &str = "4242424242424242";
type Said = Result<ChallengeOutcome, ChallengerFault>;

/// Says what it is told to say, and keeps what it was asked.
struct Puppet {
    says: Mutex<Said>,
    asked: Mutex<Vec<ChallengeRequest>>,
    page: Mutex<Result<Option<String>, ChallengerFault>>,
}

impl Puppet {
    fn new() -> Arc<Self> {
        let page = Mutex::new(Ok(Some("https://acs.example/1".into())));
        Arc::new(Self { says: Mutex::new(Ok(ChallengeOutcome::Open)), asked: Mutex::default(), page })
    }

    fn say(&self, said: Said) {
        *self.says.lock().unwrap() = said;
    }
}

#[async_trait]
impl Challenger for Puppet {
    async fn ask(&self, request: &ChallengeRequest) -> Result<Option<String>, ChallengerFault> {
        self.asked.lock().unwrap().push(request.clone());
        self.page.lock().unwrap().clone()
    }

    async fn outcome(&self, request: &ChallengeRequest) -> Said {
        assert!(self.asked.lock().unwrap().contains(request), "what was asked is asked about");
        self.says.lock().unwrap().clone()
    }
}

async fn follow(engine: &Engine) {
    engine.risk.as_ref().unwrap().follower.as_ref().unwrap().catch_up().await.unwrap();
}

async fn with(b: &Bench, puppet: &Arc<Puppet>) -> Engine {
    let base = b.engine();
    let risk = base.risk.as_ref().unwrap();
    let follower = risk.follower.clone().unwrap();
    let gate = Gate::new(follower.screen.clone(), &RiskConfig::default());
    let risk =
        Risk { gate, follower: Some(follower), challenger: Some(puppet.clone()), desk: risk.desk.clone() };
    Engine { risk: Some(Arc::new(risk)), ..base.clone() }
}

async fn begin(b: &Bench, engine: &Engine, device: &str) -> PaymentView {
    let new = b.new_payment(GOOD, CaptureMethod::Automatic).await;
    let new = NewPayment { customer: Some(CustomerRef::try_new("ann").unwrap()), ..new };
    let view = engine.create_and_confirm(new, from(device), &engine.own_request()).await.unwrap();
    follow(engine).await;
    view
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenger_is_asked_and_its_word_alone_counts() {
    let b = Bench::screened(Some(RiskConfig::default())).await;
    let puppet = Puppet::new();
    let engine = with(&b, &puppet).await;
    rules(&b, &[("r", "step_up", "step == 'authorization' && !has(customer.since_device)")]).await;
    let own = engine.own_request();
    let view = begin(&b, &engine, "phone").await;
    let id = view.intent.id;
    let challenge = view.intent.risk.challenge.clone().unwrap();
    assert_eq!(view.intent.state, IntentState::ActionRequired);
    assert_eq!(challenge.page.as_deref(), Some("https://acs.example/1"));
    let asked = puppet.asked.lock().unwrap().clone();
    assert_eq!((asked.len(), asked[0].id, asked[0].amount), (1, challenge.id, view.intent.amount));

    // The shop cannot say that it is passed; nobody knows is not failed.
    let no = engine.challenge_ended(id, challenge.id, Some("totp".into()), &own).await.unwrap_err();
    assert_eq!(no.code().code, "PAYMENTS_CHALLENGER_SAYS");
    puppet.say(Err(ChallengerFault("down".into())));
    let waits = engine.confirm(id, Confirm::default(), &own).await.unwrap().intent;
    assert_eq!(waits.state, IntentState::ActionRequired);
    assert_eq!(waits.risk.challenge.as_ref().map(|c| c.id), Some(challenge.id));
    let faults = &engine.risk.as_ref().unwrap().gate.stats.challenger_faults;
    assert_eq!(faults.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert_eq!(puppet.asked.lock().unwrap().len(), 1, "a page is there: it is not asked again");

    // Passed for what is paid; another amount is another challenge.
    puppet.say(Ok(ChallengeOutcome::Passed { factor: "three_ds".into() }));
    let paid = engine.confirm(id, Confirm::default(), &own).await.unwrap().intent;
    assert_eq!(paid.state, IntentState::Captured);
    assert_eq!(paid.risk.challenge.unwrap().factor.as_deref(), Some("three_ds"));

    puppet.say(Ok(ChallengeOutcome::Failed));
    let failed = begin(&b, &engine, "tablet").await.intent;
    let failed = engine.confirm(failed.id, Confirm::default(), &own).await.unwrap().intent;
    assert_eq!(failed.state, IntentState::Declined);
    assert_eq!(failed.decline.map(|d| d.code), Some(DeclineCode::AuthenticationRequired));

    // A challenger that is down when it is asked is asked again with the next confirmation.
    *puppet.page.lock().unwrap() = Err(ChallengerFault("down".into()));
    puppet.say(Ok(ChallengeOutcome::Open));
    let view = begin(&b, &engine, "watch").await.intent;
    assert_eq!((view.state, view.risk.challenge.unwrap().page), (IntentState::ActionRequired, None));
    *puppet.page.lock().unwrap() = Ok(Some("https://acs.example/2".into()));
    let view = engine.confirm(view.id, Confirm::default(), &own).await.unwrap().intent;
    assert_eq!(view.risk.challenge.unwrap().page.as_deref(), Some("https://acs.example/2"));
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_stopped_is_no_better_known_at_the_next_try() {
    let b = Bench::screened(Some(RiskConfig::default())).await;
    let puppet = Puppet::new();
    let engine = with(&b, &puppet).await;
    rules(&b, &[("r", "step_up", "step == 'authorization' && !has(customer.since_device)")]).await;
    let own = engine.own_request();
    let sent = b.issuer.stats().requests;
    // A new payment, the same one again, another card: challenged each time.
    let first = begin(&b, &engine, "phone").await.intent;
    let second = begin(&b, &engine, "phone").await.intent;
    assert_eq!((first.state, second.state), (IntentState::ActionRequired, IntentState::ActionRequired));
    let other = b.new_payment("4000056655665556", CaptureMethod::Automatic).await.method;
    let confirm = Confirm { method: other, ..from("phone") };
    let again = engine.confirm(first.id, confirm, &own).await.unwrap().intent;
    assert_eq!(again.state, IntentState::ActionRequired);
    assert_ne!(
        again.risk.challenge.map(|c| c.id),
        first.risk.challenge.map(|c| c.id),
        "another card, another challenge"
    );
    // The rule is gone: who was asked is asked still, until it is passed.
    rules(&b, &[("r", "step_up", "amount < 0")]).await;
    let still = engine.confirm(second.id, from("phone"), &own).await.unwrap().intent;
    assert_eq!(still.state, IntentState::ActionRequired);
    let query = ListQuery::with_key(DecisionRecord::KIND, "about", second.id.to_string());
    let (found, _) = engine.store.list_typed::<DecisionRecord>(query).await.unwrap();
    assert_eq!(found.last().unwrap().value.0.effect, Effect::Awaiting);
    assert_eq!(b.issuer.stats().requests, sent, "the issuer never saw any of it");
    puppet.say(Ok(ChallengeOutcome::Passed { factor: "passkey".into() }));
    let paid = engine.confirm(second.id, Confirm::default(), &own).await.unwrap().intent;
    assert_eq!(paid.state, IntentState::Captured);
    follow(&engine).await;
    // What went on makes the device known.
    rules(&b, &[("r", "step_up", "step == 'authorization' && !has(customer.since_device)")]).await;
    puppet.say(Ok(ChallengeOutcome::Open));
    assert_eq!(begin(&b, &engine, "phone").await.intent.state, IntentState::Captured);
    b.settled().await;
}
