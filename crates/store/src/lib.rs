//! The commit: record changes, ledger transfers, outgoing events, jobs and the stored answer of one step are one atomic,
//! durable write, with the principal who caused it. There is no second place where money is known.
//!
//! * [`Commit`] is what a step wants written; [`Store::commit`] writes it whole or not at all.
//! * [`EmbeddedStore`] keeps everything in one directory on disk: one writer that groups what is queued into one durable
//!   write, concurrent readers.
//! * `PostgresStore` (feature `postgres`) keeps everything in a Postgres database that any number of nodes share.
//! * [`MemoryStore`] is their twin in memory. All pass the contract suite (module `contract`, feature `contract`).
//! * [`Verifier`] sums the books of any of them up again while they are in use.
//! * [`StoreLedger`] shows any store as a stand-alone [`pmts_ledger::Ledger`].
//!
//! ```
//! # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
//! use pmts_kernel::{Principal, SystemClock};
//! use pmts_store::{Answer, Commit, CommitError, MemoryStore, Store};
//! use std::sync::Arc;
//!
//! let store = MemoryStore::new(Arc::new(SystemClock));
//! let mut commit = Commit::by(Principal::try_new("cli:example").unwrap());
//! commit.answer = Some(Answer { scope: "orders".into(), key: "536365".into(), fingerprint: "a1".into(), body: "\"done\"".into() });
//! store.commit(commit.clone()).await.unwrap();
//! let again = store.commit(commit).await;
//! assert!(matches!(again, Err(CommitError::Answered(answer)) if answer.body == "\"done\""));
//! # });
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod commit;
mod error;
mod lease;
mod ledger_face;
mod query;
mod record;
mod replay;
mod store;
mod verifier;

pub mod adapters;
#[cfg(feature = "contract")]
pub mod contract;
#[cfg(feature = "local-postgres")]
pub mod local_postgres;

pub use adapters::embedded::{
    ArchiveReport, BackupReport, EmbeddedOptions, EmbeddedStore, RestoreReport, Until, VerifyReport,
};
pub use adapters::memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use adapters::postgres::{PostgresCounts, PostgresOptions, PostgresStore};
pub use commit::{Answer, Commit, Committed, Job, JobChange, RecordedEvent, Write};
pub use error::{CommitError, StoreError, codes};
pub use lease::JobClaim;
pub use ledger_face::StoreLedger;
pub use query::{ListPage, ListQuery, Stored};
pub use record::{Record, Versioned};
pub use store::{Store, StoreExt};
pub use verifier::{Pace, Verifier, VerifierStats};
