//! Bulk actions: the same done to many, if another person agrees.

use super::{BulkRecord, PeopleDesk};
use crate::engine::{EngineError, Told};
use crate::risk::{LabelSource, RiskError};
use pmts_fraud::people::{Bulk, BulkAction, BulkState};
use pmts_kernel::{Coded, Principal, typed_id};
use pmts_payments::{PaymentId, ReviewId};
use pmts_store::{CommitError, ListQuery, Record, Versioned, Write};
use serde_json::json;

typed_id! {
    /// A bulk action.
    pub struct BulkId("rbulk");
}

impl PeopleDesk {
    /// Proposes a bulk action: nothing is done.
    ///
    /// # Errors
    /// [`pmts_fraud::FraudError::TooMany`], [`pmts_fraud::FraudError::Text`].
    pub async fn propose_bulk(
        &self,
        action: BulkAction,
        items: Vec<String>,
        reason: &str,
        by: &Principal,
    ) -> Result<Bulk, EngineError> {
        let id = BulkId::from_raw(self.engine.ids.next_id());
        let now = self.engine.clock.now();
        let bulk = Bulk::propose(id.to_string(), action, items, reason, by, now).map_err(RiskError::from)?;
        self.keep_bulk(&bulk, 0, Some(Told::BulkProposed), by).await?;
        Ok(bulk)
    }

    async fn keep_bulk(
        &self,
        bulk: &Bulk,
        version: u64,
        tell: Option<Told>,
        by: &Principal,
    ) -> Result<(), EngineError> {
        let failed = bulk.results.iter().filter(|r| !r.is_empty()).count();
        let data = json!({ "state": bulk.state, "items": bulk.items.len(), "failed": failed });
        let event = tell.map(|told| self.desk().event(told, bulk.id.clone(), version + 1, data));
        let write = Write::put(&BulkRecord(bulk.clone()), version)?;
        self.commit(vec![write], event.into_iter().collect(), by).await
    }

    /// Bulk actions, newest first. At most 10,000.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn bulks(&self) -> Result<Vec<Bulk>, EngineError> {
        let query = ListQuery { newest_first: true, ..ListQuery::all(BulkRecord::KIND) };
        Ok(self.all::<BulkRecord>(query).await?.into_iter().map(|b| b.0).collect())
    }

    /// A bulk action.
    ///
    /// # Errors
    /// [`EngineError::Missing`].
    pub async fn bulk(&self, id: BulkId) -> Result<Versioned<Bulk>, EngineError> {
        let read = self.get::<BulkRecord>(id.raw(), || id.to_string()).await?;
        Ok(Versioned { version: read.version, value: read.value.0 })
    }

    /// Another person agrees, and it is done item by item; or does not agree. Asked again of one that was cut off, it goes on
    /// where it was: what was done to an item is not done again.
    ///
    /// # Errors
    /// [`pmts_fraud::FraudError::FourEyes`] for whoever proposed it.
    pub async fn decide_bulk(&self, id: BulkId, agree: bool, by: &Principal) -> Result<Bulk, EngineError> {
        let Versioned { mut version, value: mut bulk } = self.bulk(id).await?;
        let goes_on = agree && bulk.next().is_some() && bulk.decided_by.as_ref() == Some(by);
        if !goes_on {
            bulk.decide(agree, by).map_err(RiskError::from)?;
            self.keep_bulk(&bulk, version, Some(Told::BulkDecided), by).await?;
            version += 1;
        }
        while let Some(item) = bulk.next().map(str::to_owned) {
            let result = match self.apply(&bulk, &item, by).await {
                Ok(()) => String::new(),
                // Nobody knows what became of it: it is gone on with when it is approved again.
                Err(error @ EngineError::Store(_)) => return Err(error),
                Err(EngineError::Commit(
                    error @ (CommitError::Unavailable(_)
                    | CommitError::Unknown(_)
                    | CommitError::DiskFull
                    | CommitError::Stopped(_)),
                )) => return Err(error.into()),
                Err(error) => format!("{}: {error}", error.code().code),
            };
            bulk.did(result);
            let tell = (bulk.state == BulkState::Done).then_some(Told::BulkDone);
            self.keep_bulk(&bulk, version, tell, by).await?;
            version += 1;
        }
        Ok(bulk)
    }

    async fn apply(&self, bulk: &Bulk, item: &str, by: &Principal) -> Result<(), EngineError> {
        let missing = || EngineError::Missing(item.to_owned());
        match &bulk.action {
            BulkAction::CloseReviews { outcome } => {
                let id: ReviewId = item.parse().map_err(|_| missing())?;
                // Done by a run that was cut off before it could say so.
                let there = self.review(id).await?.value;
                if there.end.is_some_and(|e| e.outcome == *outcome && e.reason == bulk.reason) {
                    return Ok(());
                }
                self.close_in_bulk(id, *outcome, &bulk.reason, [by, &bulk.proposed_by]).await.map(|_| ())
            }
            BulkAction::Label { fraud } => {
                let id: PaymentId = item.parse().map_err(|_| missing())?;
                self.engine.intent(id).await?;
                self.desk().label(id, *fraud, LabelSource::Review, by).await?;
                Ok(())
            }
        }
    }
}
