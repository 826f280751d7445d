//! What is kept of due diligence. The names of the kinds, and of what is sealed, are on disk and stay.

use crate::monitoring::{CaseDesk, Kept};
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::diligence::{File, FileState, Missing};
use pmts_kernel::{Principal, Timestamp, typed_id};
use pmts_store::Record;
use serde::{Deserialize, Serialize};

typed_id! {
    /// A file of due diligence; made of whom it is about, with the case team's key.
    pub struct FileId("kyc");
}

impl FileId {
    /// The id of the file about somebody.
    pub(super) fn of(cases: &CaseDesk, role: Role, reference: &str) -> Self {
        let name = cases.name_of(&format!("file/of/{}", party(role, reference)));
        Self::from_raw(u128::from_str_radix(&name, 16).unwrap_or_default())
    }
}

/// Somebody as files name them.
pub(super) fn party(role: Role, reference: &str) -> String {
    format!("{}:{reference}", role.name())
}

/// A file as it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct FileKept {
    /// Its id.
    pub id: FileId,
    /// Whom it is about, to the platform.
    pub role: Role,
    /// Which one.
    pub reference: String,
    /// When it was first told.
    pub created: Timestamp,
    /// The file.
    pub file: File,
    /// Its review is due, and that was told.
    #[serde(default)]
    pub due: bool,
}

/// The name of a state.
pub(super) const fn state_name(state: FileState) -> &'static str {
    match state {
        FileState::Open => "open",
        FileState::Submitted => "submitted",
        FileState::Verified => "verified",
        FileState::Restricted => "restricted",
        FileState::Refused => "refused",
    }
}

/// The name under which files are listed whose review is due on a day, in days since 1970-01-01.
pub(super) fn review_name(day: i64) -> String {
    format!("file/review/{day}")
}

/// The name under which files are listed whose review is due.
pub(super) const DUE: &str = "file/due";

/// The day of a time, in days since 1970-01-01, UTC.
pub(super) fn day_of(at: Timestamp) -> i64 {
    at.as_secs().div_euclid(86_400)
}

impl Kept for FileKept {
    const WHAT: &'static str = "file";

    fn id(&self) -> u128 {
        self.id.raw()
    }

    fn names(&self) -> Vec<String> {
        let state = format!("file/state/{}", state_name(self.file.state));
        let review = self.file.review_due.filter(|_| self.file.state == FileState::Verified);
        let review = match (self.due, review) {
            (true, _) => Some(DUE.to_owned()),
            (false, due) => due.map(|due| review_name(day_of(due))),
        };
        [state].into_iter().chain(review).collect()
    }
}

/// What a file comes to, for those who may not know more: neither how risky somebody is, nor why, nor when they are looked at again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Its id.
    pub id: FileId,
    /// Whom it is about, to the platform.
    pub role: Role,
    /// Which one.
    pub reference: String,
    /// Where it stands.
    pub state: FileState,
    /// What is still needed.
    pub missing: Vec<Missing>,
    /// Whether they may receive; of sellers.
    pub may_receive: super::Allowed,
    /// Whether they may be paid; of sellers.
    pub may_be_paid: super::Allowed,
}

/// Rules of due diligence, as they were put in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesRecord {
    /// Which, from 1 on; the last is in force.
    pub number: u32,
    /// The file.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
}

impl Record for RulesRecord {
    const KIND: &'static str = "aml_rules";

    fn record_id(&self) -> u128 {
        u128::from(self.number)
    }
}

/// How far reviews were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct ReviewPlace {
    /// All reviews due on this day or before are told, in days since 1970-01-01.
    pub(super) day: i64,
}

impl Record for ReviewPlace {
    const KIND: &'static str = "aml_reviews";

    fn record_id(&self) -> u128 {
        1
    }
}
