//! Due diligence: who somebody is, who stands behind a company, how risky that is, and what they may do until it is known. Decisions only: no clock,
//! no store; times and people are arguments.
//!
//! ```text
//! facts of identity, documents, owners, purpose ─▶ missing ─▶ submit ─▶ rate ─▶ approve (a second person if risk is high) ─▶ reviewed when due
//!                                                                                   Rules::gate: may they receive, may they be paid, up to how much
//! ```
//!
//! - [`File`] is what is known, and where its checking stands; [`File::missing`] says what is still needed.
//! - [`Rules`] are published, as data: points for what makes somebody risky, levels, limits, spans between reviews. Those shipped: [`shipped`].
//! - [`Rating`] says its points one by one, so that everybody rates the same and can tell why.
//! - [`Gate`] is the answer to "may they".
//!
//! Law: 31 CFR 1010.230 (owners of 25 % and one person in control), 31 CFR 1022.210 and 1020.220 (identity), Directive (EU) 2015/849, articles 13, 18, 20
//! (purpose, enhanced diligence, politically exposed persons). Documents are kept elsewhere and named by reference.

mod error;
mod file;
mod identity;
mod rules;

pub use error::DiligenceError;
pub use file::{Event, File, FileState, Told};
pub use identity::{Company, Control, Document, DocumentKind, Human, Missing, Owner, Pep, Subject};
pub use rules::{Action, Gate, Level, Limits, Points, Rating, Rules, SHIPPED, read_rules, shipped};
