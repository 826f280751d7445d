//! NACHA files: payments and their returns in the United States (ACH).
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`layout`] | where each field of each record stands |
//! | `record`, `lines` | [`Record`], [`Lines`]: reading line by line, with the layout kept |
//! | `codes` | transaction codes, entry classes, reasons of returns and changes |
//! | `check` | [`check()`]: whether a file is valid, and where not |
//! | `writer` | [`Writer`]: files as banks want them |
//! | `reader` | [`Reader`]: entries with their batch, returns and changes |

mod check;
mod class_rules;
mod codes;
pub mod layout;
mod lines;
mod reader;
mod record;
mod totals;
mod writer;

pub use check::{Summary, check};
pub use codes::{Direction, change_reason, direction, is_prenote, return_reason};
pub use lines::{Ending, Line, Lines};
pub use reader::{Change, Entry, Reader, Return};
pub use record::{Kind, RECORD_LEN, Record};
pub use writer::{BatchDraft, EntryDraft, FileDraft, Writer};
