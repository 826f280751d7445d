//! A payout is approved, is in a file for the bank, or its batch is given up.

use super::{Books, Code, Journal, Line};
use pmts_ledger::Account;
use pmts_payments::SellerRef;
use pmts_payouts::batches::Payout;

/// The tag of the reservation among the payout's transfers.
const RESERVED: u8 = 1;

impl Books {
    /// reserve: seller available ▸ payouts in transit (of the batch)
    pub fn payout_approved(&self, payout: &Payout, seller: &SellerRef, journal: &mut Journal) {
        let (from, to) = self.payout_accounts(payout, seller);
        journal.begin_for(payout.id.raw(), payout.batch.raw(), RESERVED);
        journal.reserve(from, to, payout.amount, Code::PayoutApproved);
    }

    /// post the reservation
    pub fn payout_sent(&self, payout: &Payout, seller: &SellerRef, journal: &mut Journal) {
        let (from, to) = self.payout_accounts(payout, seller);
        journal.begin_for(payout.id.raw(), payout.batch.raw(), RESERVED + 1);
        journal.post_reserved(RESERVED, &from, &to, payout.amount, Code::PayoutSent);
    }

    /// let go of the reservation
    pub fn payout_cancelled(&self, payout: &Payout, seller: &SellerRef, journal: &mut Journal) {
        let (from, to) = self.payout_accounts(payout, seller);
        journal.begin_for(payout.id.raw(), payout.batch.raw(), RESERVED + 2);
        journal.void(RESERVED, &from, &to, payout.amount, Code::PayoutCancelled);
    }

    fn payout_accounts(&self, payout: &Payout, seller: &SellerRef) -> (Account, Account) {
        let currency = payout.amount.currency();
        let from = self.accounts.seller(Line::SellerAvailable, currency, seller);
        (from, self.accounts.batch(Line::PayoutsInTransit, currency, payout.batch))
    }
}
