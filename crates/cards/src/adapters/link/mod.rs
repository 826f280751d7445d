//! A TCP link to a card host that speaks ISO 8583.
//!
//! Each connection signs on before its first request. Many requests are in flight on a connection; an answer is matched
//! by its type and fields 11 and 7, never by its place in the stream. What is asked for while a write is under way goes
//! out together in the next one.

mod config;
mod connection;
mod given_up;
mod slot;
mod stats;

pub use config::LinkConfig;
pub use stats::{Latency, LinkStats};

use crate::iso8583::Message;
use crate::message::{self, Asked, CardOperation, NetworkCode};
use crate::{
    AdviceSender, Answer, AuthorizationAdvice, AuthorizationRequest, CaptureRequest, CardAuthorizer,
    CardsError, HostAnswer, IncrementRequest, MessageKey, Network, RefundRequest, ReversalRequest,
    VoidRequest, WireKeys,
};
use async_trait::async_trait;
use connection::{Connection, SendError};
use given_up::GivenUp;
use pmts_kernel::Clock;
use pmts_money::Money;
use pmts_sensitive::Pan;
use slot::Slot;
use stats::Counters;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// A link to a card host: one or more TCP connections, opened when first needed and again after a loss.
///
/// Must be used inside a tokio runtime. Dropping it closes its connections.
pub struct Iso8583Link {
    context: Arc<Context>,
    slots: Vec<Slot>,
    next_slot: AtomicUsize,
}

/// What all connections of a link share.
struct Context {
    config: LinkConfig,
    clock: Arc<dyn Clock>,
    counters: Counters,
    given_up: GivenUp,
    network_stan: AtomicU32,
}

/// What came of sending one message.
enum Exchange {
    Answered(Box<Message>),
    NotSent(String),
    Unknown(&'static str),
}

impl Iso8583Link {
    /// A link that connects on first use. `clock` dates sign-ons and echoes.
    pub fn new(config: LinkConfig, clock: Arc<dyn Clock>) -> Self {
        let slots = (0..config.connections.max(1)).map(|_| Slot::default()).collect();
        let (counters, given_up) = (Counters::default(), GivenUp::default());
        let context = Context { config, clock, counters, given_up, network_stan: AtomicU32::new(0) };
        Self { context: Arc::new(context), slots, next_slot: AtomicUsize::new(0) }
    }

    /// Asks the host whether it is there (0800 with 301). [`HostAnswer::Answered`] with an approval means yes.
    pub async fn echo(&self) -> HostAnswer {
        self.network(NetworkCode::Echo).await
    }

    /// Asks the host for a new key (0800 with 101). [`HostAnswer::Answered`] with an approval means that it took note.
    pub async fn change_key(&self) -> HostAnswer {
        self.network(NetworkCode::KeyChange).await
    }

    /// Takes leave of the host (0800 with 002) on every open connection, waits for its answers for as long as connecting
    /// may take, and closes them. The next request connects again.
    pub async fn sign_off(&self) {
        for connection in self.slots.iter().filter_map(Slot::open) {
            if let Ok(message) = self.context.network_message(NetworkCode::SignOff) {
                let within = self.context.config.connect_timeout;
                // It is closed in any case.
                let _ = tokio::time::timeout(within, connection.quietly(&message)).await;
            }
            connection.close("signed off");
        }
    }

    async fn network(&self, code: NetworkCode) -> HostAnswer {
        let message = match self.context.network_message(code) {
            Ok(message) => message,
            Err(error) => return HostAnswer::NotSent { why: error.to_string() },
        };
        match self.exchange(&message).await {
            Exchange::Answered(answer) => match message::read_response(&answer, &self.context.config.table) {
                Some(response) => Answer::bare(response).into(),
                None => HostAnswer::Unknown { why: "answer without a response code".to_owned() },
            },
            Exchange::NotSent(why) => HostAnswer::NotSent { why },
            Exchange::Unknown(why) => HostAnswer::Unknown { why: why.to_owned() },
        }
    }

    /// What happened so far.
    pub fn stats(&self) -> LinkStats {
        self.context.counters.read()
    }

    async fn ask(&self, message: Result<Message, CardsError>, asked: Asked, keys: &WireKeys) -> HostAnswer {
        let message = match message {
            Ok(message) => message,
            Err(error) => return HostAnswer::NotSent { why: error.to_string() },
        };
        let answer = match self.exchange(&message).await {
            Exchange::Answered(answer) if repeats_other(&answer, &message, 37) => {
                HostAnswer::Unknown { why: "answer with another retrieval reference".to_owned() }
            }
            Exchange::Answered(answer) if repeats_other(&answer, &message, 41) => {
                HostAnswer::Unknown { why: "answer with another terminal".to_owned() }
            }
            Exchange::Answered(answer) => message::read_answer(&answer, asked, &self.context.config.table),
            Exchange::NotSent(why) => HostAnswer::NotSent { why },
            Exchange::Unknown(why) => HostAnswer::Unknown { why: why.to_owned() },
        };
        trace(&message, keys, &answer);
        answer
    }

    async fn exchange(&self, message: &Message) -> Exchange {
        let slot = &self.slots[self.next_slot.fetch_add(1, Ordering::Relaxed) % self.slots.len()];
        // A connection may close between being picked and being used: then a second one is tried.
        for _ in 0..2 {
            let connection = match slot.connection(&self.context).await {
                Ok(connection) => connection,
                Err(why) => return Exchange::NotSent(why),
            };
            match connection.exchange(message, self.context.config.answer_timeout).await {
                Err(SendError::Closed) => {}
                Err(error) => return Exchange::NotSent(error.to_string()),
                Ok(Ok(answer)) => return Exchange::Answered(answer),
                Ok(Err(why)) => return Exchange::Unknown(why),
            }
        }
        Exchange::NotSent("connection closed before sending".to_owned())
    }
}

#[async_trait]
impl AdviceSender for Iso8583Link {
    async fn advise(&self, advice: &AuthorizationAdvice) -> HostAnswer {
        let LinkConfig { acquirer, table, .. } = &self.context.config;
        let asked = asked(CardOperation::Advise, advice.amount, &advice.pan);
        self.ask(message::advice(advice, acquirer, table), asked, &advice.keys).await
    }
}

fn asked(operation: CardOperation, amount: Money, pan: &Pan) -> Asked {
    Asked { operation, amount, network: Network::of(pan) }
}

/// Whether an answer has a field with another value than its request.
fn repeats_other(answer: &Message, request: &Message, field: u8) -> bool {
    answer.get(field).is_some_and(|value| Some(value) != request.get(field))
}

/// Tells the log what went over the wire: no field but those that identify the message.
fn trace(message: &Message, keys: &WireKeys, answer: &HostAnswer) {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    let (mti, WireKeys { stan, rrn, trace, .. }) = (message.mti(), keys);
    let request_id = trace.as_deref();
    match answer {
        HostAnswer::Answered(answer) => {
            tracing::debug!(%mti, stan, rrn, request_id, response = %answer.response, "card host answered");
        }
        HostAnswer::NotSent { why } => {
            tracing::debug!(%mti, stan, rrn, request_id, why, "not sent to the card host")
        }
        HostAnswer::Unknown { why } => {
            tracing::debug!(%mti, stan, rrn, request_id, why, "card host: outcome unknown")
        }
    }
}

impl Context {
    fn network_message(&self, code: NetworkCode) -> Result<Message, CardsError> {
        let stan = self.network_stan.fetch_add(1, Ordering::Relaxed) % 999_999 + 1;
        let keys = WireKeys { stan, transmitted_at: self.clock.now(), rrn: String::new(), trace: None };
        let key: MessageKey = keys.message_key()?;
        message::network_request(code, key, &self.config.table)
    }
}

#[async_trait]
impl CardAuthorizer for Iso8583Link {
    async fn authorize(&self, request: &AuthorizationRequest) -> HostAnswer {
        let LinkConfig { acquirer, table, .. } = &self.context.config;
        let asked = asked(CardOperation::Authorize, request.amount, &request.pan);
        self.ask(message::authorization(request, acquirer, table), asked, &request.keys).await
    }

    async fn increment(&self, request: &IncrementRequest) -> HostAnswer {
        let LinkConfig { acquirer, table, .. } = &self.context.config;
        let asked = asked(CardOperation::Increment, request.amount, &request.sale.pan);
        self.ask(message::increment(request, acquirer, table), asked, &request.keys).await
    }

    async fn capture(&self, request: &CaptureRequest) -> HostAnswer {
        let LinkConfig { acquirer, table, .. } = &self.context.config;
        let asked = asked(CardOperation::Capture, request.amount, &request.sale.pan);
        self.ask(message::capture(request, acquirer, table), asked, &request.keys).await
    }

    async fn void(&self, request: &VoidRequest) -> HostAnswer {
        let LinkConfig { acquirer, table, .. } = &self.context.config;
        let asked = asked(CardOperation::Void, request.amount, &request.sale.pan);
        self.ask(message::void(request, acquirer, table), asked, &request.keys).await
    }

    async fn refund(&self, request: &RefundRequest) -> HostAnswer {
        let LinkConfig { acquirer, table, .. } = &self.context.config;
        let asked = asked(CardOperation::Refund, request.amount, &request.sale.pan);
        self.ask(message::refund(request, acquirer, table), asked, &request.keys).await
    }

    async fn reverse(&self, request: &ReversalRequest) -> HostAnswer {
        let LinkConfig { acquirer, table, .. } = &self.context.config;
        let asked = asked(CardOperation::Reverse, request.amount, &request.sale.pan);
        self.ask(message::reversal(request, acquirer, table), asked, &request.keys).await
    }
}

#[cfg(test)]
mod tests;
