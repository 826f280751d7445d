//! Sanctions screening over a store: who is held pays nothing and gets nothing, from the commit in which it was found.
#![allow(clippy::unwrap_used)]

#[path = "../bench/mod.rs"]
mod bench;
mod payouts;
mod rescreen;

use bench::Bench;
use pmts_app::aml::{AmlDesk, HitId, Known, unanswered};
use pmts_app::engine::{EngineError, Request};
use pmts_app::lists::{Shelf, Sources};
use pmts_compliance::aml::cases::{CaseError, Party, Role, Verdict};
use pmts_compliance::aml::lists::ListKind;
use pmts_compliance::aml::names::PartyKind;
use pmts_compliance::aml::{Found, Screened, Screening, ScreeningFailed, Standing, Subject};
use pmts_kernel::{Coded, Principal, Timestamp};
use pmts_payments::decide::CaptureRequest;
use pmts_payments::{CaptureMethod, CustomerRef, DeclineCode, IntentState, NewPayment};
use std::sync::Arc;

fn who(name: &str) -> Principal {
    Principal::try_new(format!("user:{name}")).unwrap()
}

/// Puts a list of these entries in force: id and name.
async fn list(b: &Bench, entries: &[(&str, &str)]) {
    let file = b.platform.dir.join("own.jsonl");
    let lines = entries.iter().map(|(id, name)| {
        format!(r#"{{"id":"{id}","kind":"person","names":[{{"text":"{name}","quality":"primary"}}]}}"#)
    });
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let sources = Sources::find(ListKind::Jsonl, &file, None, None);
    Shelf::of(&b.platform.dir)
        .import("own", ListKind::Jsonl, sources, Timestamp::from_micros(0), true)
        .unwrap();
    assert!(b.platform.lists.look().await.unwrap());
}

fn desk(b: &Bench) -> &AmlDesk {
    b.engine().aml.as_deref().unwrap()
}

fn known(role: Role, reference: &str, name: &str) -> Known {
    let subject = Subject { name: name.to_owned(), ..Subject::default() };
    Known { role, reference: reference.to_owned(), acts_for: Vec::new(), subject }
}

async fn put(b: &Bench, known: &Known) -> Party {
    desk(b).put_party(known, &who("ann"), &unanswered).await.unwrap()
}

/// Two people say what a hit is.
async fn decide(b: &Bench, party: &Party, verdict: Verdict) {
    let id: HitId = party.open[0].parse().unwrap();
    desk(b).propose_hit(id, verdict, "passport seen", &who("ann"), &unanswered).await.unwrap();
    desk(b).approve_hit(id, &who("bob"), &unanswered).await.unwrap();
}

/// What was told, by kind.
async fn told(b: &Bench) -> Vec<String> {
    let all = b.platform.store.events(0, 1_000).await.unwrap();
    all.into_iter().map(|e| e.event.kind.to_string()).collect()
}

async fn payment(b: &Bench, capture: CaptureMethod) -> NewPayment {
    let customer = Some(CustomerRef::try_new("c1").unwrap());
    NewPayment { customer, ..b.new_payment("4242424242424242", capture).await }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_customer_pays_nothing_and_gets_nothing_back() {
    let b = Bench::new().await;
    let request = Request { by: who("shop"), answer: None, trace: None };
    put(&b, &known(Role::Customer, "c1", "Osama bin Laden")).await;
    let new = payment(&b, CaptureMethod::Manual).await;
    let held = b.engine().create_and_confirm(new, Default::default(), &request).await.unwrap().intent;
    let paid = payment(&b, CaptureMethod::Automatic).await;
    let paid = b.engine().create_and_confirm(paid, Default::default(), &request).await.unwrap().intent;
    assert_eq!((held.state, paid.state), (IntentState::Authorized, IntentState::Captured));
    let requests = b.issuer.stats().requests;

    list(&b, &[("1", "Usama bin LADIN"), ("2", "Somebody Else")]).await;
    let party = put(&b, &known(Role::Customer, "c1", "Osama bin Laden")).await;
    assert!(party.is_held());
    let new = payment(&b, CaptureMethod::Automatic).await;
    let refused =
        b.engine().create_and_confirm(new.clone(), Default::default(), &request).await.unwrap().intent;
    assert_eq!(refused.state, IntentState::Declined);
    assert_eq!(refused.decline.unwrap().code, DeclineCode::Blocked);
    let captured = b.engine().capture(held.id, &CaptureRequest::default(), &request).await.unwrap_err();
    let refunded = b.engine().refund_payment(paid.id, Default::default(), &request).await.unwrap_err();
    let more = b.engine().increment(held.id, bench::gbp(20_000), &request).await.unwrap_err();
    for error in [captured, refunded, more] {
        assert!(matches!(error, EngineError::Held), "{error}");
        assert_eq!(error.code().code, "APP_AML_HELD");
    }
    assert_eq!(b.issuer.stats().requests, requests, "nothing was sent");
    let stopped = told(&b).await.iter().filter(|k| *k == "party.stopped").count();
    assert_eq!(stopped, 4, "each was told");

    // It is somebody else: all goes on.
    decide(&b, &party, Verdict::Another).await;
    let goes = b.engine().create_and_confirm(new.clone(), Default::default(), &request).await.unwrap().intent;
    assert_eq!(goes.state, IntentState::Captured);
    b.engine().capture(held.id, &CaptureRequest::default(), &request).await.unwrap();
    b.engine().refund_payment(paid.id, Default::default(), &request).await.unwrap();

    // A seller in it who is held stops it as well, and so does who owns him.
    let owner =
        Known { acts_for: vec![(Role::Seller, "22".into())], ..known(Role::Owner, "o1", "Somebody Else") };
    assert!(put(&b, &owner).await.is_held());
    let refused = b.engine().create_and_confirm(new, Default::default(), &request).await.unwrap().intent;
    assert_eq!(refused.state, IntentState::Declined);
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_is_decided_by_two_people_and_holds_until_then() {
    let b = Bench::new().await;
    list(&b, &[("1", "Usama bin LADIN")]).await;
    let them = known(Role::Customer, "c1", "Osama bin Laden");
    let party = put(&b, &them).await;
    let id: HitId = party.open[0].parse().unwrap();
    let (ann, bob) = (who("ann"), who("bob"));
    let d = desk(&b);
    let early = d.approve_hit(id, &bob, &unanswered).await.unwrap_err();
    assert_eq!(early.code().code, CaseError::NotPending.code().code);
    let silent = d.propose_hit(id, Verdict::Another, " ", &ann, &unanswered).await.unwrap_err();
    assert_eq!(silent.code().code, CaseError::NoReason.code().code);
    d.propose_hit(id, Verdict::Another, "born 1990", &ann, &unanswered).await.unwrap();
    assert!(d.hold_on(Role::Customer, "c1").await.unwrap().is_some(), "one person is not two");
    let alone = d.approve_hit(id, &ann, &unanswered).await.unwrap_err();
    assert_eq!(alone.code().code, CaseError::SamePerson.code().code);
    d.approve_hit(id, &bob, &unanswered).await.unwrap();
    assert_eq!(told(&b).await.last().map(String::as_str), Some("screening.hit_decided"));
    assert_eq!(told(&b).await.iter().filter(|k| *k == "party.released").count(), 1);
    assert_eq!(d.hold_on(Role::Customer, "c1").await.unwrap(), None);

    // Cleared, as long as neither changes.
    assert!(!put(&b, &them).await.is_held());
    let moved =
        Known { subject: Subject { address: Some("Oslo".into()), ..them.subject.clone() }, ..them.clone() };
    let again = put(&b, &moved).await;
    assert!(again.is_held(), "more is known now: somebody looks again");
    decide(&b, &again, Verdict::Same).await;
    let blocked = put(&b, &moved).await;
    assert_eq!((blocked.open.len(), blocked.same.len()), (0, 1));

    // Another name frees nobody; the old one, once the entry is gone, does.
    let renamed =
        Known { subject: Subject { name: "Peter Smith".into(), ..moved.subject.clone() }, ..them.clone() };
    for _ in 0..2 {
        assert!(put(&b, &renamed).await.is_held());
    }
    list(&b, &[("2", "Somebody Else")]).await;
    assert!(put(&b, &renamed).await.is_held(), "nobody knows whether the entry would have been like them");
    let free = put(&b, &moved).await;
    assert!(!free.is_held());
    assert_eq!(d.hit(blocked.same[0].parse().unwrap()).await.unwrap().value.review.state.name(), "moot");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_refused() {
    let b = Bench::new().await;
    let by = who("ann");
    let nameless = known(Role::Customer, "c1", "--");
    let spaced = known(Role::Customer, "c 1", "Ann Other");
    let whose =
        Known { acts_for: vec![(Role::Seller, String::new())], ..known(Role::Owner, "o", "Ann Other") };
    for bad in [nameless, spaced, whose] {
        let error = desk(&b).put_party(&bad, &by, &unanswered).await.unwrap_err();
        assert_eq!(error.code().code, "APP_AML_PARTY", "{bad:?}");
    }
    assert!(desk(&b).parties(None, false).await.unwrap().is_empty());
}

/// Says of everybody what it was told to, once, and then nothing.
struct Forgetful {
    found: std::sync::Mutex<Vec<Found>>,
    standing: Standing,
    version: std::sync::Mutex<String>,
}

#[async_trait::async_trait]
impl Screening for Forgetful {
    async fn screen(&self, _: &Subject) -> Result<Screened, ScreeningFailed> {
        let found = std::mem::take(&mut *self.found.lock().unwrap());
        Ok(Screened { found, lists: vec![("own".into(), self.version.lock().unwrap().clone())] })
    }

    async fn standing(&self, _: &str, _: &str) -> Result<Standing, ScreeningFailed> {
        Ok(self.standing.clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_that_is_not_found_again_holds_on_while_its_entry_stands() {
    let b = Bench::new().await;
    let found = Found {
        list: "own".into(),
        version: "1".into(),
        id: "7".into(),
        entry: "as it was".into(),
        kind: PartyKind::Person,
        name: "Usama bin LADIN".into(),
        score: 760,
        hit: true,
        why: None,
    };
    let there = |hash: &str| Standing::There(hash.to_owned());
    for (n, (standing, version, holds)) in [
        (there("as it was"), "2", true),
        (there("another"), "2", false),
        (Standing::Gone, "2", false),
        (Standing::Unknown, "1", true),
        (Standing::Unknown, "2", false),
    ]
    .into_iter()
    .enumerate()
    {
        let forgetful = Arc::new(Forgetful {
            found: vec![found.clone()].into(),
            standing: standing.clone(),
            version: "1".to_owned().into(),
        });
        let desk = AmlDesk { screening: forgetful.clone(), ..desk(&b).clone() };
        let them = known(Role::Customer, &format!("c{n}"), "Osama bin Laden");
        let screened = desk.put_party(&them, &who("ann"), &unanswered).await.unwrap();
        assert!(screened.is_held());
        *forgetful.version.lock().unwrap() = version.to_owned();
        let again = desk.put_party(&them, &who("ann"), &unanswered).await.unwrap();
        assert_eq!(again.is_held(), holds, "{standing:?} at version {version}");
    }
}
