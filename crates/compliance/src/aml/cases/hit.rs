//! A hit of the screening: two people say what it is.

use super::error::CaseError;
use crate::aml::{Found, Subject};
use aws_lc_rs::digest::{SHA256, digest};
use pmts_kernel::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// What a hit turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is the one on the list.
    Same,
    /// It is somebody else.
    Another,
}

/// Where the review of a hit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum HitState {
    /// Nobody has said anything.
    Open,
    /// One person has.
    Proposed {
        /// What it is.
        verdict: Verdict,
        /// Why.
        reason: String,
        /// Who said so.
        by: Principal,
    },
    /// Two people agree.
    Decided {
        /// What it is.
        verdict: Verdict,
        /// Why.
        reason: String,
        /// Who said so first.
        by: Principal,
        /// Who agreed.
        approved_by: Principal,
        /// When.
        at: Timestamp,
    },
    /// Nobody has to say anything any more: the entry is gone from the list or is another, or another review took the place of this one.
    Moot {
        /// Since when.
        at: Timestamp,
    },
}

impl HitState {
    /// The name in lists and at the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Proposed { .. } => "proposed",
            Self::Decided { .. } => "decided",
            Self::Moot { .. } => "moot",
        }
    }
}

/// Which customer and which entry, as they were: another name, another birth date, another entry makes another pair.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pair {
    /// Which customer.
    pub customer: String,
    /// What was known of it, as a hash: nothing can be read from it.
    pub customer_hash: String,
    /// Which list.
    pub list: String,
    /// Which entry.
    pub entry: String,
    /// What stood there: [`Found::entry`].
    pub entry_hash: String,
}

impl Pair {
    /// The pair of a customer and an entry that was found.
    pub fn of(customer: &str, subject: &Subject, found: &Found) -> Self {
        Self {
            customer: customer.to_owned(),
            customer_hash: Self::hash_of(subject),
            list: found.list.clone(),
            entry: found.id.clone(),
            entry_hash: found.entry.clone(),
        }
    }

    /// What is known of somebody, as a hash.
    pub fn hash_of(subject: &Subject) -> String {
        // All fields of a subject can be written; were one not, each time would be another pair, and a person looks.
        let known = serde_json::to_vec(subject).unwrap_or_default();
        digest(&SHA256, &known).as_ref().iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// A hit in the queue. As long as it is not decided, what it stopped stays stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitReview {
    /// Who and whom.
    pub pair: Pair,
    /// How alike, 0 to 1,000.
    pub score: u16,
    /// Which version of the list.
    pub version: String,
    /// When it was found.
    pub at: Timestamp,
    /// Where it stands.
    pub state: HitState,
}

impl HitReview {
    /// A hit that nobody has looked at.
    pub fn new(pair: Pair, found: &Found, at: Timestamp) -> Self {
        Self { pair, score: found.score, version: found.version.clone(), at, state: HitState::Open }
    }

    /// Says what it is. If it was said before, this replaces it.
    ///
    /// # Errors
    /// [`CaseError::NoReason`]; [`CaseError::NotPending`] if it is decided.
    pub fn propose(&mut self, verdict: Verdict, reason: &str, by: &Principal) -> Result<(), CaseError> {
        if matches!(self.state, HitState::Decided { .. } | HitState::Moot { .. }) {
            return Err(CaseError::NotPending);
        }
        if reason.trim().is_empty() {
            return Err(CaseError::NoReason);
        }
        self.state = HitState::Proposed { verdict, reason: reason.to_owned(), by: by.clone() };
        Ok(())
    }

    /// Agrees with what another person said.
    ///
    /// # Errors
    /// [`CaseError::NotPending`], [`CaseError::SamePerson`].
    pub fn approve(&mut self, by: &Principal, at: Timestamp) -> Result<Verdict, CaseError> {
        let HitState::Proposed { verdict, reason, by: first } = &self.state else {
            return Err(CaseError::NotPending);
        };
        if first == by {
            return Err(CaseError::SamePerson);
        }
        let (verdict, reason, first) = (*verdict, reason.clone(), first.clone());
        self.state = HitState::Decided { verdict, reason, by: first, approved_by: by.clone(), at };
        Ok(verdict)
    }

    /// Nobody has to decide it any more. What was decided is kept by whoever keeps versions.
    pub fn moot(&mut self, at: Timestamp) {
        self.state = HitState::Moot { at };
    }

    /// Whether what it stopped may go on.
    pub fn is_cleared(&self) -> bool {
        matches!(self.state, HitState::Decided { verdict: Verdict::Another, .. })
    }
}

/// Somebody who is not the one on the list. Holds only as long as both stay what they were, and not for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// Who and whom.
    pub pair: Pair,
    /// Until when, exclusive.
    pub until: Timestamp,
}

impl Cleared {
    /// What a review that is decided so gives.
    pub fn of(review: &HitReview, until: Timestamp) -> Option<Self> {
        review.is_cleared().then(|| Self { pair: review.pair.clone(), until })
    }

    /// Whether a hit of this pair need not be looked at again.
    pub fn covers(&self, pair: &Pair, now: Timestamp) -> bool {
        self.pair == *pair && now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aml::names::PartyKind;

    fn who(name: &str) -> Principal {
        Principal::try_new(format!("user:{name}")).unwrap()
    }

    fn found(entry: &str) -> Found {
        let (list, id, name) = ("un".to_owned(), "7".to_owned(), "Ann Other".to_owned());
        let (version, kind, entry) = ("v1".to_owned(), PartyKind::Person, entry.to_owned());
        Found { list, version, id, entry, kind, name, score: 990, hit: true, why: None }
    }

    fn review() -> HitReview {
        let subject = Subject { name: "Ann Other".to_owned(), ..Subject::default() };
        let found = found("e1");
        HitReview::new(Pair::of("c1", &subject, &found), &found, Timestamp::from_micros(0))
    }

    #[test]
    fn two_people_and_a_reason() {
        let (ann, bob, at) = (who("ann"), who("bob"), Timestamp::from_micros(5));
        let mut review = review();
        assert_eq!(review.approve(&bob, at), Err(CaseError::NotPending));
        assert_eq!(review.propose(Verdict::Another, " ", &ann), Err(CaseError::NoReason));
        review.propose(Verdict::Another, "born elsewhere", &ann).unwrap();
        assert!(!review.is_cleared() && Cleared::of(&review, Timestamp::MAX).is_none());
        assert_eq!(review.approve(&ann, at), Err(CaseError::SamePerson));
        assert_eq!(review.approve(&bob, at), Ok(Verdict::Another));
        assert!(review.is_cleared());
        assert_eq!(review.propose(Verdict::Same, "no", &bob), Err(CaseError::NotPending));
        let mut same = self::review();
        same.propose(Verdict::Same, "passport", &ann).unwrap();
        same.approve(&bob, at).unwrap();
        assert!(!same.is_cleared());
        let mut gone = self::review();
        gone.moot(at);
        assert_eq!(gone.propose(Verdict::Another, "gone", &ann), Err(CaseError::NotPending));
        assert_eq!(gone.approve(&bob, at), Err(CaseError::NotPending));
        assert!(!gone.is_cleared(), "nobody said that it is somebody else");
    }

    #[test]
    fn who_is_cleared_is_so_until_something_changes() {
        let mut review = review();
        review.propose(Verdict::Another, "born elsewhere", &who("ann")).unwrap();
        review.approve(&who("bob"), Timestamp::from_micros(5)).unwrap();
        let cleared = Cleared::of(&review, Timestamp::from_micros(100)).unwrap();
        let now = Timestamp::from_micros(50);
        let subject = Subject { name: "Ann Other".to_owned(), ..Subject::default() };
        let pair = |subject: &Subject, entry: &str| Pair::of("c1", subject, &found(entry));
        assert!(cleared.covers(&pair(&subject, "e1"), now));
        assert!(!cleared.covers(&pair(&subject, "e1"), Timestamp::from_micros(100)), "not for ever");
        assert!(!cleared.covers(&pair(&subject, "e2"), now), "the entry changed");
        let moved = Subject { address: Some("Oslo".to_owned()), ..subject.clone() };
        assert!(!cleared.covers(&pair(&moved, "e1"), now), "the customer changed");
        assert!(!cleared.covers(&Pair::of("c2", &subject, &found("e1")), now), "another customer");
        assert!(!format!("{cleared:?}").contains("Ann"), "nothing can be read from it");
    }
}
