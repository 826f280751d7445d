//! The queue of reviews.

use super::{PeopleDesk, ReviewRecord, others_were_faster};
use crate::engine::{EngineError, Request, ReviewEnd, Told};
use crate::risk::{LabelSource, RiskError};
use pmts_fraud::FraudError;
use pmts_fraud::people::{Outcome, Review, ReviewState};
use pmts_kernel::{Principal, Timestamp};
use pmts_payments::{PaymentId, ReviewId};
use pmts_store::{ListQuery, Record, Versioned, Write};
use serde_json::json;

/// How often a step is decided again when others were faster.
const TRIES: u32 = 20;

/// What is done to a review.
type Change<'a> = dyn Fn(&mut Review, Timestamp) -> Result<(), FraudError> + Send + Sync + 'a;

impl PeopleDesk {
    /// Reviews, in the order of the queue; `state`: those that stand there. At most 10,000.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn reviews(&self, state: Option<ReviewState>) -> Result<Vec<Review>, EngineError> {
        let query = match state {
            Some(state) => ListQuery::with_key(ReviewRecord::KIND, "state", state.name()),
            None => ListQuery::all(ReviewRecord::KIND),
        };
        let mut all: Vec<Review> = self.all::<ReviewRecord>(query).await?.into_iter().map(|r| r.0).collect();
        let now = self.engine.clock.now();
        all.sort_by_key(|r| (r.state == ReviewState::Closed, r.rank(now)));
        Ok(all)
    }

    /// A review.
    ///
    /// # Errors
    /// [`EngineError::Missing`].
    pub async fn review(&self, id: ReviewId) -> Result<Versioned<Review>, EngineError> {
        let read = self.get::<ReviewRecord>(id.raw(), || id.to_string()).await?;
        Ok(Versioned { version: read.version, value: read.value.0 })
    }

    async fn changed(
        &self,
        id: ReviewId,
        by: &Principal,
        change: &Change<'_>,
    ) -> Result<Review, EngineError> {
        let mut tries = 0;
        loop {
            let Versioned { version, value: mut review } = self.review(id).await?;
            change(&mut review, self.engine.clock.now()).map_err(RiskError::from)?;
            let write = Write::put(&ReviewRecord(review.clone()), version)?;
            match self.commit(vec![write], vec![], by).await {
                Err(error) if others_were_faster(&error) && tries < TRIES => tries += 1,
                done => return done.map(|()| review),
            }
        }
    }

    /// Somebody looks at it.
    ///
    /// # Errors
    /// [`FraudError::Claimed`] by another, [`FraudError::Move`].
    pub async fn claim(&self, id: ReviewId, by: &Principal) -> Result<Review, EngineError> {
        self.changed(id, by, &|review, now| review.claim(by, now)).await
    }

    /// Gives it back to the queue.
    ///
    /// # Errors
    /// As [`PeopleDesk::claim`].
    pub async fn give_back(&self, id: ReviewId, by: &Principal) -> Result<Review, EngineError> {
        self.changed(id, by, &|review, now| review.give_back(by, now)).await
    }

    /// Adds a note.
    ///
    /// # Errors
    /// [`FraudError::Text`], [`FraudError::TooMany`].
    pub async fn note(&self, id: ReviewId, text: &str, by: &Principal) -> Result<Review, EngineError> {
        self.changed(id, by, &|review, now| review.note(by, text, now)).await
    }

    /// Closes a review that `request.by` has claimed. In the same commit: the review, its event, the label, and the capture that
    /// is begun or the hold that is given up. A payment that is no longer held is only freed of the review.
    ///
    /// # Errors
    /// [`FraudError::Claimed`], [`FraudError::Move`], [`FraudError::Text`]; [`EngineError`]. Nothing is done then, unless it came after
    /// the first commit: then recovery carries the money step to its end.
    pub async fn close(
        &self,
        id: ReviewId,
        outcome: Outcome,
        reason: &str,
        request: &Request,
    ) -> Result<Review, EngineError> {
        let by = request.by.clone();
        self.close_by(id, outcome, request, &|review, now| review.close(outcome, reason, &by, now)).await
    }

    /// As [`PeopleDesk::close`], for a bulk action that two people agreed on.
    pub(super) async fn close_in_bulk(
        &self,
        id: ReviewId,
        outcome: Outcome,
        reason: &str,
        by: [&Principal; 2],
    ) -> Result<Review, EngineError> {
        let request = Request { by: by[0].clone(), answer: None, trace: None };
        let change = |review: &mut Review, now| review.close_in_bulk(outcome, reason, by, now);
        self.close_by(id, outcome, &request, &change).await
    }

    async fn close_by(
        &self,
        id: ReviewId,
        outcome: Outcome,
        request: &Request,
        change: &Change<'_>,
    ) -> Result<Review, EngineError> {
        let mut tries = 0;
        loop {
            match self.close_once(id, outcome, request, change).await {
                Err(error) if others_were_faster(&error) && tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    async fn close_once(
        &self,
        id: ReviewId,
        outcome: Outcome,
        request: &Request,
        change: &Change<'_>,
    ) -> Result<Review, EngineError> {
        let Versioned { version, value: mut review } = self.review(id).await?;
        change(&mut review, self.engine.clock.now()).map_err(RiskError::from)?;
        let desk = self.desk();
        let mut records = vec![Write::put(&ReviewRecord(review.clone()), version)?];
        let data = json!({ "about": review.about, "outcome": outcome, "released": outcome.releases() });
        let mut events = vec![desk.event(Told::ReviewClosed, id.to_string(), version + 1, data)];
        let Ok(payment) = review.about.parse::<PaymentId>() else {
            self.commit(records, events, &request.by).await?;
            return Ok(review);
        };
        if let Some(fraud) = outcome.label()
            && let Some((_, write, event)) =
                desk.label_parts(payment, fraud, LabelSource::Review, &request.by).await?
        {
            records.push(write);
            events.push(event);
        }
        let intent = self.engine.intent(payment).await?.value;
        if intent.risk.review == Some(id) {
            let end = ReviewEnd { release: outcome.releases(), records, events };
            self.engine.review_closed(payment, id, end, request).await?;
        } else {
            self.commit(records, events, &request.by).await?;
        }
        Ok(review)
    }
}
