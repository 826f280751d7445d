//! Every outcome a card host can give, through the whole platform against the sandbox issuer: what is booked, what state
//! the payment and its operations end in, and that nothing is booked on a guess.
#![allow(clippy::unwrap_used)]

mod bench;

use bench::Bench;
use pmts_app::platform::{Host, Platform, PlatformConfig};
use pmts_app::records::Task;
use pmts_money::Currency;
use pmts_payments::*;
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_sensitive::Pan;
use pmts_store::{ListQuery, StoreExt};
use std::time::Duration;

const HOLD: &str = "authorized: memo.authorized > pay.authorized 100.00";
const SENT: &str = "capture sent: reserve pay.authorized > memo.authorized 100.00";
const CAPTURED: [&str; 7] = [
    "captured: post reserved pay.authorized > memo.authorized 100.00",
    "receivable: acquirer.receivable > pay.clearing 100.00",
    "refundable: memo.refundable > pay.refundable 100.00",
    "processing fee: processing.cost > acquirer.fees_accrued 1.20",
    "split: pay.clearing > seller.pending 70.00",
    "commission: seller.pending > commission.revenue 7.00",
    "split: pay.clearing > own.sales 30.00",
];
const ACCEPTED: [&str; 5] = [
    "refund reserved: reserve pay.refundable > memo.refundable 10.50",
    "commission back: commission.revenue > seller.pending 1.00",
    "refund part: seller.pending > pay.clearing 10.00",
    "refund part: own.sales > pay.clearing 0.50",
    "refund owed: pay.clearing > refunds.payable 10.50",
];
const REFUNDED: [&str; 2] = [
    "refunded: post reserved pay.refundable > memo.refundable 10.50",
    "refund paid: refunds.payable > acquirer.receivable 10.50",
];

fn purchase_lines() -> Vec<&'static str> {
    [HOLD, SENT].into_iter().chain(CAPTURED).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_and_its_refund_are_booked_by_the_recipes() {
    let b = Bench::new().await;
    let intent = b.buy("4242424242424242").await;
    assert_eq!(intent.state, IntentState::Captured);
    assert_eq!(b.booked(0).await, purchase_lines());
    let refund = b.refund(intent.id).await;
    assert_eq!(refund.state, OperationState::Succeeded);
    assert_eq!(b.booked(9).await, ACCEPTED.into_iter().chain(REFUNDED).collect::<Vec<_>>());
    b.settled().await;
    let kinds: Vec<String> =
        b.platform.store.events(0, 100).await.unwrap().into_iter().map(|e| e.event.kind).collect();
    assert_eq!(kinds, ["payment.processing", "payment.captured", "refund.processing", "refund.succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_books_nothing_and_says_why() {
    let b = Bench::new().await;
    for (pan, code, raw, retry) in [
        ("4000000000000002", DeclineCode::DoNotHonor, "05", None),
        ("4000000000009995", DeclineCode::InsufficientFunds, "51", None),
        ("4000000000000069", DeclineCode::ExpiredCard, "54", Some(Retry::NewData)),
        ("4000000000009979", DeclineCode::StolenCard, "43", Some(Retry::Never)),
    ] {
        let intent = b.buy(pan).await;
        assert_eq!(
            (intent.state, intent.decline.unwrap()),
            (IntentState::Declined, Decline { code, raw: Some(raw.into()), retry })
        );
    }
    assert_eq!(b.booked(0).await, Vec::<String>::new());
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_on_an_authorization_is_unknown_and_taken_back() {
    // The issuer holds the money but does not answer; the message is lost; only half is approved.
    for (pan, reason, held) in [
        ("4000001200000032", DeclineCode::ReversedAfterTimeout, 1),
        ("4000001200000073", DeclineCode::ReversedAfterTimeout, 0),
        ("4000001200000123", DeclineCode::PartialApproval, 1),
    ] {
        let b = Bench::new().await;
        let intent = b.buy(pan).await;
        assert_eq!((intent.state, intent.decline.unwrap().code), (IntentState::Declined, reason), "{pan}");
        assert_eq!(b.operations().await, [(OperationKind::Authorize, OperationState::Reversed)]);
        let totals = b.issuer.totals(Currency::GBP);
        assert_eq!(
            (totals.authorized.count, totals.reversed.count),
            (held, held),
            "the issuer holds nothing any more"
        );
        assert_eq!(b.booked(0).await, Vec::<String>::new(), "nothing is booked on a guess");
        b.settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_on_a_capture_or_refund_is_repeated_with_one_effect() {
    for pan in ["4000001200000040", "4000001200000081", "4000001200000057", "4000001200000099"] {
        let b = Bench::new().await;
        let intent = b.buy(pan).await;
        assert_eq!(intent.state, IntentState::Captured, "{pan}");
        assert_eq!(b.refund(intent.id).await.state, OperationState::Succeeded, "{pan}");
        assert_eq!(
            b.booked(0).await,
            purchase_lines().into_iter().chain(ACCEPTED).chain(REFUNDED).collect::<Vec<_>>(),
            "{pan}"
        );
        let totals = b.issuer.totals(Currency::GBP);
        assert_eq!((totals.captured.count, totals.captured.sum_minor), (1, 10_000), "{pan}");
        assert_eq!((totals.refunded.count, totals.refunded.sum_minor), (1, 1_050), "{pan}");
        b.settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_capture_leaves_the_hold_and_a_refused_refund_a_task() {
    let b = Bench::new().await;
    let intent = b.buy("4000001200000024").await;
    assert_eq!(intent.state, IntentState::Authorized, "the hold still stands");
    assert_eq!(
        b.booked(0).await,
        [HOLD, SENT, "capture refused: void pay.authorized > memo.authorized 100.00"]
    );
    let (tasks, _) = b.platform.store.list_typed::<Task>(ListQuery::all("task")).await.unwrap();
    assert_eq!((tasks.len(), tasks[0].value.payment), (1, Some(intent.id)), "a person is asked");
    b.settled().await;

    let b = Bench::new().await;
    let intent = b.buy("4000000000005126").await;
    let refund = b.refund(intent.id).await;
    assert_eq!((refund.state, refund.decline.unwrap().raw), (OperationState::Declined, Some("05".into())));
    assert_eq!(b.booked(9).await, ACCEPTED, "it is still owed to the customer");
    let (tasks, _) = b.platform.store.list_typed::<Task>(ListQuery::all("task")).await.unwrap();
    assert_eq!((tasks.len(), tasks[0].value.operation), (1, Some(refund.id)), "and a person is asked");
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_cannot_be_reached_is_no_decline_by_the_issuer() {
    let dir = tempfile::tempdir().unwrap();
    let config = PlatformConfig { answer_timeout: Duration::from_millis(100), ..PlatformConfig::default() };
    // Nobody listens on the port of a socket that was just closed.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let platform = Platform::open(dir.path(), config, Host::At(port.to_string())).await.unwrap();
    let issuer = Issuer::bind("127.0.0.1:0", IssuerConfig::default()).await.unwrap();
    let b = Bench { platform, issuer, _dir: dir };
    let intent = b.buy("4242424242424242").await;
    assert_eq!(
        (intent.state, intent.decline.unwrap().code),
        (IntentState::Declined, DeclineCode::GatewayUnavailable)
    );
    assert_eq!(b.operations().await, [(OperationKind::Authorize, OperationState::NotSent)]);
    assert_eq!(b.booked(0).await, Vec::<String>::new());
    b.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_card_has_one_token_and_never_appears_in_the_store() {
    let b = Bench::new().await;
    let pan = Pan::parse("4242424242424242").unwrap();
    let first = b.platform.vault.put(&pan).await.unwrap();
    assert_eq!(b.platform.vault.put(&pan).await.unwrap().token, first.token);
    assert_eq!(b.platform.vault.reveal(first.token).await.unwrap(), pan);
    b.buy("4242424242424242").await;
    for entry in std::fs::read_dir(&b.platform.dir).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(16).any(|w| w == b"4242424242424242"));
    }
}
