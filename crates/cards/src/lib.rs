//! Card networks, ISO 8583 messages and the port to a card host.
//!
//! ```
//! use pmts_cards::iso8583::{FieldTable, Message, Mti};
//!
//! let table = FieldTable::iso1987_ascii();
//! let mut echo = Message::new(Mti::NETWORK_REQUEST);
//! echo.set(table, 7, "1122140519")?;
//! echo.set(table, 11, "42")?;
//! echo.set(table, 70, "301")?;
//! let bytes = echo.encode(table)?;
//! assert_eq!(Message::decode(&bytes, table)?, echo);
//! assert_eq!(echo.to_string(), "0800 7=1122140519 11=000042 70=301");
//! # Ok::<(), pmts_cards::CardsError>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod advice;
mod authorizer;
mod checks;
mod error;
mod expiry;
mod keys;
mod request;
mod response_code;
mod retry_rules;
mod stand_in;
#[cfg(test)]
mod test_requests;

pub mod adapters;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod iso8583;
pub mod message;
pub mod network;

#[cfg(feature = "tcp")]
pub use adapters::link::{Iso8583Link, Latency, LinkConfig, LinkStats};
#[cfg(any(test, feature = "contract"))]
pub use advice::advice_queue_contract;
pub use advice::{AdviceQueue, AdviceSender, AuthorizationAdvice, MemoryAdviceQueue, StandInReason};
pub use authorizer::{Answer, CardAuthorizer, HostAnswer};
pub use checks::{CheckResult, Checks};
pub use error::{CardsError, codes};
pub use expiry::Expiry;
pub use keys::{MessageKey, OriginalData, WireKeys};
pub use message::Acquirer;
pub use network::{Network, SecurityCode};
pub use request::{
    AuthorizationRequest, BillingAddress, CaptureRequest, IncrementRequest, Merchant, RefundRequest,
    ReversalRequest, Sale, VoidRequest,
};
pub use response_code::{ResponseCode, ResponseDialect};
pub use retry_rules::{RetryAdvice, RetryLimit, RetryRules};
pub use stand_in::{CaughtUp, StandIn, StandInLimits};
