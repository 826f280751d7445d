//! Exchange rates, quotes and what open positions are worth. Decides and does no IO; rates come from a [`RateSource`].
//!
//! | module | what it holds |
//! | --- | --- |
//! | `rate` | [`PairRate`]: an exact rate; [`Margin`], [`Margins`] |
//! | `table` | [`RateSource`], [`RateTable`]: rates by day, with the day they fell back to |
//! | `ecb` | [`read_ecb`]: the euro reference rates |
//! | `quote` | [`Quote`]: a rate locked for a while, honoured once |
//! | `error` | [`FxError`] and its [`codes`] |
//!
//! Two ways of rounding, each for its purpose: a customer's conversion is rounded against the customer by less than one
//! minor unit, so that going there and back never gains; a valuation is rounded to the nearest.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod ecb;
mod error;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod quote;
mod rate;
mod table;
mod zip;

pub use ecb::{EcbRates, read_ecb};
pub use error::{FxError, codes};
pub use quote::{Fixed, Honour, Quote, Usage};
pub use rate::{Margin, Margins, PairRate};
pub use table::{RateSource, RateTable};
pub use zip::{is_zip, unzip_only_file};
