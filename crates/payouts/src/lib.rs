//! Bank files read, written and checked, and the identifiers of accounts.
//!
//! Amounts are integers in minor units. Nothing here opens a file or a connection: readers take any
//! [`BufRead`](std::io::BufRead), writers any [`Write`](std::io::Write).
//!
//! | module | what it holds |
//! | --- | --- |
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
mod check;
mod error;
mod finding;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod rails;

pub use check::{FileKind, check};
pub use error::{PayoutsError, codes};
pub use finding::{Finding, Findings, Severity};
