//! The files that move money: one module for each family.

pub mod iso20022;
pub mod nacha;
