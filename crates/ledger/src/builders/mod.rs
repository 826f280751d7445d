//! What spans several transfers, made right: each gives the transfers of one journal.
//!
//! The ids of those transfers are derived from one base id ([`pmts_kernel::derived_id`]), one tag after the other from the
//! tag of the base on. So the same request made again has the same ids and is a repeat.

mod correction;
mod exchange;
mod legs;
mod part_post;
mod sweep;

pub use correction::{Correction, CorrectionError};
pub use exchange::{Exchange, ExchangeAccounts, ExchangeError};
pub use legs::{Legs, LegsError};
pub use part_post::{PartPost, PartPostError};
pub use sweep::{Sweep, SweepError};

use crate::TransferId;
use pmts_kernel::derived_id;

/// The id of the `n`-th transfer of a journal. `None` beyond the 256 tags of a base.
fn nth_id(base: TransferId, n: usize) -> Option<TransferId> {
    // The tag is the lowest byte.
    let first = base.raw() & 0xff;
    let tag = u8::try_from(first + u128::try_from(n).ok()?).ok()?;
    Some(TransferId::from_raw(derived_id(base.raw(), tag)))
}
