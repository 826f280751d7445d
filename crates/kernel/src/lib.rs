//! The bottom of PMTS: ids, time, principals, events and error codes. No business word lives here.
//!
//! ```
//! use pmts_kernel::{typed_id, IdSource, SeededIds, ManualClock, Timestamp, Clock};
//! use std::sync::Arc;
//!
//! typed_id! {
//!     /// A parcel.
//!     pub struct ParcelId("parcel");
//! }
//!
//! let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_700_000_000_000_000)));
//! let ids = SeededIds::new(7, clock.clone());
//! let a = ParcelId::from_raw(ids.next_id());
//! let b = ParcelId::from_raw(ids.next_id());
//! assert!(a < b, "ids order by the time they were made");
//! assert_eq!(a.to_string().parse::<ParcelId>().unwrap(), a);
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error_code;
mod event;
mod id;
mod id_source;
mod principal;
mod time;

pub mod adapters;

pub use adapters::{ManualClock, SeededIds, SystemClock, SystemIds};
pub use error_code::{CodeInfo, Coded, Remedy, codes};
pub use event::{Event, EventId};
pub use id::{IdParseError, format_id, parse_id};
pub use id_source::{IdSource, derived_id, timestamp_of_id};
pub use principal::{Principal, PrincipalError};
pub use time::{Clock, Timestamp, TimestampError};
