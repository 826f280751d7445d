//! ISO 20022 messages: their schemas as tables, the check of files against them.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`schema`] | [`Schema`](schema::Schema): what a message may hold, as compact tables made from the published XSDs |
//! | `xml` | the guarded XML reader: no DTD, no entities, bounded depth and length |
//! | `check` | [`check()`]: whether a file is valid, and where not |
//! | `camt` | [`CamtReader`]: statements and notifications of banks (camt.052, .053, .054), entry by entry
//! | `initiation` | [`Initiation`]: payments for the operator's bank (pain.001) |
//! | `status` | [`StatusReport`]: what the bank says of them (pain.002) |
//! | `transfer` | [`Transfer`]: payments between banks (pacs.008 in its business header) |
//! | `returned` | [`read_returns`]: payments that came back (pacs.004) |
//! | `rules` | counts, sums, balances and identifiers: what schemas cannot say |

mod amount;
mod camt;
mod check;
mod elements;
mod initiation;
mod returned;
mod rules;
pub mod schema;
mod status;
mod sum;
mod transfer;
mod write;
mod xml;

pub use camt::{Balance, CamtItem, CamtReader, Detail, Entry, StatementHead};
pub use check::{Summary, check};
pub use initiation::{Initiation, InitiationVersion, Order, OrderBatch, Scheme};
pub use returned::{PaymentReturned, read_returns};
pub use status::{PaymentStatus, StatusReport};
pub use transfer::Transfer;
