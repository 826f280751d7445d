//! Batches of payouts: proposed, approved by another person, released as a file, answered by the bank.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `batch` | [`Batch`]: its states, who did what; four eyes |
//! | `payout` | [`Payout`]: one payment of it |
//! | `answers` | [`BankFact`], [`Effect`]: what the bank says of a payment, and what follows for the money |

mod answers;
mod batch;
mod payout;

pub use answers::{BankFact, Effect};
pub use batch::{Batch, BatchId, BatchState, Done};
pub use payout::{Payout, PayoutId, PayoutState};
