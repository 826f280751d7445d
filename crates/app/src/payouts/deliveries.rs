//! The shop reports deliveries; a set time after them the sellers' money is released.

use super::sellers::seller_ref;
use super::step::Step;
use super::{DeliveryRecord, DeskError, PayoutDesk};
use crate::books::Line;
use crate::engine::Told;
use crate::records::IntentRecord;
use pmts_kernel::{Principal, Timestamp};
use pmts_money::{Currency, Money};
use pmts_payments::{Intent, IntentState, Payee, PaymentId, SellerRef};
use pmts_payouts::sellers::{Delivery, Due, PayeeRef, ReleaseId, Terms};
use pmts_store::{ListQuery, Record, StoreExt, Versioned};
use serde_json::json;

/// What a run of releases did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReleaseSummary {
    /// Parts of sellers that became available.
    pub releases: u64,
    /// Reserves that became available.
    pub reserves: u64,
    /// Deliveries of which something is still to come.
    pub waiting: u64,
}

impl PayoutDesk {
    /// A purchase was delivered. By each seller's terms of today the days until his money is released begin.
    ///
    /// # Errors
    /// [`DeskError::Missing`] for an unknown payment, or one that is not captured to its end; [`DeskError::DoneBefore`].
    pub async fn delivered(
        &self,
        payment: PaymentId,
        at: Timestamp,
        by: &Principal,
    ) -> Result<Delivery, DeskError> {
        let intent = self.intent(payment).await?;
        if self.store.get::<DeliveryRecord>(payment.raw()).await?.is_some() {
            return Err(DeskError::DoneBefore(format!("the delivery of {payment} was reported before")));
        }
        if intent.state != IntentState::Captured {
            return Err(DeskError::Missing(format!("the captured money of {payment}")));
        }
        let mut parts: Vec<Due> = Vec::new();
        for split in intent.splits.iter().filter(|s| !s.captured.is_zero()) {
            let Payee::Seller(seller) = &split.payee else { continue };
            let payee = PayeeRef::try_new(seller.as_str())?;
            // One part for all that is his in the purchase.
            if parts.iter().any(|p| p.payee == payee) {
                continue;
            }
            let terms = self.seller(&payee).await?.map_or_else(Terms::default, |s| s.value.terms);
            parts.push(Due::of(ReleaseId::from_raw(self.ids.next_id()), payee, at, &terms));
        }
        if parts.is_empty() {
            return Err(DeskError::Missing(format!("captured money of a seller in {payment}")));
        }
        let delivery = Delivery { purchase: payment.raw(), delivered: at, parts };
        let mut step = Step::new(self, by);
        step.put(&DeliveryRecord(delivery.clone()), 0)?;
        let data = json!({"payment": payment, "parts": delivery.parts.len()});
        step.tell(Told::DeliveryReported, payment.to_string(), 1, data);
        step.commit().await?;
        Ok(delivery)
    }

    /// Reports every captured purchase as delivered that is not yet: at the moment it was made. For imports of days whose
    /// deliveries nobody reports. Gives how many.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn delivered_all(&self, by: &Principal) -> Result<u64, DeskError> {
        let mut query = ListQuery::all(IntentRecord::KIND);
        let mut count = 0;
        loop {
            let (page, next) = self.store.list_typed::<IntentRecord>(query.clone()).await?;
            for intent in page.into_iter().map(|r| r.value.0) {
                let sold = intent.state == IntentState::Captured
                    && intent
                        .splits
                        .iter()
                        .any(|s| matches!(s.payee, Payee::Seller(_)) && !s.captured.is_zero());
                if sold && self.store.get::<DeliveryRecord>(intent.id.raw()).await?.is_none() {
                    self.delivered(intent.id, intent.created, by).await?;
                    count += 1;
                }
            }
            let Some(after) = next else { return Ok(count) };
            query.after = Some(after);
        }
    }

    /// Releases what is due at a moment.
    ///
    /// # Errors
    /// [`DeskError`]: what was released before it stays so, and the next run goes on.
    pub async fn release_due(&self, at: Timestamp, by: &Principal) -> Result<ReleaseSummary, DeskError> {
        let mut query = ListQuery::with_key(DeliveryRecord::KIND, "open", "1");
        let mut summary = ReleaseSummary::default();
        loop {
            let (page, next) = self.store.list_typed::<DeliveryRecord>(query.clone()).await?;
            for read in page {
                self.release_one(read, at, by, &mut summary).await?;
            }
            let Some(after) = next else { return Ok(summary) };
            query.after = Some(after);
        }
    }

    async fn release_one(
        &self,
        read: Versioned<DeliveryRecord>,
        at: Timestamp,
        by: &Principal,
        summary: &mut ReleaseSummary,
    ) -> Result<(), DeskError> {
        let mut delivery = read.value.0;
        if delivery.next().is_none_or(|next| next > at) {
            summary.waiting += 1;
            return Ok(());
        }
        let payment = PaymentId::from_raw(delivery.purchase);
        let intent = self.intent(payment).await?;
        let mut step = Step::new(self, by);
        for due in &mut delivery.parts {
            if due.next().is_none_or(|next| next > at) {
                continue;
            }
            let seller = seller_ref(&due.payee)?;
            if let Some(released) = &mut due.released {
                released.reserve_due = None;
                let reserve = released.reserve;
                let debt = self.debt(reserve.currency(), &seller).await?;
                let recovered = Money::new(debt.clamp(0, reserve.minor()), reserve.currency());
                self.books.reserve_released(due.id, payment, &seller, reserve, recovered, &mut step.journal);
                summary.reserves += 1;
                continue;
            }
            let currency = intent.amount.currency();
            let his = Money::new(self.his_part(&intent, &seller, currency).await?, currency);
            let debt = Money::new(self.debt(currency, &seller).await?, currency);
            let plan = due.plan(his, debt)?;
            self.books.delivered(due.id, payment, &seller, &plan, &mut step.journal);
            due.done(&plan, at);
            summary.releases += 1;
        }
        summary.waiting += u64::from(delivery.next().is_some());
        step.put(&DeliveryRecord(delivery), read.version)?;
        let data = json!({"payment": payment});
        step.tell(Told::DeliveryReleased, payment.to_string(), read.version + 1, data);
        step.commit().await
    }

    /// What is his of a purchase: captured less commission and refunds, and never more than is pending.
    async fn his_part(
        &self,
        intent: &Intent,
        seller: &SellerRef,
        currency: Currency,
    ) -> Result<i64, DeskError> {
        let mut his = Money::new(0, currency);
        for split in intent.splits.iter().filter(|s| s.payee == Payee::Seller(seller.clone())) {
            let sold = split.captured.checked_sub(split.commission_kept)?;
            let back = split.refunded.checked_sub(split.commission_returned)?;
            his = his.checked_add(sold.checked_sub(back)?)?;
        }
        Ok(his.minor().min(self.on(Line::SellerPending, currency, seller).await?))
    }

    async fn intent(&self, payment: PaymentId) -> Result<Intent, DeskError> {
        let read = self.store.get::<IntentRecord>(payment.raw()).await?;
        read.map(|r| r.value.0).ok_or_else(|| DeskError::Missing(payment.to_string()))
    }
}
