//! What a seller may be paid.

use super::*;
use chrono::NaiveDate;
use pmts_app::diligence::{Operator, today};
use pmts_app::payouts::{DeskError, PayoutDesk, Proposal};
use pmts_compliance::aml::travel_rule::Message;
use pmts_money::Currency;
use pmts_payouts::batches::{BatchId, Payout, PayoutState};
use pmts_payouts::rails::OwnAccount;
use pmts_payouts::sellers::{Destination, Kyc, PayeeRef, Schedule, Seller, Terms};

fn payee() -> PayeeRef {
    PayeeRef::try_new("22").unwrap()
}

async fn pays(b: &Bench) -> PayoutDesk {
    let engine = b.engine();
    let (store, ids, clock) = (engine.store.clone(), engine.ids.clone(), engine.clock.clone());
    let mut pays = PayoutDesk::new(store, ids, clock, engine.aml.as_deref().cloned());
    pays.diligence = Some(desk(b).clone());
    let account = Destination::iban("GB29NWBK60161331926819", Some("NWBKGB2LXXX")).unwrap();
    let own = OwnAccount { name: "Market".into(), account, currency: Currency::GBP };
    pays.put_own_account(own, &who("ann")).await.unwrap();
    pays
}

async fn seller(pays: &PayoutDesk) -> Seller {
    let seller = Seller {
        payee: payee(),
        name: "Ann Quillfeather".into(),
        kyc: Kyc::Verified,
        destination: Some(Destination::iban("GB82WEST12345698765432", Some("WESTGB22XXX")).unwrap()),
        failed: None,
        known_since: None,
        account_changed: None,
        terms: Terms { schedule: Schedule::Daily, hold_days: 0, minimum_minor: 500, ..Terms::default() },
    };
    pays.put_seller(seller, &who("ann")).await.unwrap()
}

/// 63.00 come to be available.
async fn sell(b: &Bench, pays: &PayoutDesk) {
    let payment = b.buy("4242424242424242").await;
    pays.delivered(payment.id, b.engine().clock.now(), &who("ann")).await.unwrap();
    pays.release_due(Timestamp::MAX, &who("ann")).await.unwrap();
}

/// The batch that is proposed with its amount, or why none is.
async fn propose(pays: &PayoutDesk) -> Result<(BatchId, i64), String> {
    let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let proposal =
        Proposal { rail: "wire".into(), currency: Currency::GBP, day, execution: day, asked: Some(payee()) };
    let (batches, skipped) = pays.propose(&proposal, &who("ann")).await.unwrap();
    batches.first().map(|b| (b.id, b.total.minor())).ok_or_else(|| skipped[0].why.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_says_how_far_a_seller_is_known() {
    let b = Bench::new().await;
    rules(&b, false, 100_000, 100_000, 100_000).await;
    let pays = pays(&b).await;
    assert_eq!(seller(&pays).await.kyc, Kyc::Verified, "there is no file: a person said so");
    sell(&b, &pays).await;
    let kyc = async || pays.seller(&payee()).await.unwrap().unwrap().value.kyc;
    let kept = tell(&b, &ann("sells books")).await;
    assert_eq!(kyc().await, Kyc::Open, "in the same commit");
    assert_eq!(seller(&pays).await.kyc, Kyc::Open, "whatever is said of him elsewhere");
    assert_eq!(propose(&pays).await.unwrap_err(), "it is not known who the seller is");
    step(&b, &kept, FileStep::Submit, "shop").await.unwrap();
    step(&b, &kept, FileStep::Approve, "bob").await.unwrap();
    assert_eq!(kyc().await, Kyc::Verified);
    tell(&b, &ann("sells books and maps")).await;
    assert_eq!(kyc().await, Kyc::Verified, "what was allowed goes on for a while");
    let (id, amount) = propose(&pays).await.unwrap();
    assert_eq!(amount, 6_300);
    // What the bank is told about it: who pays, and who receives by his file.
    let payout = pays.payouts(id).await.unwrap().remove(0).value;
    let own = pays.own_account(Currency::GBP).await.unwrap();
    let operator =
        "name = \"Market\"\ncountry = \"GB\"\naddress = [\"1 Market Street\"]\ntown = \"London\"\n";
    assert_eq!(Operator::read(&operator.replace("town", "city")).err().unwrap().code().code, "APP_AML_INPUT");
    let operator = Operator::read(operator).unwrap();
    let message = desk(&b).travel_rule_message(&payout, &own, &operator).await.unwrap();
    let now = today(b.engine().clock.now()).unwrap();
    let message = Message::read(&message, now).unwrap();
    let receiver = message.beneficiary.beneficiary_person[0].natural_person.as_ref().unwrap();
    assert_eq!(receiver.name.name_identifier[0].primary_identifier, "Ann Quillfeather");
    let nobody = Payout { payee: PayeeRef::try_new("9").unwrap(), ..payout };
    let e = desk(&b).travel_rule_message(&nobody, &own, &operator).await.err().unwrap();
    assert_eq!(e.code().code, "APP_RECORD_MISSING");
    step(&b, &kept, FileStep::Refuse("a false passport".into()), "bob").await.unwrap();
    assert_eq!(kyc().await, Kyc::Stopped);
    let (_, left) = pays.approve(id, &who("bob")).await.unwrap();
    assert_eq!((left.len(), left[0].state), (1, PayoutState::Cancelled));
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_is_paid_up_to_his_limit_at_each_step() {
    let b = Bench::new().await;
    rules(&b, false, 100_000, 100_000, 10_000).await;
    let pays = pays(&b).await;
    seller(&pays).await;
    let kept = verified(&b).await;
    sell(&b, &pays).await;
    sell(&b, &pays).await;
    let (first, amount) = propose(&pays).await.unwrap();
    assert_eq!(amount, 10_000, "100.00 of 126.00");
    let e = propose(&pays).await.unwrap_err();
    assert!(e.contains("was paid 100.00 GBP within 30 days"), "{e}");
    // The limit is lower by now.
    rules(&b, false, 100_000, 100_000, 9_000).await;
    let (_, left) = pays.approve(first, &who("bob")).await.unwrap();
    assert_eq!(
        left[0].reason.as_deref(),
        Some("the seller may be paid 90.00 GBP at most now (due diligence)")
    );
    let (second, amount) = propose(&pays).await.unwrap();
    assert_eq!(amount, 9_000);
    let (batch, left) = pays.approve(second, &who("bob")).await.unwrap();
    assert_eq!((batch.count, left.len()), (1, 0));
    let e = propose(&pays).await.unwrap_err();
    assert!(e.contains("was paid 90.00 GBP"), "what is approved counts: {e}");
    // Restricted before the file is written: he leaves the batch, and the money is his again.
    step(&b, &kept, FileStep::Restrict("a letter came back".into()), "bob").await.unwrap();
    let e = pays.release(second, &who("bob")).await.unwrap_err();
    assert!(matches!(e, DeskError::AllHeld(_)), "{e}");
    assert_eq!(pays.seller_money(&payee()).await.unwrap()[0].available, 12_600);
    let payout = pays.payouts(second).await.unwrap().remove(0).value;
    assert_eq!(payout.reason.as_deref(), Some("the seller 22 may not be paid: restricted (due diligence)"));
    step(&b, &kept, FileStep::Reopen("the letter arrived".into()), "bob").await.unwrap();
    step(&b, &kept, FileStep::Submit, "shop").await.unwrap();
    step(&b, &kept, FileStep::Approve, "bob").await.unwrap();
    // What was given up does not count; what is sent does. 5.00 are the least he wants: 4.00 are not paid.
    let (third, amount) = propose(&pays).await.unwrap();
    assert_eq!(amount, 9_000);
    pays.approve(third, &who("bob")).await.unwrap();
    pays.release(third, &who("bob")).await.unwrap();
    rules(&b, false, 100_000, 100_000, 9_400).await;
    let why = propose(&pays).await.unwrap_err();
    assert!(why.contains("minimum"), "{why}");
    b.settled().await;
}
