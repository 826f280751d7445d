//! Compliance: [`aml`], the screening of names against sanctions lists, and [`pci`], the vault that is the only way to keep a card number.
//!
//! ```
//! use pmts_compliance::pci::{EnvelopeVault, MemoryKms, MemoryVaultStore, Vault};
//! use pmts_kernel::{SystemClock, SystemIds};
//! use pmts_sensitive::Pan;
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ids = Arc::new(SystemIds::new(Arc::new(SystemClock)));
//! let vault = EnvelopeVault::init(Arc::new(MemoryKms::random()), Arc::new(MemoryVaultStore::new()), ids).await?;
//!
//! let card = vault.put(&Pan::parse("4242424242424242")?).await?;
//! assert!(card.token.to_string().starts_with("tok_"));
//! assert_eq!((card.first_six.as_str(), card.last_four.as_str()), ("424242", "4242"));
//!
//! // Only inside a call to an acquirer:
//! assert_eq!(vault.reveal(card.token).await?.expose(), "4242424242424242");
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod aml;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod pci;

mod error;

pub use error::{VaultError, codes};
