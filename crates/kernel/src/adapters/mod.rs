//! Clocks and id sources: of the machine, and made for tests and simulation.

mod simulated;
mod system;

pub use simulated::{ManualClock, SeededIds};
pub use system::{SystemClock, SystemIds};
