//! Sellers paid: deliveries, terms, batches with four eyes, bank files, and what the bank answers.
//!
//! Amounts are integers in minor units. Nothing here opens a file or a connection: readers take any
//! [`BufRead`](std::io::BufRead), writers any [`Write`](std::io::Write).
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`sellers`] | who is paid, where, when, how much, or why not |
//! | [`batches`] | batches and payouts: states, and what the bank's answers do to the money |
//! | [`rails::PayoutRail`] | a rail as a port |
//! | [`rails::nacha`] | ACH files: reader, writer, check |
//! | [`rails::iso20022`] | messages of ISO 20022: schemas, check |
//! | [`accounts`] | identifiers of accounts |
//! | `check` | [`check()`]: what a file is, and whether it is valid |
//! | `finding` | [`Finding`], [`Findings`]: what a check found |
//! | `error` | [`PayoutsError`] and its [`codes`] |
//!
//! ```
//! use pmts_payouts::{Findings, rails::nacha};
//!
//! let mut findings = Findings::default();
//! nacha::check("9".repeat(94).as_bytes(), &mut findings)?;
//! assert!(!findings.is_valid());
//! # Ok::<(), pmts_payouts::PayoutsError>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod accounts;
pub mod batches;
mod check;
mod error;
mod finding;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod rails;
pub mod sellers;

pub use check::{FileKind, check};
pub use error::{PayoutsError, codes};
pub use finding::{Finding, Findings, Severity};
