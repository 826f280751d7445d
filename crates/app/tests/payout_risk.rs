//! The risk screen before money leaves for a seller: what a person released goes out once, and to the account they looked at.
#![allow(clippy::unwrap_used)]

mod bench;

use bench::{Bench, rules};
use chrono::NaiveDate;
use pmts_app::engine::Request;
use pmts_app::payouts::{PayoutDesk, Proposal};
use pmts_app::risk::RiskConfig;
use pmts_app::risk::people::PeopleDesk;
use pmts_fraud::people::Outcome;
use pmts_kernel::{Principal, Timestamp};
use pmts_money::Currency;
use pmts_payouts::batches::BatchState;
use pmts_payouts::rails::OwnAccount;
use pmts_payouts::sellers::{Destination, Kyc, PayeeRef, Schedule, Seller, Terms};

fn who(name: &str) -> Principal {
    Principal::try_new(format!("user:{name}")).unwrap()
}

fn seller(iban: &str) -> Seller {
    Seller {
        payee: PayeeRef::try_new("22").unwrap(),
        name: "Ann Other".into(),
        kyc: Kyc::Verified,
        destination: Some(Destination::iban(iban, Some("NWBKGB2LXXX")).unwrap()),
        failed: None,
        known_since: None,
        account_changed: None,
        terms: Terms { schedule: Schedule::Daily, hold_days: 0, ..Terms::default() },
    }
}

/// Sells for 63.00, delivered and released.
async fn sell(b: &Bench, desk: &PayoutDesk) {
    let payment = b.buy("4242424242424242").await;
    desk.delivered(payment.id, b.engine().clock.now(), &who("ann")).await.unwrap();
    desk.release_due(Timestamp::MAX, &who("ann")).await.unwrap();
}

/// Asks for all that is there to be paid; gives why it left the batch, if it did.
async fn pay_out(desk: &PayoutDesk) -> Option<String> {
    let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let asked = Some(PayeeRef::try_new("22").unwrap());
    let proposal = Proposal { rail: "wire".into(), currency: Currency::GBP, day, execution: day, asked };
    let (batches, skipped) = desk.propose(&proposal, &who("ann")).await.unwrap();
    assert_eq!((batches.len(), &skipped[..]), (1, &[][..]));
    let (batch, left) = desk.approve(batches[0].id, &who("bob")).await.unwrap();
    assert_eq!(batch.state == BatchState::Cancelled, left.len() == 1);
    left.first().map(|p| p.reason.clone().unwrap())
}

/// A person releases the review that a payout left its batch for.
async fn release(b: &Bench, left: Option<String>) {
    let left = left.expect("a person looks first");
    let review = left.split(['(', ')']).nth(1).unwrap().parse().unwrap();
    let people = PeopleDesk { engine: b.engine().clone() };
    people.claim(review, &who("ann")).await.unwrap();
    let request = Request { by: who("ann"), answer: None, trace: None };
    people.close(review, Outcome::Legitimate, "called", &request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_released_goes_out_once_and_to_the_account_that_was_looked_at() {
    let b = Bench::screened(Some(RiskConfig::default())).await;
    rules(&b, &[("out", "review", "step == 'payout'")]).await;
    let engine = b.engine();
    let (store, ids, clock) = (engine.store.clone(), engine.ids.clone(), engine.clock.clone());
    let mut desk = PayoutDesk::new(store, ids, clock, None);
    desk.risk = engine.risk.clone();
    let account = Destination::iban("GB29NWBK60161331926819", Some("NWBKGB2LXXX")).unwrap();
    let own = OwnAccount { name: "Market".into(), account, currency: Currency::GBP };
    desk.put_own_account(own, &who("ann")).await.unwrap();
    desk.put_seller(seller("GB82WEST12345698765432"), &who("ann")).await.unwrap();

    sell(&b, &desk).await;
    release(&b, pay_out(&desk).await).await;
    assert_eq!(pay_out(&desk).await, None, "it was looked at");
    sell(&b, &desk).await;
    release(&b, pay_out(&desk).await).await;
    sell(&b, &desk).await;
    let held = pay_out(&desk).await;
    assert!(held.is_some(), "126.00 are more than the 63.00 that were looked at");
    release(&b, held).await;
    // Nobody looked at that account.
    desk.put_seller(seller("GB33BUKB20201555555555"), &who("mallory")).await.unwrap();
    release(&b, pay_out(&desk).await).await;
    assert_eq!(pay_out(&desk).await, None);
    sell(&b, &desk).await;
    assert!(pay_out(&desk).await.is_some(), "each release counts once, and none of before the change");
    b.settled().await;
}
