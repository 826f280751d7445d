//! What the bank says of a payout: it is paid, refused, or came back; and lines of the bank that fit nothing.

use super::{Books, Code, Journal, Line};
use pmts_money::Money;
use pmts_payments::SellerRef;
use pmts_payouts::batches::{Effect, Payout};

/// Tags among the payout's transfers, after those of its sending.
const PUT_BACK: u8 = 4;
const PAID_OUT: u8 = 5;
const CAME_BACK: u8 = 6;

impl Books {
    /// put back: payouts in transit ▸ seller available. Paid out: payouts in transit ▸ bank. Came back: bank ▸ returned
    /// payouts, payout cost ▸ returned payouts (what the bank kept), returned payouts ▸ seller available. The money that a
    /// conflict is about is booked with [`Books::unidentified`].
    pub fn payout_answered(
        &self,
        payout: &Payout,
        seller: &SellerRef,
        effect: &Effect,
        journal: &mut Journal,
    ) {
        let (currency, amount) = (payout.amount.currency(), payout.amount);
        let (operation, batch) = (payout.id.raw(), payout.batch.raw());
        let common = |line| self.accounts.common(line, currency);
        let in_transit = self.accounts.batch(Line::PayoutsInTransit, currency, payout.batch);
        let available = self.accounts.seller(Line::SellerAvailable, currency, seller);
        match effect {
            Effect::PutBack => {
                journal.begin_for(operation, batch, PUT_BACK);
                journal.post(in_transit, available, amount, Code::PayoutRejected);
            }
            Effect::PaidOut => {
                journal.begin_for(operation, batch, PAID_OUT);
                journal.post(in_transit, common(Line::ClientMoney), amount, Code::PayoutPaid);
            }
            Effect::CameBack { amount: back, kept } => {
                journal.begin_for(operation, batch, CAME_BACK);
                let returned = common(Line::PayoutsReturned);
                journal.post(common(Line::ClientMoney), returned.clone(), *back, Code::PayoutReturned);
                journal.post(common(Line::PayoutCost), returned.clone(), *kept, Code::PayoutCharge);
                journal.post(returned, available, amount, Code::PayoutPutBack);
            }
            Effect::None | Effect::Conflict(_) => {}
        }
    }

    /// A line of the bank that fits nothing, with its sign: bank ▸ unidentified, or unidentified ▸ bank.
    pub fn unidentified(&self, line: u128, moved: Money, journal: &mut Journal) {
        let (bank, apart) = (
            self.accounts.common(Line::ClientMoney, moved.currency()),
            self.accounts.common(Line::BankUnidentified, moved.currency()),
        );
        let amount = Money::new(moved.minor().saturating_abs(), moved.currency());
        journal.begin_for(line, line, 1);
        let (debit, credit) = if moved.minor() > 0 { (bank, apart) } else { (apart, bank) };
        journal.post(debit, credit, amount, Code::BankUnidentified);
    }
}
