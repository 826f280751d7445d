//! Due diligence over a store: what is known of somebody, where its checking stands, and what they may do.
//!
//! ```text
//! told ─▶ file (sealed) ─▶ submit ─▶ approve ─▶ review when due        in the same commit: everybody in it is screened, the seller's state follows
//!            └▶ may they receive (authorization, capture), may they be paid (proposal, approval, release), up to how much
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `records.rs` | what is kept |
//! | `told.rs` | what is told of somebody, as JSON |
//! | `files.rs` | files are told, submitted, decided |
//! | `people.rs` | everybody in a file is screened |
//! | `rules.rs` | the rules in force |
//! | `gate.rs` | what somebody may do |
//! | `reviews.rs` | reviews that come due |
//! | `travel_rule.rs` | travel-rule messages about payouts |
//!
//! Files are sealed as cases are: they say who is exposed, how risky somebody is, and whether they were reported.

mod files;
mod gate;
mod people;
mod records;
mod reviews;
mod rules;
mod told;
mod travel_rule;

pub use files::FileStep;
pub use gate::Allowed;
pub(crate) use gate::{not_paid, window_begin};
use records::DUE;
pub use records::{FileId, FileKept, RulesRecord, Standing};
pub(crate) use reviews::Reviewer;
pub(crate) use told::{
    ADDRESS_MAX, DOCUMENTS_MAX, NAME_MAX, NATIONALITIES_MAX, OWNERS_MAX, PURPOSE_MAX, REFERENCE_MAX,
};
pub use told::{ToldCompany, ToldDocument, ToldFile, ToldHuman, ToldOwner, ToldPep, read_told};

pub use travel_rule::{Operator, today};

use crate::aml::AmlDesk;
use crate::monitoring::CaseDesk;
use crate::rates::Rates;
use pmts_compliance::aml::diligence::Rules;
use std::sync::{Arc, RwLock};

/// Rules with their number.
type Numbered = (u32, Arc<Rules>);

/// Works on files of due diligence over a store.
#[derive(Clone)]
pub struct DiligenceDesk {
    /// Where files are sealed and kept.
    pub cases: CaseDesk,
    /// Who screens everybody in a file; `None`: nobody.
    pub aml: Option<AmlDesk>,
    /// What amounts are worth in the rules' currency.
    pub rates: Arc<Rates>,
    /// The rules that were in force when it was looked last, with their number.
    known: Arc<RwLock<Option<Numbered>>>,
}

impl DiligenceDesk {
    /// A desk over the store of the cases.
    pub fn new(cases: CaseDesk, aml: Option<AmlDesk>, rates: Arc<Rates>) -> Self {
        Self { cases, aml, rates, known: Arc::default() }
    }
}
