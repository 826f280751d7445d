//! One connection: requests waiting for their answers, a task that reads, one that writes, and one that asks after silence.

use super::Context;
use super::given_up::Place;
use super::stats::{Gauge, count};
use crate::iso8583::{Frames, Framing, Message, Mti};
use crate::message::{NetworkCode, network_answer};
use crate::{CardsError, MessageKey};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use zeroize::{Zeroize, Zeroizing};

/// So many requests in a row without an answer, and no other message in between, mean that the host is gone although
/// the connection looks open.
const SILENT_TIMEOUTS_MAX: u32 = 8;
const READ_BYTES: usize = 16 * 1024;
/// Room for what is queued before it grows, which would leave a copy in freed memory.
const QUEUE_BYTES: usize = 64 * 1024;

/// Why a message was surely not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("connection is closed")]
    Closed,
    #[error("too many bytes are waiting to be written")]
    QueueFull,
    #[error("too many requests are waiting for their answers")]
    TooManyInFlight,
    #[error("a message with the same keys is waiting for its answer")]
    InFlight,
    #[error(transparent)]
    Message(#[from] CardsError),
}

/// An answer, or why there is none.
pub(super) type Outcome = Result<Box<Message>, &'static str>;

pub(super) struct Connection {
    shared: Arc<Shared>,
    tasks: [AbortHandle; 3],
}

struct Shared {
    context: Arc<Context>,
    state: Mutex<State>,
    /// Wakes the writer.
    wake: Notify,
    closed: AtomicBool,
    silent_timeouts: AtomicU32,
    /// Whether the host said anything since it was looked at last.
    heard: AtomicBool,
}

struct State {
    waiting: HashMap<Place, oneshot::Sender<Box<Message>>>,
    /// Whether the host accepted the sign-on.
    signed_on: bool,
    out: Vec<u8>,
    closed: Option<&'static str>,
}

impl Connection {
    /// Starts the two tasks.
    pub(super) fn start(stream: TcpStream, context: Arc<Context>) -> Self {
        let shared = Arc::new(Shared {
            context,
            state: Mutex::new(State {
                waiting: HashMap::new(),
                signed_on: false,
                out: Vec::with_capacity(QUEUE_BYTES),
                closed: None,
            }),
            wake: Notify::new(),
            closed: AtomicBool::new(false),
            silent_timeouts: AtomicU32::new(0),
            heard: AtomicBool::new(false),
        });
        let (read, write) = stream.into_split();
        let writer = tokio::spawn(write_loop(write, shared.clone()));
        let reader = tokio::spawn(read_loop(read, shared.clone()));
        let echo = tokio::spawn(echo_loop(shared.clone()));
        Self { shared, tasks: [writer.abort_handle(), reader.abort_handle(), echo.abort_handle()] }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.shared.closed.load(Ordering::Acquire)
    }

    /// Sends a message and waits for its answer.
    pub(super) async fn exchange(&self, message: &Message, within: Duration) -> Result<Outcome, SendError> {
        let counters = &self.shared.context.counters;
        let max = u64::try_from(self.shared.context.config.in_flight_max).unwrap_or(u64::MAX);
        let Some(_place) = Gauge::below(&counters.in_flight, max) else {
            count(&counters.refused);
            return Err(SendError::TooManyInFlight);
        };
        let mut waiter = self.shared.send(message)?;
        count(&counters.sent);
        let start = Instant::now();
        let Ok(outcome) = tokio::time::timeout(within, waiter.outcome()).await else {
            count(&counters.timeouts);
            if self.shared.silent_timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= SILENT_TIMEOUTS_MAX {
                self.shared.close("host is silent");
            }
            return Ok(Err("no answer in time"));
        };
        if outcome.is_ok() {
            counters.answered(start.elapsed());
        }
        Ok(outcome)
    }

    /// As [`Connection::exchange`], without counting and without an end.
    pub(super) async fn quietly(&self, message: &Message) -> Result<Outcome, SendError> {
        Ok(self.shared.send(message)?.outcome().await)
    }

    /// Says that the host accepted the sign-on.
    pub(super) fn signed_on(&self) {
        let mut state = self.shared.lock();
        if state.closed.is_none() && !state.signed_on {
            state.signed_on = true;
            count(&self.shared.context.counters.open);
        }
    }

    /// Closes it; who waits does so in vain.
    pub(super) fn close(&self, why: &'static str) {
        self.shared.close(why);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.close("link was closed");
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// A place among those that wait; given back when dropped.
struct Waiter {
    shared: Arc<Shared>,
    place: Place,
    answer: oneshot::Receiver<Box<Message>>,
    over: bool,
}

impl Waiter {
    async fn outcome(&mut self) -> Outcome {
        let answer = (&mut self.answer).await;
        self.over = true;
        answer.map_err(|_| self.shared.lock().closed.unwrap_or("connection closed"))
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if !self.over && self.shared.lock().waiting.remove(&self.place).is_some() {
            self.shared.context.given_up.add([self.place]);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a message. With an error, nothing of it will be written.
    fn send(self: &Arc<Self>, message: &Message) -> Result<Waiter, SendError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
        message.encode_into(&self.context.config.table, &mut bytes)?;
        let place = (message.mti().answer(), MessageKey::of(message)?);
        let (sender, answer) = oneshot::channel();
        {
            let mut state = self.lock();
            let State { waiting, out, closed, .. } = &mut *state;
            if closed.is_some() {
                return Err(SendError::Closed);
            }
            if out.len() + bytes.len() > self.context.config.queue_bytes_max {
                return Err(SendError::QueueFull);
            }
            let Entry::Vacant(vacant) = waiting.entry(place) else {
                return Err(SendError::InFlight);
            };
            self.context.config.framing.push(&bytes, out)?;
            vacant.insert(sender);
        }
        self.wake.notify_one();
        Ok(Waiter { shared: self.clone(), place, answer, over: false })
    }

    /// Ends all waiting. The first reason stays.
    fn close(&self, why: &'static str) {
        let ended = {
            let mut state = self.lock();
            if state.closed.is_none() {
                state.closed = Some(why);
                if state.signed_on {
                    self.context.counters.open.fetch_sub(1, Ordering::Relaxed);
                    tracing::debug!(why, waiting = state.waiting.len(), "card host connection closed");
                }
            }
            state.out.zeroize();
            std::mem::take(&mut state.waiting)
        };
        self.context.given_up.add(ended.keys().copied());
        self.closed.store(true, Ordering::Release);
        self.wake.notify_one();
        drop(ended);
    }

    /// Hands a message from the host to whoever waits for it. An answer to it would be framed with `framing`.
    fn received(&self, bytes: &[u8], framing: Framing) -> Result<(), CardsError> {
        let table = &self.context.config.table;
        let message = Message::decode(bytes, table)?;
        self.silent_timeouts.store(0, Ordering::Relaxed);
        self.heard.store(true, Ordering::Relaxed);
        if message.mti() == Mti::NETWORK_REQUEST {
            // The host asks whether we are there, or wants us to take a key.
            let code = message.get(70).and_then(NetworkCode::from_wire).unwrap_or(NetworkCode::Echo);
            if code == NetworkCode::KeyChange {
                count(&self.context.counters.key_changes);
            }
            let answer = network_answer(&message, code, table)?.encode(table)?;
            let mut state = self.lock();
            if state.out.len() + answer.len() <= self.context.config.queue_bytes_max {
                framing.push(&answer, &mut state.out)?;
            }
            drop(state);
            self.wake.notify_one();
            return Ok(());
        }
        let place = (message.mti(), MessageKey::of(&message)?);
        let waiter = self.lock().waiting.remove(&place);
        // Whoever waited may have gone between the two.
        let taken = waiter.is_some_and(|waiter| waiter.send(Box::new(message)).is_ok());
        if !taken {
            let Context { counters, given_up, .. } = &*self.context;
            let late = given_up.take(&place);
            count(if late { &counters.late } else { &counters.duplicates });
            let (mti, key) = place;
            tracing::debug!(%mti, stan = key.stan, late, "answer dropped: nobody waits for it");
        }
        Ok(())
    }
}

/// Reads until the connection ends. Bytes that make no sense end it, and a frame that is not finished in time.
async fn read_loop(mut read: OwnedReadHalf, shared: Arc<Shared>) {
    let Context { config, counters, .. } = &*shared.context;
    let mut frames = Frames::new(config.framing, config.frame_bytes_max);
    let mut chunk = vec![0; READ_BYTES];
    let mut finished_by: Option<Instant> = None;
    let why = 'open: loop {
        let count = match finished_by {
            None => read.read(&mut chunk).await,
            Some(by) => match tokio::time::timeout_at(by, read.read(&mut chunk)).await {
                Ok(count) => count,
                Err(_) => {
                    counters.malformed(None);
                    break "host stopped in the middle of a frame";
                }
            },
        };
        match count {
            Ok(0) => break "connection closed by the host",
            Err(_) => break "connection lost",
            Ok(count) => frames.push(&chunk[..count]),
        }
        loop {
            let error = match frames.take() {
                Ok(None) => break,
                Ok(Some((bytes, tpdu))) => {
                    finished_by = None;
                    shared.received(bytes, config.framing.answering(tpdu)).err()
                }
                Err(error) => Some(error),
            };
            if let Some(error) = error {
                tracing::debug!(%error, "card host sent bytes that make no sense");
                counters.malformed(Some(error));
                break 'open "host sent bytes that make no sense";
            }
        }
        finished_by = match (frames.is_midway(), finished_by) {
            (false, _) => None,
            (true, None) => Instant::now().checked_add(config.frame_timeout),
            (true, by) => by,
        };
    };
    shared.close(why);
}

/// Asks the host whether it is there whenever it said nothing for a while.
async fn echo_loop(shared: Arc<Shared>) {
    let Some(after) = shared.context.config.echo_after else { return };
    loop {
        tokio::time::sleep(after).await;
        let silent = !shared.heard.swap(false, Ordering::Relaxed);
        if !silent || !shared.lock().signed_on {
            continue;
        }
        let Ok(message) = shared.context.network_message(NetworkCode::Echo) else { return };
        let Ok(mut waiter) = shared.send(&message) else { continue };
        count(&shared.context.counters.echoes);
        let answer = tokio::time::timeout(shared.context.config.answer_timeout, waiter.outcome()).await;
        if answer.is_err() {
            shared.close("host does not answer an echo");
            return;
        }
    }
}

/// Writes what is queued, all at once, until the connection is closed.
async fn write_loop(mut write: OwnedWriteHalf, shared: Arc<Shared>) {
    let mut batch = Vec::with_capacity(QUEUE_BYTES);
    loop {
        {
            let mut state = shared.lock();
            if state.closed.is_some() {
                return;
            }
            std::mem::swap(&mut batch, &mut state.out);
        }
        if batch.is_empty() {
            shared.wake.notified().await;
            continue;
        }
        let written = write.write_all(&batch).await;
        batch.as_mut_slice().zeroize();
        batch.clear();
        if written.is_err() {
            shared.close("connection lost");
            return;
        }
    }
}
