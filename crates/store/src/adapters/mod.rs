//! The engines.

pub mod embedded;
pub mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
