//! The outside world emulated, for tests and demonstrations: a card issuer that can fail on purpose, and
//! traffic with money laundering in it, labelled.
//!
//! ```
//! use pmts_cards::{Acquirer, Iso8583Link, LinkConfig};
//! use pmts_kernel::SystemClock;
//! use pmts_sandbox::issuer::{Issuer, IssuerConfig};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), pmts_sandbox::SandboxError> {
//! let issuer = Issuer::bind("127.0.0.1:0", IssuerConfig::default()).await?;
//! let us = Acquirer { id: "400001".to_owned(), country: 826 };
//! let link = Iso8583Link::new(LinkConfig::new(issuer.local_addr().to_string(), us), Arc::new(SystemClock));
//! println!("{:?}", link.echo().await);
//! assert_eq!(issuer.stats().network, 2, "a sign-on and an echo");
//! # Ok(())
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;

pub mod issuer;
pub mod laundering;

pub use error::{SandboxError, codes};
