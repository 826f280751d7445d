//! What people do about alerts and hits. Decisions only: no clock, no store; times and people are arguments.
//!
//! - [`Case`] gathers alerts about somebody and is led through [`CaseState`]s to a decision; [`Clock`]s say by when.
//! - [`HitReview`] is a hit of the screening that holds something until two people have said what it is; [`Cleared`] remembers who was
//!   cleared, as long as neither the customer nor the list entry changes.
//! - [`CaseSeal`] seals what only the case team may read.
//! - [`Party`] is who is screened, and what holds them.

mod case;
mod error;
mod hit;
mod party;
mod seal;

pub use case::{Case, CaseState, Clock, Decision, MOVES, Note};
pub use error::CaseError;
pub use hit::{Cleared, HitReview, HitState, Pair, Verdict};
pub use party::{Party, Role};
pub use seal::{CaseKeys, CaseSeal};
