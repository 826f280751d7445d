//! Monitoring of money laundering over a store: what happens on the platform is watched, alerts become cases, cases become reports.
//!
//! ```text
//! outbox ─▶ facts ─▶ Monitor ─▶ alerts ─▶ cases: investigate ─▶ decide ─▶ approve (another person) ─▶ report ─▶ filed
//!                      ▲                    kept sealed, told to nobody: no event, no line of log, no metric names anybody
//! facts of the shop ───┘
//! ```
//!
//! Whoever is reported must not learn of it (31 U.S.C. 5318(g)(2)). So alerts, cases, snoozes and reports are sealed where they are kept, and
//! the outbox says nothing of them.
//!
//! | file | what |
//! | --- | --- |
//! | `facts.rs` | what the outbox says, as facts of the monitoring |
//! | `told.rs` | facts that the shop tells: currency, accounts elsewhere, devices |
//! | `watcher.rs`, `snapshot.rs` | follows the outbox; what is remembered, in a file |
//! | `scenarios.rs` | the scenarios in force, and how often they were right |
//! | `alerts.rs` | alerts become cases |
//! | `cases.rs` | what people do about cases; snoozes |
//! | `reports.rs`, `filer.rs` | reports: made, kept, filed |
//! | `sealed.rs`, `records.rs` | what is kept, and how |

mod alerts;
mod cases;
mod facts;
mod filer;
mod records;
mod reports;
mod scenarios;
mod sealed;
mod snapshot;
mod told;
mod watcher;

pub use alerts::Taken;
pub use cases::CaseStep;
pub use facts::Facts;
pub(crate) use filer::read as read_file;
pub use filer::{CashReportsFile, FilerFile, PersonsFile};
pub use records::{
    AlertId, AlertKept, CaseId, CaseKeysRecord, FactsId, FactsRecord, Filing, FilingId, Form, Place,
    PlaceRecord, ScenariosRecord, SnoozeId, SnoozeKept,
};
pub use reports::{CashDue, SarRequest};
pub use scenarios::ScenarioScore;
pub(crate) use sealed::{Kept, while_others_are_faster};
pub use told::{FACTS_MAX, ToldAt, ToldFact, ToldKind, read_facts};
pub use watcher::{Watcher, WatcherStats};

use crate::AppError;
use crate::aml::AmlError;
use crate::engine::Told;
use crate::platform::KEY_FILE;
use crate::records::VaultKeysRecord;
use pmts_compliance::aml::cases::{CaseKeys, CaseSeal};
use pmts_compliance::pci::{FileKms, Kms};
use pmts_kernel::{Clock, Event, EventId, IdSource, Principal};
use pmts_store::{Answer, Commit, CommitError, Record, Store, StoreExt, Write};
use std::path::Path;
use std::sync::Arc;

/// How often a step is tried that others wrote into.
pub(crate) const TRIES: usize = 20;

/// Works on alerts, cases and reports over a store.
#[derive(Clone)]
pub struct CaseDesk {
    /// Where everything is committed.
    pub store: Arc<dyn Store>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// What the time is.
    pub clock: Arc<dyn Clock>,
    seal: Arc<CaseSeal>,
}

impl CaseDesk {
    /// Opens the desk of a store; makes its keys if there are none yet.
    ///
    /// # Errors
    /// [`AmlError::Vault`] if `kms` did not wrap the keys, [`AmlError::Store`], [`AmlError::Commit`].
    pub async fn open(
        store: Arc<dyn Store>,
        ids: Arc<dyn IdSource>,
        clock: Arc<dyn Clock>,
        kms: &dyn Kms,
    ) -> Result<Self, AmlError> {
        let keys = match store.get::<CaseKeysRecord>(1).await? {
            Some(read) => read.value.0,
            None => first_keys(&*store, kms).await?,
        };
        let seal = Arc::new(CaseSeal::open(kms, &keys).await?);
        Ok(Self { store, ids, clock, seal })
    }

    /// The same with the key file of a data directory.
    ///
    /// # Errors
    /// [`AppError::KeyMissing`] if cases or cards are kept and the key that opens them is gone; as above.
    pub async fn of(
        dir: &Path,
        store: Arc<dyn Store>,
        ids: Arc<dyn IdSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AppError> {
        let key = dir.join(KEY_FILE);
        // A new key opens nothing that the old one sealed: neither cases nor cards.
        let sealed = [CaseKeysRecord::KIND, VaultKeysRecord::KIND];
        for kind in sealed.into_iter().filter(|_| !key.exists()) {
            if store.read(kind, 1).await?.is_some() {
                return Err(AppError::KeyMissing(key));
            }
        }
        let kms = FileKms::open_or_create(&key)?;
        Ok(Self::open(store, ids, clock, &kms).await?)
    }

    /// Wraps the keys of a store's case team anew with what the key service wraps with now, if there are any; gives the versions of the
    /// key-encryption keys that they are wrapped with.
    ///
    /// # Errors
    /// [`AmlError::Vault`] if a key-encryption key that wrapped one of them is gone already; [`AmlError::Store`], [`AmlError::Commit`].
    pub async fn rewrap(store: &dyn Store, kms: &dyn Kms, by: &Principal) -> Result<Vec<u32>, AmlError> {
        let Some(read) = store.get::<CaseKeysRecord>(1).await? else { return Ok(vec![]) };
        let keys = read.value.0.rewrapped(kms).await?;
        let versions = vec![keys.contents.kek_version, keys.names.kek_version];
        let records = vec![Write::put(&CaseKeysRecord(keys), read.version)?];
        store.commit(Commit { records, ..Commit::by(by.clone()) }).await?;
        Ok(versions)
    }

    /// The versions of the key-encryption keys that the keys of a store's case team are wrapped with.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn wrapped_with(store: &dyn Store) -> Result<Vec<u32>, AmlError> {
        let keys = store.get::<CaseKeysRecord>(1).await?.map(|read| read.value.0);
        Ok(keys.iter().flat_map(|k| [k.contents.kek_version, k.names.kek_version]).collect())
    }

    async fn commit(&self, records: Vec<Write>, by: &Principal) -> Result<(), AmlError> {
        self.commit_answered(records, None, by).await
    }

    async fn commit_answered(
        &self,
        records: Vec<Write>,
        answer: Option<Answer>,
        by: &Principal,
    ) -> Result<(), AmlError> {
        self.store.commit(Commit { records, answer, ..Commit::by(by.clone()) }).await?;
        Ok(())
    }

    pub(crate) fn event(&self, told: Told, object: String, data: serde_json::Value) -> Event {
        let id = EventId::from_raw(self.ids.next_id());
        Event { id, kind: told.name().into(), object, sequence: 1, at: self.clock.now(), data }
    }
}

/// New keys; those of another process if that was faster.
async fn first_keys(store: &dyn Store, kms: &dyn Kms) -> Result<CaseKeys, AmlError> {
    let keys = CaseKeys::new(kms).await?;
    let mut commit = Commit::by(Principal::system("cases"));
    commit.records.push(Write::put(&CaseKeysRecord(keys.clone()), 0)?);
    match store.commit(commit).await {
        Ok(_) => Ok(keys),
        Err(CommitError::Conflict { .. }) => {
            let read = store.get::<CaseKeysRecord>(1).await?;
            read.map(|r| r.value.0).ok_or_else(|| AmlError::Missing("the keys of the case team".into()))
        }
        Err(other) => Err(other.into()),
    }
}
