//! Stand-in through the whole platform: the host is down, small sales are approved in its place and survive a restart; it
//! comes back, is told of them in order, and only then are they captured.
#![allow(clippy::unwrap_used)]

mod bench;

use bench::{Bench, gbp};
use pmts_app::platform::{Host, Platform, PlatformConfig};
use pmts_cards::StandInLimits;
use pmts_kernel::Timestamp;
use pmts_money::Currency;
use pmts_payments::*;
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_in_the_hosts_place_is_told_before_it_is_captured() {
    let gbp_only = |minor| BTreeMap::from([(Currency::GBP, minor)]);
    let stand_in = StandInLimits {
        amount_max: gbp_only(10_000),
        per_card_count_max: 2,
        per_card_amount_max: gbp_only(20_000),
        exposure_max: gbp_only(30_000),
    };
    let config =
        PlatformConfig { stand_in, answer_timeout: Duration::from_millis(500), ..PlatformConfig::default() };
    // A port that is nobody's until the host comes up on it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::open(dir.path(), config, Host::At(port.clone())).await.unwrap();
    let unused = Issuer::bind("127.0.0.1:0", IssuerConfig::default()).await.unwrap();
    let mut b = Bench { platform, issuer: unused, _dir: dir };

    let first = b.hold("4242424242424242").await;
    assert_eq!((first.intent.state, first.money.held), (IntentState::Authorized, gbp(10_000)));
    let second = b.hold("4242424242424242").await;
    assert_eq!(second.intent.state, IntentState::Authorized);
    let third = b.hold("4242424242424242").await;
    assert_eq!(third.intent.state, IntentState::Declined, "one too many for the card");
    assert_eq!(third.intent.decline.unwrap().code, DeclineCode::GatewayUnavailable);
    assert_eq!(b.platform.teller.as_ref().unwrap().tell().await.unwrap(), 0, "the host is still away");

    // Nothing about the sale is sent before the host knows of it; the platform ends meanwhile.
    let own = b.engine().own_request();
    let sent = b.engine().capture(first.intent.id, &CaptureRequest::default(), &own).await.unwrap();
    assert!(!sent.operation.unwrap().state.is_final());
    let host = Issuer::bind(&port, IssuerConfig::default()).await.unwrap();
    b = Bench { issuer: host, ..b };
    b = b.restarted().await;
    assert_eq!(b.platform.teller.as_ref().unwrap().tell().await.unwrap(), 2);
    b.engine().recover(Timestamp::MAX).await.unwrap();
    let done = b.engine().view(first.intent.id, None).await.unwrap();
    assert_eq!((done.intent.state, done.money.captured), (IntentState::Captured, gbp(10_000)));
    let gone = b.engine().cancel(second.intent.id, None, &own).await.unwrap();
    assert_eq!(gone.intent.state, IntentState::Canceled);
    b.settled().await;
    b.issuer_agrees().await;
}
