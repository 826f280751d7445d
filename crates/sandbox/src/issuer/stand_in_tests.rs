//! Approving in the issuer's place while it is away, and telling it when it is back.

use super::over_tcp_tests::{operations, response};
use super::test_requests::{GOOD, NOW, Sale, acquirer, gbp};
use super::*;
use pmts_cards::message::CardOperation;
use pmts_cards::{
    AdviceQueue, CardAuthorizer, CaughtUp, Iso8583Link, LinkConfig, MemoryAdviceQueue, StandIn, StandInLimits,
};
use pmts_kernel::ManualClock;
use pmts_money::Currency;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn limits() -> StandInLimits {
    let pounds = |minor| BTreeMap::from([(Currency::GBP, minor)]);
    StandInLimits {
        amount_max: pounds(5_000),
        per_card_count_max: 3,
        per_card_amount_max: pounds(8_000),
        exposure_max: pounds(12_000),
    }
}

fn stand_in(address: &str, limits: StandInLimits) -> (Arc<StandIn>, Arc<MemoryAdviceQueue>) {
    let clock = Arc::new(ManualClock::new(NOW));
    let mut config = LinkConfig::new(address, acquirer());
    (config.backoff_min, config.backoff_max) = (Duration::ZERO, Duration::ZERO);
    config.answer_timeout = Duration::from_millis(500);
    let link = Arc::new(Iso8583Link::new(config, clock.clone()));
    let queue = Arc::new(MemoryAdviceQueue::default());
    (Arc::new(StandIn::new(link.clone(), link, queue.clone(), clock, limits)), queue)
}

/// An address where nobody listens yet.
async fn free_address() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

async fn issuer_at(address: &str) -> Issuer {
    let config = IssuerConfig { clock: Arc::new(ManualClock::new(NOW)), ..IssuerConfig::default() };
    Issuer::bind(address, config).await.unwrap()
}

#[tokio::test]
async fn what_is_approved_in_the_issuers_place_is_told_in_order_and_then_goes_on() {
    let address = free_address().await;
    let (stand_in, queue) = stand_in(&address, limits());
    let mut first = Sale::new(GOOD, 2000, 1);
    let second = Sale::new("5555555555554444", 3000, 20);
    for sale in [&first, &second] {
        let pmts_cards::HostAnswer::Answered(answer) = stand_in.authorize(&sale.authorization).await else {
            panic!()
        };
        assert!(answer.response.is_approval() && answer.approval_code.unwrap().starts_with("SI"));
    }
    let early = stand_in.capture(&first.capture(2000)).await;
    assert_eq!(response(&early), "the host was not told of this sale yet");
    assert_eq!(stand_in.catch_up().await.unwrap(), CaughtUp { unfinished: true, ..CaughtUp::default() });

    let issuer = issuer_at(&address).await;
    first.approval_code = queue.first().await.unwrap().map(|advice| advice.approval_code);
    assert_eq!(response(&stand_in.capture(&first.capture(2000)).await), "00");
    assert_eq!(queue.outstanding(Currency::GBP).await.unwrap(), 0, "both were told");
    assert_eq!(operations(&issuer, &first), [CardOperation::Advise, CardOperation::Capture]);
    assert_eq!(operations(&issuer, &second), [CardOperation::Advise]);
    assert_eq!(stand_in.catch_up().await.unwrap(), CaughtUp::default());
    let third = Sale::new(GOOD, 9000, 40);
    assert_eq!(
        response(&stand_in.authorize(&third.authorization).await),
        "00",
        "the issuer is back and decides"
    );
    assert_eq!(operations(&issuer, &third), [CardOperation::Authorize]);
}

#[tokio::test]
async fn limits_bound_what_is_approved() {
    let (stand_in, queue) = stand_in(&free_address().await, limits());
    let mut stan = 0;
    let mut ask = async |pan: &str, minor: i64| {
        stan += 1;
        let answer = stand_in.authorize(&Sale::new(pan, minor, stan).authorization).await;
        response(&answer) == "00"
    };
    let (one, two, three) = (GOOD, "5555555555554444", "378282246310005");
    assert!(!ask(one, 0).await && !ask(one, 5_001).await, "an account check, and one too large");
    assert!(ask(one, 5_000).await && ask(one, 3_000).await);
    assert!(!ask(one, 1).await, "8,000 a day");
    assert!(ask(two, 1).await && ask(two, 1).await && ask(two, 1).await);
    assert!(!ask(two, 1).await, "three a day");
    assert!(!ask(three, 3_998).await, "12,000 in all");
    assert!(ask(three, 3_997).await);
    assert_eq!(queue.outstanding(Currency::GBP).await.unwrap(), 12_000);
    let mut expired = Sale::new("4111111111111111", 1, 90).authorization;
    expired.expiry = pmts_cards::Expiry::try_new(26, 10).unwrap();
    assert_ne!(response(&stand_in.authorize(&expired).await), "00");
}

#[tokio::test]
async fn it_is_off_by_default_and_never_guesses_about_what_was_sent() {
    let (off, _) = stand_in(&free_address().await, StandInLimits::default());
    let answer = off.authorize(&Sale::new(GOOD, 1, 1).authorization).await;
    assert!(matches!(answer, pmts_cards::HostAnswer::NotSent { .. }));

    let issuer = issuer_at("127.0.0.1:0").await;
    let (on, queue) = stand_in(&issuer.local_addr().to_string(), limits());
    let silent = Sale::new("4000001200000032", 1000, 1);
    assert_eq!(response(&on.authorize(&silent.authorization).await), "unknown");
    assert!(queue.first().await.unwrap().is_none());
}

#[tokio::test]
async fn an_advice_without_an_answer_is_repeated_and_takes_effect_once() {
    let address = free_address().await;
    let (stand_in, queue) = stand_in(&address, limits());
    let pan = "4222222222222220";
    let sale = Sale::new(pan, 1000, 1);
    assert_eq!(response(&stand_in.authorize(&sale.authorization).await), "00");
    let cards = TestCards::none().with(pan, Some(CardOperation::Advise), Action::Silent);
    let config = IssuerConfig { cards, clock: Arc::new(ManualClock::new(NOW)), ..IssuerConfig::default() };
    let issuer = Issuer::bind(&address, config).await.unwrap();
    assert!(stand_in.catch_up().await.unwrap().unfinished);
    assert!(queue.first().await.unwrap().unwrap().repeat);
    assert_eq!(stand_in.catch_up().await.unwrap().told, 1);
    let totals = issuer.totals(Currency::GBP);
    assert_eq!((totals.advised.count, totals.advised.sum_minor, totals.authorized.count), (1, 1000, 0));
    assert_eq!(issuer.effects(sale.rrn())[0].amount, gbp(1000));
}
