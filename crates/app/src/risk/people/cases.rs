//! Cases: what belongs together.

use super::{CaseRecord, PeopleDesk, others_were_faster};
use crate::engine::{EngineError, Told};
use crate::risk::RiskError;
use pmts_fraud::FraudError;
use pmts_fraud::people::{Case, CaseOutcome, CaseState, LinkKind};
use pmts_kernel::{Principal, Timestamp, typed_id};
use pmts_store::{ListQuery, Record, Versioned, Write};
use serde_json::json;

typed_id! {
    /// A case.
    pub struct CaseId("rcase");
}

/// What is done to a case.
type Change<'a> = dyn Fn(&mut Case, Timestamp) -> Result<(), FraudError> + Send + Sync + 'a;

impl PeopleDesk {
    /// Opens a case.
    ///
    /// # Errors
    /// [`FraudError::Text`].
    pub async fn open_case(&self, title: &str, by: &Principal) -> Result<Case, EngineError> {
        let id = CaseId::from_raw(self.engine.ids.next_id());
        let case = Case::open(id.to_string(), title, self.engine.clock.now()).map_err(RiskError::from)?;
        let event =
            self.desk().event(Told::CaseOpened, case.id.clone(), 1, json!({ "due": case.due.as_secs() }));
        self.commit(vec![Write::put(&CaseRecord(case.clone()), 0)?], vec![event], by).await?;
        Ok(case)
    }

    /// Cases, newest first; `state`: those that stand there; `link`: those something belongs to. At most 10,000.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn cases(
        &self,
        state: Option<CaseState>,
        link: Option<(LinkKind, &str)>,
    ) -> Result<Vec<Case>, EngineError> {
        let query = match (state, link) {
            (_, Some((kind, value))) => {
                ListQuery::with_key(CaseRecord::KIND, "link", format!("{}:{value}", kind.name()))
            }
            (Some(state), None) => ListQuery::with_key(CaseRecord::KIND, "state", state.name()),
            (None, None) => ListQuery::all(CaseRecord::KIND),
        };
        let query = ListQuery { newest_first: true, ..query };
        let all = self.all::<CaseRecord>(query).await?.into_iter().map(|c| c.0);
        Ok(all.filter(|c| state.is_none_or(|s| c.state == s)).collect())
    }

    /// A case.
    ///
    /// # Errors
    /// [`EngineError::Missing`].
    pub async fn case(&self, id: CaseId) -> Result<Versioned<Case>, EngineError> {
        let read = self.get::<CaseRecord>(id.raw(), || id.to_string()).await?;
        Ok(Versioned { version: read.version, value: read.value.0 })
    }

    async fn case_changed(
        &self,
        id: CaseId,
        by: &Principal,
        tell: Option<Told>,
        change: &Change<'_>,
    ) -> Result<Case, EngineError> {
        let mut tries = 0;
        loop {
            let Versioned { version, value: mut case } = self.case(id).await?;
            change(&mut case, self.engine.clock.now()).map_err(RiskError::from)?;
            let write = Write::put(&CaseRecord(case.clone()), version)?;
            let data = json!({ "state": case.state.name(), "outcome": case.outcome.as_ref().map(|(outcome, _)| outcome) });
            let event = tell.map(|told| self.desk().event(told, id.to_string(), version + 1, data));
            match self.commit(vec![write], event.into_iter().collect(), by).await {
                Err(error) if others_were_faster(&error) && tries < 20 => tries += 1,
                done => return done.map(|()| case),
            }
        }
    }

    /// Somebody works on it.
    ///
    /// # Errors
    /// [`FraudError::Move`].
    pub async fn take_case(&self, id: CaseId, by: &Principal) -> Result<Case, EngineError> {
        self.case_changed(id, by, None, &|case, _| case.take(by)).await
    }

    /// Links something to it.
    ///
    /// # Errors
    /// [`FraudError::Text`], [`FraudError::TooMany`].
    pub async fn link(
        &self,
        id: CaseId,
        (kind, value): (LinkKind, &str),
        why: &str,
        by: &Principal,
    ) -> Result<Case, EngineError> {
        self.case_changed(id, by, None, &|case, now| case.link(kind, value, why, by, now).map(|_| ())).await
    }

    /// Adds a note.
    ///
    /// # Errors
    /// [`FraudError::Text`], [`FraudError::TooMany`].
    pub async fn note_case(&self, id: CaseId, text: &str, by: &Principal) -> Result<Case, EngineError> {
        self.case_changed(id, by, None, &|case, now| case.note(by, text, now)).await
    }

    /// Closes it.
    ///
    /// # Errors
    /// [`FraudError::Move`], [`FraudError::Text`].
    pub async fn close_case(
        &self,
        id: CaseId,
        outcome: CaseOutcome,
        reason: &str,
        by: &Principal,
    ) -> Result<Case, EngineError> {
        self.case_changed(id, by, Some(Told::CaseClosed), &|case, _| case.close(outcome, reason)).await
    }
}
