//! Screening people and companies over a store: who is known, which hits hold them, and everyone again when a list changes.
//!
//! ```text
//! seller, customer, owner ... ─▶ screen ─▶ party and hits, in the commit of the step they hold
//!                                             hit: propose ─▶ approve (another person) ─▶ free, or held for good
//! lists of the shelf change ─▶ everyone again: those who are like a changed entry, and those who are held
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `records.rs` | what is kept |
//! | `parties.rs` | somebody is screened, by themselves or as a part of another step |
//! | `hits.rs` | the queue of hits, decided with four eyes |
//! | `rescreen.rs` | everyone is screened again |
//! | `lists.rs` | the lists in force, and what changed in them |
//! | `keeper.rs` | follows the lists while the server runs |
//! | `error.rs` | why something of it was not done |

mod error;
mod hits;
mod keeper;
mod lists;
mod parties;
mod records;
mod rescreen;

pub use error::AmlError;
pub(crate) use keeper::Keeper;
pub use lists::{Delta, ListWatch};
pub use parties::{Known, ScreenedParty, comparable};
pub use records::{Hit, HitId, HitRecord, PartyId, PartyRecord, Rescreen, RescreenRecord};

use crate::engine::Told;
use pmts_compliance::aml::Screening;
use pmts_kernel::{Clock, Event, EventId, IdSource, Principal};
use pmts_store::{Answer, Commit, CommitError, ListQuery, Record, Store, StoreExt, Write};
use serde_json::Value;
use std::sync::Arc;

/// How often a step is tried that others wrote into.
const TRIES: usize = 20;

/// Makes the answer that is kept in the commit of what is answered; `None`: none is.
pub type Answering<'a, T> = &'a (dyn Fn(&T) -> Option<Answer> + Send + Sync);

/// Nothing is answered.
pub fn unanswered<T>(_: &T) -> Option<Answer> {
    None
}

/// Screens over a store.
#[derive(Clone)]
pub struct AmlDesk {
    /// Where everything is committed.
    pub store: Arc<dyn Store>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// What the time is.
    pub clock: Arc<dyn Clock>,
    /// Who screens.
    pub screening: Arc<dyn Screening>,
}

impl AmlDesk {
    fn event(&self, told: Told, object: String, sequence: u64, data: Value) -> Event {
        let id = EventId::from_raw(self.ids.next_id());
        Event { id, kind: told.name().into(), object, sequence, at: self.clock.now(), data }
    }

    async fn commit(&self, records: Vec<Write>, events: Vec<Event>, by: &Principal) -> Result<(), AmlError> {
        self.commit_answered(records, events, None, by).await
    }

    async fn commit_answered(
        &self,
        records: Vec<Write>,
        events: Vec<Event>,
        answer: Option<Answer>,
        by: &Principal,
    ) -> Result<(), AmlError> {
        self.store.commit(Commit { records, events, answer, ..Commit::by(by.clone()) }).await?;
        Ok(())
    }

    /// All records of a query, at most 10,000.
    async fn all<R: Record>(&self, mut query: ListQuery) -> Result<Vec<R>, AmlError> {
        let mut all = Vec::new();
        loop {
            let (page, next) = self.store.list_typed::<R>(query.clone()).await?;
            all.extend(page.into_iter().map(|r| r.value));
            let Some(after) = next.filter(|_| all.len() < 10_000) else { return Ok(all) };
            query.after = Some(after);
        }
    }
}

/// Whether somebody else wrote the same at the same time: then it is read and decided again.
pub(crate) fn others_were_faster(error: &AmlError) -> bool {
    matches!(error, AmlError::Commit(CommitError::Conflict { .. }))
}
