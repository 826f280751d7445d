//! Sellers as those who are paid: where their money goes, by which terms, and whether it may go at all.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `payee` | [`PayeeRef`]: the marketplace's name for a seller |
//! | `destination` | [`Destination`]: the account that is paid |
//! | `terms` | [`Terms`], [`Schedule`]: when and how much |
//! | `seller` | [`Seller`], [`Kyc`], [`Withheld`]: what is paid today, or why not |
//! | `delivery` | [`Delivery`], [`Due`]: from a delivery to the release of the money, and of its reserve |

mod delivery;
mod destination;
mod payee;
mod seller;
mod terms;

pub use delivery::{Delivery, Due, Planned, ReleaseId, Released};
pub use destination::Destination;
pub use payee::PayeeRef;
pub use seller::{Kyc, Seller, Withheld};
pub use terms::{Schedule, Terms};
