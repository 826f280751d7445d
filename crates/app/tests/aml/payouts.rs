//! Whom payouts go to is screened: before the batch, at its approval, and again before its file.

use super::{decide, desk, known, list, put, told, who};
use crate::bench::Bench;
use chrono::NaiveDate;
use pmts_app::payouts::{DeskError, PayoutDesk, Proposal};
use pmts_compliance::aml::cases::{Role, Verdict};
use pmts_kernel::{Coded, Timestamp};
use pmts_money::Currency;
use pmts_payouts::batches::{BatchId, BatchState};
use pmts_payouts::rails::OwnAccount;
use pmts_payouts::sellers::{Destination, Kyc, PayeeRef, Schedule, Seller, Terms};

fn payee() -> PayeeRef {
    PayeeRef::try_new("22").unwrap()
}

async fn pays(b: &Bench) -> PayoutDesk {
    let engine = b.engine();
    let (store, ids, clock) = (engine.store.clone(), engine.ids.clone(), engine.clock.clone());
    let pays = PayoutDesk::new(store, ids, clock, engine.aml.as_deref().cloned());
    let account = Destination::iban("GB29NWBK60161331926819", Some("NWBKGB2LXXX")).unwrap();
    let own = OwnAccount { name: "Market".into(), account, currency: Currency::GBP };
    pays.put_own_account(own, &who("ann")).await.unwrap();
    pays
}

async fn seller(pays: &PayoutDesk, name: &str) {
    let seller = Seller {
        payee: payee(),
        name: name.into(),
        kyc: Kyc::Verified,
        destination: Some(Destination::iban("GB82WEST12345698765432", Some("WESTGB22XXX")).unwrap()),
        failed: None,
        known_since: None,
        account_changed: None,
        terms: Terms { schedule: Schedule::Daily, hold_days: 0, ..Terms::default() },
    };
    pays.put_seller(seller, &who("ann")).await.unwrap();
}

async fn sell(b: &Bench, pays: &PayoutDesk) {
    let payment = b.buy("4242424242424242").await;
    pays.delivered(payment.id, b.engine().clock.now(), &who("ann")).await.unwrap();
    pays.release_due(Timestamp::MAX, &who("ann")).await.unwrap();
}

/// The batch that is proposed, or why none is.
async fn propose(pays: &PayoutDesk) -> Result<BatchId, String> {
    let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let proposal =
        Proposal { rail: "wire".into(), currency: Currency::GBP, day, execution: day, asked: Some(payee()) };
    let (batches, skipped) = pays.propose(&proposal, &who("ann")).await.unwrap();
    batches.first().map(|b| b.id).ok_or_else(|| skipped[0].why.clone())
}

async fn available(pays: &PayoutDesk) -> i64 {
    pays.seller_money(&payee()).await.unwrap()[0].available
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_who_is_like_an_entry_is_held_from_the_commit_in_which_he_is_kept() {
    let b = Bench::new().await;
    let pays = pays(&b).await;
    list(&b, &[("1", "Usama bin LADIN")]).await;
    seller(&pays, "Osama bin Laden").await;
    let why = desk(&b).hold_on(Role::Seller, "22").await.unwrap();
    assert!(why.is_some_and(|w| w.contains("hit_")));
    // His money waits, and nobody else's name lets it go.
    desk(&b).hits(Some("open")).await.unwrap().first().expect("a person is asked");
    let refused = b.buy("4242424242424242").await;
    assert_eq!(refused.state, pmts_payments::IntentState::Declined, "he sells nothing either");
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_stops_a_payout_at_each_step_and_the_money_stays_the_sellers() {
    let b = Bench::new().await;
    let pays = pays(&b).await;
    list(&b, &[("1", "Somebody Else")]).await;
    seller(&pays, "Osama bin Laden").await;
    sell(&b, &pays).await;
    let all = available(&pays).await;
    assert_eq!(all, 6_300);

    // The entry comes while a batch waits for its approval.
    let batch = propose(&pays).await.unwrap();
    list(&b, &[("1", "Somebody Else"), ("2", "Usama bin LADIN")]).await;
    let (emptied, left) = pays.approve(batch, &who("bob")).await.unwrap();
    assert_eq!((emptied.state, left.len()), (BatchState::Cancelled, 1));
    assert!(left[0].reason.as_deref().is_some_and(|r| r.contains("hit_")));
    assert_eq!(available(&pays).await, all);
    let held = propose(&pays).await.unwrap_err();
    assert!(held.contains("hit_"), "{held}");
    let party = desk(&b).party(Role::Seller, "22").await.unwrap().unwrap().value;
    decide(&b, &party, Verdict::Another).await;

    // It comes between approval and file.
    let batch = propose(&pays).await.unwrap();
    let (approved, left) = pays.approve(batch, &who("bob")).await.unwrap();
    assert_eq!((approved.state, left.len(), available(&pays).await), (BatchState::Approved, 0, 0));
    list(&b, &[("1", "Somebody Else"), ("2", "Usama bin LADIN"), ("3", "Osama bin Laden")]).await;
    let error = pays.release(batch, &who("carl")).await.unwrap_err();
    assert!(matches!(error, DeskError::AllHeld(_)), "{error}");
    assert_eq!((error.code().code, available(&pays).await), ("APP_AML_HELD", all));
    assert!(told(&b).await.contains(&"payout.canceled".to_owned()));
    let party = desk(&b).party(Role::Seller, "22").await.unwrap().unwrap().value;
    assert!(party.is_held(), "he was screened before the file, and found in that commit");
    decide(&b, &party, Verdict::Another).await;

    // So does somebody who owns him.
    let batch = propose(&pays).await.unwrap();
    pays.approve(batch, &who("bob")).await.unwrap();
    let owner = pmts_app::aml::Known {
        acts_for: vec![(Role::Seller, "22".into())],
        ..known(Role::Owner, "o1", "Somebody Else")
    };
    let owner = put(&b, &owner).await;
    assert!(matches!(pays.release(batch, &who("carl")).await, Err(DeskError::AllHeld(_))));
    assert_eq!(available(&pays).await, all);
    decide(&b, &owner, Verdict::Another).await;

    let batch = propose(&pays).await.unwrap();
    pays.approve(batch, &who("bob")).await.unwrap();
    let (_, file) = pays.release(batch, &who("carl")).await.unwrap();
    assert!(String::from_utf8(file).unwrap().contains("63.00"));
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_holder_of_the_account_and_the_bank_are_screened_too() {
    let b = Bench::new().await;
    let pays = pays(&b).await;
    let bank = r#"{"id":"9","kind":"company","names":[{"text":"Bad Bank","quality":"primary"}],"identifiers":[{"kind":"BIC","number":"WESTGB22XXX"}]}"#;
    std::fs::write(b.platform.dir.join("banks.jsonl"), bank).unwrap();
    list(&b, &[("1", "Usama bin LADIN")]).await;
    put(&b, &known(Role::Seller, "22", "Ann Other")).await;
    seller(&pays, "Osama bin Laden").await;
    let held = desk(&b).parties(None, true).await.unwrap();
    assert_eq!(held.iter().map(|p| p.role).collect::<Vec<_>>(), [Role::Beneficiary]);
    decide(&b, &held[0], Verdict::Another).await;
    sell(&b, &pays).await;

    let shelf = pmts_app::lists::Shelf::of(&b.platform.dir);
    let kind = pmts_compliance::aml::lists::ListKind::Jsonl;
    let sources = pmts_app::lists::Sources::find(kind, &b.platform.dir.join("banks.jsonl"), None, None);
    shelf.import("banks", kind, sources, Timestamp::from_micros(0), false).unwrap();
    assert!(b.platform.lists.look().await.unwrap());
    let why = propose(&pays).await.unwrap_err();
    assert!(why.contains("bank WESTGB22XXX"), "{why}");
}
