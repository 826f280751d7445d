//! The queue of hits: one person says what a hit is, another agrees.

use super::{AmlDesk, AmlError, Answering, Hit, HitId, HitRecord, PartyRecord, TRIES, others_were_faster};
use crate::engine::Told;
use pmts_compliance::aml::cases::Verdict;
use pmts_kernel::Principal;
use pmts_store::{ListQuery, Record, StoreExt, Versioned, Write};
use serde_json::json;

/// For so long somebody is cleared, if neither they nor the entry change: a year, in seconds.
const CLEARED_SECS: i64 = 365 * 86_400;

impl AmlDesk {
    /// Hits, newest first; `state`: those whose review stands there (`open`, `proposed`, `decided`, `moot`). At most 10,000.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn hits(&self, state: Option<&str>) -> Result<Vec<Hit>, AmlError> {
        let query = match state {
            Some(state) => ListQuery::with_key(HitRecord::KIND, "state", state),
            None => ListQuery::all(HitRecord::KIND),
        };
        let mut all: Vec<Hit> = self.all::<HitRecord>(query).await?.into_iter().map(|h| h.0).collect();
        all.sort_by(|a, b| b.review.at.cmp(&a.review.at).then_with(|| a.id.raw().cmp(&b.id.raw())));
        Ok(all)
    }

    /// A hit.
    ///
    /// # Errors
    /// [`AmlError::Missing`].
    pub async fn hit(&self, id: HitId) -> Result<Versioned<Hit>, AmlError> {
        let read = self.store.get::<HitRecord>(id.raw()).await?;
        let read = read.ok_or_else(|| AmlError::Missing(id.to_string()))?;
        Ok(Versioned { version: read.version, value: read.value.0 })
    }

    /// Says what a hit is. What it holds stays held.
    ///
    /// # Errors
    /// [`pmts_compliance::aml::cases::CaseError`] without a reason, and if it is decided.
    pub async fn propose_hit(
        &self,
        id: HitId,
        verdict: Verdict,
        reason: &str,
        by: &Principal,
        answer: Answering<'_, Hit>,
    ) -> Result<Hit, AmlError> {
        let mut left = TRIES;
        loop {
            let Versioned { version, value: mut hit } = self.hit(id).await?;
            hit.review.propose(verdict, reason, by)?;
            let write = Write::put(&HitRecord(hit.clone()), version)?;
            match self.commit_answered(vec![write], Vec::new(), answer(&hit), by).await {
                Err(error) if others_were_faster(&error) && left > 0 => left -= 1,
                done => return done.map(|()| hit),
            }
        }
    }

    /// Agrees with what another person said: somebody else is free from that commit on, and is not asked about again for a year; the one on
    /// the list is held for good.
    ///
    /// # Errors
    /// [`pmts_compliance::aml::cases::CaseError`] for whoever proposed it, and if nothing is proposed.
    pub async fn approve_hit(
        &self,
        id: HitId,
        by: &Principal,
        answer: Answering<'_, Hit>,
    ) -> Result<Hit, AmlError> {
        let mut left = TRIES;
        loop {
            let Versioned { version, value: mut hit } = self.hit(id).await?;
            let now = self.clock.now();
            let verdict = hit.review.approve(by, now)?;
            hit.cleared_until = (verdict == Verdict::Another).then(|| now.saturating_add_secs(CLEARED_SECS));
            let mut records = vec![Write::put(&HitRecord(hit.clone()), version)?];
            let (mut held, mut events) = (false, Vec::new());
            if let Some(read) = self.party(hit.role, &hit.reference).await? {
                let (mut party, read_held) = (read.value.clone(), read.value.is_held());
                match verdict {
                    Verdict::Another => party.release(&id.to_string()),
                    Verdict::Same => party.hold(&id.to_string(), true),
                }
                held = party.is_held();
                if !held && read_held {
                    events.push(self.party_told(&party, read.version + 1));
                }
                records.push(Write::put(&PartyRecord(party), read.version)?);
            }
            let data =
                json!({ "role": hit.role, "reference": hit.reference, "verdict": verdict, "held": held });
            events.push(self.event(Told::HitDecided, id.to_string(), version + 1, data));
            match self.commit_answered(records, events, answer(&hit), by).await {
                Err(error) if others_were_faster(&error) && left > 0 => left -= 1,
                done => return done.map(|()| hit),
            }
        }
    }
}
