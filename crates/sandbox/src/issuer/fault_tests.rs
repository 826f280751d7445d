//! What goes wrong on the wire, between the issuer and the link.

use super::over_tcp_tests::{issuer_with, link_to, operations, response};
use super::test_requests::{GOOD, NOW, Sale, acquirer};
use super::*;
use pmts_cards::message::CardOperation;
use pmts_cards::{CardAuthorizer, Iso8583Link, LinkConfig};
use pmts_kernel::ManualClock;
use pmts_money::Currency;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// After each of these the outcome is unknown, and the reversal settles it.
#[tokio::test]
async fn an_authorization_that_goes_wrong_is_unknown_and_its_reversal_settles_it() {
    for (pan, reversal, effects) in [
        ("4000001200000206", "25", vec![]),
        ("4000001200000214", "00", vec![CardOperation::Authorize, CardOperation::Reverse]),
        ("4000001200000230", "00", vec![CardOperation::Authorize, CardOperation::Reverse]),
        ("4000001200000255", "00", vec![CardOperation::Authorize, CardOperation::Reverse]),
        ("4000001200000263", "00", vec![CardOperation::Authorize, CardOperation::Reverse]),
    ] {
        let issuer = issuer_with(TestCards::default()).await;
        let mut config = LinkConfig::new(issuer.local_addr().to_string(), acquirer());
        config.frame_timeout = Duration::from_millis(200);
        let link = Iso8583Link::new(config, Arc::new(ManualClock::new(NOW)));
        let mut sale = Sale::new(pan, 2000, 1);
        assert_eq!(response(&link.authorize(&sale.authorization).await), "unknown", "{pan}");
        assert_eq!(response(&link.reverse(&sale.reversal(None)).await), reversal, "{pan}");
        assert_eq!(operations(&issuer, &sale), effects, "{pan}");
        assert_eq!(issuer.stats().faults, 1, "{pan}");
        let good = Sale::new(GOOD, 2000, 50);
        assert_eq!(response(&link.authorize(&good.authorization).await), "00", "{pan}");
    }
}

#[tokio::test]
async fn a_capture_and_a_refund_that_go_wrong_are_repeated_with_one_effect() {
    let issuer = issuer_with(TestCards::default()).await;
    let link = link_to(&issuer, 5_000);
    let mut sale = Sale::new("4000001200000222", 2000, 1);
    assert_eq!(response(&link.authorize(&sale.authorization).await), "00");
    let mut capture = sale.capture(2000);
    assert_eq!(response(&link.capture(&capture).await), "unknown");
    capture.repeat = true;
    assert_eq!(response(&link.capture(&capture).await), "00");
    let mut sale = Sale::new("4000001200000289", 2000, 20);
    assert_eq!(response(&link.authorize(&sale.authorization).await), "00");
    assert_eq!(response(&link.capture(&sale.capture(2000)).await), "00");
    let mut refund = sale.refund(500);
    assert_eq!(response(&link.refund(&refund).await), "unknown");
    refund.repeat = true;
    assert_eq!(response(&link.refund(&refund).await), "00");
    let totals = issuer.totals(Currency::GBP);
    assert_eq!((totals.captured.sum_minor, totals.refunded.sum_minor), (4000, 500));
    assert_eq!(link.stats().malformed, 1, "the garbage");
}

#[tokio::test]
async fn answers_that_come_twice_or_out_of_order_find_their_requests() {
    let issuer = issuer_with(TestCards::default()).await;
    let link = link_to(&issuer, 5_000);
    let twice = Sale::new("4000001200000248", 2000, 1);
    assert_eq!(response(&link.authorize(&twice.authorization).await), "00");
    let held = tokio::spawn({
        let link = link.clone();
        async move { link.authorize(&Sale::new("4000001200000271", 1000, 2).authorization).await }
    });
    while issuer.totals(Currency::GBP).authorized.count < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!held.is_finished());
    assert_eq!(response(&link.authorize(&Sale::new(GOOD, 2000, 3).authorization).await), "00");
    assert_eq!(response(&held.await.unwrap()), "00");
    let stats = link.stats();
    assert_eq!((stats.duplicates, stats.late, stats.answered, stats.connects), (1, 0, 3, 1));
}

#[tokio::test]
async fn half_a_frame_forever_is_closed_after_a_limit_and_others_go_on() {
    let config = IssuerConfig {
        frame_timeout: Duration::from_millis(100),
        clock: Arc::new(ManualClock::new(NOW)),
        ..IssuerConfig::default()
    };
    let issuer = Issuer::bind("127.0.0.1:0", config).await.unwrap();
    let link = link_to(&issuer, 5_000);
    assert_eq!(response(&link.echo().await), "00");
    let mut slow = TcpStream::connect(issuer.local_addr()).await.unwrap();
    slow.write_all(&[0, 100, b'0', b'1']).await.unwrap();
    assert!(matches!(slow.read(&mut [0; 16]).await, Ok(0) | Err(_)));
    assert_eq!((issuer.stats().stalled, issuer.stats().malformed), (1, 0));
    assert_eq!(response(&link.authorize(&Sale::new(GOOD, 2000, 1).authorization).await), "00");
}
