//! Lists of sanctioned parties: what reads them, and what a version of one is.
//!
//! | reader | what it reads |
//! | --- | --- |
//! | [`ofac_csv`] | the lists of the US Treasury: main file with those of other names and addresses |
//! | [`un_xml`] | the consolidated list of the UN Security Council |
//! | [`eu_csv`] | the consolidated financial sanctions file of the EU, version 1.1 |
//! | [`uk_csv`] | the UK sanctions list, and the consolidated list of OFSI |
//! | [`jsonl`] | lists of one's own: a [`ListedParty`] as JSON on each line |
//!
//! A reader gives all entries or an error that says where: a list is never read in part.

mod diff;
mod error;
mod eu;
mod jsonl;
mod ofac;
mod table;
mod uk;
mod un;
mod version;
mod written;

pub use diff::{ListDiff, PartyChange};
pub use error::ListError;
pub use eu::eu_csv;
pub use jsonl::{jsonl, write_jsonl};
pub use ofac::{OfacFiles, ofac_csv};
pub use uk::uk_csv;
pub use un::un_xml;
pub use version::{ListHash, ListKind};

/// The most bytes of a file that are read: 512 MiB.
pub const LIST_BYTES_MAX: u64 = 512 << 20;

use super::party::ListedParty;
use std::collections::HashSet;

/// What all readers check at the end.
fn checked(list: Vec<ListedParty>) -> Result<Vec<ListedParty>, ListError> {
    if list.is_empty() {
        return Err(ListError::Empty);
    }
    let mut ids = HashSet::with_capacity(list.len());
    for party in &list {
        if party.names.is_empty() {
            return Err(ListError::Nameless { id: party.id.clone() });
        }
        if !ids.insert(party.id.as_str()) {
            return Err(ListError::Twice { id: party.id.clone() });
        }
    }
    Ok(list)
}
