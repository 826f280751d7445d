//! Importing trading days: every order a purchase, every return refunds, every line accounted for.
//!
//! A source gives invoices in order ([`Invoice`]); [`retail`] reads them from files, [`crate::demo`] makes them up. The
//! [`Importer`] carries them through the platform and can be killed anywhere: run again, it goes on where it was.

mod csv_lines;
mod invoice;
mod rejects;
pub mod retail;
mod returns;
mod run;
mod summary;

pub use invoice::{
    ImportedInvoice, ImportedLine, Invoice, InvoiceKind, InvoiceRecord, Line, LineContent, Outcome, Reason,
    RejectedLine,
};
pub use rejects::RejectsFile;
pub use run::{ImportOptions, Importer, Progress};
pub use summary::{Summary, summarize};
