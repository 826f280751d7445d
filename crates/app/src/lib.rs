//! The composed platform: joins the domains, carries payments through, and is the `pmts` binary.
//!
//! * [`books`]: how business events become transfers; the only place that makes any.
//! * [`connectors`]: join two domains that do not know each other.
//! * [`engine`]: commit the intent, do the effect, commit the outcome; recovery.
//! * [`import`], [`demo`]: real trading days, and made ones, through the whole platform.
//! * [`export`]: the books for other programs.
//! * [`lists`]: versions of sanctions lists, kept beside the data.
//! * [`aml`]: who is screened against those lists, and what holds them.
//! * [`audit`]: who did what that is privileged.
//! * [`monitoring`]: what looks like laundering, cases, reports.
//! * [`payouts`]: sellers are paid: deliveries, batches, the bank's answers.
//! * [`fraud`]: transactions from files, backtests, versions of fraud models.
//! * [`http`]: the HTTP front.
//! * [`cli`]: what people type.
//!
//! Another program can embed the platform as the CLI does:
//!
//! ```
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
//! use pmts_app::platform::{Host, Platform, PlatformConfig};
//! use pmts_store::Store;
//! let dir = tempfile::tempdir().unwrap();
//! let platform = Platform::open(dir.path(), PlatformConfig::default(), Host::Sandbox).await.unwrap();
//! assert!(platform.store.trial_balance(None).await.unwrap().is_balanced());
//! # });
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod aml;
pub mod audit;
pub mod books;
mod card_scan;
pub mod cli;
pub mod config;
pub mod connectors;
pub mod demo;
pub mod diligence;
mod duty;
pub mod engine;
mod error;
pub mod export;
pub mod fraud;
mod hex;
pub mod http;
pub mod import;
mod lane;
pub mod lists;
pub mod monitoring;
pub mod outgoing;
pub mod payouts;
mod place;
pub mod platform;
pub mod rates;
pub mod records;
mod resealer;
pub mod risk;
pub mod stand_in;
pub mod webhooks;

pub use error::{AppError, codes};
