//! Reports to FinCEN, as batches of the BSA E-Filing System: [`ctr_batch`] (currency transactions), [`sar_batch`] (suspicious activity)
//! and [`form_8300_batch`] (cash received in a trade or business).
//!
//! Whether a customer is reported must not become known to it, nor to anybody who need not know (31 U.S.C. 5318(g)(2)). So a [`Sar`] and its
//! [`Narrative`] cannot be printed, logged, compared or serialized: only [`sar_batch`] reads them.

mod cash;
mod ctr;
mod filer;
mod form_8300;
mod sar;
mod xml;

pub use cash::{CashDay, CashPaid, cash_days};
pub use ctr::{Ctr, ctr_batch};
pub use filer::{Filer, Institution, ReportError, Reported};
pub use form_8300::{CashFor, CashReport, form_8300_batch};
pub use sar::{Narrative, Sar, Suspicion, sar_batch};
