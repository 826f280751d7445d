//! What a seller may receive.

use super::*;
use crate::bench::gbp;
use pmts_app::engine::{EngineError, Request};
use pmts_payments::decide::CaptureRequest;
use pmts_payments::{CaptureMethod, DeclineCode, IntentState};

/// Why steps were stopped, of events.
async fn stopped(b: &Bench) -> Vec<String> {
    let all = b.platform.store.events(0, 1_000).await.unwrap();
    let of = all.iter().filter(|e| e.event.kind == "party.stopped");
    of.map(|e| e.event.data["why"].as_str().unwrap().to_owned()).collect()
}

/// A purchase gives seller 22 70.00.
async fn bought(b: &Bench) -> IntentState {
    b.buy("4242424242424242").await.state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_receives_up_to_his_limit_and_no_more() {
    let b = Bench::new().await;
    rules(&b, false, 15_000, 30_000, 0).await;
    for _ in 0..3 {
        assert_eq!(bought(&b).await, IntentState::Captured, "no file is asked for");
    }
    // 210.00 are there; without checks 150.00 are allowed.
    let kept = tell(&b, &ann("sells books")).await;
    let requests = b.issuer.stats().requests;
    let refused = b.buy("4242424242424242").await;
    assert_eq!(refused.state, IntentState::Declined);
    assert_eq!(refused.decline.unwrap().code, DeclineCode::Blocked);
    assert_eq!(b.issuer.stats().requests, requests, "nothing was sent");
    assert_eq!(
        stopped(&b).await,
        ["the seller 22 may receive 150.00 GBP within 30 days (due diligence), not more"]
    );
    step(&b, &kept, FileStep::Submit, "shop").await.unwrap();
    assert_eq!(bought(&b).await, IntentState::Declined, "nobody approved yet");
    step(&b, &kept, FileStep::Approve, "bob").await.unwrap();
    assert_eq!(bought(&b).await, IntentState::Captured, "280.00 of 300.00");
    assert_eq!(bought(&b).await, IntentState::Declined, "350.00 of 300.00");
    // 20.00 are left, and all of it again when 30 days are over.
    let later = later(&b, 31);
    let seller = pmts_payments::SellerRef::try_new("22").unwrap();
    let again = desk(&b).not_receiving(&seller, Some(gbp(2_001))).await.unwrap();
    assert!(again.is_some() && desk(&b).not_receiving(&seller, Some(gbp(2_000))).await.unwrap().is_none());
    assert_eq!(later.not_receiving(&seller, Some(gbp(30_000))).await.unwrap(), None, "30 days are over");
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_seller_gets_nothing_and_gives_back() {
    let b = Bench::new().await;
    let request = Request { by: who("shop"), answer: None, trace: None };
    rules(&b, true, 0, 100_000, 0).await;
    assert_eq!(bought(&b).await, IntentState::Declined, "a file is asked for");
    let kept = verified(&b).await;
    let new = b.new_payment("4242424242424242", CaptureMethod::Manual).await;
    let held = b.engine().create_and_confirm(new, Default::default(), &request).await.unwrap().intent;
    let paid = b.buy("4242424242424242").await;
    assert_eq!((held.state, paid.state), (IntentState::Authorized, IntentState::Captured));
    step(&b, &kept, FileStep::Restrict("a letter came back".into()), "bob").await.unwrap();
    assert_eq!(bought(&b).await, IntentState::Declined);
    let captured = b.engine().capture(held.id, &CaptureRequest::default(), &request).await.unwrap_err();
    let more = b.engine().increment(held.id, gbp(20_000), &request).await.unwrap_err();
    for error in [captured, more] {
        assert!(matches!(error, EngineError::MayNotReceive), "{error}");
        assert_eq!(error.code().code, "APP_DILIGENCE_STOPPED");
    }
    b.engine().refund_payment(paid.id, Default::default(), &request).await.unwrap();
    let why = stopped(&b).await;
    assert_eq!(why.len(), 4);
    assert_eq!(why[1], "the seller 22 may not receive: restricted (due diligence)");
    // It is looked at again, from the beginning.
    step(&b, &kept, FileStep::Reopen("the letter arrived".into()), "bob").await.unwrap();
    step(&b, &kept, FileStep::Submit, "shop").await.unwrap();
    step(&b, &kept, FileStep::Approve, "bob").await.unwrap();
    b.engine().capture(held.id, &CaptureRequest::default(), &request).await.unwrap();
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_in_a_currency_without_a_rate_stops() {
    let b = Bench::new().await;
    verified(&b).await;
    // The rules shipped are in dollars.
    assert_eq!(bought(&b).await, IntentState::Declined);
    assert!(stopped(&b).await[0].contains("no rate from GBP is known (`pmts fx rates import`)"));
    let fx = b.platform.dir.join("fx");
    std::fs::create_dir_all(&fx).unwrap();
    let today = chrono::DateTime::from_timestamp(b.engine().clock.now().as_secs(), 0).unwrap().date_naive();
    std::fs::write(fx.join("rates-eur.csv"), format!("Date,USD,GBP,\n{today},1.1000,0.8800,\n")).unwrap();
    desk(&b).rates.look();
    assert_eq!(bought(&b).await, IntentState::Captured);
}
