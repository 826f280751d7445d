//! How to reach a host.

use crate::iso8583::{FieldTable, Framing};
use crate::message::Acquirer;
use std::sync::Arc;
use std::time::Duration;

/// How to reach a card host, and the limits of the link.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LinkConfig {
    /// Host name or address, and port: `issuer.example:8583`.
    pub address: String,
    /// Who we are to the host.
    pub acquirer: Acquirer,
    /// The fields of its messages.
    pub table: Arc<FieldTable>,
    /// How messages lie on the stream.
    pub framing: Framing,
    /// How long to wait for an answer before the outcome is unknown.
    pub answer_timeout: Duration,
    /// How long connecting and signing on may take.
    pub connect_timeout: Duration,
    /// How long to wait after the first failure to connect; doubled with each further one, and up to half of it left out
    /// at random, so that many links do not come back at once.
    pub backoff_min: Duration,
    /// The longest such wait.
    pub backoff_max: Duration,
    /// How many connections to use in turn; at least 1.
    pub connections: usize,
    /// The longest frame that is taken from the host, in bytes. A longer one closes the connection.
    pub frame_bytes_max: usize,
    /// How long the host may stop in the middle of a frame. After it the connection is closed.
    pub frame_timeout: Duration,
    /// After how long without a message from the host it is asked whether it is there; one that does not answer loses the
    /// connection. `None` never asks.
    pub echo_after: Option<Duration>,
    /// How many requests may wait for their answers on the whole link. Beyond them requests are not sent.
    pub in_flight_max: usize,
    /// How many bytes may wait to be written on one connection. Beyond them requests are not sent.
    pub queue_bytes_max: usize,
}

impl LinkConfig {
    /// One connection, ISO 8583:1987 in ASCII after a length of 2 bytes, 10 s for an answer, 5 s to connect, 100 ms to 10 s between tries, frames
    /// up to 4 KiB that may stop midway for 10 s, an echo after a minute of silence, 10,000 requests in flight, 1 MiB
    /// waiting.
    pub fn new(address: impl Into<String>, acquirer: Acquirer) -> Self {
        Self {
            address: address.into(),
            acquirer,
            table: Arc::new(FieldTable::iso1987_ascii().clone()),
            framing: Framing::default(),
            answer_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            backoff_min: Duration::from_millis(100),
            backoff_max: Duration::from_secs(10),
            connections: 1,
            frame_bytes_max: 4096,
            frame_timeout: Duration::from_secs(10),
            echo_after: Some(Duration::from_secs(60)),
            in_flight_max: 10_000,
            queue_bytes_max: 1 << 20,
        }
    }
}
