//! Versions of sanctions lists, kept in the folder `lists` beside the data.
//!
//! ```text
//! DIR/lists/un/list.json      which version is in force, and where each came from
//! DIR/lists/un/1.jsonl        the entries of version 1, as lines of JSON
//! DIR/lists/un/2.jsonl
//! ```
//!
//! A version is written, made durable and named before `list.json` is replaced by one that names it: whatever happens in between, the
//! earlier version stays in force.

mod manifest;
mod shelf;
mod source;

pub use manifest::{Manifest, Version};
pub use shelf::{Imported, Shelf};
pub use source::{Sources, read};
