//! A payment or payout that waits for a person.

use super::note::{Note, add, text};
use crate::decision::{Action, DecidedBy, Decision};
use crate::error::FraudError;
use crate::explain;
use crate::facts::Step;
use pmts_kernel::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Nobody looks at it.
    Open,
    /// Somebody looks at it.
    Claimed,
    /// It is decided.
    Closed,
}

use ReviewState::{Claimed, Closed, Open};

/// What leads where. All else is refused. A closed review stays closed: what is learned later is a label, a case or an appeal.
pub const MOVES: [(ReviewState, ReviewState); 4] =
    [(Open, Claimed), (Claimed, Open), (Claimed, Closed), (Open, Closed)];

impl ReviewState {
    /// All of them.
    pub const ALL: [Self; 3] = [Open, Claimed, Closed];

    /// Whether it leads there.
    pub fn may_become(self, next: Self) -> bool {
        MOVES.contains(&(self, next))
    }

    /// The name in files and at the API.
    pub const fn name(self) -> &'static str {
        match self {
            Open => "open",
            Claimed => "claimed",
            Closed => "closed",
        }
    }
}

/// What came of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing speaks against it: it goes on, and counts as genuine.
    Legitimate,
    /// The customer said that it is theirs: it goes on, and counts as genuine.
    CustomerConfirmed,
    /// It is fraud: it is given up, and counts as fraud.
    Fraud,
    /// The customer cannot be reached: it is given up, and counts as neither.
    NotReachable,
    /// It is given up for another reason than fraud, and counts as neither.
    GivenUp,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Legitimate, Self::CustomerConfirmed, Self::Fraud, Self::NotReachable, Self::GivenUp];

    /// The name in files and at the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Legitimate => "legitimate",
            Self::CustomerConfirmed => "customer_confirmed",
            Self::Fraud => "fraud",
            Self::NotReachable => "not_reachable",
            Self::GivenUp => "given_up",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }

    /// Whether the payment or payout goes on.
    pub const fn releases(self) -> bool {
        matches!(self, Self::Legitimate | Self::CustomerConfirmed)
    }

    /// What it says of fraud; `None`: nothing.
    pub const fn label(self) -> Option<bool> {
        match self {
            Self::Legitimate | Self::CustomerConfirmed => Some(false),
            Self::Fraud => Some(true),
            Self::NotReachable | Self::GivenUp => None,
        }
    }
}

/// How a review ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewEnd {
    /// What came of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: Principal,
    /// When.
    pub at: Timestamp,
}

/// What a review is opened about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewOf<'a> {
    /// The id of the payment or payout.
    pub about: String,
    /// The seller, of a payout.
    pub seller: Option<String>,
    /// How much, in minor units of its currency.
    pub amount: i64,
    /// The currency, three capital letters.
    pub currency: String,
    /// The id of the decision.
    pub decision_id: String,
    /// The decision.
    pub decision: &'a Decision,
    /// Until when the money is held, if it is.
    pub held_until: Option<Timestamp>,
}

/// A payment or payout that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Its id.
    pub id: String,
    /// The id of the payment or payout.
    pub about: String,
    /// The seller, of a payout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<String>,
    /// The step that waits.
    pub step: Step,
    /// How much, in minor units of its currency.
    pub amount: i64,
    /// The currency, three capital letters.
    pub currency: String,
    /// The id of the decision that opened it.
    pub decision: String,
    /// Why, for an analyst, in sentences.
    pub why: Vec<String>,
    /// 0 to 1,000, the most urgent first: see [`Review::priority_of`].
    pub priority: u32,
    /// When it was opened.
    pub opened: Timestamp,
    /// By when it is to be closed.
    pub due: Timestamp,
    /// Where it stands.
    pub state: ReviewState,
    /// Who looks at it, and until when the claim holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<(Principal, Timestamp)>,
    /// What was written and done.
    pub notes: Vec<Note>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<ReviewEnd>,
    /// The payout that went on because of it; once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
}

/// An hour, in seconds.
const HOUR: i64 = 3_600;

impl Review {
    /// How long a claim holds, in seconds; whoever claims again has it as long again.
    pub const CLAIM_SECS: i64 = 2 * HOUR;

    /// How urgent it is, 0 to 1,000: a point for each 10 of the main unit, at most 400; a point for each 2,500 millionths of the
    /// probability of fraud, at most 400; 100 if a list says so; 100 for a payout, which does not come back.
    pub fn priority_of(decision: &Decision) -> u32 {
        let money = u32::try_from(decision.facts.amount.max(0) / 1_000).unwrap_or(400).min(400);
        let chance = (decision.probability.unwrap_or(0) / 2_500).min(400);
        let list = if decision.by == DecidedBy::List { 100 } else { 0 };
        let payout = if decision.facts.step == Step::Payout { 100 } else { 0 };
        money + chance + list + payout
    }

    /// Opens a review. It is due within 4 hours from a priority of 600 on, within a day from 300 on, else within three days; and in
    /// any case six hours before the hold ends.
    pub fn open(id: impl Into<String>, of: ReviewOf<'_>, now: Timestamp) -> Self {
        let ReviewOf { about, seller, amount, currency, decision_id, decision, held_until } = of;
        let priority = Self::priority_of(decision);
        let hours = match priority {
            600.. => 4,
            300..600 => 24,
            _ => 72,
        };
        let due = now.saturating_add_secs(hours * HOUR);
        let held = held_until.map(|until| until.saturating_add_secs(-6 * HOUR).max(now));
        Self {
            id: id.into(),
            about,
            seller,
            step: decision.facts.step,
            amount,
            currency,
            decision: decision_id,
            why: explain::for_analyst(decision),
            priority,
            opened: now,
            due: held.map_or(due, |held| held.min(due)),
            state: Open,
            claim: None,
            notes: Vec::new(),
            end: None,
            used: None,
        }
    }

    /// Whether the decision is one that a review is opened for.
    pub fn wanted(action: Action) -> bool {
        matches!(action, Action::Review | Action::StepUp)
    }

    fn go(&mut self, next: ReviewState) -> Result<(), FraudError> {
        if !self.state.may_become(next) {
            return Err(FraudError::Move { what: "a review", from: self.state.name(), to: next.name() });
        }
        self.state = next;
        Ok(())
    }

    fn held_by(&self, now: Timestamp) -> Option<&Principal> {
        self.claim.as_ref().filter(|(_, until)| now < *until).map(|(by, _)| by)
    }

    /// Somebody looks at it: nobody else can for [`Review::CLAIM_SECS`].
    ///
    /// # Errors
    /// [`FraudError::Claimed`] by another, [`FraudError::Move`] when it is closed.
    pub fn claim(&mut self, by: &Principal, now: Timestamp) -> Result<(), FraudError> {
        if let Some(other) = self.held_by(now).filter(|p| *p != by) {
            return Err(FraudError::Claimed { by: other.to_string() });
        }
        // A claim that ran out is taken over.
        if self.state != Claimed {
            self.go(Claimed)?;
        }
        self.claim = Some((by.clone(), now.saturating_add_secs(Self::CLAIM_SECS)));
        Ok(())
    }

    /// Gives it back.
    ///
    /// # Errors
    /// [`FraudError::Claimed`] by another, [`FraudError::Move`].
    pub fn give_back(&mut self, by: &Principal, now: Timestamp) -> Result<(), FraudError> {
        if let Some(other) = self.held_by(now).filter(|p| *p != by) {
            return Err(FraudError::Claimed { by: other.to_string() });
        }
        self.go(Open)?;
        self.claim = None;
        Ok(())
    }

    /// Adds a note, closed or not.
    ///
    /// # Errors
    /// [`FraudError::Text`], [`FraudError::TooMany`].
    pub fn note(&mut self, by: &Principal, what: &str, now: Timestamp) -> Result<(), FraudError> {
        add(&mut self.notes, by, what, now)
    }

    /// Closes it. Whoever closes it has claimed it.
    ///
    /// # Errors
    /// [`FraudError::Claimed`] unless it is claimed by `by`, [`FraudError::Move`] when it is closed, [`FraudError::Text`] without a
    /// reason.
    pub fn close(
        &mut self,
        outcome: Outcome,
        reason: &str,
        by: &Principal,
        now: Timestamp,
    ) -> Result<(), FraudError> {
        let holder = self.held_by(now);
        if self.state != Closed && holder != Some(by) {
            return Err(FraudError::Claimed { by: holder.map_or("nobody".to_owned(), ToString::to_string) });
        }
        self.end(outcome, reason, by, now)
    }

    /// Closes it as part of a bulk action that two people agreed on: it need not be claimed, and must not be by a third.
    ///
    /// # Errors
    /// As [`Review::close`].
    pub fn close_in_bulk(
        &mut self,
        outcome: Outcome,
        reason: &str,
        by: [&Principal; 2],
        now: Timestamp,
    ) -> Result<(), FraudError> {
        if let Some(other) = self.held_by(now).filter(|p| !by.contains(p)) {
            return Err(FraudError::Claimed { by: other.to_string() });
        }
        self.end(outcome, reason, by[0], now)
    }

    fn end(
        &mut self,
        outcome: Outcome,
        reason: &str,
        by: &Principal,
        at: Timestamp,
    ) -> Result<(), FraudError> {
        let reason = text(reason)?;
        self.go(Closed)?;
        self.claim = None;
        self.end = Some(ReviewEnd { outcome, reason, by: by.clone(), at });
        Ok(())
    }

    /// The order of the queue: what is overdue first, then by priority, then the oldest.
    pub fn rank(&self, now: Timestamp) -> (bool, std::cmp::Reverse<u32>, Timestamp) {
        (self.due > now, std::cmp::Reverse(self.priority), self.opened)
    }
}
