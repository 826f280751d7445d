//! What callers send: form bodies, JSON bodies and queries become one tree, and the tree is held against the list of
//! parameters of its endpoint before anything else looks at it.

mod check;
mod form;
mod json;
mod node;
mod param;
mod params;

pub(crate) use check::check;
pub(crate) use form::read_form;
pub(crate) use json::read_json;
pub(crate) use node::Node;
pub use param::{Kind, Param};
pub(crate) use param::{METADATA_NAME, METADATA_NAMES, METADATA_VALUE};
pub(crate) use params::Params;

/// Deepest nesting of what is sent: `a[b][c]` has 3 levels.
pub(crate) const DEPTH_MAX: usize = 8;
/// Most values in one request.
pub(crate) const VALUES_MAX: usize = 1_000;
