//! Implementations of the [`crate::Ledger`] port.

pub mod memory;
