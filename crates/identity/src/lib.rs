//! Who may call: API keys, test and live, secret and publishable. Of a key only a keyed hash is kept.
//!
//! * [`KeyRing`] issues, verifies, rotates, revokes and lists keys.
//! * [`KeyStore`] is the port to where they are kept; [`MemoryKeyStore`] its twin in memory, [`contract::key_store`] the
//!   suite for others.
//! * [`Pepper`] is the secret behind the hashes. It lies in a file apart from the keys, so that a copy of the data does
//!   not tell which keys would be taken.
//!
//! ```
//! use pmts_identity::{KeyKind, KeyRing, MemoryKeyStore, Mode, NewKey, Pepper};
//! use pmts_kernel::{SystemClock, SystemIds};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(SystemClock);
//! let ids = Arc::new(SystemIds::new(clock.clone()));
//! let ring = KeyRing::new(Arc::new(MemoryKeyStore::new()), Pepper::random()?, ids, clock);
//!
//! let (key, text) = ring.issue(NewKey::named("shop", Mode::Test, KeyKind::Secret)).await?;
//! assert!(text.expose().starts_with("sk_test_"));
//! assert_eq!(ring.verify(text.expose()).await?.id, key.id);
//!
//! ring.revoke(key.id).await?;
//! assert!(ring.verify(text.expose()).await.is_err());
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod contract;

mod adapters;
mod api_key;
mod error;
mod hex;
mod key_ring;
mod key_text;
mod pepper;
mod store;

pub use adapters::MemoryKeyStore;
pub use api_key::{ApiKey, ApiKeyId, KeyKind, Mode, VersionedKey};
pub use error::{IdentityError, codes};
pub use key_ring::{KeyRing, NewKey};
pub use key_text::KeyText;
pub use pepper::Pepper;
pub use store::KeyStore;
