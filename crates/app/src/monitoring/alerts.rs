//! Alerts become cases, in the commit that says how far the outbox was watched.

use super::records::{is_live, is_taking, takes};
use super::sealed::{Kept, while_others_are_faster};
use super::{AlertId, AlertKept, CaseDesk, CaseId, Place, PlaceRecord, SnoozeKept};
use crate::aml::AmlError;
use pmts_compliance::aml::cases::Case;
use pmts_compliance::aml::monitor::Alert;
use pmts_kernel::{Principal, Timestamp};
use pmts_store::{StoreExt, Versioned, Write};
use std::collections::HashMap;

/// So many alerts are kept in one commit.
const CHUNK: usize = 100;
/// So many others of an alert are looked up for cases of their own.
const OTHERS_MAX: usize = 20;

/// What became of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// Kept for the first time.
    pub kept: u64,
    /// Cases that were opened.
    pub opened: u64,
}

/// Cases that are changed in a commit, with the versions they were read at.
#[derive(Default)]
struct Changed {
    cases: Vec<Versioned<Case>>,
    taking: HashMap<String, usize>,
    taken: Taken,
}

impl CaseDesk {
    /// How far the outbox was watched.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn place(&self) -> Result<Versioned<Place>, AmlError> {
        let read = self.store.get::<PlaceRecord>(1).await?;
        Ok(read.map_or(Versioned { version: 0, value: Place::default() }, |r| Versioned {
            version: r.version,
            value: r.value.0,
        }))
    }

    /// Keeps alerts, those of live scenarios in cases, and that the outbox was watched up to `read`, where `unpriced` movements could not be
    /// judged. If another node has watched as far by now, nothing is done: it found the same.
    ///
    /// # Errors
    /// [`AmlError::Commit`], [`AmlError::Store`], [`AmlError::Sealed`]. What was kept before stays, and is not kept again.
    pub(super) async fn take(
        &self,
        alerts: &[Alert],
        read: u64,
        unpriced: u64,
        by: &Principal,
    ) -> Result<Taken, AmlError> {
        let mut all = Taken::default();
        let snoozes = if alerts.is_empty() { Vec::new() } else { self.snoozes().await? };
        let mut chunks = alerts.chunks(CHUNK).peekable();
        loop {
            let chunk = chunks.next().unwrap_or_default();
            let last = chunks.peek().is_none();
            let done = while_others_are_faster!({
                let place = self.place().await?;
                if place.value.read >= read {
                    return Ok(None);
                }
                let mut changed = Changed::default();
                let mut records = Vec::new();
                for alert in chunk {
                    self.keep(alert, &snoozes, &mut changed, &mut records).await?;
                }
                for case in &changed.cases {
                    records.push(self.write(&case.value, case.version)?);
                }
                if last {
                    let unpriced = place.value.unpriced.saturating_add(unpriced);
                    records.push(Write::put(&PlaceRecord(Place { read, unpriced }), place.version)?);
                }
                if !records.is_empty() {
                    self.commit(records, by).await?;
                }
                Ok(Some(changed.taken))
            });
            let Some(taken) = done? else { return Ok(all) };
            (all.kept, all.opened) = (all.kept + taken.kept, all.opened + taken.opened);
            if last {
                return Ok(all);
            }
        }
    }

    async fn keep(
        &self,
        alert: &Alert,
        snoozes: &[SnoozeKept],
        changed: &mut Changed,
        records: &mut Vec<Write>,
    ) -> Result<(), AmlError> {
        let id = AlertId::of(alert);
        if self.find::<AlertKept>(id.raw()).await?.is_some() {
            return Ok(());
        }
        let silences = |s: &&SnoozeKept| {
            let s = &s.snooze;
            s.scenario == alert.scenario && s.party == alert.subject && alert.at < s.until
        };
        let snoozed = snoozes.iter().find(silences).map(|s| s.id);
        let case = if is_live(alert) && snoozed.is_none() {
            Some(self.put_in_case(alert, changed).await?)
        } else {
            None
        };
        let kept = AlertKept { id, alert: alert.clone(), kept_at: self.clock.now(), case, snoozed };
        records.push(self.write(&kept, 0)?);
        changed.taken.kept += 1;
        Ok(())
    }

    /// Puts an alert into the case about its subject, or into a new one, and links it with those of the others in it.
    async fn put_in_case(&self, alert: &Alert, changed: &mut Changed) -> Result<CaseId, AmlError> {
        let there = self.taking(&alert.subject, changed).await?;
        let place = match there.filter(|place| changed.cases[*place].value.add(alert)) {
            Some(place) => place,
            None => {
                let id = CaseId::from_raw(self.ids.next_id());
                let mut case = Case::open(id.to_string(), alert)
                    .ok_or_else(|| AmlError::Missing(format!("a live scenario {}", alert.scenario)))?;
                // Clocks run from when it was found, which may be long after it happened.
                case.found_at = self.clock.now();
                // What was looked into before.
                let name = format!("case/subject/{}", alert.subject);
                let (earlier, _) = self.page::<Case>(&name, None, 1).await?;
                earlier.iter().for_each(|e| case.link(&e.value.id));
                changed.taken.opened += 1;
                changed.push(Versioned { version: 0, value: case })
            }
        };
        for other in alert.parties.iter().filter(|p| **p != alert.subject).take(OTHERS_MAX) {
            if let Some(other) = self.taking(other, changed).await? {
                let (one, two) =
                    (changed.cases[place].value.id.clone(), changed.cases[other].value.id.clone());
                changed.cases[place].value.link(&two);
                changed.cases[other].value.link(&one);
            }
        }
        changed.cases[place].value.id.parse().map_err(|_| AmlError::Sealed)
    }

    /// The case about somebody that takes alerts, if there is one.
    async fn taking(&self, subject: &str, changed: &mut Changed) -> Result<Option<usize>, AmlError> {
        if let Some(place) = changed.taking.get(subject) {
            return Ok(Some(*place).filter(|place| is_taking(&changed.cases[*place].value)));
        }
        let (mut found, _) = self.page::<Case>(&takes(subject), None, 1).await?;
        Ok(found.pop().map(|case| changed.push(case)))
    }

    /// Alerts, newest first: of a scenario, about somebody, since a time.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn alerts(
        &self,
        scenario: Option<&str>,
        subject: Option<&str>,
        since: Timestamp,
    ) -> Result<Vec<AlertKept>, AmlError> {
        let name = match (scenario, subject) {
            (_, Some(subject)) => format!("alert/subject/{subject}"),
            (Some(scenario), None) => format!("alert/scenario/{scenario}"),
            (None, None) => AlertKept::WHAT.to_owned(),
        };
        let mut all: Vec<AlertKept> =
            self.every::<AlertKept>(&name).await?.into_iter().map(|r| r.value).collect();
        all.retain(|a| a.alert.at >= since && scenario.is_none_or(|s| a.alert.scenario == s));
        // Ids are made of what was found, not of when.
        all.sort_unstable_by_key(|a| std::cmp::Reverse((a.alert.at, a.id)));
        Ok(all)
    }

    /// The alerts of a case, the oldest first.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn alerts_of(&self, case: &Case) -> Result<Vec<AlertKept>, AmlError> {
        let mut found = Vec::new();
        for (id, ..) in &case.alerts {
            let id = xxhash_rust::xxh3::xxh3_128(id.as_bytes());
            found.extend(self.find::<AlertKept>(id).await?.map(|r| r.value));
        }
        Ok(found)
    }
}

impl Changed {
    /// Another case, with its place.
    fn push(&mut self, case: Versioned<Case>) -> usize {
        self.taking.insert(case.value.subject.clone(), self.cases.len());
        self.cases.push(case);
        self.cases.len() - 1
    }
}
