//! Who is paid how much today, who is not, and why.

use super::sellers::seller_ref;
use super::step::Step;
use super::{BatchRecord, DeskError, PayoutDesk, PayoutRecord};
use chrono::NaiveDate;
use pmts_kernel::Principal;
use pmts_money::{Currency, Money};
use pmts_payouts::batches::{Batch, BatchId, BatchState, Done, Payout, PayoutId, PayoutState};
use pmts_payouts::rails::{CreditTransfers, PayoutRail};
use pmts_payouts::sellers::{PayeeRef, Seller};

/// Payouts in a batch, at most: a batch is one commit, and with each payout goes what its screenings write.
const BATCH_MAX: usize = 1_000;

/// The rail of a name.
pub fn rail(name: &str) -> Option<Box<dyn PayoutRail>> {
    let all = [
        CreditTransfers::SEPA,
        CreditTransfers::WIRE,
        CreditTransfers::SEPA.for_old_banks(),
        CreditTransfers::WIRE.for_old_banks(),
    ];
    all.into_iter().find(|r| r.name() == name).map(|r| Box::new(r) as Box<dyn PayoutRail>)
}

/// What is to be paid.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The name of the rail.
    pub rail: String,
    /// The currency.
    pub currency: Currency,
    /// The day whose schedules count.
    pub day: NaiveDate,
    /// The day the bank is to carry it out.
    pub execution: NaiveDate,
    /// Only this seller, who asked, whatever his schedule says.
    pub asked: Option<PayeeRef>,
}

/// A seller who has money and is not paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Who.
    pub payee: PayeeRef,
    /// What he has.
    pub available: Money,
    /// Why.
    pub why: String,
}

impl PayoutDesk {
    /// Makes batches of what sellers are owed today. No money is set aside yet. Gives the batches, and the sellers with money
    /// who are not in them.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn propose(
        &self,
        proposal: &Proposal,
        by: &Principal,
    ) -> Result<(Vec<Batch>, Vec<Skipped>), DeskError> {
        let rail =
            rail(&proposal.rail).ok_or_else(|| DeskError::Missing(format!("the rail {}", proposal.rail)))?;
        self.own_account(proposal.currency).await?;
        let (mut wanted, mut skipped) = (Vec::new(), Vec::new());
        for seller in self.sellers().await? {
            if proposal.asked.as_ref().is_some_and(|asked| asked != &seller.payee) {
                continue;
            }
            let on = self.payable(proposal.currency, &seller_ref(&seller.payee)?).await?;
            // What already is in a batch that waits for its approval is not proposed twice.
            let on = on.saturating_sub(self.proposed(&seller.payee, proposal.currency).await?);
            let available = Money::new(on, proposal.currency);
            match self.decide(&seller, available, proposal, &*rail, by).await? {
                Ok(amount) => wanted.push((seller, amount)),
                Err(_) if available.minor() <= 0 => {}
                Err(why) => skipped.push(Skipped { payee: seller.payee, available, why }),
            }
        }
        let mut batches = Vec::new();
        for part in wanted.chunks(BATCH_MAX) {
            batches.push(self.make(part, proposal, by).await?);
        }
        Ok((batches, skipped))
    }

    async fn decide(
        &self,
        seller: &Seller,
        available: Money,
        proposal: &Proposal,
        rail: &dyn PayoutRail,
        by: &Principal,
    ) -> Result<Result<Money, String>, DeskError> {
        let amount = match seller.payable(available, proposal.day, proposal.asked.is_some()) {
            Ok(amount) => amount,
            Err(why) => return Ok(Err(why.to_string())),
        };
        if let Some(destination) = &seller.destination
            && let Err(why) = rail.accepts(destination, proposal.currency)
        {
            return Ok(Err(why));
        }
        let destination = seller.destination.as_ref();
        if let Some(why) = self.held_before(&seller.payee, &seller.name, destination, by).await? {
            return Ok(Err(why));
        }
        let allowed = match self.allowed(&seller.payee, amount, None, &[]).await? {
            Ok(allowed) => allowed,
            Err(why) => return Ok(Err(why)),
        };
        if allowed == amount {
            return Ok(Ok(amount));
        }
        // A part is paid if it is not less than he wants at least.
        Ok(seller.payable(allowed, proposal.day, proposal.asked.is_some()).map_err(|why| why.to_string()))
    }

    /// What of a seller's money is in batches that nobody approved yet, in minor units.
    async fn proposed(&self, payee: &PayeeRef, currency: Currency) -> Result<i64, DeskError> {
        let of_seller = self.payouts_by("seller", payee.to_string()).await?;
        let waiting = of_seller
            .iter()
            .map(|p| &p.value)
            .filter(|p| p.state == PayoutState::Proposed && p.amount.currency() == currency);
        let sum: i128 = waiting.map(|p| i128::from(p.amount.minor())).sum();
        Ok(i64::try_from(sum).unwrap_or(i64::MAX))
    }

    async fn make(
        &self,
        part: &[(Seller, Money)],
        proposal: &Proposal,
        by: &Principal,
    ) -> Result<Batch, DeskError> {
        let mut step = Step::new(self, by);
        let id = BatchId::from_raw(self.ids.next_id());
        let mut total = Money::new(0, proposal.currency);
        let mut count = 0;
        for (seller, amount) in part {
            let Some(destination) = seller.destination.clone() else { continue };
            let payout = Payout {
                id: PayoutId::from_raw(self.ids.next_id()),
                batch: id,
                payee: seller.payee.clone(),
                name: seller.name.clone(),
                destination,
                amount: *amount,
                state: PayoutState::Proposed,
                debited: false,
                return_told: false,
                reason: None,
            };
            total = total.checked_add(*amount)?;
            count += 1;
            step.put(&PayoutRecord(payout), 0)?;
        }
        let batch = Batch {
            id,
            rail: proposal.rail.clone(),
            total,
            count,
            execution: proposal.execution,
            state: BatchState::Proposed,
            proposed: Done { by: by.clone(), at: step.now },
            approved: None,
            from: None,
            released: None,
            cancelled: None,
        };
        step.put(&BatchRecord(batch.clone()), 0)?;
        step.commit().await?;
        Ok(batch)
    }
}
