//! The ways money goes: a port, and the files of each family.

pub mod iso20022;
pub mod nacha;
mod port;

pub use port::{CreditTransfers, OwnAccount, PayoutRail};
