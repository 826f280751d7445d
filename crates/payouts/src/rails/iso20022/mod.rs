//! ISO 20022 messages: their schemas as tables, the check of files against them.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`schema`] | [`Schema`](schema::Schema): what a message may hold, as compact tables made from the published XSDs |
//! | `xml` | the guarded XML reader: no DTD, no entities, bounded depth and length |
//! | `check` | [`check()`]: whether a file is valid, and where not |
//! | `rules` | counts, sums, balances and identifiers: what schemas cannot say |

mod check;
mod rules;
pub mod schema;
mod sum;
mod xml;

pub use check::{Summary, check};
