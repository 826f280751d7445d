//! Currencies, money in minor units, rates, rounding and allocation.
//!
//! An amount is a count of the currency's minor units and never travels without its currency. Every operation is
//! checked: what does not fit, or mixes currencies, is an error that carries both operands. Where a fraction of a minor
//! unit can arise, the caller names the [`Rounding`]; a split has no rounding, its parts add up to the whole.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `currency` | [`Currency`]: ISO 4217 codes with their digits |
//! | `money` | [`Money`]: sums, comparison |
//! | `text` | [`Money`] from and to decimal text and JSON |
//! | `rate` | [`Rate`], [`Percent`], [`Bps`]: exact factors |
//! | `product` | [`Money`] times a factor: the one place where a product becomes minor units |
//! | `allocate` | splits by weights, in equal parts, by ratios |
//! | `cash` | rounding to the coins that exist |
//! | `rounding` | [`Rounding`] |
//! | `error` | [`MoneyError`] and its [`codes`] |
//!
//! ```
//! use pmts_money::{Currency, Money, Percent, Rounding};
//!
//! let price = Money::parse("59.99", Currency::EUR)?;
//! let fee = price.percent(Percent::parse("2.9")?, Rounding::HalfEven)?;
//! assert_eq!(fee.to_string(), "1.74 EUR");
//!
//! let parts = price.allocate(&[1, 1, 1])?;
//! assert_eq!(parts.iter().map(|p| p.minor()).collect::<Vec<_>>(), [2000, 2000, 1999]);
//!
//! let yen = Money::new(500, Currency::from_code("JPY")?);
//! assert_eq!(yen.to_string(), "500 JPY");
//! assert!(price.checked_add(yen).is_err());
//! # Ok::<(), pmts_money::MoneyError>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod allocate;
mod cash;
mod currency;
mod decimal_text;
mod error;
mod exact;
mod money;
mod product;
mod rate;
mod rounding;
mod table;
mod text;

pub use currency::Currency;
pub use error::{MoneyError, Operand, codes};
pub use money::Money;
pub use rate::{Bps, Percent, Rate};
pub use rounding::Rounding;
/// The decimal type of rates and ratios. Its operators round silently at the ends of its range: prefer [`Money`]'s
/// methods, which are exact until they round once.
pub use rust_decimal::Decimal;
