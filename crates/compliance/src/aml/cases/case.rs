//! A case: alerts about somebody, looked into and decided.

use super::error::CaseError;
use crate::aml::monitor::{Alert, Outcome, ScenarioState};
use pmts_kernel::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Nobody has looked at it.
    Open,
    /// Somebody looks into it.
    Investigating,
    /// Somebody waits for information.
    Waiting,
    /// Decided; another person has to approve.
    InReview,
    /// Closed without a report.
    Closed,
    /// Closed; a report is to be filed.
    ToReport,
    /// The report is filed.
    Reported,
}

use CaseState::{Closed, InReview, Investigating, Open, Reported, ToReport, Waiting};

/// What leads where. All else is refused.
pub const MOVES: [(CaseState, CaseState); 11] = [
    (Open, Investigating),
    (Investigating, Open),
    (Investigating, Waiting),
    (Waiting, Investigating),
    (Investigating, InReview),
    (InReview, Investigating),
    (InReview, Closed),
    (InReview, ToReport),
    (ToReport, Reported),
    (Closed, Investigating),
    // Activity that goes on after a report is looked at again.
    (Reported, Investigating),
];

impl CaseState {
    /// All of them.
    pub const ALL: [Self; 7] = [Open, Investigating, Waiting, InReview, Closed, ToReport, Reported];

    /// Whether it leads there.
    pub fn may_become(self, next: Self) -> bool {
        MOVES.contains(&(self, next))
    }
}

/// What somebody wrote, or did, and when. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
    /// What.
    pub text: String,
}

/// What somebody decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What came of the alerts.
    pub outcome: Outcome,
    /// Whether it is to be reported.
    pub report: bool,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: Principal,
    /// When.
    pub at: Timestamp,
    /// Who approved it: another person.
    pub approved_by: Option<Principal>,
}

/// By when something has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Somebody has to look at it: 3 days. Our own rule.
    Look,
    /// It has to be reported or closed: 30 days after it was found, 60 if no suspect is known (31 CFR 1020.320(b)(3)).
    Report,
    /// What goes on after a report is looked at again: 90 days after it (FinCEN, continuing activity).
    Continuing,
}

/// A day, in seconds.
const DAY: i64 = 86_400;

/// A case. Each step gives what it has to be refused for, or changes it and adds a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// Whom it is about.
    pub subject: String,
    /// The alerts, by their ids, each with its scenario and the version of that.
    pub alerts: Vec<(String, String, u32)>,
    /// Where it stands.
    pub state: CaseState,
    /// When the first alert was raised: clocks run from there.
    pub found_at: Timestamp,
    /// Whether a suspect is known.
    pub suspect_known: bool,
    /// Who looks into it.
    pub assigned: Option<Principal>,
    /// Other cases it has to do with, by their ids.
    pub links: Vec<String>,
    /// What was written and done.
    pub notes: Vec<Note>,
    /// What was decided.
    pub decision: Option<Decision>,
    /// When the last report was filed.
    pub reported_at: Option<Timestamp>,
}

impl Case {
    /// A case from an alert; `None` if the scenario was not live: what runs in the shadow makes no cases.
    pub fn open(id: impl Into<String>, alert: &Alert) -> Option<Self> {
        let named = (alert.id.clone(), alert.scenario.clone(), alert.version);
        (alert.state == ScenarioState::Live).then(|| Self {
            id: id.into(),
            subject: alert.subject.clone(),
            alerts: vec![named],
            state: Open,
            found_at: alert.at,
            suspect_known: true,
            assigned: None,
            links: Vec::new(),
            notes: Vec::new(),
            decision: None,
            reported_at: None,
        })
    }

    /// Adds another alert about the same customer, once. Whether it was added: not to a case that is closed.
    pub fn add(&mut self, alert: &Alert) -> bool {
        let takes = matches!(self.state, Open | Investigating | Waiting) && alert.subject == self.subject;
        let new = alert.state == ScenarioState::Live && !self.alerts.iter().any(|(id, _, _)| *id == alert.id);
        if takes && new {
            self.alerts.push((alert.id.clone(), alert.scenario.clone(), alert.version));
        }
        takes && new
    }

    /// Links it with another case, once.
    pub fn link(&mut self, other: &str) {
        if other != self.id && !self.links.iter().any(|l| l == other) {
            self.links.push(other.to_owned());
        }
    }

    /// Writes a note.
    pub fn note(&mut self, text: impl Into<String>, by: &Principal, at: Timestamp) {
        self.notes.push(Note { at, by: by.clone(), text: text.into() });
    }

    fn go(&mut self, to: CaseState, by: &Principal, at: Timestamp, why: &str) -> Result<(), CaseError> {
        if !self.state.may_become(to) {
            return Err(CaseError::Move { from: self.state, to });
        }
        let why = if why.trim().is_empty() { String::new() } else { format!(": {why}") };
        self.note(format!("{:?} to {to:?}{why}", self.state), by, at);
        self.state = to;
        Ok(())
    }

    /// Takes it, or takes it up again.
    ///
    /// # Errors
    /// [`CaseError::Move`]; [`CaseError::NoReason`] if it was decided and no reason is given.
    pub fn investigate(&mut self, by: &Principal, at: Timestamp, reason: &str) -> Result<(), CaseError> {
        if self.decision.is_some() && reason.trim().is_empty() {
            return Err(CaseError::NoReason);
        }
        self.go(Investigating, by, at, reason)?;
        self.assigned = Some(by.clone());
        self.decision = None;
        Ok(())
    }

    /// Gives it back.
    ///
    /// # Errors
    /// [`CaseError::Move`].
    pub fn give_back(&mut self, by: &Principal, at: Timestamp) -> Result<(), CaseError> {
        self.go(Open, by, at, "given back")?;
        self.assigned = None;
        Ok(())
    }

    /// Waits for information. Clocks go on.
    ///
    /// # Errors
    /// [`CaseError::Move`], [`CaseError::NoReason`].
    pub fn wait(&mut self, by: &Principal, at: Timestamp, reason: &str) -> Result<(), CaseError> {
        if reason.trim().is_empty() {
            return Err(CaseError::NoReason);
        }
        self.go(Waiting, by, at, reason)
    }

    /// Decides. Another person has to approve, whatever was decided.
    ///
    /// # Errors
    /// [`CaseError::Move`], [`CaseError::NoReason`].
    pub fn decide(
        &mut self,
        outcome: Outcome,
        report: bool,
        reason: &str,
        by: &Principal,
        at: Timestamp,
    ) -> Result<(), CaseError> {
        if reason.trim().is_empty() {
            return Err(CaseError::NoReason);
        }
        self.go(InReview, by, at, reason)?;
        let (by, reason) = (by.clone(), reason.to_owned());
        self.decision = Some(Decision { outcome, report, reason, by, at, approved_by: None });
        Ok(())
    }

    /// Approves what another person decided.
    ///
    /// # Errors
    /// [`CaseError::NotPending`], [`CaseError::SamePerson`].
    pub fn approve(&mut self, by: &Principal, at: Timestamp) -> Result<(), CaseError> {
        let decision =
            self.decision.as_mut().filter(|_| self.state == InReview).ok_or(CaseError::NotPending)?;
        if decision.by == *by {
            return Err(CaseError::SamePerson);
        }
        decision.approved_by = Some(by.clone());
        let to = if decision.report { ToReport } else { Closed };
        self.go(to, by, at, "approved")
    }

    /// The report was filed.
    ///
    /// # Errors
    /// [`CaseError::Move`].
    pub fn filed(&mut self, by: &Principal, at: Timestamp) -> Result<(), CaseError> {
        self.go(Reported, by, at, "filed")?;
        self.reported_at = Some(at);
        Ok(())
    }

    /// The clocks that run, each with the time it runs out.
    pub fn clocks(&self) -> Vec<(Clock, Timestamp)> {
        let report = self.found_at.saturating_add_secs(if self.suspect_known { 30 } else { 60 } * DAY);
        match (self.state, self.reported_at) {
            (Open, None) => {
                vec![(Clock::Look, self.found_at.saturating_add_secs(3 * DAY)), (Clock::Report, report)]
            }
            (Investigating | Waiting | InReview | ToReport, None) => vec![(Clock::Report, report)],
            (Reported, Some(filed)) => vec![(Clock::Continuing, filed.saturating_add_secs(90 * DAY))],
            // Taken up again after a report: the next is due 120 days after it.
            (Open | Investigating | Waiting | InReview | ToReport, Some(filed)) => {
                vec![(Clock::Report, filed.saturating_add_secs(120 * DAY))]
            }
            (Closed, _) | (Reported, None) => Vec::new(),
        }
    }

    /// The clocks that have run out.
    pub fn overdue(&self, now: Timestamp) -> Vec<Clock> {
        self.clocks().into_iter().filter(|(_, due)| *due <= now).map(|(clock, _)| clock).collect()
    }

    /// Until when a case that is over is kept: five years (31 CFR 1010.430(d), 1020.320(d)); `None` if it is not over.
    pub fn keep_until(&self) -> Option<Timestamp> {
        let over = match self.state {
            Reported => self.reported_at,
            Closed => self.notes.last().map(|n| n.at),
            _ => None,
        };
        over.map(|at| at.saturating_add_secs((5 * 365 + 2) * DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(name: &str) -> Principal {
        Principal::try_new(format!("user:{name}")).unwrap()
    }

    fn day(n: i64) -> Timestamp {
        Timestamp::from_micros(n * DAY * 1_000_000)
    }

    fn alert(state: ScenarioState) -> Alert {
        let text = |t: &str| t.to_owned();
        Alert {
            id: text("structuring.1:c1:m1"),
            scenario: text("structuring"),
            version: 1,
            state,
            subject: text("c1"),
            parties: vec![text("c1")],
            at: day(0),
            movements: vec![text("m1")],
            figures: Vec::new(),
            why: text("why"),
        }
    }

    fn case() -> Case {
        Case::open("case1", &alert(ScenarioState::Live)).unwrap()
    }

    #[test]
    fn every_pair_of_states_is_allowed_or_refused() {
        for from in CaseState::ALL {
            for to in CaseState::ALL {
                let mut case = case();
                case.state = from;
                let went = case.go(to, &who("ann"), day(1), "x");
                let allowed = MOVES.contains(&(from, to));
                assert_eq!(went.is_ok(), allowed, "{from:?} to {to:?}");
                assert_eq!((case.state, case.notes.len()), if allowed { (to, 1) } else { (from, 0) });
            }
        }
        // No way to an end but through a second person's review.
        for end in [Closed, ToReport] {
            assert!(CaseState::ALL.iter().all(|from| !from.may_become(end) || *from == InReview));
        }
    }

    #[test]
    fn a_decision_needs_a_reason_and_another_person() {
        let mut case = case();
        let (ann, bob) = (who("ann"), who("bob"));
        assert_eq!(case.approve(&bob, day(1)), Err(CaseError::NotPending));
        case.investigate(&ann, day(1), "").unwrap();
        assert_eq!(case.decide(Outcome::Confirmed, true, "  ", &ann, day(2)), Err(CaseError::NoReason));
        case.decide(Outcome::Confirmed, true, "cash in pieces", &ann, day(2)).unwrap();
        assert_eq!(case.approve(&ann, day(3)), Err(CaseError::SamePerson));
        assert_eq!(case.investigate(&bob, day(3), ""), Err(CaseError::NoReason));
        case.approve(&bob, day(3)).unwrap();
        assert_eq!((case.state, case.keep_until()), (ToReport, None));
        case.filed(&ann, day(4)).unwrap();
        assert_eq!(case.keep_until(), Some(day(4 + 5 * 365 + 2)));
        assert_eq!(case.approve(&bob, day(5)), Err(CaseError::NotPending));
    }

    #[test]
    fn clocks_run_from_the_first_alert_and_again_after_a_report() {
        let mut case = case();
        assert_eq!(case.overdue(day(2)), []);
        assert_eq!(case.overdue(day(3)), [Clock::Look]);
        assert_eq!(case.overdue(day(30)), [Clock::Look, Clock::Report]);
        case.suspect_known = false;
        assert_eq!(case.overdue(day(59)), [Clock::Look]);
        case.suspect_known = true;
        let (ann, bob) = (who("ann"), who("bob"));
        case.investigate(&ann, day(4), "").unwrap();
        assert_eq!(case.overdue(day(29)), []);
        case.decide(Outcome::Confirmed, true, "why", &ann, day(5)).unwrap();
        case.approve(&bob, day(5)).unwrap();
        case.filed(&ann, day(10)).unwrap();
        assert_eq!((case.overdue(day(99)), case.overdue(day(100))), (vec![], vec![Clock::Continuing]));
        case.investigate(&ann, day(100), "goes on").unwrap();
        assert_eq!(case.clocks(), [(Clock::Report, day(130))]);
    }

    #[test]
    fn what_runs_in_the_shadow_makes_no_case_and_an_alert_counts_once() {
        assert!(Case::open("x", &alert(ScenarioState::Shadow)).is_none());
        let mut case = case();
        assert!(!case.add(&alert(ScenarioState::Live)), "it is in already");
        let other = Alert { id: "another".to_owned(), ..alert(ScenarioState::Live) };
        assert!(case.add(&other) && !case.add(&other) && case.alerts.len() == 2);
        assert!(!case.add(&Alert { id: "c".to_owned(), subject: "c2".to_owned(), ..other }));
        case.link("case2");
        case.link("case2");
        case.link("case1");
        assert_eq!(case.links, ["case2"]);
    }
}
