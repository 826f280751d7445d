//! Finds card numbers where none belong, and takes them out: in logs, exports, free text.
//!
//! ```
//! use pmts_compliance::pci::scrub::{Caution, Scrubber};
//!
//! let mut scrubber = Scrubber::new(Caution::InContext);
//! let scrubbed = scrubber.scrub(b"paid by 4242-4242-4242-4242, order_id=4532015112830366");
//! assert_eq!(&*scrubbed, b"paid by 4242-42**-****-4242, order_id=4532015112830366");
//! assert_eq!(&*Scrubber::new(Caution::Any).scrub(b"order_id=4532015112830366"), b"order_id=453201******0366");
//! ```
//!
//! A card number is 13 to 19 digits of a length and range that a network issues (ISO/IEC 7812), with a correct check digit. Digits may stand in groups, with
//! spaces, dashes, dots or the like between them; may be those of any script (Unicode `Nd`); may be percent-encoded. ASCII digits, in groups or not, are found within base64 and
//! base64url at any offset, too. Rows of more than 19 digits are no card numbers. What is kept is at most the first six and last four digits (PCI DSS 3.4.1).
//!
//! One of 25 numbers of 16 digits made up at random passes for a card number. [`Caution`] says what becomes of those that stand where numbers of another kind
//! stand.
//!
//! | file | what |
//! | --- | --- |
//! | `ranges.rs` | which numbers networks issue |
//! | `digits.rs` | digits and what may stand between them, in any form |
//! | `context.rs` | what stands before a number |
//! | `base64.rs` | text within base64 |
//! | `scrubber.rs` | all of it over a text |
//! | `stream.rs` | the same over what a reader gives |

mod base64;
mod context;
mod digits;
mod ranges;
mod scrubber;
mod stream;
#[cfg(test)]
mod tests;

pub use ranges::is_issued;
pub use scrubber::{Caution, Finding, Form, Scrubber};
