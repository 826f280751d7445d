//! Values that must not leak: card numbers, card codes, secrets.
//!
//! Each type prints masked in `{:?}` and `{}`, serializes masked or not at all, cannot be deserialized, and is
//! overwritten in memory when dropped. The content is reached only through a method called `expose`, so a search for
//! that word finds every place that touches it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `pan` | [`Pan`], a card number |
//! | `cvv` | [`Cvv`], a card verification code |
//! | `secret` | [`Secret`], anything else that stays inside |
//! | `luhn` | [`luhn_valid`], [`luhn_valid_digits`], [`luhn_check_digit`] |
//! | `error` | [`SensitiveError`] and its [`codes`] |
//!
//! ```
//! use pmts_sensitive::{Cvv, Pan, Secret};
//!
//! let pan = Pan::parse("4242424242424242")?;
//! assert_eq!(format!("{pan} {pan:?}"), "424242******4242 424242******4242");
//! assert_eq!(pan.expose(), "4242424242424242");
//!
//! assert_eq!(format!("{:?}", Cvv::parse("123")?), "***");
//! assert_eq!(format!("{:?}", Secret::new(String::from("hush"))), "[secret]");
//! # Ok::<(), pmts_sensitive::SensitiveError>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cvv;
mod error;
mod luhn;
mod pan;
mod secret;

pub use cvv::Cvv;
pub use error::{SensitiveError, codes};
pub use luhn::{luhn_check_digit, luhn_valid, luhn_valid_digits};
pub use pan::Pan;
pub use secret::Secret;

#[cfg(test)]
mod leak_tests;
