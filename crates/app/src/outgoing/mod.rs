//! Calls to others over HTTP: where may be called, and one call.
//!
//! | file | what |
//! | --- | --- |
//! | `reach.rs` | where may be called: not into the network the server stands in |
//! | `call.rs` | one call, at the very address that was judged |

mod call;
mod reach;

pub(crate) use call::{Answer, Call, Caller, Target};
pub use reach::Reach;
