//! A seller's part of a delivered purchase is released; later what was kept back of it.

use super::{Books, Code, Journal, Line};
use pmts_money::Money;
use pmts_payments::{PaymentId, SellerRef};
use pmts_payouts::sellers::{Planned, ReleaseId};

/// The tag of the first transfer of a release, and of that of its reserve.
const RELEASE: u8 = 1;
const RESERVE: u8 = 8;

impl Books {
    /// seller pending ▸ seller available, seller reserve; seller available ▸ seller receivable (what he owes)
    pub fn delivered(
        &self,
        id: ReleaseId,
        payment: PaymentId,
        seller: &SellerRef,
        plan: &Planned,
        journal: &mut Journal,
    ) {
        let own = |line| self.accounts.seller(line, plan.available.currency(), seller);
        journal.begin_for(id.raw(), payment.raw(), RELEASE);
        let available = own(Line::SellerAvailable);
        journal.post(own(Line::SellerPending), available.clone(), plan.available, Code::Delivered);
        journal.post(own(Line::SellerPending), own(Line::SellerReserve), plan.reserve, Code::ReserveKept);
        journal.post(available, own(Line::SellerReceivable), plan.recovered, Code::DebtRecovered);
    }

    /// seller reserve ▸ seller available; seller available ▸ seller receivable (`recovered`, what he owes)
    pub fn reserve_released(
        &self,
        id: ReleaseId,
        payment: PaymentId,
        seller: &SellerRef,
        amount: Money,
        recovered: Money,
        journal: &mut Journal,
    ) {
        let own = |line| self.accounts.seller(line, amount.currency(), seller);
        journal.begin_for(id.raw(), payment.raw(), RESERVE);
        let available = own(Line::SellerAvailable);
        journal.post(own(Line::SellerReserve), available.clone(), amount, Code::ReserveReleased);
        journal.post(available, own(Line::SellerReceivable), recovered, Code::DebtRecovered);
    }
}
