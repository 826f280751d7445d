//! People: reviews, cases, bulk actions and appeals over a store. Each step is one commit; a review closes in the same commit as
//! what it does to the money.
//!
//! | file | what |
//! | --- | --- |
//! | `records.rs` | what is kept |
//! | `reviews.rs` | the queue; claimed, given back, closed |
//! | `payouts.rs` | payouts that a person released |
//! | `cases.rs` | what belongs together |
//! | `bulk.rs` | the same done to many |
//! | `appeals.rs` | a refused person asks for a person |
//! | `report.rs` | a case as a sealed file, `age.rs` the seal |

mod age;
mod appeals;
mod bulk;
mod cases;
mod payouts;
mod records;
mod report;
mod reviews;

pub(crate) use age::armored;
pub use appeals::AppealId;
pub use bulk::BulkId;
pub use cases::CaseId;
pub use records::{AppealRecord, BulkRecord, CaseRecord, ReviewRecord};
pub use report::{Report, ReportId, ReportRecord};

use super::RiskDesk;
use crate::engine::{Engine, EngineError};
use pmts_kernel::{Event, Principal};
use pmts_store::{Commit, CommitError, ListQuery, Record, StoreExt, Versioned, Write};

/// What people do about the risk screen.
#[derive(Clone)]
pub struct PeopleDesk {
    /// Does what a review says to the money.
    pub engine: Engine,
}

impl PeopleDesk {
    /// Rules, lists and labels.
    pub fn desk(&self) -> RiskDesk {
        let Engine { store, ids, clock, .. } = &self.engine;
        RiskDesk { store: store.clone(), ids: ids.clone(), clock: clock.clone() }
    }

    async fn get<R: Record>(&self, id: u128, name: impl Fn() -> String) -> Result<Versioned<R>, EngineError> {
        self.engine.store.get::<R>(id).await?.ok_or_else(|| EngineError::Missing(name()))
    }

    async fn all<R: Record>(&self, mut query: ListQuery) -> Result<Vec<R>, EngineError> {
        let mut all = Vec::new();
        loop {
            let (page, next) = self.engine.store.list_typed::<R>(query.clone()).await?;
            all.extend(page.into_iter().map(|r| r.value));
            let Some(after) = next.filter(|_| all.len() < 10_000) else { return Ok(all) };
            query.after = Some(after);
        }
    }

    async fn commit(
        &self,
        records: Vec<Write>,
        events: Vec<Event>,
        by: &Principal,
    ) -> Result<(), EngineError> {
        let commit = Commit { records, events, ..Commit::by(by.clone()) };
        self.engine.store.commit(commit).await?;
        Ok(())
    }
}

/// Whether somebody else wrote the same at the same time: then it is read and decided again.
fn others_were_faster(error: &EngineError) -> bool {
    matches!(error, EngineError::Commit(CommitError::Conflict { .. }))
}
