//! Screening names against sanctions lists; [`monitor`]ing movements of money, [`cases`] and [`reports`],
//! [`diligence`] about who somebody is, messages of the [`travel_rule`].
//!
//! ```text
//! a list's file ─▶ lists: entries, version ─▶ Screener: names made ready, index ─▶ screen(subject) ─▶ matches with a score and why
//! ```
//!
//! - [`lists`] reads lists of OFAC, the UN, the EU and the UK, and lists of one's own.
//! - [`party`] is what an entry is: names, dates, countries, identifiers, addresses.
//! - [`names`] makes a name ready to be compared, whatever script it is in.
//! - [`matching`] compares two names.
//! - [`Screening`] is the port: whoever screens, [`MemoryScreening`] among others; [`contract`] is its suite.
//! - [`Screener`] finds, among all names of all lists, those that a subject may be.
//!
//! All of it is in memory, asks no clock and does no IO but on the readers it is given: it can be used alone.
//!
//! ```
//! use pmts_compliance::aml::lists::{ListHash, jsonl};
//! use pmts_compliance::aml::{Screener, ScreeningList, Subject};
//!
//! let file = br#"{"id":"1","kind":"person","names":[{"text":"Osama bin Laden","quality":"primary"}]}"#;
//! let parties = jsonl(&file[..])?;
//! let hash = ListHash::of(&parties);
//! let screener = Screener::new(vec![ScreeningList { name: "own".to_owned(), hash, parties }]);
//!
//! let subject = Subject { name: "LADIN, Usama ben".to_owned(), ..Subject::default() };
//! let found = screener.screen(&subject, 0);
//! assert!(found[0].hit && found[0].party.id == "1");
//! # Ok::<(), pmts_compliance::aml::lists::ListError>(())
//! ```

pub mod cases;
pub mod contract;
pub mod diligence;
pub mod lists;
pub mod matching;
pub mod monitor;
pub mod names;
pub mod party;
pub mod reports;
pub mod travel_rule;

mod details;
mod index;
#[cfg(test)]
mod laws;
mod screener;
mod screening;

pub use details::{Detail, Details};
pub use screener::{Match, Screener, ScreeningList, Subject};
pub use screening::{Found, MemoryScreening, Screened, Screening, ScreeningFailed, Standing, TOLD};
