//! How an issuer is set up.

use super::TestCards;
use pmts_cards::iso8583::{FieldTable, Framing};
use pmts_kernel::{Clock, SystemClock};
use std::sync::Arc;
use std::time::Duration;

/// How an issuer is set up.
#[derive(Clone)]
#[non_exhaustive]
pub struct IssuerConfig {
    /// The cards that are not just approved.
    pub cards: TestCards,
    /// How many of the last authorizations, and of the last other requests, are kept in detail. What is older counts in
    /// the totals but is not found any more.
    pub recent_max: usize,
    /// Whether a capture with an approval code is taken although its authorization is not found: for an issuer that lives
    /// in the process it serves and forgets with it. Otherwise it is refused (25).
    pub take_unknown_captures: bool,
    /// Gives the year, which messages do not carry.
    pub clock: Arc<dyn Clock>,
    /// The fields of its messages.
    pub table: Arc<FieldTable>,
    /// How messages lie on the stream.
    pub framing: Framing,
    /// The longest frame that is taken, in bytes. A longer one closes the connection.
    pub frame_bytes_max: usize,
    /// How long the other side may stop in the middle of a frame. After it the connection is closed.
    pub frame_timeout: Duration,
}

impl Default for IssuerConfig {
    /// The documented cards, 200,000 requests in detail (about 80 MB when full), the machine's clock, ISO 8583:1987 in
    /// ASCII after a length of 2 bytes, frames up to 4 KiB that may stop midway for 10 s.
    fn default() -> Self {
        Self {
            cards: TestCards::default(),
            recent_max: 200_000,
            take_unknown_captures: false,
            clock: Arc::new(SystemClock),
            table: Arc::new(FieldTable::iso1987_ascii().clone()),
            framing: Framing::default(),
            frame_bytes_max: 4096,
            frame_timeout: Duration::from_secs(10),
        }
    }
}
