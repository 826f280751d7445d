//! People: reviews, cases, bulk actions with four eyes, and the look a refused person may ask for. Pure state: time and who are arguments.
//!
//! | file | what |
//! | --- | --- |
//! | `review.rs` | a payment or payout that waits for a person |
//! | `case.rs` | payments, customers, devices that belong together |
//! | `bulk.rs` | the same done to many, if another person agrees |
//! | `appeal.rs` | a refused person asks for a person (GDPR, article 22) |
//! | `note.rs` | what somebody wrote |

mod appeal;
mod bulk;
mod case;
mod note;
mod review;
#[cfg(test)]
mod tests;

pub use appeal::{Appeal, AppealAnswer};
pub use bulk::{Bulk, BulkAction, BulkState};
pub use case::{Case, CaseOutcome, CaseState, Link, LinkKind, MOVES as CASE_MOVES};
pub use note::{NOTES_MAX, Note, TEXT_MAX};
pub use review::{MOVES as REVIEW_MOVES, Outcome, Review, ReviewEnd, ReviewOf, ReviewState};
