//! Who stands on a list: names, dates, countries, identifiers, addresses.

mod country;
mod date;
mod listed;

pub use country::Country;
pub use date::{Day, DaySpan};
pub use listed::{Address, Identifier, ListedName, ListedParty, NameQuality};
