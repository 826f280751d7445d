//! What people do about cases, and snoozes.

use super::records::state_name;
use super::sealed::{Kept, while_others_are_faster};
use super::{CaseDesk, CaseId, SnoozeId, SnoozeKept};
use crate::aml::{AmlError, Answering};
use pmts_compliance::aml::cases::{Case, CaseError, CaseState};
use pmts_compliance::aml::monitor::{Outcome, Snooze};
use pmts_kernel::{Principal, Timestamp};
use pmts_store::Versioned;

/// The longest note or reason, in bytes.
const TEXT_MAX: usize = 10_000;
/// The longest snooze, in days.
const SNOOZE_DAYS_MAX: u32 = 365;

/// What somebody does about a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseStep {
    /// Takes it, or takes it up again: then a reason is needed.
    Investigate(String),
    /// Gives it back.
    GiveBack,
    /// Waits for information, with a reason.
    Wait(String),
    /// Says what it is; another person has to approve.
    Decide {
        /// What came of the alerts.
        outcome: Outcome,
        /// Whether it is to be reported.
        report: bool,
        /// Why.
        reason: String,
    },
    /// Agrees with what another person said.
    Approve,
    /// Writes a note.
    Note(String),
    /// It has to do with another case.
    Link(CaseId),
    /// It is not known who is behind it: the report has longer.
    NoSuspect,
}

impl CaseStep {
    fn text(&self) -> &str {
        match self {
            Self::Investigate(text) | Self::Wait(text) | Self::Note(text) => text,
            Self::Decide { reason, .. } => reason,
            Self::GiveBack | Self::Approve | Self::Link(_) | Self::NoSuspect => "",
        }
    }
}

impl CaseDesk {
    /// Cases, newest first: all that are not over, those in a state, or those about somebody.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn cases(
        &self,
        state: Option<CaseState>,
        subject: Option<&str>,
    ) -> Result<Vec<Case>, AmlError> {
        let mut all = Vec::new();
        match (state, subject) {
            (state, Some(subject)) => {
                all.extend(self.every::<Case>(&format!("case/subject/{subject}")).await?);
                all.retain(|c| state.is_none_or(|s| c.value.state == s));
            }
            (Some(state), None) => {
                all.extend(self.every::<Case>(&format!("case/state/{}", state_name(state))).await?);
            }
            (None, None) => {
                let over = [CaseState::Closed, CaseState::Reported];
                for state in CaseState::ALL.into_iter().filter(|s| !over.contains(s)) {
                    all.extend(self.every::<Case>(&format!("case/state/{}", state_name(state))).await?);
                }
                all.sort_unstable_by_key(|c| std::cmp::Reverse(c.value.id()));
            }
        }
        Ok(all.into_iter().map(|c| c.value).collect())
    }

    /// A case.
    ///
    /// # Errors
    /// [`AmlError::Missing`], [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn case(&self, id: CaseId) -> Result<Versioned<Case>, AmlError> {
        self.find::<Case>(id.raw()).await?.ok_or_else(|| AmlError::Missing(id.to_string()))
    }

    /// Does something about a case.
    ///
    /// # Errors
    /// [`AmlError::Case`] for a step that its state, or who takes it, does not allow; [`AmlError::Missing`]; [`AmlError::Text`]; as of the store.
    pub async fn step(
        &self,
        id: CaseId,
        step: &CaseStep,
        by: &Principal,
        answer: Answering<'_, Case>,
    ) -> Result<Case, AmlError> {
        if step.text().len() > TEXT_MAX {
            return Err(AmlError::Text(TEXT_MAX));
        }
        while_others_are_faster!({
            let Versioned { version, value: mut case } = self.case(id).await?;
            let now = self.clock.now();
            let mut records = Vec::new();
            match step {
                CaseStep::Investigate(reason) => case.investigate(by, now, reason)?,
                CaseStep::GiveBack => case.give_back(by, now)?,
                CaseStep::Wait(reason) => case.wait(by, now, reason)?,
                CaseStep::Decide { outcome, report, reason } => {
                    case.decide(*outcome, *report, reason, by, now)?;
                }
                CaseStep::Approve => case.approve(by, now)?,
                CaseStep::Note(text) if text.trim().is_empty() => return Err(CaseError::NoReason.into()),
                CaseStep::Note(text) => case.note(text, by, now),
                CaseStep::Link(other) => {
                    let Versioned { version, value: mut linked } = self.case(*other).await?;
                    case.link(&linked.id);
                    linked.link(&case.id);
                    if *other != id {
                        records.push(self.write(&linked, version)?);
                    }
                }
                CaseStep::NoSuspect => {
                    case.suspect_known = false;
                    case.note("no suspect is known", by, now);
                }
            }
            records.push(self.write(&case, version)?);
            self.commit_answered(records, answer(&case), by).await?;
            Ok(case)
        })
    }

    /// For so many days a scenario makes no cases about somebody; its alerts are kept all the same.
    ///
    /// # Errors
    /// [`AmlError::Case`] without a reason; [`AmlError::Missing`] for a scenario that is not in force; [`AmlError::Days`]; as of the store.
    pub async fn snooze(
        &self,
        scenario: &str,
        party: &str,
        days: u32,
        reason: &str,
        by: &Principal,
        answer: Answering<'_, SnoozeKept>,
    ) -> Result<SnoozeKept, AmlError> {
        if reason.trim().is_empty() {
            return Err(CaseError::NoReason.into());
        }
        if reason.len() > TEXT_MAX || party.len() > TEXT_MAX {
            return Err(AmlError::Text(TEXT_MAX));
        }
        if days == 0 || days > SNOOZE_DAYS_MAX {
            return Err(AmlError::Days(SNOOZE_DAYS_MAX));
        }
        if !self.scenarios().await?.1.scenarios.iter().any(|s| s.name == scenario) {
            return Err(AmlError::Missing(format!("the scenario {scenario}")));
        }
        let created = self.clock.now();
        let until = created.saturating_add_secs(i64::from(days) * 86_400);
        let [scenario, party, reason] = [scenario, party, reason].map(str::to_owned);
        let snooze = Snooze { scenario, party, until, by: by.to_string(), reason };
        let kept = SnoozeKept { id: SnoozeId::from_raw(self.ids.next_id()), snooze, created };
        self.commit_answered(vec![self.write(&kept, 0)?], answer(&kept), by).await?;
        Ok(kept)
    }

    /// The snoozes that are not over, newest first.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn snoozes(&self) -> Result<Vec<SnoozeKept>, AmlError> {
        let now: Timestamp = self.clock.now();
        let all = self.every::<SnoozeKept>(SnoozeKept::WHAT).await?;
        Ok(all.into_iter().map(|s| s.value).filter(|s| s.snooze.until > now).collect())
    }
}
