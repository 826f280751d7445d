//! Who somebody is, and what is needed to know it.

use crate::aml::party::{Country, DaySpan};
use pmts_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether somebody is politically exposed (Directive (EU) 2015/849, article 3(9) to (11)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pep {
    /// Nobody has looked.
    Unknown,
    /// They are not.
    No,
    /// They are, hold such an office no more for less than a year, or are family or close to one.
    Yes,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A passport.
    Passport,
    /// An identity card.
    IdentityCard,
    /// A driving licence.
    DrivingLicence,
    /// An extract of a register of companies.
    RegisterExtract,
    /// A bill or statement that shows an address.
    ProofOfAddress,
    /// Where money comes from.
    SourceOfFunds,
    /// Where wealth comes from.
    SourceOfWealth,
}

impl DocumentKind {
    fn identifies(self) -> bool {
        matches!(self, Self::Passport | Self::IdentityCard | Self::DrivingLicence)
    }
}

/// A document, by reference: where it is kept is the keeper's affair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is.
    pub kind: DocumentKind,
    /// What it is found by.
    pub reference: String,
    /// When somebody looked at it and took it for genuine; `None`: not yet.
    pub verified: Option<Timestamp>,
    /// From when on it is not valid any more.
    pub expires: Option<Timestamp>,
}

impl Document {
    fn stands(&self, now: Timestamp) -> bool {
        self.verified.is_some_and(|at| at <= now) && self.expires.is_none_or(|end| now < end)
    }
}

/// A human.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Human {
    /// The full name.
    pub name: String,
    /// When born.
    pub birth: Option<DaySpan>,
    /// Where they live.
    pub address: String,
    /// In which country.
    pub country: Option<Country>,
    /// Of which countries they are nationals.
    pub nationalities: Vec<Country>,
    /// Documents.
    pub documents: Vec<Document>,
    /// Whether they are politically exposed.
    pub pep: Pep,
}

impl Human {
    /// What is still needed to know who they are.
    fn missing(&self, of: &str, now: Timestamp, out: &mut Vec<Missing>) {
        let mut need = |kept: bool, what: &'static str| {
            if !kept {
                out.push(Missing { of: of.to_owned(), what });
            }
        };
        need(!self.name.trim().is_empty(), "a name");
        need(self.birth.as_ref().is_some_and(DaySpan::is_day), "a date of birth");
        need(!self.address.trim().is_empty() && self.country.is_some(), "an address with its country");
        need(
            self.documents.iter().any(|d| d.kind.identifies() && d.stands(now)),
            "a verified identity document that has not expired",
        );
        need(self.pep != Pep::Unknown, "whether they are politically exposed");
    }
}

/// How somebody stands behind a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// They own so many hundredths of a percent of it, directly or not: 1 to 10,000.
    Owns(u16),
    /// They direct it: a chief executive, a managing director.
    Directs,
}

/// Somebody behind a company.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// How.
    pub control: Control,
    /// Who.
    pub human: Human,
}

/// From so many hundredths of a percent on an owner has to be known (31 CFR 1010.230(d)(1)).
pub(super) const OWNER_BPS: u16 = 2_500;

/// A company.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its legal name.
    pub name: String,
    /// Its number in the register.
    pub registration: String,
    /// Where it is registered.
    pub country: Option<Country>,
    /// Its address.
    pub address: String,
    /// Its documents.
    pub documents: Vec<Document>,
    /// Who stands behind it.
    pub owners: Vec<Owner>,
    /// Shares of the company that are spread, each owner below 25 %, in hundredths of a percent: told by it.
    pub spread_bps: u16,
}

/// Whom a file is about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A human.
    Human(Human),
    /// A company.
    Company(Company),
}

/// Something that is still needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Of whom: `subject`, `owner 1`, `file`.
    pub of: String,
    /// What.
    pub what: &'static str,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the {}", self.what, self.of)
    }
}

impl Subject {
    /// What is still needed to know who it is.
    pub(super) fn missing(&self, now: Timestamp) -> Vec<Missing> {
        let mut out = Vec::new();
        match self {
            Self::Human(human) => human.missing("subject", now, &mut out),
            Self::Company(company) => company.missing(now, &mut out),
        }
        out
    }

    /// All humans that have to be known, with what they are in the file.
    pub(super) fn humans(&self) -> Vec<&Human> {
        match self {
            Self::Human(human) => vec![human],
            Self::Company(company) => company.owners.iter().map(|o| &o.human).collect(),
        }
    }

    /// Its documents, and those of everybody in it.
    pub(super) fn documents(&self) -> Vec<&Document> {
        let own: &[Document] = match self {
            Self::Human(_) => &[],
            Self::Company(company) => &company.documents,
        };
        own.iter().chain(self.humans().into_iter().flat_map(|h| &h.documents)).collect()
    }

    /// The countries it has to do with.
    pub(super) fn countries(&self) -> Vec<&Country> {
        let own = match self {
            Self::Human(_) => None,
            Self::Company(company) => company.country.as_ref(),
        };
        let of = self.humans().into_iter().flat_map(|h| h.country.iter().chain(&h.nationalities));
        own.into_iter().chain(of).collect()
    }

    /// Whether shares add up to at most the whole.
    pub(super) fn shares_fit(&self) -> bool {
        let Self::Company(company) = self else { return true };
        let mut sum = u32::from(company.spread_bps);
        for owner in &company.owners {
            if let Control::Owns(bps) = owner.control {
                if bps == 0 {
                    return false;
                }
                sum += u32::from(bps);
            }
        }
        sum <= 10_000
    }
}

impl Company {
    /// The shares that somebody is known for, and those that are spread, in hundredths of a percent.
    pub(super) fn known_bps(&self) -> u32 {
        let owned = self.owners.iter().map(|o| match o.control {
            Control::Owns(bps) => u32::from(bps),
            Control::Directs => 0,
        });
        owned.sum::<u32>().saturating_add(u32::from(self.spread_bps))
    }

    fn missing(&self, now: Timestamp, out: &mut Vec<Missing>) {
        let mut need = |kept: bool, what: &'static str| {
            if !kept {
                out.push(Missing { of: "subject".to_owned(), what });
            }
        };
        need(!self.name.trim().is_empty(), "a name");
        need(!self.registration.trim().is_empty(), "a number in the register");
        need(!self.address.trim().is_empty() && self.country.is_some(), "an address with its country");
        need(
            self.documents.iter().any(|d| d.kind == DocumentKind::RegisterExtract && d.stands(now)),
            "a verified extract of the register",
        );
        // Less than 25 % may be unknown: nobody can own as much in it.
        need(
            self.known_bps() > 10_000 - u32::from(OWNER_BPS),
            "every owner of 25 % or more, or that shares are spread",
        );
        need(self.owners.iter().any(|o| o.control == Control::Directs), "a person who directs it");
        for (n, owner) in self.owners.iter().enumerate() {
            let small = matches!(owner.control, Control::Owns(bps) if bps < OWNER_BPS);
            if !small {
                owner.human.missing(&format!("owner {}", n + 1), now, out);
            }
        }
    }
}
