//! Where ids come from. The shape of an id:
//!
//! ```text
//! 127            80 79          60 59                    8 7      0
//! | ms since 1970  | count in ms  | random                | tag = 0 |
//! ```
//!
//! The tag is zero in every id a source gives out; [`derived_id`] sets it, so what belongs to one object (the accounts
//! of a payment, the transfers of an operation) has ids that need no look-up and lie side by side on disk.

use crate::Timestamp;

/// Gives unique ids that grow with time.
pub trait IdSource: Send + Sync {
    /// The next id; larger than all before it from this source. The lowest 8 bits are zero.
    fn next_id(&self) -> u128;
}

/// The id of the `tag`-th thing that belongs to `base`. `base` must come from an [`IdSource`]; tag 0 is `base` itself.
pub const fn derived_id(base: u128, tag: u8) -> u128 {
    (base & !0xff) | tag as u128
}

/// When an id from an [`IdSource`] was made, to the millisecond.
pub fn timestamp_of_id(raw: u128) -> Timestamp {
    let ms = i64::try_from(raw >> 80).expect("48 bits fit in 63");
    Timestamp::from_micros(ms * 1_000)
}

/// Composes an id; the parts are cut to their widths.
pub(crate) fn compose(ms: u64, count: u32, random: u64) -> u128 {
    ((u128::from(ms) & 0xffff_ffff_ffff) << 80)
        | ((u128::from(count) & 0xf_ffff) << 60)
        | (u128::from(random & 0x000f_ffff_ffff_ffff) << 8)
}

/// Time and count of the last id: ids grow even if the clock stands still or goes back.
#[derive(Debug, Default)]
pub(crate) struct Last {
    ms: u64,
    count: u32,
}

impl Last {
    /// Steps to the next (ms, count) at or after the clock's time.
    pub(crate) fn step(&mut self, now: Timestamp) -> (u64, u32) {
        let ms = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
        if ms > self.ms {
            *self = Self { ms, count: 0 };
        } else if self.count == 0xf_ffff {
            *self = Self { ms: self.ms + 1, count: 0 };
        } else {
            self.count += 1;
        }
        (self.ms, self.count)
    }
}
