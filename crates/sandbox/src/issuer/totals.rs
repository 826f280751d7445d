//! What took effect, in sums.

use pmts_cards::message::CardOperation;

/// How often and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many requests took effect.
    pub count: u64,
    /// The sum of their amounts in minor units.
    pub sum_minor: i128,
}

/// What took effect in one currency. Requests that were declined, or came again, do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IssuerTotals {
    /// Approved authorizations, with the approved amount.
    pub authorized: Tally,
    /// Authorizations that were approved in the issuer's place, with the amount it was told.
    pub advised: Tally,
    /// Increments, with the amount added.
    pub incremented: Tally,
    /// Captures.
    pub captured: Tally,
    /// Voids, with the amount set free.
    pub voided: Tally,
    /// Refunds.
    pub refunded: Tally,
    /// Reversals of approved authorizations and increments, with the amount set free.
    pub reversed: Tally,
}

impl IssuerTotals {
    pub(super) fn add(&mut self, operation: CardOperation, minor: i64) {
        let tally = match operation {
            CardOperation::Authorize => &mut self.authorized,
            CardOperation::Advise => &mut self.advised,
            CardOperation::Increment => &mut self.incremented,
            CardOperation::Capture => &mut self.captured,
            CardOperation::Void => &mut self.voided,
            CardOperation::Refund => &mut self.refunded,
            CardOperation::Reverse => &mut self.reversed,
        };
        tally.count += 1;
        tally.sum_minor += i128::from(minor);
    }
}
