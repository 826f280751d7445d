//! The books: how a business event becomes transfers. A file per event; no other place of the platform makes a transfer.
//!
//! | event | file |
//! | --- | --- |
//! | the issuer holds the money, or more | `authorized.rs` |
//! | a hold is being given up, is, is not | `released.rs` |
//! | a capture is sent, done, refused | `capture_sent.rs`, `captured.rs`, `capture_refused.rs` |
//! | a captured payment is split | `split.rs` |
//! | a refund is accepted, done | `refund_accepted.rs`, `refund_done.rs` |
//! | a delivered part is released to its seller | `delivered.rs` |
//! | a payout is approved, sent, given up | `payout_sent.rs` |
//! | the bank answers a payout | `payout_answered.rs` |
//!
//! What every account means is in `chart.rs`, what every transfer code means in `codes.rs`.

mod accounts;
mod authorized;
mod capture_refused;
mod capture_sent;
mod captured;
mod chart;
mod codes;
mod delivered;
mod journal;
mod payout_answered;
mod payout_sent;
mod refund_accepted;
mod refund_done;
mod released;
mod split;

pub use accounts::{Accounts, seller_owner};
pub use chart::{Line, chart};
pub use codes::Code;
pub use journal::Journal;
pub use refund_accepted::SellerFunds;

use pmts_money::{Bps, MoneyError};
use pmts_payments::{Fact, MoneyEvent};

/// What the recipes need to know beside the fact.
#[derive(Debug, Clone)]
pub struct Books {
    /// Where accounts are found.
    pub accounts: Accounts,
    /// What the acquirer is expected to charge of a captured amount: an estimate, corrected by its file.
    pub acquirer_fee: Bps,
}

impl Books {
    /// Adds the transfers of a fact to the journal of its commit. `funds` is read for accepted refunds only.
    ///
    /// # Errors
    /// [`MoneyError`] when an amount leaves the range of amounts.
    pub fn book(&self, fact: &Fact, funds: &SellerFunds, journal: &mut Journal) -> Result<(), MoneyError> {
        match &fact.event {
            MoneyEvent::Authorized => authorized::book(self, fact, journal),
            MoneyEvent::CaptureSent => capture_sent::book(self, fact, journal),
            MoneyEvent::Captured { parts } => {
                captured::book(self, fact, journal)?;
                split::book(self, fact.payment, parts, journal);
            }
            MoneyEvent::CaptureRefused => capture_refused::book(self, fact, journal),
            MoneyEvent::ReleaseSent => released::sent(self, fact, journal),
            MoneyEvent::Released => released::done(self, fact, journal),
            MoneyEvent::ReleaseRefused => released::refused(self, fact, journal),
            MoneyEvent::RefundAccepted { parts } => refund_accepted::book(self, fact, parts, funds, journal)?,
            MoneyEvent::RefundDone => refund_done::book(self, fact, journal),
            // The money is still owed to the customer and stays in refunds payable; a task asks a person to find a way.
            MoneyEvent::RefundRefused => {}
        }
        Ok(())
    }
}
