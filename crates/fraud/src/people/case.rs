//! Payments, customers, devices and so on that belong together, looked into by people.

use super::note::{Note, add, text};
use crate::error::FraudError;
use pmts_kernel::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Nobody works on it.
    Open,
    /// Somebody does.
    Investigating,
    /// It is decided.
    Closed,
}

use CaseState::{Closed, Investigating, Open};

/// What leads where. All else is refused.
pub const MOVES: [(CaseState, CaseState); 4] =
    [(Open, Investigating), (Investigating, Open), (Investigating, Closed), (Closed, Investigating)];

impl CaseState {
    /// All of them.
    pub const ALL: [Self; 3] = [Open, Investigating, Closed];

    /// Whether it leads there.
    pub fn may_become(self, next: Self) -> bool {
        MOVES.contains(&(self, next))
    }

    /// The name in files and at the API.
    pub const fn name(self) -> &'static str {
        match self {
            Open => "open",
            Investigating => "investigating",
            Closed => "closed",
        }
    }
}

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseOutcome {
    /// It is fraud.
    Fraud,
    /// It is none.
    NoFraud,
    /// It cannot be found out.
    Unclear,
}

/// What a link names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// A payment, by its id.
    Payment,
    /// A review, by its id.
    Review,
    /// A customer, by the shop's reference.
    Customer,
    /// A seller, by its reference.
    Seller,
    /// A card, by the vault's token.
    Card,
    /// A device, internet address or other key, by its hash.
    Key,
}

impl LinkKind {
    /// All of them, with their names.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Payment, "payment"),
        (Self::Review, "review"),
        (Self::Customer, "customer"),
        (Self::Seller, "seller"),
        (Self::Card, "card"),
        (Self::Key, "key"),
    ];

    /// The name in files and at the API.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(k, _)| *k == self).map_or("key", |(_, name)| name)
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, n)| *n == name).map(|(k, _)| *k)
    }
}

/// What belongs to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it names.
    pub kind: LinkKind,
    /// Which one.
    pub value: String,
    /// Why.
    pub why: String,
    /// Who linked it.
    pub by: Principal,
    /// When.
    pub at: Timestamp,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// What it is about, a sentence.
    pub title: String,
    /// Where it stands.
    pub state: CaseState,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<Principal>,
    /// When it was opened.
    pub opened: Timestamp,
    /// By when it is to be closed.
    pub due: Timestamp,
    /// What belongs to it.
    pub links: Vec<Link>,
    /// What was written and done.
    pub notes: Vec<Note>,
    /// How it ended, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<(CaseOutcome, String)>,
}

impl Case {
    /// How long a case may take, in seconds: 30 days.
    pub const SECS: i64 = 30 * 86_400;
    /// The most links of one case.
    pub const LINKS_MAX: usize = 1_000;

    /// Opens a case.
    ///
    /// # Errors
    /// [`FraudError::Text`].
    pub fn open(id: impl Into<String>, title: &str, now: Timestamp) -> Result<Self, FraudError> {
        Ok(Self {
            id: id.into(),
            title: text(title)?,
            state: Open,
            assigned: None,
            opened: now,
            due: now.saturating_add_secs(Self::SECS),
            links: Vec::new(),
            notes: Vec::new(),
            outcome: None,
        })
    }

    fn go(&mut self, next: CaseState) -> Result<(), FraudError> {
        if !self.state.may_become(next) {
            return Err(FraudError::Move { what: "a case", from: self.state.name(), to: next.name() });
        }
        self.state = next;
        Ok(())
    }

    /// Somebody works on it, also again after it was closed.
    ///
    /// # Errors
    /// [`FraudError::Move`].
    pub fn take(&mut self, by: &Principal) -> Result<(), FraudError> {
        self.go(Investigating)?;
        self.assigned = Some(by.clone());
        self.outcome = None;
        Ok(())
    }

    /// Gives it back.
    ///
    /// # Errors
    /// [`FraudError::Move`].
    pub fn give_back(&mut self) -> Result<(), FraudError> {
        self.go(Open)?;
        self.assigned = None;
        Ok(())
    }

    /// Links something to it. The same twice is one link. `false`: it was there.
    ///
    /// # Errors
    /// [`FraudError::Text`], [`FraudError::TooMany`].
    pub fn link(
        &mut self,
        kind: LinkKind,
        value: &str,
        why: &str,
        by: &Principal,
        now: Timestamp,
    ) -> Result<bool, FraudError> {
        if self.links.iter().any(|l| l.kind == kind && l.value == value) {
            return Ok(false);
        }
        if self.links.len() >= Self::LINKS_MAX {
            return Err(FraudError::TooMany { what: "links", max: Self::LINKS_MAX });
        }
        self.links.push(Link { kind, value: text(value)?, why: text(why)?, by: by.clone(), at: now });
        Ok(true)
    }

    /// Adds a note.
    ///
    /// # Errors
    /// [`FraudError::Text`], [`FraudError::TooMany`].
    pub fn note(&mut self, by: &Principal, what: &str, now: Timestamp) -> Result<(), FraudError> {
        add(&mut self.notes, by, what, now)
    }

    /// Closes it.
    ///
    /// # Errors
    /// [`FraudError::Move`] unless somebody works on it, [`FraudError::Text`] without a reason.
    pub fn close(&mut self, outcome: CaseOutcome, reason: &str) -> Result<(), FraudError> {
        let reason = text(reason)?;
        self.go(Closed)?;
        self.outcome = Some((outcome, reason));
        Ok(())
    }
}
