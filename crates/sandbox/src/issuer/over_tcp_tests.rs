//! The issuer and the link of `pmts-cards`, over real connections.

use super::test_requests::{GOOD, NOW, Sale, acquirer};
use super::*;
use pmts_cards::iso8583::{FieldTable, Framing};
use pmts_cards::message::CardOperation;
use pmts_cards::{CardAuthorizer, HostAnswer, Iso8583Link, LinkConfig, ResponseCode};
use pmts_kernel::ManualClock;
use pmts_money::Currency;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(super) async fn issuer_with(cards: TestCards) -> Issuer {
    let config = IssuerConfig { cards, clock: Arc::new(ManualClock::new(NOW)), ..IssuerConfig::default() };
    Issuer::bind("127.0.0.1:0", config).await.unwrap()
}

pub(super) fn link_to(issuer: &Issuer, answer_timeout_ms: u64) -> Arc<Iso8583Link> {
    let mut config = LinkConfig::new(issuer.local_addr().to_string(), acquirer());
    config.answer_timeout = Duration::from_millis(answer_timeout_ms);
    Arc::new(Iso8583Link::new(config, Arc::new(ManualClock::new(NOW))))
}

pub(super) fn response(answer: &HostAnswer) -> &str {
    match answer {
        HostAnswer::Answered(answer) => answer.response.wire(),
        HostAnswer::NotSent { why } => why,
        HostAnswer::Unknown { .. } => "unknown",
    }
}

pub(super) fn operations(issuer: &Issuer, sale: &Sale) -> Vec<CardOperation> {
    issuer.effects(sale.rrn()).iter().map(|effect| effect.operation).collect()
}

#[tokio::test]
async fn a_sale_from_authorization_to_refund_and_a_decline() {
    let issuer = issuer_with(TestCards::default()).await;
    let link = link_to(&issuer, 5_000);
    let mut sale = Sale::new(GOOD, 2000, 1);
    let answer = link.authorize(&sale.authorization).await;
    let HostAnswer::Answered(answer) = answer else { panic!("{answer:?}") };
    assert_eq!((&answer.response, answer.amount), (&ResponseCode::Approved, None));
    sale.approval_code = Some(answer.approval_code.unwrap());
    assert_eq!(response(&link.increment(&sale.increment(100, 2100)).await), "00");
    assert_eq!(response(&link.capture(&sale.capture(1500)).await), "00");
    assert_eq!(response(&link.reverse(&sale.reversal(Some(1500))).await), "00");
    assert_eq!(response(&link.refund(&sale.refund(300)).await), "00");
    let funds = Sale::new("4000000000009995", 2000, 50);
    assert_eq!(response(&link.authorize(&funds.authorization).await), "51");
    let totals = issuer.totals(Currency::GBP);
    let sums = [totals.authorized, totals.captured, totals.reversed, totals.refunded].map(|t| t.sum_minor);
    assert_eq!((sums, totals.incremented.sum_minor), ([2000, 1500, 600, 300], 100));
    let stats = issuer.stats();
    assert_eq!((stats.connections, stats.network, stats.requests, stats.malformed), (1, 1, 6, 0));
}

#[tokio::test]
async fn a_sale_is_voided_and_a_second_void_declined() {
    let issuer = issuer_with(TestCards::default()).await;
    let link = link_to(&issuer, 5_000);
    let mut sale = Sale::new(GOOD, 2000, 1);
    assert_eq!(response(&link.authorize(&sale.authorization).await), "00");
    assert_eq!(response(&link.void(&sale.void(2000)).await), "00");
    assert_eq!(response(&link.void(&sale.void(2000)).await), "12");
    assert_eq!(operations(&issuer, &sale), [CardOperation::Authorize, CardOperation::Void]);
}

#[tokio::test]
async fn no_answer_is_unknown_and_the_reversal_settles_it() {
    let issuer = issuer_with(TestCards::default()).await;
    let link = link_to(&issuer, 500);
    let mut sale = Sale::new("4000001200000032", 2000, 1);
    assert_eq!(response(&link.authorize(&sale.authorization).await), "unknown");
    assert_eq!(response(&link.reverse(&sale.reversal(None)).await), "00");
    assert_eq!(operations(&issuer, &sale), [CardOperation::Authorize, CardOperation::Reverse]);
    assert_eq!((link.stats().timeouts, issuer.stats().silences), (1, 1));
}

#[tokio::test]
async fn a_capture_and_a_refund_without_an_answer_are_repeated_with_one_effect() {
    let issuer = issuer_with(TestCards::default()).await;
    let link = link_to(&issuer, 500);
    let mut sale = Sale::new("4000001200000040", 2000, 1);
    assert_eq!(response(&link.authorize(&sale.authorization).await), "00");
    let mut capture = sale.capture(2000);
    assert_eq!(response(&link.capture(&capture).await), "unknown");
    capture.repeat = true;
    assert_eq!(response(&link.capture(&capture).await), "00");
    assert_eq!(operations(&issuer, &sale), [CardOperation::Authorize, CardOperation::Capture]);

    let mut sale = Sale::new("4000001200000057", 2000, 50);
    assert_eq!(response(&link.authorize(&sale.authorization).await), "00");
    assert_eq!(response(&link.capture(&sale.capture(2000)).await), "00");
    let mut refund = sale.refund(2000);
    assert_eq!(response(&link.refund(&refund).await), "unknown");
    refund.repeat = true;
    assert_eq!(response(&link.refund(&refund).await), "00");
    assert_eq!(
        operations(&issuer, &sale),
        [CardOperation::Authorize, CardOperation::Capture, CardOperation::Refund]
    );
}

#[tokio::test]
async fn sixty_four_in_flight_are_answered_out_of_order() {
    let slow = "5555555555554444";
    let issuer =
        issuer_with(TestCards::none().with(slow, None, Action::Slow(Duration::from_millis(400)))).await;
    let link = link_to(&issuer, 5_000);
    let (done, mut finished) = tokio::sync::mpsc::unbounded_channel();
    for stan in 1..=64_u32 {
        let (link, done) = (link.clone(), done.clone());
        tokio::spawn(async move {
            let sale = Sale::new(if stan % 2 == 0 { GOOD } else { slow }, i64::from(stan), stan);
            let answer = link.authorize(&sale.authorization).await;
            done.send((stan, response(&answer).to_owned())).unwrap();
        });
    }
    let mut order = Vec::new();
    for _ in 0..64 {
        let (stan, code) = finished.recv().await.unwrap();
        assert_eq!(code, "00");
        order.push(stan);
    }
    assert!(order[..32].iter().all(|stan| stan % 2 == 0), "the fast ones come first: {order:?}");
    let stats = link.stats();
    assert_eq!((stats.answered, stats.late, stats.connects), (64, 0, 1));
    assert_eq!(issuer.totals(Currency::GBP).authorized, Tally { count: 64, sum_minor: 64 * 65 / 2 });
}

#[tokio::test]
async fn half_is_approved() {
    let issuer = issuer_with(TestCards::default()).await;
    let answer =
        link_to(&issuer, 5_000).authorize(&Sale::new("4000001200000123", 2000, 1).authorization).await;
    let HostAnswer::Answered(answer) = answer else { panic!("{answer:?}") };
    assert_eq!(
        (answer.response, answer.amount),
        (ResponseCode::PartialApproval, Some(super::test_requests::gbp(1000)))
    );
}

#[tokio::test]
async fn hosts_with_other_tables_and_framings_side_by_side() {
    let third = FieldTable::from_toml(include_str!("../../data/host-2003-hex.toml")).unwrap();
    let tables = FieldTable::all_built_in().iter().cloned().chain([third]);
    for (table, framing) in tables.zip(["ascii4", "bcd2+6000030001", "bcd2"]) {
        let (table, framing) = (Arc::new(table), framing.parse::<Framing>().unwrap());
        let clock = Arc::new(ManualClock::new(NOW));
        let config =
            IssuerConfig { table: table.clone(), framing, clock: clock.clone(), ..IssuerConfig::default() };
        let issuer = Issuer::bind("127.0.0.1:0", config).await.unwrap();
        let mut config = LinkConfig::new(issuer.local_addr().to_string(), acquirer());
        (config.table, config.framing) = (table, framing);
        let link = Iso8583Link::new(config, clock);
        let mut sale = Sale::new(GOOD, 2000, 1);
        assert_eq!(response(&link.authorize(&sale.authorization).await), "00");
        assert_eq!(response(&link.increment(&sale.increment(100, 2100)).await), "00");
        assert_eq!(response(&link.capture(&sale.capture(1500)).await), "00");
        assert_eq!(response(&link.reverse(&sale.reversal(Some(1500))).await), "00");
        assert_eq!(response(&link.refund(&sale.refund(1500)).await), "00");
        let mut unknown = Sale::new("378282246310005", 2000, 40);
        assert_eq!(response(&link.void(&unknown.void(2000)).await), "25");
        let funds = Sale::new("4000000000009995", 2000, 50);
        assert_eq!(response(&link.authorize(&funds.authorization).await), "51");
        let half = Sale::new("4000001200000123", 2000, 60);
        assert_eq!(response(&link.authorize(&half.authorization).await), "10");
        assert_eq!((issuer.stats().malformed, link.stats().malformed), (0, 0));
    }
}

#[tokio::test]
async fn garbage_closes_the_connection_and_others_go_on() {
    let issuer = issuer_with(TestCards::default()).await;
    let link = link_to(&issuer, 5_000);
    assert_eq!(response(&link.echo().await), "00");
    for garbage in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0xff; 100]]
    {
        let mut stream = TcpStream::connect(issuer.local_addr()).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        // It ends: either cleanly or, with bytes left unread, by a reset.
        let ended = stream.read(&mut [0; 16]).await;
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    }
    assert_eq!(issuer.stats().malformed, 3);
    assert_eq!(response(&link.authorize(&Sale::new(GOOD, 2000, 1).authorization).await), "00");
}

#[tokio::test]
async fn a_connection_cut_midway_is_unknown_and_the_next_request_connects_again() {
    let slow = "5555555555554444";
    let issuer = issuer_with(TestCards::none().with(slow, None, Action::Slow(Duration::from_secs(60)))).await;
    let link = link_to(&issuer, 30_000);
    let waiting = tokio::spawn({
        let link = link.clone();
        async move { link.authorize(&Sale::new(slow, 2000, 1).authorization).await }
    });
    while issuer.totals(Currency::GBP).authorized.count == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    issuer.cut_connections();
    assert_eq!(response(&waiting.await.unwrap()), "unknown");
    assert_eq!(response(&link.authorize(&Sale::new(GOOD, 2000, 2).authorization).await), "00");
    assert_eq!(link.stats().reconnects, 1);
    issuer.shutdown();
    let after = tokio::time::timeout(Duration::from_secs(20), async {
        while response(&link.echo().await) == "00" {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        link.authorize(&Sale::new(GOOD, 2000, 3).authorization).await
    });
    assert!(matches!(after.await.unwrap(), HostAnswer::NotSent { .. }));
}
