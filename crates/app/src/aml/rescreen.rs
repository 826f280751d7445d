//! Everyone is screened again.

use super::{AmlDesk, AmlError, Delta, Known, PartyRecord, Rescreen, RescreenRecord, others_were_faster};
use crate::engine::Told;
use pmts_compliance::aml::Found;
use pmts_compliance::aml::cases::Party;
use pmts_kernel::Principal;
use pmts_store::{ListQuery, Record, StoreExt, Versioned, Write};
use serde_json::json;
use std::sync::Arc;

/// So many are looked at before it is written how far it is.
const PAGE: usize = 2_000;

impl AmlDesk {
    /// How far everyone is screened again, or when that was the last time.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn rescreened(&self) -> Result<Option<Versioned<Rescreen>>, AmlError> {
        let read = self.store.get::<RescreenRecord>(1).await?;
        Ok(read.map(|r| Versioned { version: r.version, value: r.value.0 }))
    }

    /// Whether everyone was screened against the lists in force.
    ///
    /// # Errors
    /// [`AmlError`].
    pub async fn is_rescreened(&self) -> Result<bool, AmlError> {
        let now = self.versions().await?;
        Ok(match self.rescreened().await? {
            Some(last) => last.value.finished.is_some() && last.value.lists == now,
            None => now.is_empty(),
        })
    }

    /// Begins to screen everyone against the lists in force, or goes on where it was cut off. Gives nothing if everyone is.
    ///
    /// # Errors
    /// [`AmlError`].
    pub async fn begin_rescreen(&self, by: &Principal) -> Result<Option<Versioned<Rescreen>>, AmlError> {
        let now = self.versions().await?;
        let last = self.rescreened().await?;
        let (version, last) = last.map_or((0, None), |r| (r.version, Some(r.value)));
        if let Some(last) = last.as_ref().filter(|l| l.lists == now) {
            let goes_on = last.finished.is_none();
            return Ok(goes_on.then(|| Versioned { version, value: last.clone() }));
        }
        if now.is_empty() && last.is_none() {
            return Ok(None);
        }
        // What was not finished compared with the lists of before that: they are where it starts from.
        let before = match last {
            Some(last) if last.finished.is_some() => last.lists,
            Some(last) => last.before,
            None => Vec::new(),
        };
        let begun = Rescreen { lists: now, before, started: self.clock.now(), ..Rescreen::default() };
        self.commit(vec![Write::put(&RescreenRecord(begun.clone()), version)?], Vec::new(), by).await?;
        Ok(Some(Versioned { version: version + 1, value: begun }))
    }

    /// Screens everyone who is left: with `delta`, those who are like one of its entries, and those who are held; without, all. `progress`
    /// is told how far it is. Cut off, it goes on from there with the next call.
    ///
    /// # Errors
    /// [`AmlError`].
    pub async fn rescreen(
        &self,
        begun: Versioned<Rescreen>,
        delta: Option<Arc<Delta>>,
        by: &Principal,
        mut progress: impl FnMut(&Rescreen) + Send,
    ) -> Result<Rescreen, AmlError> {
        let Versioned { mut version, value: mut state } = begun;
        loop {
            let query = ListQuery { after: state.after, limit: PAGE, ..ListQuery::all(PartyRecord::KIND) };
            let (page, next) = self.store.list_typed::<PartyRecord>(query).await?;
            state.done += page.len() as u64;
            let suspects = suspects(page.into_iter().map(|r| r.value.0).collect(), delta.clone()).await;
            for (party, found) in suspects {
                let held = self.again(party, &found, by).await?;
                state.held += u64::from(held == Some(true));
                state.released += u64::from(held == Some(false));
            }
            state.after = next.or(state.after);
            let mut events = Vec::new();
            if next.is_none() {
                state.finished = Some(self.clock.now());
                let data = json!({ "done": state.done, "held": state.held, "released": state.released });
                events.push(self.event(Told::Rescreened, "rescreen".to_owned(), version + 1, data));
            }
            self.commit(vec![Write::put(&RescreenRecord(state.clone()), version)?], events, by).await?;
            version += 1;
            progress(&state);
            if next.is_none() {
                return Ok(state);
            }
        }
    }

    /// Screens one again. Whether that holds or releases them; `None`: it is as before.
    async fn again(
        &self,
        mut party: Party,
        found: &[Found],
        by: &Principal,
    ) -> Result<Option<bool>, AmlError> {
        let subject_then = party.subject.clone();
        loop {
            let was = party.is_held();
            let Party { role, reference, acts_for, subject, .. } = party;
            let known = Known { role, reference, acts_for, subject };
            // What was found is of what was known then.
            let besides = if known.subject == subject_then { found.to_vec() } else { Vec::new() };
            let screened = self.screen_besides(&known, besides).await?;
            if !screened.changed {
                return Ok(None);
            }
            let is = screened.party.is_held();
            match self.commit(screened.records, screened.events, by).await {
                Ok(()) => return Ok((is != was).then_some(is)),
                Err(error) if others_were_faster(&error) => {
                    match self.party(known.role, &known.reference).await? {
                        Some(read) => party = read.value,
                        None => return Ok(None),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Who has to be screened in full, on all processors, with the hits that made them so.
async fn suspects(page: Vec<Party>, delta: Option<Arc<Delta>>) -> Vec<(Party, Vec<Found>)> {
    let alone = |party: Party| (party, Vec::new());
    let Some(delta) = delta else { return page.into_iter().map(alone).collect() };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = page.len().div_ceil(workers).max(1);
    let tasks: Vec<_> = page
        .chunks(share)
        .map(|part| {
            let (part, delta) = (part.to_vec(), delta.clone());
            tokio::task::spawn_blocking(move || {
                let like = |party: Party| {
                    let matches = delta.screener.screen(&party.subject, 0);
                    let found: Vec<Found> = matches.into_iter().filter(|m| m.hit).map(Found::of).collect();
                    (party.is_held() || !found.is_empty()).then_some((party, found))
                };
                part.into_iter().filter_map(like).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut found = Vec::new();
    for (task, part) in tasks.into_iter().zip(page.chunks(share)) {
        // Whose comparison was cut off is screened in full.
        found.extend(task.await.unwrap_or_else(|_| part.iter().cloned().map(alone).collect()));
    }
    found
}
