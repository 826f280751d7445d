//! What is kept of the monitoring. The names of the kinds, and of what is sealed, are on disk and stay.

use super::CaseDesk;
use super::sealed::Kept;
use crate::aml::AmlError;
use crate::records::record_of;
use pmts_compliance::aml::cases::{Case, CaseKeys, CaseState};
use pmts_compliance::aml::monitor::{Alert, Fact, MovementKind, ScenarioState, Snooze};
use pmts_kernel::{Principal, Timestamp, typed_id};
use pmts_store::Record;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

typed_id! {
    /// An alert; made of the alert's own id.
    pub struct AlertId("alrt");
}
typed_id! {
    /// A case of the case team.
    pub struct CaseId("amlc");
}
typed_id! {
    /// A snooze of a scenario about somebody.
    pub struct SnoozeId("snz");
}
typed_id! {
    /// A report to the authorities.
    pub struct FilingId("bsa");
}
typed_id! {
    /// Facts that were told together.
    pub struct FactsId("facts");
}

impl AlertId {
    /// The id under which an alert is kept.
    pub fn of(alert: &Alert) -> Self {
        Self::from_raw(xxh3_128(alert.id.as_bytes()))
    }
}

/// An alert, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertKept {
    /// Its id.
    pub id: AlertId,
    /// What was found.
    pub alert: Alert,
    /// When it was kept.
    pub kept_at: Timestamp,
    /// The case it is in; `None`: the scenario runs in the shadow, or it is snoozed.
    pub case: Option<CaseId>,
    /// The snooze that kept it from becoming a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed: Option<SnoozeId>,
}

impl Kept for AlertKept {
    const WHAT: &'static str = "alert";

    fn id(&self) -> u128 {
        self.id.raw()
    }

    fn names(&self) -> Vec<String> {
        let Alert { scenario, subject, .. } = &self.alert;
        vec![format!("alert/scenario/{scenario}"), format!("alert/subject/{subject}")]
    }
}

/// The name of a state.
pub(super) fn state_name(state: CaseState) -> &'static str {
    match state {
        CaseState::Open => "open",
        CaseState::Investigating => "investigating",
        CaseState::Waiting => "waiting",
        CaseState::InReview => "in_review",
        CaseState::Closed => "closed",
        CaseState::ToReport => "to_report",
        CaseState::Reported => "reported",
    }
}

/// The name under which the cases about somebody are listed that take more alerts.
pub(super) fn takes(subject: &str) -> String {
    format!("case/takes/{subject}")
}

/// Whether a case takes more alerts.
pub(super) fn is_taking(case: &Case) -> bool {
    matches!(case.state, CaseState::Open | CaseState::Investigating | CaseState::Waiting)
        && case.alerts.len() < ALERTS_MAX
}

/// A case has so many alerts at most; then there is another.
const ALERTS_MAX: usize = 200;

impl Kept for Case {
    const WHAT: &'static str = "case";

    fn id(&self) -> u128 {
        self.id.parse::<CaseId>().map_or(0, CaseId::raw)
    }

    fn names(&self) -> Vec<String> {
        let mut names =
            vec![format!("case/state/{}", state_name(self.state)), format!("case/subject/{}", self.subject)];
        names.extend(is_taking(self).then(|| takes(&self.subject)));
        names
    }
}

/// A snooze as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnoozeKept {
    /// Its id.
    pub id: SnoozeId,
    /// What it is.
    pub snooze: Snooze,
    /// Since when.
    pub created: Timestamp,
}

impl Kept for SnoozeKept {
    const WHAT: &'static str = "snooze";

    fn id(&self) -> u128 {
        self.id.raw()
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// FinCEN form 111.
    Sar,
    /// FinCEN form 112.
    Ctr,
    /// Form 8300.
    Form8300,
}

impl Form {
    /// Its name: `SAR`, `CTR`, `8300`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sar => "SAR",
            Self::Ctr => "CTR",
            Self::Form8300 => "8300",
        }
    }
}

/// A batch for the authorities, with the file as it was made.
#[derive(Clone, Serialize, Deserialize)]
pub struct Filing {
    /// Its id.
    pub id: FilingId,
    /// Which form.
    pub form: Form,
    /// About whom; of a CTR each with its business day, in days since 1970-01-01.
    pub about: Vec<(String, Option<i64>)>,
    /// The case it comes from.
    pub case: Option<CaseId>,
    /// When it was made, and by whom.
    pub made: (Timestamp, Principal),
    /// The file: XML for the E-Filing System.
    pub file: String,
    /// When it was filed, by whom, and the number that FinCEN gave it.
    pub filed: Option<(Timestamp, Principal, u64)>,
}

/// Five years, in seconds (31 CFR 1010.430(d)).
const KEPT_SECS: i64 = (5 * 365 + 2) * 86_400;

impl Filing {
    /// Until when it has to be kept.
    pub fn keep_until(&self) -> Timestamp {
        let from = self.filed.as_ref().map_or(self.made.0, |(at, ..)| *at);
        from.saturating_add_secs(KEPT_SECS)
    }
}

/// The name of who is reported for a business day.
pub(super) fn cash_name(person: &str, day: i64) -> String {
    format!("filing/ctr/{day}/{person}")
}

/// The name of who suspicious activity was reported of.
fn sar_name(person: &str) -> String {
    format!("filing/sar/{person}")
}

impl CaseDesk {
    /// Whether suspicious activity of somebody was reported. **For the case team alone.**
    pub(crate) async fn is_reported(&self, person: &str) -> Result<bool, AmlError> {
        let reports = self.every::<Filing>(&sar_name(person)).await?;
        Ok(reports.iter().any(|r| r.value.filed.is_some()))
    }
}

impl Kept for Filing {
    const WHAT: &'static str = "filing";

    fn id(&self) -> u128 {
        self.id.raw()
    }

    fn names(&self) -> Vec<String> {
        let of_case = self.case.map(|case| format!("filing/case/{case}"));
        let sar = self.about.iter().filter(|_| self.form == Form::Sar).map(|(person, _)| sar_name(person));
        let of_days = self.about.iter().filter_map(|(person, day)| Some(cash_name(person, (*day)?)));
        of_case.into_iter().chain(of_days).chain(sar).collect()
    }
}

record_of! {
    /// The keys that cases are sealed with, wrapped. There is one.
    CaseKeysRecord(CaseKeys), "aml_case_keys", |_k| 1, vec![]
}

/// How far the outbox was watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// The position up to which all alerts are kept.
    pub read: u64,
    /// Movements that could not be judged: their worth in the scenarios' currency is not known.
    pub unpriced: u64,
}

record_of! {
    /// How far the outbox was watched. There is one.
    PlaceRecord(Place), "aml_place", |_p| 1, vec![]
}

/// A set of scenarios, as it was put in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenariosRecord {
    /// Which one, from 1 on; the last is in force.
    pub number: u32,
    /// The file.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
}

impl Record for ScenariosRecord {
    const KIND: &'static str = "aml_scenarios";

    fn record_id(&self) -> u128 {
        u128::from(self.number)
    }
}

/// Facts that the shop told together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactsRecord {
    /// Their id.
    pub id: FactsId,
    /// The facts.
    pub facts: Vec<Fact>,
    /// When they were told.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
}

/// The day of a time, in days since 1970-01-01, UTC.
pub(super) fn day_of(at: Timestamp) -> i64 {
    at.as_secs().div_euclid(86_400)
}

impl Record for FactsRecord {
    const KIND: &'static str = "aml_facts";

    fn record_id(&self) -> u128 {
        self.id.raw()
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        let cash = self.facts.iter().filter_map(|fact| match fact {
            Fact::Moved(m) if matches!(m.kind, MovementKind::CashIn | MovementKind::CashOut) => {
                Some(day_of(m.at))
            }
            _ => None,
        });
        let mut days: Vec<i64> = cash.collect();
        days.sort_unstable();
        days.dedup();
        days.into_iter().map(|day| ("cash", day.to_string())).collect()
    }
}

/// Whether an alert becomes a case if nothing speaks against it.
pub(super) fn is_live(alert: &Alert) -> bool {
    alert.state == ScenarioState::Live
}
