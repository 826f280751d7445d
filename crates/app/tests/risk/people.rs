//! What people do about reviews, in bulk, in cases and appeals.

use super::*;
use pmts_app::engine::Request;
use pmts_app::risk::people::PeopleDesk;
use pmts_fraud::people::{
    AppealAnswer, BulkAction, BulkState, CaseOutcome, LinkKind, Outcome as Closed, ReviewState,
};

fn who(name: &str) -> Principal {
    Principal::try_new(format!("user:{name}")).unwrap()
}

fn by(name: &str) -> Request {
    Request { by: who(name), answer: None, trace: None }
}

async fn held(b: &Bench) -> (PaymentId, ReviewId) {
    let intent = pay(b, "phone").await.intent;
    assert_eq!(intent.state, IntentState::Authorized);
    (intent.id, intent.risk.review.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_closes_with_what_it_does_to_the_money() {
    let b = Bench::screened(config(ON)).await;
    rules(&b, &[("large", "review", "step == 'authorization' && amount >= 10_000")]).await;
    let desk = PeopleDesk { engine: b.engine().clone() };
    let (payment, id) = held(&b).await;
    let review = desk.review(id).await.unwrap().value;
    assert_eq!(
        (review.about.as_str(), review.amount, review.state),
        (payment.to_string().as_str(), 10_000, ReviewState::Open)
    );
    assert!(review.why.iter().any(|w| w.contains("large")), "{:?}", review.why);
    assert_eq!(desk.reviews(Some(ReviewState::Open)).await.unwrap().len(), 1);

    let unclaimed = desk.close(id, Closed::Legitimate, "known", &by("ann")).await.unwrap_err();
    assert_eq!(unclaimed.code().code, "FRAUD_CLAIMED");
    desk.claim(id, &who("ann")).await.unwrap();
    assert_eq!(desk.claim(id, &who("bob")).await.unwrap_err().code().code, "FRAUD_CLAIMED");
    desk.note(id, "called the customer", &who("ann")).await.unwrap();
    desk.close(id, Closed::CustomerConfirmed, "it was she", &by("ann")).await.unwrap();
    let view = b.engine().view(payment, None).await.unwrap();
    assert_eq!(view.intent.state, IntentState::Captured);
    let labels = risk(&b).desk.labels(payment).await.unwrap();
    assert_eq!((labels.len(), labels[0].fraud, labels[0].source), (1, false, LabelSource::Review));
    let events = b.platform.store.events(0, 1_000).await.unwrap();
    let of = |kind: &str| events.iter().find(|e| e.event.kind == kind).unwrap();
    assert_eq!(of("review.closed").commit, of("risk.labelled").commit, "one commit");
    assert!(desk.close(id, Closed::Fraud, "again", &by("ann")).await.is_err());

    // The hold is gone before anybody looked: the review is only closed.
    let (payment, id) = held(&b).await;
    b.engine().cancel(payment, None, &b.engine().own_request()).await.unwrap();
    desk.claim(id, &who("ann")).await.unwrap();
    desk.close(id, Closed::Legitimate, "too late", &by("ann")).await.unwrap();
    assert_eq!(b.engine().view(payment, None).await.unwrap().intent.state, IntentState::Canceled);
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_closed_if_two_agree_and_each_once() {
    let b = Bench::screened(config(ON)).await;
    rules(&b, &[("large", "review", "step == 'authorization' && amount >= 10_000")]).await;
    let desk = PeopleDesk { engine: b.engine().clone() };
    let mut held_ones = Vec::new();
    for _ in 0..4 {
        held_ones.push(held(&b).await);
    }
    desk.claim(held_ones[3].1, &who("eve")).await.unwrap();
    let mut items: Vec<String> = held_ones.iter().map(|h| h.1.to_string()).collect();
    items.push("prv_none".into());
    let action = BulkAction::CloseReviews { outcome: Closed::Fraud };
    let bulk = desk.propose_bulk(action, items, "one ring", &who("ann")).await.unwrap();
    let id = bulk.id.parse().unwrap();
    assert_eq!(desk.decide_bulk(id, true, &who("ann")).await.unwrap_err().code().code, "FRAUD_FOUR_EYES");
    let done = desk.decide_bulk(id, true, &who("bob")).await.unwrap();
    assert_eq!(done.state, BulkState::Done);
    assert_eq!(
        done.results.iter().map(String::is_empty).collect::<Vec<_>>(),
        [true, true, true, false, false]
    );
    assert!(done.results[3].starts_with("FRAUD_CLAIMED"), "{:?}", done.results);
    for (payment, _) in &held_ones[..3] {
        assert_eq!(b.engine().view(*payment, None).await.unwrap().intent.state, IntentState::Canceled);
        assert_eq!(risk(&b).desk.labels(*payment).await.unwrap().len(), 1);
    }
    assert_eq!(b.engine().view(held_ones[3].0, None).await.unwrap().intent.state, IntentState::Authorized);
    assert!(desk.decide_bulk(id, true, &who("bob")).await.is_err(), "it is decided once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_person_is_heard_and_a_case_is_found_by_what_belongs_to_it() {
    let b = Bench::screened(config(ON)).await;
    let desk = PeopleDesk { engine: b.engine().clone() };
    let fine = pay(&b, "phone").await.intent.id;
    let none = desk.appeal(fine, "why?", &who("shop")).await.unwrap_err();
    assert!(matches!(none, EngineError::Missing(_)), "there was no refusal");
    rules(&b, &[("all", "block", "step == 'authorization'")]).await;
    let refused = pay(&b, "phone").await.intent.id;
    let appeal = desk.appeal(refused, "It was me, on holiday.", &who("shop")).await.unwrap();
    let again = desk.appeal(refused, "Hello?", &who("shop")).await.unwrap();
    assert_eq!(again.id, appeal.id, "one open appeal for a refusal");
    assert_eq!(desk.appeals().await.unwrap().len(), 1);
    let id = appeal.id.parse().unwrap();
    let answered = desk.answer(id, AppealAnswer::Overturned, "a known traveller", &who("ann")).await.unwrap();
    assert!(answered.told().contains("You were right"));
    assert!(desk.answer(id, AppealAnswer::Stands, "no", &who("ann")).await.is_err());
    assert!(desk.appeals().await.unwrap().is_empty());
    assert_eq!(risk(&b).desk.labels(refused).await.unwrap().len(), 1);

    let case = desk.open_case("one phone, many cards", &who("ann")).await.unwrap();
    let case = case.id.parse().unwrap();
    let payment = refused.to_string();
    desk.link(case, (LinkKind::Payment, &payment), "same phone", &who("ann")).await.unwrap();
    desk.link(case, (LinkKind::Customer, "ann"), "same phone", &who("ann")).await.unwrap();
    let found = desk.cases(None, Some((LinkKind::Customer, "ann"))).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        desk.close_case(case, CaseOutcome::Fraud, "x", &who("ann")).await.unwrap_err().code().code,
        "FRAUD_MOVE"
    );
    desk.take_case(case, &who("ann")).await.unwrap();
    desk.note_case(case, "asked the issuer", &who("ann")).await.unwrap();
    let closed = desk.close_case(case, CaseOutcome::NoFraud, "a family", &who("ann")).await.unwrap();
    assert_eq!(closed.notes.len(), 1);
}
