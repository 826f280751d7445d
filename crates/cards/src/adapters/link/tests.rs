//! The link against a host that the test plays itself.

use super::*;
use crate::ResponseCode;
use crate::iso8583::{FieldTable, Frames, Framing, Mti};
use crate::message::{HostRequest, Verdict, answer, network_answer};
use crate::test_requests as requests;
use pmts_kernel::{ManualClock, Timestamp};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn table() -> &'static FieldTable {
    FieldTable::iso1987_ascii()
}

/// The host's end of a connection.
struct Host {
    stream: TcpStream,
    frames: Frames,
}

impl Host {
    /// Accepts a connection and its sign-on.
    async fn accept(listener: &TcpListener) -> Self {
        let mut host = Self::accept_raw(listener).await;
        let sign_on = host.read().await;
        assert_eq!((sign_on.mti(), sign_on.text(70)), (Mti::NETWORK_REQUEST, Some("001")));
        host.write(&network_answer(&sign_on, NetworkCode::SignOn, table()).unwrap()).await;
        host
    }

    async fn accept_raw(listener: &TcpListener) -> Self {
        Self { stream: listener.accept().await.unwrap().0, frames: Frames::new(Framing::default(), 4096) }
    }

    async fn read(&mut self) -> Message {
        loop {
            if let Some((bytes, _)) = self.frames.take().unwrap() {
                return Message::decode(bytes, table()).unwrap();
            }
            let mut chunk = [0; 4096];
            let count = self.stream.read(&mut chunk).await.unwrap();
            assert!(count > 0, "the link closed the connection");
            self.frames.push(&chunk[..count]);
        }
    }

    async fn write(&mut self, message: &Message) {
        let mut out = Vec::new();
        Framing::default().push(&message.encode(table()).unwrap(), &mut out).unwrap();
        self.stream.write_all(&out).await.unwrap();
    }

    /// Approves with the trace number as approval code.
    async fn approve(&mut self, request: &Message) {
        let approval_code = request.text(11).map(str::to_owned);
        let verdict = Verdict { approval_code, ..Verdict::bare(ResponseCode::Approved) };
        self.write(&answer(request, &verdict, table()).unwrap()).await;
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn link_with(listener: &TcpListener, change: impl FnOnce(&mut LinkConfig)) -> Arc<Iso8583Link> {
    let mut config = LinkConfig::new(listener.local_addr().unwrap().to_string(), requests::acquirer());
    config.answer_timeout = Duration::from_secs(5);
    change(&mut config);
    let clock = ManualClock::new(Timestamp::from_micros(1_795_356_319_000_000));
    Arc::new(Iso8583Link::new(config, Arc::new(clock)))
}

fn link(listener: &TcpListener) -> Arc<Iso8583Link> {
    link_with(listener, |_| {})
}

fn authorization(stan: u32) -> AuthorizationRequest {
    let mut request = requests::authorization();
    request.keys.stan = stan;
    request
}

fn authorize(link: &Arc<Iso8583Link>, stan: u32) -> tokio::task::JoinHandle<HostAnswer> {
    let link = link.clone();
    tokio::spawn(async move { link.authorize(&authorization(stan)).await })
}

fn is_unknown(answer: &HostAnswer) -> bool {
    matches!(answer, HostAnswer::Unknown { .. })
}

fn is_not_sent(answer: &HostAnswer) -> bool {
    matches!(answer, HostAnswer::NotSent { .. })
}

fn approved_with(answer: &HostAnswer) -> Option<&str> {
    match answer {
        HostAnswer::Answered(answer) if answer.response == ResponseCode::Approved => {
            answer.approval_code.as_deref()
        }
        _ => None,
    }
}

#[tokio::test]
async fn sixty_four_in_flight_answered_in_reverse_each_get_their_own() {
    let listener = listener().await;
    let link = link(&listener);
    let asked: Vec<_> = (1..=64).map(|stan| authorize(&link, stan)).collect();
    let mut host = Host::accept(&listener).await;
    let mut seen = Vec::new();
    for _ in 0..64 {
        seen.push(host.read().await);
    }
    for request in seen.iter().rev() {
        host.approve(request).await;
    }
    for (stan, task) in (1..).zip(asked) {
        assert_eq!(approved_with(&task.await.unwrap()), Some(format!("{stan:06}").as_str()));
    }
    let stats = link.stats();
    assert_eq!((stats.sent, stats.answered, stats.timeouts, stats.late, stats.connects), (64, 64, 0, 0, 1));
}

#[tokio::test]
async fn a_late_answer_is_dropped_and_the_outcome_stays_unknown() {
    let listener = listener().await;
    let link = link_with(&listener, |c| c.answer_timeout = Duration::from_millis(300));
    let task = authorize(&link, 1);
    let mut host = Host::accept(&listener).await;
    let request = host.read().await;
    assert!(is_unknown(&task.await.unwrap()));
    host.approve(&request).await;
    let task = authorize(&link, 2);
    let request = host.read().await;
    host.approve(&request).await;
    assert_eq!(approved_with(&task.await.unwrap()), Some("000002"));
    let stats = link.stats();
    assert_eq!((stats.sent, stats.answered, stats.timeouts, stats.late), (2, 1, 1, 1));
}

#[tokio::test]
async fn a_lost_connection_makes_all_waiting_unknown_and_the_next_use_connects_again() {
    let listener = listener().await;
    let link = link(&listener);
    let asked: Vec<_> = (1..=10).map(|stan| authorize(&link, stan)).collect();
    let mut host = Host::accept(&listener).await;
    for _ in 0..10 {
        host.read().await;
    }
    drop(host);
    for task in asked {
        assert!(is_unknown(&task.await.unwrap()));
    }
    let task = authorize(&link, 11);
    let mut host = Host::accept(&listener).await;
    let request = host.read().await;
    host.approve(&request).await;
    assert_eq!(approved_with(&task.await.unwrap()), Some("000011"));
    assert_eq!((link.stats().connects, link.stats().reconnects), (2, 1));
}

/// What the link makes of these bytes in place of an answer.
async fn garbage(bytes: &[u8]) -> Option<CardsError> {
    let listener = listener().await;
    let link = link(&listener);
    let task = authorize(&link, 1);
    let mut host = Host::accept(&listener).await;
    host.read().await;
    host.stream.write_all(bytes).await.unwrap();
    assert!(is_unknown(&task.await.unwrap()));
    assert_eq!(link.stats().malformed, 1);
    link.stats().last_malformed
}

#[tokio::test]
async fn bytes_that_make_no_sense_close_the_connection_with_a_reason() {
    assert_eq!(
        garbage(&[0xff; 64]).await,
        Some(CardsError::FrameLength { length: 65_535, min: 10, max: 4096 })
    );
    assert_eq!(
        garbage(&[0, 3, 1, 2, 3]).await,
        Some(CardsError::FrameLength { length: 3, min: 10, max: 4096 })
    );
    assert_eq!(garbage(&[&[0, 13][..], b"HTTP/1.1 200 "].concat()).await, Some(CardsError::MtiMalformed));
    let no_keys = [&[0, 12][..], b"0110", &[0; 8]].concat();
    assert_eq!(garbage(&no_keys).await, Some(CardsError::FieldMissing { field: 11 }));
}

#[tokio::test]
async fn an_answer_to_another_sale_is_unknown() {
    let listener = listener().await;
    let link = link(&listener);
    let task = authorize(&link, 1);
    let mut host = Host::accept(&listener).await;
    let mut request = host.read().await;
    request.put(37, "000000000000").unwrap();
    host.approve(&request).await;
    assert!(is_unknown(&task.await.unwrap()));
}

#[tokio::test]
async fn a_host_that_is_away_is_not_asked_again_too_soon() {
    let listener = listener().await;
    let link = link_with(&listener, |c| {
        c.backoff_min = Duration::from_secs(60);
        c.backoff_max = Duration::from_secs(60);
    });
    drop(listener);
    for stan in 1..=3 {
        assert!(is_not_sent(&link.authorize(&authorization(stan)).await));
    }
    assert_eq!((link.stats().sent, link.stats().connects), (0, 0));
}

#[tokio::test]
async fn a_refused_or_missing_sign_on_is_not_sent() {
    let listener = listener().await;
    let link = link_with(&listener, |c| {
        c.connect_timeout = Duration::from_millis(50);
        c.backoff_min = Duration::ZERO;
        c.backoff_max = Duration::ZERO;
    });
    let task = authorize(&link, 1);
    let mut host = Host::accept_raw(&listener).await;
    let sign_on = host.read().await;
    let mut refused = network_answer(&sign_on, NetworkCode::SignOn, table()).unwrap();
    refused.put(39, "91").unwrap();
    host.write(&refused).await;
    assert!(is_not_sent(&task.await.unwrap()));
    let task = authorize(&link, 1);
    let _silent = Host::accept_raw(&listener).await;
    assert!(is_not_sent(&task.await.unwrap()));
    assert_eq!(link.stats().sent, 0);
}

#[tokio::test]
async fn the_same_keys_are_not_in_flight_twice_and_a_dropped_call_gives_its_place_back() {
    let listener = listener().await;
    let link = link(&listener);
    let first = authorize(&link, 1);
    let mut host = Host::accept(&listener).await;
    host.read().await;
    assert!(is_not_sent(&link.authorize(&authorization(1)).await));
    first.abort();
    assert!(first.await.is_err());
    let again = authorize(&link, 1);
    let request = host.read().await;
    host.approve(&request).await;
    assert!(approved_with(&again.await.unwrap()).is_some());
}

#[tokio::test]
async fn a_request_that_cannot_be_encoded_is_not_sent() {
    let listener = listener().await;
    let link = link(&listener);
    let mut request = authorization(1);
    request.keys.rrn = "bad".to_owned();
    assert!(is_not_sent(&link.authorize(&request).await));
    assert_eq!(link.stats().connects, 0);
}

#[tokio::test]
async fn a_full_queue_is_not_sent() {
    let listener = listener().await;
    let link = link_with(&listener, |c| c.queue_bytes_max = 100);
    let task = authorize(&link, 1);
    let _host = Host::accept(&listener).await;
    assert!(is_not_sent(&task.await.unwrap()));
}

#[tokio::test]
async fn echoes_go_both_ways() {
    let listener = listener().await;
    let link = link(&listener);
    let echo = tokio::spawn({
        let link = link.clone();
        async move { link.echo().await }
    });
    let mut host = Host::accept(&listener).await;
    let request = host.read().await;
    assert!(matches!(HostRequest::read(&request), Ok(HostRequest::Network(NetworkCode::Echo))));
    host.write(&network_answer(&request, NetworkCode::Echo, table()).unwrap()).await;
    let expected = HostAnswer::from(Answer::bare(ResponseCode::Approved));
    assert_eq!(echo.await.unwrap(), expected);
    host.write(&request).await;
    let answer = host.read().await;
    assert_eq!((answer.mti().number(), answer.text(39), answer.text(70)), (810, Some("00"), Some("301")));
}

#[tokio::test]
async fn a_host_that_stays_silent_loses_its_connection() {
    let listener = listener().await;
    let link = link_with(&listener, |c| c.answer_timeout = Duration::from_millis(20));
    let first = authorize(&link, 1);
    let _host = Host::accept(&listener).await;
    assert!(is_unknown(&first.await.unwrap()));
    for stan in 2..=8 {
        assert!(is_unknown(&link.authorize(&authorization(stan)).await));
    }
    let ninth = authorize(&link, 9);
    let _second = Host::accept(&listener).await;
    assert!(is_unknown(&ninth.await.unwrap()));
    assert_eq!((link.stats().reconnects, link.stats().timeouts), (1, 9));
}

#[tokio::test]
async fn several_connections_are_used_in_turn() {
    let listener = listener().await;
    let link = link_with(&listener, |c| c.connections = 2);
    let asked = [authorize(&link, 1), authorize(&link, 2)];
    let mut hosts = [Host::accept(&listener).await, Host::accept(&listener).await];
    for host in &mut hosts {
        let request = host.read().await;
        host.approve(&request).await;
    }
    for task in asked {
        assert!(approved_with(&task.await.unwrap()).is_some());
    }
    assert_eq!((link.stats().connects, link.stats().reconnects), (2, 0));
}

#[path = "fault_tests.rs"]
mod faults;
