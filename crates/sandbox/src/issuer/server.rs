//! The issuer on a TCP port.

use super::{Effect, Fault, IssuerBook, IssuerConfig, IssuerTotals, Reply};
use crate::SandboxError;
use pmts_cards::CardsError;
use pmts_cards::iso8583::{Frame, Frames, Message, Mti};
use pmts_money::Currency;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

const READ_BYTES: usize = 16 * 1024;
/// How many late answers one connection may owe.
const LATE_MAX: usize = 10_000;
/// How long to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What an issuer saw so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct IssuerStats {
    /// Connections accepted.
    pub connections: u64,
    /// Sign-ons, sign-offs and echoes.
    pub network: u64,
    /// All other requests.
    pub requests: u64,
    /// Requests that were left without an answer on purpose.
    pub silences: u64,
    /// Connections closed because of bytes that make no sense.
    pub malformed: u64,
    /// Connections closed because a frame was not finished in time.
    pub stalled: u64,
    /// Answers that were wrong on the wire on purpose, and connections closed on purpose.
    pub faults: u64,
    /// Refunds whose sale was not known; they were approved.
    pub unmatched_refunds: u64,
}

/// A running issuer. It ends with [`Issuer::shutdown`] or when dropped.
pub struct Issuer {
    host: Arc<Host>,
    address: SocketAddr,
    listener: AbortHandle,
}

struct Host {
    config: IssuerConfig,
    book: Mutex<IssuerBook>,
    /// Changes when all connections shall close.
    cut: watch::Sender<u64>,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    connections: AtomicU64,
    network: AtomicU64,
    requests: AtomicU64,
    silences: AtomicU64,
    malformed: AtomicU64,
    stalled: AtomicU64,
    faults: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Issuer {
    /// Listens on `address` (`127.0.0.1:0` takes a free port) and answers from the tasks of this tokio runtime.
    ///
    /// # Errors
    /// [`SandboxError::Bind`].
    pub async fn bind(address: &str, config: IssuerConfig) -> Result<Self, SandboxError> {
        let bind = |source| SandboxError::Bind { source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let book = IssuerBook::new(config.cards.clone(), config.recent_max);
        let book =
            Mutex::new(if config.take_unknown_captures { book.taking_unknown_captures() } else { book });
        let host = Arc::new(Host { config, book, cut: watch::Sender::new(0), counters: Counters::default() });
        let listener = tokio::spawn(accept(listener, host.clone())).abort_handle();
        Ok(Self { host, address, listener })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What it saw so far.
    pub fn stats(&self) -> IssuerStats {
        let counters = &self.host.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        IssuerStats {
            connections: read(&counters.connections),
            network: read(&counters.network),
            requests: read(&counters.requests),
            silences: read(&counters.silences),
            malformed: read(&counters.malformed),
            stalled: read(&counters.stalled),
            faults: read(&counters.faults),
            unmatched_refunds: self.host.book().unmatched_refunds(),
        }
    }

    /// What took effect in one currency.
    pub fn totals(&self, currency: Currency) -> IssuerTotals {
        self.host.book().totals().get(&currency).copied().unwrap_or_default()
    }

    /// What took effect in all currencies, in the order of their codes.
    pub fn all_totals(&self) -> Vec<(Currency, IssuerTotals)> {
        self.host.book().totals().iter().map(|(currency, totals)| (*currency, *totals)).collect()
    }

    /// What took effect under a retrieval reference number: see [`IssuerBook::effects`].
    pub fn effects(&self, rrn: &str) -> Vec<Effect> {
        self.host.book().effects(rrn)
    }

    /// Closes all connections at once, answers or not. New ones are still accepted.
    pub fn cut_connections(&self) {
        self.host.cut.send_modify(|times| *times += 1);
    }

    /// Stops listening and closes all connections. What took effect can still be read.
    pub fn shutdown(&self) {
        self.listener.abort();
        self.cut_connections();
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Host {
    fn book(&self) -> MutexGuard<'_, IssuerBook> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one message, and says how the connection goes on.
    fn answer(&self, (bytes, tpdu): Frame<'_>, to: &mut Answers) -> Result<Next, CardsError> {
        let IssuerConfig { table, clock, .. } = &self.config;
        let message = Message::decode(bytes, table)?;
        let network = message.mti() == Mti::NETWORK_REQUEST;
        count(if network { &self.counters.network } else { &self.counters.requests });
        let reply = self.book().handle(&message, clock.now(), table);
        let (mut answer, after, fault) = match reply {
            Reply::Answer { message, after, fault } => (message, after, fault),
            Reply::Silence => {
                count(&self.counters.silences);
                return Ok(Next::GoOn);
            }
            Reply::Cut => {
                count(&self.counters.faults);
                return Ok(Next::Close);
            }
            Reply::Refused(error) => return Err(error),
        };
        if fault.is_some() {
            count(&self.counters.faults);
        }
        if fault == Some(Fault::OtherReference) {
            answer.set(table, 37, "000000000000")?;
        }
        let mut frame = Vec::new();
        self.config.framing.answering(tpdu).push(&answer.encode(table)?, &mut frame)?;
        match fault {
            Some(Fault::Half) => {
                to.now.extend_from_slice(&frame[..frame.len() / 2]);
                return Ok(Next::Stall);
            }
            Some(Fault::Garbage) => to.now.extend_from_slice(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"),
            Some(Fault::AfterNext) => to.held.extend_from_slice(&frame),
            _ if after.is_zero() => {
                to.now.extend_from_slice(&frame);
                if fault == Some(Fault::Twice) {
                    to.now.extend_from_slice(&frame);
                }
                to.now.append(&mut to.held);
            }
            _ => to.later(frame, after),
        }
        Ok(Next::GoOn)
    }
}

/// How a connection goes on.
enum Next {
    GoOn,
    /// Nothing more is written.
    Stall,
    Close,
}

/// The answers of one connection.
struct Answers {
    now: Vec<u8>,
    late: mpsc::Sender<Vec<u8>>,
    /// What comes after the next answer.
    held: Vec<u8>,
}

impl Answers {
    /// With too many late answers owed, this one is never given: a slow host does that too.
    fn later(&self, frame: Vec<u8>, after: Duration) {
        if let Ok(place) = self.late.clone().try_reserve_owned() {
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                place.send(frame);
            });
        }
    }
}

async fn accept(listener: TcpListener, host: Arc<Host>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                count(&host.counters.connections);
                tokio::spawn(serve(stream, host.clone(), host.cut.subscribe()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Serves one connection until either side closes it.
async fn serve(mut stream: TcpStream, host: Arc<Host>, mut cut: watch::Receiver<u64>) {
    // Without it answers are only slower.
    let _ = stream.set_nodelay(true);
    tokio::select! {
        _ = cut.changed() => {}
        () = converse(&mut stream, &host) => {}
    }
}

async fn converse(stream: &mut TcpStream, host: &Host) {
    let (late, mut ready) = mpsc::channel::<Vec<u8>>(LATE_MAX);
    let mut frames = Frames::new(host.config.framing, host.config.frame_bytes_max);
    let mut chunk = vec![0; READ_BYTES];
    let mut answers = Answers { now: Vec::new(), late, held: Vec::new() };
    let mut finished_by: Option<Instant> = None;
    loop {
        let mut taken = false;
        tokio::select! {
            read = stream.read(&mut chunk) => match read {
                Ok(0) | Err(_) => return,
                Ok(count) => frames.push(&chunk[..count]),
            },
            Some(frame) = ready.recv() => answers.now.extend_from_slice(&frame),
            () = until(finished_by) => {
                count(&host.counters.stalled);
                return;
            }
        }
        let next = answer_all(&mut frames, host, &mut answers, &mut taken);
        if stream.write_all(&answers.now).await.is_err() {
            return;
        }
        answers.now.clear();
        match next {
            Next::GoOn => {}
            Next::Close => return,
            Next::Stall => {
                // The other side gives up, or this one shuts down.
                while stream.read(&mut chunk).await.is_ok_and(|count| count > 0) {}
                return;
            }
        }
        finished_by = match (frames.is_midway(), finished_by) {
            (false, _) => None,
            (true, Some(by)) if !taken => Some(by),
            (true, _) => Instant::now().checked_add(host.config.frame_timeout),
        };
    }
}

/// Waits until then; forever if there is no such time.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Answers all whole frames.
fn answer_all(frames: &mut Frames, host: &Host, answers: &mut Answers, taken: &mut bool) -> Next {
    loop {
        let result = match frames.take() {
            Ok(None) => return Next::GoOn,
            Ok(Some(frame)) => {
                *taken = true;
                host.answer(frame, answers)
            }
            Err(error) => Err(error),
        };
        match result {
            Ok(Next::GoOn) => {}
            Ok(other) => return other,
            Err(_) => {
                count(&host.counters.malformed);
                return Next::Close;
            }
        }
    }
}
