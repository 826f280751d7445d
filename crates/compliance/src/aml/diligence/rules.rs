//! Published rules: how risk is rated, what may be done at which level, when files are looked at again.

use super::error::DiligenceError;
use super::file::{File, FileState};
use super::identity::{Pep, Subject};
use crate::aml::party::Country;
use pmts_kernel::Timestamp;
use pmts_money::Currency;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How risky somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Ordinary.
    Low,
    /// To be looked at more often.
    Medium,
    /// Enhanced diligence: where the money comes from, and the approval of a second person.
    High,
}

/// Points for what makes somebody risky.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// A country of high risk.
    pub risky_country: u32,
    /// A politically exposed person in it.
    pub pep: u32,
    /// A company.
    pub company: u32,
    /// For each owner but the first.
    pub further_owner: u32,
    /// An owner lives in another country than that of the company.
    pub foreign_owner: u32,
    /// Much currency is expected.
    pub cash: u32,
    /// More is expected in a month than `large_monthly_minor`.
    pub large: u32,
    /// It was reported before.
    pub reported: u32,
}

/// What may be done, in minor units of the rules' currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Received within 30 days before anything is checked; 0: nothing.
    pub unverified_receive_minor: i64,
    /// Received within 30 days at low, medium and high risk.
    pub receive_minor: [i64; 3],
    /// Paid out within 30 days at low, medium and high risk.
    pub paid_minor: [i64; 3],
}

/// The rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Which version they are.
    pub version: u32,
    /// Whether sellers of whom there is no file are as those of whom nothing is checked; if not, they may do everything.
    pub required: bool,
    /// What amounts are in.
    pub currency: Currency,
    /// From so many points on risk is medium.
    pub medium_from: u32,
    /// From so many points on risk is high.
    pub high_from: u32,
    /// Days until the next review at low, medium and high risk.
    pub review_days: [i64; 3],
    /// For so many days after a review is due things go on; then nothing is received or paid.
    pub grace_days: i64,
    /// More than this expected in a month is much.
    pub large_monthly_minor: i64,
    /// Countries of high risk.
    pub risky_countries: BTreeSet<Country>,
    /// Points.
    pub points: Points,
    /// Limits.
    pub limits: Limits,
}

/// The file of the rules that come with this crate.
pub const SHIPPED: &str = include_str!("../../../data/diligence.toml");

/// The rules that come with this crate.
///
/// # Errors
/// None: a test reads them.
pub fn shipped() -> Result<Rules, DiligenceError> {
    read_rules(SHIPPED)
}

/// Reads rules from TOML.
///
/// # Errors
/// [`DiligenceError::Rules`].
pub fn read_rules(text: &str) -> Result<Rules, DiligenceError> {
    let rules: Rules = toml::from_str(text).map_err(|e| DiligenceError::Rules(e.message().to_owned()))?;
    let wrong = |what: &str| Err(DiligenceError::Rules(what.to_owned()));
    let limits = &rules.limits;
    if rules.medium_from == 0 || rules.medium_from >= rules.high_from {
        return wrong("medium risk begins above nothing and below high risk");
    }
    let amounts = limits.receive_minor.iter().chain(&limits.paid_minor);
    if amounts.chain([&limits.unverified_receive_minor, &rules.large_monthly_minor]).any(|a| *a < 0) {
        return wrong("an amount is less than nothing");
    }
    if rules.grace_days < 0 || rules.review_days.iter().any(|d| !(1..=3_650).contains(d)) {
        return wrong("reviews are due after 1 to 3,650 days, and grace is not less than nothing");
    }
    if rules.review_days[0] < rules.review_days[1] || rules.review_days[1] < rules.review_days[2] {
        return wrong("who is riskier is looked at as often at least");
    }
    Ok(rules)
}

/// How risky, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// How risky.
    pub level: Level,
    /// How risky without what only the case team may know. Limits, and what is asked for, follow from this: nobody learns from them that somebody
    /// was reported.
    pub open_level: Level,
    /// All points.
    pub points: u32,
    /// What gave them: the names of [`Points`], each with its own.
    pub why: Vec<(String, u32)>,
    /// By which version of the rules.
    pub rules: u32,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Take money of buyers.
    Receive,
    /// Be paid out.
    BePaid,
}

/// Whether they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "may")]
pub enum Gate {
    /// Up to so much within 30 days, in minor units of the rules' currency.
    UpTo {
        /// How much.
        minor: i64,
    },
    /// Not: why, a word for programs.
    No {
        /// `not_verified`, `restricted`, `refused`, `review_overdue`.
        why: &'static str,
    },
}

/// A day, in seconds.
const DAY: i64 = 86_400;

impl Rules {
    /// Rates what a file says.
    pub fn rate(&self, file: &File) -> Rating {
        let mut why = Vec::new();
        let mut give = |name: &str, points: u32, times: usize| {
            let points = points.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX));
            if points > 0 {
                why.push((name.to_owned(), points));
            }
        };
        let p = &self.points;
        let risky = file.told.subject.countries().into_iter().any(|c| self.risky_countries.contains(c));
        give("risky_country", p.risky_country, usize::from(risky));
        let pep = file.told.subject.humans().iter().any(|h| h.pep == Pep::Yes);
        give("pep", p.pep, usize::from(pep));
        if let Subject::Company(company) = &file.told.subject {
            give("company", p.company, 1);
            give("further_owner", p.further_owner, company.owners.len().saturating_sub(1));
            let foreign = |h: &super::Human| h.country.is_some() && h.country != company.country;
            let abroad = company.owners.iter().any(|o| foreign(&o.human));
            give("foreign_owner", p.foreign_owner, usize::from(abroad));
        }
        give("cash", p.cash, usize::from(file.told.cash_expected));
        let large = file.told.monthly_minor.is_some_and(|m| m > self.large_monthly_minor);
        give("large", p.large, usize::from(large));
        give("reported", p.reported, usize::from(file.reported));
        let sum =
            |of: &[(String, u32)]| of.iter().fold(0_u32, |sum, (_, points)| sum.saturating_add(*points));
        // What is said of a report comes last.
        let open = why.iter().position(|(name, _)| name == "reported").unwrap_or(why.len());
        let (points, open) = (sum(&why), sum(&why[..open]));
        let level = |points: u32| match points {
            // Enhanced diligence whatever the points say (Directive (EU) 2015/849, articles 18a and 20).
            _ if pep || risky || points >= self.high_from => Level::High,
            _ if points >= self.medium_from => Level::Medium,
            _ => Level::Low,
        };
        Rating { level: level(points), open_level: level(open), points, why, rules: self.version }
    }

    /// When a file that is approved now is to be looked at again.
    pub(super) fn review_due(&self, level: Level, now: Timestamp) -> Timestamp {
        now.saturating_add_secs(self.review_days[level as usize].saturating_mul(DAY))
    }

    /// Until when what was allowed goes on that is looked at again now.
    pub(super) fn grace_end(&self, now: Timestamp) -> Timestamp {
        now.saturating_add_secs(self.grace_days.saturating_mul(DAY))
    }

    fn limit(&self, rating: &Rating, action: Action) -> Gate {
        let limits = match action {
            Action::Receive => &self.limits.receive_minor,
            Action::BePaid => &self.limits.paid_minor,
        };
        Gate::UpTo { minor: limits[rating.open_level as usize] }
    }

    /// Whether somebody of whom there is no file may do that; `None`: the rules do not ask for one.
    pub fn gate_without_file(&self, action: Action) -> Option<Gate> {
        self.required.then(|| self.unverified(action))
    }

    fn unverified(&self, action: Action) -> Gate {
        match self.limits.unverified_receive_minor {
            minor if action == Action::Receive && minor > 0 => Gate::UpTo { minor },
            _ => Gate::No { why: "not_verified" },
        }
    }

    /// Whether somebody may do that.
    pub fn gate(&self, file: &File, action: Action, now: Timestamp) -> Gate {
        match (file.state, &file.rating) {
            (FileState::Refused, _) => Gate::No { why: "refused" },
            (FileState::Restricted, _) => Gate::No { why: "restricted" },
            (FileState::Verified, Some(rating)) => {
                if file.review_due.is_some_and(|due| self.grace_end(due) <= now) {
                    return Gate::No { why: "review_overdue" };
                }
                self.limit(rating, action)
            }
            (FileState::Open | FileState::Submitted, Some(rating))
                if file.lapses.is_some_and(|end| now < end) =>
            {
                self.limit(rating, action)
            }
            _ => self.unverified(action),
        }
    }
}
