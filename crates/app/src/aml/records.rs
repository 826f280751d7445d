//! What is kept of who is screened. The names of the kinds are on disk and stay.

use crate::records::record_of;
use pmts_compliance::aml::cases::{HitReview, HitState, Pair, Party, Role};
use pmts_kernel::{Timestamp, typed_id};
use pmts_store::Record;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

typed_id! {
    /// Somebody who is screened; made of role and reference.
    pub struct PartyId("party");
}
typed_id! {
    /// A hit of the screening; made of who and whom, as they were.
    pub struct HitId("hit");
}

impl PartyId {
    /// The id of who has this role and reference.
    pub fn of(role: Role, reference: &str) -> Self {
        Self::from_raw(xxh3_128(format!("{}:{reference}", role.name()).as_bytes()))
    }
}

impl HitId {
    /// The id of the hit of a pair.
    pub fn of(pair: &Pair) -> Self {
        let Pair { customer, customer_hash, list, entry, entry_hash } = pair;
        Self::from_raw(xxh3_128(
            format!("{customer}\0{customer_hash}\0{list}\0{entry}\0{entry_hash}").as_bytes(),
        ))
    }
}

/// Who acts for somebody, as an index key.
pub(super) fn acts_for(role: Role, reference: &str) -> String {
    format!("{}:{reference}", role.name())
}

record_of! {
    /// Somebody who is screened. Listed by role, by whom they act for, and while something holds them.
    PartyRecord(Party), "aml_party", |p| PartyId::of(p.role, &p.reference).raw(), {
        let held = p.is_held().then(|| ("held", "1".to_owned()));
        let others = p.acts_for.iter().map(|(role, reference)| ("for", acts_for(*role, reference)));
        [("role", p.role.name().to_owned())].into_iter().chain(held).chain(others).collect()
    }
}

/// A hit with what a person needs to look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Its id.
    pub id: HitId,
    /// Who was screened.
    pub role: Role,
    /// Which one.
    pub reference: String,
    /// The name that stands on the list.
    pub listed_name: String,
    /// Why they are alike, if the provider tells: parts of the score.
    pub why: Option<Value>,
    /// Where its review stands.
    pub review: HitReview,
    /// Of who was cleared: until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_until: Option<Timestamp>,
}

impl Hit {
    /// Whether it is decided that it is somebody else, and still holds.
    pub fn clears(&self, now: Timestamp) -> bool {
        self.review.is_cleared() && self.cleared_until.is_some_and(|until| now < until)
    }

    /// Whether somebody has to look at it.
    pub fn waits(&self) -> bool {
        matches!(self.review.state, HitState::Open | HitState::Proposed { .. })
    }
}

record_of! {
    /// A hit. Listed by where its review stands, and by party.
    HitRecord(Hit), "aml_hit", |h| h.id.raw(), {
        vec![("state", h.review.state.name().to_owned()), ("party", PartyId::of(h.role, &h.reference).to_string())]
    }
}

/// Everyone is screened again, or was: how far that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Rescreen {
    /// Against which lists, each with its version.
    pub lists: Vec<(String, String)>,
    /// Against which lists everyone was screened the time before; only what changed since then was compared.
    pub before: Vec<(String, String)>,
    /// When it was begun.
    pub started: Timestamp,
    /// When everyone was through; `None`: it goes on.
    pub finished: Option<Timestamp>,
    /// The last one that was looked at, in the order of ids.
    pub after: Option<u128>,
    /// How many were looked at.
    pub done: u64,
    /// How many are held by something new.
    pub held: u64,
    /// How many are held no longer.
    pub released: u64,
}

record_of! {
    /// How far everyone is screened again. There is one.
    RescreenRecord(Rescreen), "aml_rescreen", |_r| 1, vec![]
}
