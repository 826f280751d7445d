//! The same done to many, if another person agrees.

use super::note::text;
use super::review::Outcome;
use crate::error::FraudError;
use pmts_kernel::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// What is done to each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkAction {
    /// Reviews are closed; the items are ids of reviews.
    CloseReviews {
        /// With which outcome.
        outcome: Outcome,
    },
    /// Payments are labelled; the items are ids of payments.
    Label {
        /// Whether they were fraud.
        fraud: bool,
    },
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkState {
    /// One person wants it.
    Proposed,
    /// Another agreed: it is done, item by item.
    Approved,
    /// Another did not agree.
    Rejected,
    /// Each item has its result.
    Done,
}

/// The same done to many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulk {
    /// Its id.
    pub id: String,
    /// What is done to each.
    pub action: BulkAction,
    /// To what: each once.
    pub items: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who wants it.
    pub proposed_by: Principal,
    /// When.
    pub at: Timestamp,
    /// How far it is.
    pub state: BulkState,
    /// Who agreed, or did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Principal>,
    /// What came of each item so far, in their order; empty: it is done.
    pub results: Vec<String>,
}

impl Bulk {
    /// The most items.
    pub const ITEMS_MAX: usize = 1_000;

    /// Proposes it.
    ///
    /// # Errors
    /// [`FraudError::TooMany`], [`FraudError::Text`] without a reason or without items.
    pub fn propose(
        id: impl Into<String>,
        action: BulkAction,
        items: Vec<String>,
        reason: &str,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Self, FraudError> {
        let mut once: Vec<String> = Vec::with_capacity(items.len());
        for item in items {
            let item = text(&item)?;
            if !once.contains(&item) {
                once.push(item);
            }
        }
        if once.is_empty() || once.len() > Self::ITEMS_MAX {
            return Err(FraudError::TooMany { what: "items", max: Self::ITEMS_MAX });
        }
        Ok(Self {
            id: id.into(),
            action,
            items: once,
            reason: text(reason)?,
            proposed_by: by.clone(),
            at: now,
            state: BulkState::Proposed,
            decided_by: None,
            results: Vec::new(),
        })
    }

    /// Another person agrees, or does not.
    ///
    /// # Errors
    /// [`FraudError::FourEyes`] for whoever proposed it, [`FraudError::Move`] when it was decided before.
    pub fn decide(&mut self, agree: bool, by: &Principal) -> Result<(), FraudError> {
        if self.state != BulkState::Proposed {
            return Err(FraudError::Move { what: "a bulk action", from: "decided", to: "decided" });
        }
        if self.proposed_by == *by {
            return Err(FraudError::FourEyes);
        }
        self.state = if agree { BulkState::Approved } else { BulkState::Rejected };
        self.decided_by = Some(by.clone());
        Ok(())
    }

    /// The next item that has no result; `None`: there is none, or it is not approved.
    pub fn next(&self) -> Option<&str> {
        let item = self.items.get(self.results.len()).map(String::as_str);
        item.filter(|_| self.state == BulkState::Approved)
    }

    /// Takes what came of the next item.
    pub fn did(&mut self, result: String) {
        if self.next().is_some() {
            self.results.push(result);
        }
        if self.results.len() == self.items.len() {
            self.state = BulkState::Done;
        }
    }
}
