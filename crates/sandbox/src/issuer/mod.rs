//! A card issuer that speaks ISO 8583 over TCP.
//!
//! It answers the requests of [`pmts_cards::message`], each of which takes effect once however often it comes. Cards in
//! `data/test-cards.toml` are declined, answered late or not at all; any other number with a correct check digit is
//! approved. Wherever a card is not listed:
//!
//! | answer | when |
//! | --- | --- |
//! | 14 | the check digit is wrong |
//! | 54 | the expiry date is before the month in which the message was sent |
//! | N7 | the security code is 000 or 0000, or has not the network's number of digits |
//! | 85 | an authorization of nothing: an account check |
//! | 05 | an authorization that was reversed before it came |
//! | 12 | another card, another approval code, or an authorization that was declined |
//! | 13 | more than is authorized, or more than was captured, or another currency |
//! | 25 | the original is not known |
//! | 94 | the keys were used before for another amount; a second full reversal |
//! | 30 | a field is missing or makes no sense |
//!
//! Several issuers with other tables and framings may run side by side; each has its own books. Bytes that make no sense,
//! and a frame that is not finished in time, close their connection and no other.
//!
//! A refund whose original is not known (any more) is approved and counted: it is a credit, and issuers take it.

mod book;
mod cards;
mod config;
mod recent;
mod server;
mod totals;

pub use book::{Effect, IssuerBook, Reply};
pub use cards::{Action, Behaviour, Fault, TestCards};
pub use config::IssuerConfig;
pub use server::{Issuer, IssuerStats};
pub use totals::{IssuerTotals, Tally};

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod over_tcp_tests;
#[cfg(test)]
mod stand_in_tests;
#[cfg(test)]
mod test_requests;
