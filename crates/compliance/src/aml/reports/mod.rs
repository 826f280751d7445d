//! Reports to FinCEN, as batches of the BSA E-Filing System: [`ctr_batch`] (currency transactions) and [`sar_batch`] (suspicious activity).
//!
//! Whether a customer is reported must not become known to it, nor to anybody who need not know (31 U.S.C. 5318(g)(2)). So a [`Sar`] and its
//! [`Narrative`] cannot be printed, logged, compared or serialized: only [`sar_batch`] reads them.

mod cash;
mod ctr;
mod filer;
mod sar;
mod xml;

pub use cash::{CashDay, CashPaid, cash_days};
pub use ctr::{Ctr, ctr_batch};
pub use filer::{Filer, Institution, ReportError, Reported};
pub use sar::{Narrative, Sar, Suspicion, sar_batch};
