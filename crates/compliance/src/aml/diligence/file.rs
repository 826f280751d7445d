//! What is known of somebody, and where its checking stands.

use super::error::DiligenceError;
use super::identity::{DocumentKind, Missing, Pep, Subject};
use super::rules::{Level, Rating, Rules};
use pmts_kernel::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Something is being gathered.
    Open,
    /// All is there; somebody has to approve.
    Submitted,
    /// It is known who they are.
    Verified,
    /// Nothing is received or paid until it is looked at again.
    Restricted,
    /// Nothing is done with them.
    Refused,
}

use FileState::{Open, Refused, Restricted, Submitted, Verified};

impl FileState {
    /// All of them.
    pub const ALL: [Self; 5] = [Open, Submitted, Verified, Restricted, Refused];

    /// What leads where. All else is refused.
    pub const MOVES: [(Self, Self); 10] = [
        (Open, Submitted),
        (Open, Refused),
        (Submitted, Open),
        (Submitted, Verified),
        (Submitted, Refused),
        (Verified, Open),
        (Verified, Restricted),
        (Restricted, Open),
        (Restricted, Refused),
        (Refused, Open),
    ];

    /// Whether it leads there.
    pub fn may_become(self, next: Self) -> bool {
        Self::MOVES.contains(&(self, next))
    }
}

/// What somebody did, and when. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
    /// What, and why.
    pub text: String,
}

/// What somebody tells of themselves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Who they are.
    pub subject: Subject,
    /// What they want the account for.
    pub purpose: String,
    /// What they say comes in within a month, in minor units of the rules' currency.
    pub monthly_minor: Option<i64>,
    /// Whether much currency is expected.
    pub cash_expected: bool,
}

/// What is known of somebody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Who they are, as in payments: `seller:22`.
    pub party: String,
    /// What they tell.
    pub told: Told,
    /// Whether they were reported before. **For the case team alone: a rating that rests on it must not be shown to others.**
    pub reported: bool,
    /// Where it stands.
    pub state: FileState,
    /// How risky they are, as it was when it was submitted last.
    pub rating: Option<Rating>,
    /// Who submitted it.
    pub submitted_by: Option<Principal>,
    /// When it is to be looked at again.
    pub review_due: Option<Timestamp>,
    /// While it is looked at again, what was allowed before is allowed until then.
    pub lapses: Option<Timestamp>,
    /// What was done.
    pub events: Vec<Event>,
}

impl File {
    /// A file of which nothing is checked.
    pub fn new(party: impl Into<String>, told: Told) -> Self {
        Self {
            party: party.into(),
            told,
            reported: false,
            state: Open,
            rating: None,
            submitted_by: None,
            review_due: None,
            lapses: None,
            events: Vec::new(),
        }
    }

    /// What is still needed before it can be submitted.
    pub fn missing(&self, rules: &Rules, now: Timestamp) -> Vec<Missing> {
        let mut out = self.told.subject.missing(now);
        let mut need = |kept: bool, what: &'static str| {
            if !kept {
                out.push(Missing { of: "file".to_owned(), what });
            }
        };
        need(!self.told.purpose.trim().is_empty(), "what the account is for");
        need(self.told.monthly_minor.is_some_and(|m| m >= 0), "what is expected within a month");
        if rules.rate(self).open_level == Level::High {
            let has = |kind: DocumentKind| {
                self.told
                    .subject
                    .documents()
                    .iter()
                    .any(|d| d.kind == kind && d.verified.is_some_and(|at| at <= now))
            };
            need(has(DocumentKind::SourceOfFunds), "where the money comes from, verified (high risk)");
            let pep = self.told.subject.humans().iter().any(|h| h.pep == Pep::Yes);
            need(
                !pep || has(DocumentKind::SourceOfWealth),
                "where the wealth comes from, verified (politically exposed)",
            );
        }
        out
    }

    /// What is told is now this; gives whether it is other than before. What was submitted is open again, what was verified is looked at again, with what was
    /// allowed for the rules' grace.
    ///
    /// # Errors
    /// [`DiligenceError::Shares`]; [`DiligenceError::Move`] if it is restricted or refused: somebody has to take it up first.
    pub fn tell(
        &mut self,
        told: Told,
        rules: &Rules,
        by: &Principal,
        now: Timestamp,
    ) -> Result<bool, DiligenceError> {
        if !told.subject.shares_fit() {
            return Err(DiligenceError::Shares);
        }
        if told == self.told {
            return Ok(false);
        }
        match self.state {
            Open => self.events.push(Event { at: now, by: by.clone(), text: "told more".to_owned() }),
            Submitted | Verified => self.reopen(rules, "what is told changed", by, now)?,
            Restricted | Refused => return Err(DiligenceError::Move { from: self.state, to: Open }),
        }
        self.told = told;
        Ok(true)
    }

    fn go(&mut self, to: FileState, by: &Principal, at: Timestamp, why: &str) -> Result<(), DiligenceError> {
        if !self.state.may_become(to) {
            return Err(DiligenceError::Move { from: self.state, to });
        }
        let why = if why.trim().is_empty() { String::new() } else { format!(": {why}") };
        self.events.push(Event { at, by: by.clone(), text: format!("{:?} to {to:?}{why}", self.state) });
        self.state = to;
        Ok(())
    }

    /// All is there: it is rated, and somebody has to approve.
    ///
    /// # Errors
    /// [`DiligenceError::Move`], [`DiligenceError::Shares`], [`DiligenceError::Incomplete`].
    pub fn submit(
        &mut self,
        rules: &Rules,
        by: &Principal,
        now: Timestamp,
    ) -> Result<&Rating, DiligenceError> {
        if !self.state.may_become(Submitted) {
            return Err(DiligenceError::Move { from: self.state, to: Submitted });
        }
        if !self.told.subject.shares_fit() {
            return Err(DiligenceError::Shares);
        }
        let missing = self.missing(rules, now);
        if !missing.is_empty() {
            return Err(DiligenceError::Incomplete(missing));
        }
        self.go(Submitted, by, now, "")?;
        self.submitted_by = Some(by.clone());
        Ok(self.rating.insert(rules.rate(self)))
    }

    /// It is known who they are. At high risk a second person has to say so.
    ///
    /// # Errors
    /// [`DiligenceError::Move`], [`DiligenceError::SamePerson`]; [`DiligenceError::Incomplete`] if something expired since it was submitted.
    pub fn approve(&mut self, rules: &Rules, by: &Principal, now: Timestamp) -> Result<(), DiligenceError> {
        if !self.state.may_become(Verified) {
            return Err(DiligenceError::Move { from: self.state, to: Verified });
        }
        let missing = self.missing(rules, now);
        if !missing.is_empty() {
            return Err(DiligenceError::Incomplete(missing));
        }
        // What is known may have changed since, and so may the rules.
        let rating = rules.rate(self);
        if rating.level == Level::High && self.submitted_by.as_ref() == Some(by) {
            return Err(DiligenceError::SamePerson);
        }
        self.go(Verified, by, now, "")?;
        (self.review_due, self.lapses) = (Some(rules.review_due(rating.level, now)), None);
        self.rating = Some(rating);
        Ok(())
    }

    /// It is looked at again: a review is due, something changed, or more is needed. What was allowed stays allowed for the rules' grace, if it was
    /// verified.
    ///
    /// # Errors
    /// [`DiligenceError::Move`], [`DiligenceError::NoReason`].
    pub fn reopen(
        &mut self,
        rules: &Rules,
        reason: &str,
        by: &Principal,
        now: Timestamp,
    ) -> Result<(), DiligenceError> {
        if reason.trim().is_empty() {
            return Err(DiligenceError::NoReason);
        }
        let was = self.state;
        self.go(Open, by, now, reason)?;
        match was {
            Verified => self.lapses = Some(rules.grace_end(now)),
            Submitted => {}
            Open | Restricted | Refused => self.lapses = None,
        }
        Ok(())
    }

    /// Nothing is received or paid until it is looked at again.
    ///
    /// # Errors
    /// [`DiligenceError::Move`], [`DiligenceError::NoReason`].
    pub fn restrict(&mut self, reason: &str, by: &Principal, now: Timestamp) -> Result<(), DiligenceError> {
        self.stop(Restricted, reason, by, now)
    }

    /// Nothing is done with them.
    ///
    /// # Errors
    /// [`DiligenceError::Move`], [`DiligenceError::NoReason`].
    pub fn refuse(&mut self, reason: &str, by: &Principal, now: Timestamp) -> Result<(), DiligenceError> {
        self.stop(Refused, reason, by, now)
    }

    fn stop(
        &mut self,
        to: FileState,
        reason: &str,
        by: &Principal,
        now: Timestamp,
    ) -> Result<(), DiligenceError> {
        if reason.trim().is_empty() {
            return Err(DiligenceError::NoReason);
        }
        self.go(to, by, now, reason)?;
        self.lapses = None;
        Ok(())
    }

    /// Whether its review is due.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == Verified && self.review_due.is_some_and(|due| due <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;
    use crate::aml::party::{Country, DaySpan};

    const DAY: i64 = 86_400;

    fn who(name: &str) -> Principal {
        Principal::try_new(format!("user:{name}")).unwrap()
    }

    fn day(n: i64) -> Timestamp {
        Timestamp::from_micros(n * DAY * 1_000_000)
    }

    fn document(kind: DocumentKind) -> Document {
        Document { kind, reference: "doc-1".to_owned(), verified: Some(day(0)), expires: Some(day(2_000)) }
    }

    fn human(name: &str, country: &str) -> Human {
        Human {
            name: name.to_owned(),
            birth: DaySpan::parse("1980-02-29"),
            address: "1 High Street".to_owned(),
            country: Country::find(country),
            nationalities: vec![],
            documents: vec![document(DocumentKind::Passport)],
            pep: Pep::No,
        }
    }

    fn file(subject: Subject) -> File {
        let purpose = "sells books".to_owned();
        File::new("seller:22", Told { subject, purpose, monthly_minor: Some(100_000), cash_expected: false })
    }

    fn company(owners: Vec<(Control, Human)>, spread_bps: u16) -> Subject {
        Subject::Company(Company {
            name: "Books Ltd".to_owned(),
            registration: "123".to_owned(),
            country: Country::find("GB"),
            address: "2 High Street".to_owned(),
            documents: vec![document(DocumentKind::RegisterExtract)],
            owners: owners.into_iter().map(|(control, human)| Owner { control, human }).collect(),
            spread_bps,
        })
    }

    fn needed(file: &File) -> Vec<String> {
        file.missing(&shipped().unwrap(), day(1)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_pair_of_states_is_allowed_or_refused() {
        for from in FileState::ALL {
            for to in FileState::ALL {
                let mut file = file(Subject::Human(human("Ann", "GB")));
                file.state = from;
                let went = file.go(to, &who("ann"), day(1), "x");
                assert_eq!(went.is_ok(), FileState::MOVES.contains(&(from, to)), "{from:?} to {to:?}");
            }
        }
        assert!(
            FileState::ALL.iter().all(|s| !s.may_become(Verified) || *s == Submitted),
            "only what was submitted"
        );
    }

    #[test]
    fn a_human_is_known_by_all_of_it() {
        let rules = shipped().unwrap();
        let complete = file(Subject::Human(human("Ann", "GB")));
        assert_eq!(needed(&complete), [""; 0]);
        let with = |change: fn(&mut Human)| {
            let mut human = human("Ann", "GB");
            change(&mut human);
            needed(&file(Subject::Human(human))).len()
        };
        for change in [
            |h: &mut Human| h.name = " ".into(),
            |h: &mut Human| h.birth = DaySpan::parse("1980"),
            |h: &mut Human| h.address.clear(),
            |h: &mut Human| h.country = None,
            |h: &mut Human| h.documents.clear(),
            |h: &mut Human| h.documents[0].verified = None,
            |h: &mut Human| h.documents[0].verified = Some(Timestamp::MAX),
            |h: &mut Human| h.documents[0].expires = Some(day(1)),
            |h: &mut Human| h.documents[0].kind = DocumentKind::ProofOfAddress,
            |h: &mut Human| h.pep = Pep::Unknown,
        ] {
            assert_eq!(with(change), 1);
        }
        let mut unknown = complete;
        (unknown.told.monthly_minor, unknown.told.purpose) = (None, String::new());
        assert_eq!(unknown.missing(&rules, day(1)).len(), 2);
        let refused = unknown.submit(&rules, &who("ann"), day(1)).unwrap_err();
        assert!(matches!(refused, DiligenceError::Incomplete(missing) if missing.len() == 2));
        assert_eq!((unknown.state, unknown.events.len()), (Open, 0));
    }

    #[test]
    fn every_owner_of_a_quarter_and_one_who_directs_are_known() {
        let ann = || human("Ann", "GB");
        let directs = (Control::Directs, ann());
        let owns = |bps: u16| (Control::Owns(bps), ann());
        assert_eq!(needed(&file(company(vec![directs.clone(), owns(7_501)], 0))), [""; 0]);
        let hidden = "every owner of 25 % or more, or that shares are spread of the subject";
        assert_eq!(needed(&file(company(vec![directs.clone(), owns(7_500)], 0))), [hidden]);
        assert_eq!(needed(&file(company(vec![directs.clone()], 10_000))), [""; 0]);
        assert_eq!(needed(&file(company(vec![owns(10_000)], 0))), ["a person who directs it of the subject"]);
        let unseen = |bps: u16| {
            let nobody = Human { documents: vec![], ..ann() };
            needed(&file(company(vec![directs.clone(), (Control::Owns(bps), nobody)], 10_000 - bps))).len()
        };
        assert_eq!((unseen(2_499), unseen(2_500)), (0, 1), "25 % is enough to have to be known");
        let rules = shipped().unwrap();
        for owners in [vec![owns(6_000), owns(6_000)], vec![owns(0)]] {
            let mut file = file(company(owners, 0));
            assert_eq!(file.submit(&rules, &who("ann"), day(1)).unwrap_err(), DiligenceError::Shares);
        }
    }

    #[test]
    fn risk_is_rated_by_published_points_and_asks_for_more() {
        let rules = shipped().unwrap();
        let rated = |file: &File| (rules.rate(file).level, rules.rate(file).why);
        let ann = file(Subject::Human(human("Ann", "GB")));
        assert_eq!(rated(&ann), (Level::Low, vec![]));
        let mut exposed = ann.clone();
        let Subject::Human(h) = &mut exposed.told.subject else { unreachable!() };
        h.pep = Pep::Yes;
        assert_eq!(rated(&exposed).0, Level::High);
        assert_eq!(needed(&exposed).len(), 2, "funds and wealth");
        let Subject::Human(h) = &mut exposed.told.subject else { unreachable!() };
        h.documents.extend([document(DocumentKind::SourceOfFunds), document(DocumentKind::SourceOfWealth)]);
        exposed.submit(&rules, &who("ann"), day(1)).unwrap();
        assert_eq!(exposed.approve(&rules, &who("ann"), day(1)), Err(DiligenceError::SamePerson));
        exposed.approve(&rules, &who("bob"), day(1)).unwrap();
        let risky = file(Subject::Human(human("Ann", "IR")));
        assert_eq!(
            rated(&risky),
            (Level::High, vec![("risky_country".to_owned(), rules.points.risky_country)])
        );
        let owners =
            vec![(Control::Directs, human("Ann", "GB")), (Control::Owns(10_000), human("Bob", "US"))];
        let mut shell = file(company(owners, 0));
        (shell.told.cash_expected, shell.told.monthly_minor) = (true, Some(i64::MAX));
        let (level, why) = rated(&shell);
        assert_eq!(level, Level::High);
        let names: Vec<&str> = why.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["company", "further_owner", "foreign_owner", "cash", "large"]);
    }

    #[test]
    fn what_may_be_done_follows_from_the_state_and_ends_when_nobody_looks() {
        let rules = shipped().unwrap();
        let (ann, limits) = (who("ann"), rules.limits);
        let mut file = file(Subject::Human(human("Ann", "GB")));
        let gate =
            |file: &File, now: i64| [Action::Receive, Action::BePaid].map(|a| rules.gate(file, a, day(now)));
        let no = |why: &'static str| [Gate::No { why }, Gate::No { why }];
        let before =
            [Gate::UpTo { minor: limits.unverified_receive_minor }, Gate::No { why: "not_verified" }];
        let after =
            [Gate::UpTo { minor: limits.receive_minor[0] }, Gate::UpTo { minor: limits.paid_minor[0] }];
        assert_eq!(gate(&file, 1), before);
        assert!(matches!(file.approve(&rules, &ann, day(1)), Err(DiligenceError::Move { .. })));
        file.submit(&rules, &ann, day(1)).unwrap();
        assert_eq!(gate(&file, 1), before);
        file.approve(&rules, &ann, day(1)).unwrap();
        let due = 1 + rules.review_days[0];
        assert_eq!((file.is_due(day(due - 1)), file.is_due(day(due))), (false, true));
        assert_eq!(gate(&file, due + rules.grace_days - 1), after);
        assert_eq!(gate(&file, due + rules.grace_days), no("review_overdue"));
        // Looked at again: what was allowed goes on for a while.
        assert_eq!(file.reopen(&rules, " ", &ann, day(9)), Err(DiligenceError::NoReason));
        file.reopen(&rules, "a new address", &ann, day(9)).unwrap();
        assert_eq!(gate(&file, 9 + rules.grace_days - 1), after);
        assert_eq!(gate(&file, 9 + rules.grace_days), before);
        file.submit(&rules, &ann, day(10)).unwrap();
        file.approve(&rules, &ann, day(10)).unwrap();
        file.restrict("a letter came back", &ann, day(11)).unwrap();
        assert_eq!(gate(&file, 11), no("restricted"));
        file.refuse("no answer", &ann, day(12)).unwrap();
        assert_eq!(gate(&file, 12), no("refused"));
        file.reopen(&rules, "they came back", &ann, day(13)).unwrap();
        assert_eq!(gate(&file, 13), before, "nothing of before is allowed");
        // What expired since it was submitted is noticed.
        file.submit(&rules, &ann, day(14)).unwrap();
        assert!(matches!(file.approve(&rules, &ann, day(2_000)), Err(DiligenceError::Incomplete(_))));
    }

    #[test]
    fn nobody_learns_from_limits_or_questions_that_somebody_was_reported() {
        let rules = shipped().unwrap();
        let mut file = file(Subject::Human(human("Ann", "GB")));
        file.reported = true;
        assert_eq!(needed(&file), [""; 0]);
        let rating = file.submit(&rules, &who("ann"), day(1)).unwrap();
        assert_eq!((rating.level, rating.open_level), (Level::High, Level::Low));
        assert_eq!(file.approve(&rules, &who("ann"), day(1)), Err(DiligenceError::SamePerson));
        file.approve(&rules, &who("bob"), day(1)).unwrap();
        assert_eq!(file.review_due, Some(day(1 + rules.review_days[2])));
        let limit = rules.limits.receive_minor[0];
        assert_eq!(rules.gate(&file, Action::Receive, day(2)), Gate::UpTo { minor: limit });
    }

    #[test]
    fn what_is_told_anew_opens_the_file_again() {
        let rules = shipped().unwrap();
        let ann = who("ann");
        let mut file = file(Subject::Human(human("Ann", "GB")));
        let told = file.told.clone();
        assert_eq!(file.tell(told.clone(), &rules, &ann, day(1)), Ok(false));
        let other = Told { purpose: "sells cars".to_owned(), ..told.clone() };
        file.submit(&rules, &ann, day(1)).unwrap();
        assert_eq!(file.tell(other.clone(), &rules, &ann, day(2)), Ok(true));
        assert_eq!((file.state, file.lapses), (Open, None));
        file.submit(&rules, &ann, day(3)).unwrap();
        file.approve(&rules, &ann, day(3)).unwrap();
        assert_eq!(file.tell(other.clone(), &rules, &ann, day(4)), Ok(false));
        assert_eq!(file.state, Verified);
        file.tell(told.clone(), &rules, &ann, day(4)).unwrap();
        assert_eq!((file.state, file.lapses), (Open, Some(day(4 + rules.grace_days))));
        file.refuse("a false passport", &ann, day(5)).unwrap();
        assert!(matches!(file.tell(other, &rules, &ann, day(6)), Err(DiligenceError::Move { .. })));
        let twice = (Control::Owns(6_000), human("Bob", "GB"));
        let Subject::Company(company) = company(vec![twice.clone(), twice], 0) else { unreachable!() };
        let told = Told { subject: Subject::Company(company), ..told };
        assert_eq!(file.tell(told, &rules, &ann, day(7)), Err(DiligenceError::Shares));
    }

    #[test]
    fn who_has_no_file_is_asked_for_one_if_the_rules_say_so() {
        let mut rules = shipped().unwrap();
        assert_eq!(rules.gate_without_file(Action::BePaid), None);
        rules.required = true;
        assert_eq!(rules.gate_without_file(Action::BePaid), Some(Gate::No { why: "not_verified" }));
        let minor = rules.limits.unverified_receive_minor;
        assert_eq!(rules.gate_without_file(Action::Receive), Some(Gate::UpTo { minor }));
    }

    #[test]
    fn rules_that_cannot_be_are_refused() {
        let text = include_str!("../../../data/diligence.toml");
        assert!(read_rules(text).is_ok());
        for (from, to) in [
            ("medium_from = 20", "medium_from = 60"),
            ("grace_days = 30", "grace_days = -1"),
            ("review_days = [1095, 730, 365]", "review_days = [365, 730, 1095]"),
            ("pep = ", "pepp = "),
            ("unverified_receive_minor = ", "unverified_receive_minor = -"),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(read_rules(&text.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
