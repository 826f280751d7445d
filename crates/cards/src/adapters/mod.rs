//! Implementations of the [`crate::CardAuthorizer`] port.

#[cfg(feature = "tcp")]
pub mod link;
