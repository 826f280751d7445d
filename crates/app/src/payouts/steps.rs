//! A batch is approved, released as a file, given up.

use super::sellers::seller_ref;
use super::step::Step;
use super::{BatchRecord, DeskError, PayoutDesk, PayoutRecord, rail};
use crate::engine::Told;
use pmts_kernel::Principal;
use pmts_money::Money;
use pmts_payouts::batches::{Batch, BatchId, BatchState, Done, Payout, PayoutId, PayoutState};
use pmts_payouts::sellers::{Kyc, PayeeRef};
use pmts_store::{ListQuery, Record, StoreExt, Versioned};
use serde_json::json;
use std::collections::HashMap;

impl PayoutDesk {
    /// A batch.
    ///
    /// # Errors
    /// [`DeskError::Missing`].
    pub async fn batch(&self, id: BatchId) -> Result<Versioned<Batch>, DeskError> {
        let read = self.store.get::<BatchRecord>(id.raw()).await?;
        read.map(|r| Versioned { version: r.version, value: r.value.0 })
            .ok_or_else(|| DeskError::Missing(id.to_string()))
    }

    /// Batches, newest first; `state`: of this state only. At most 1,000.
    ///
    /// # Errors
    /// [`DeskError::Store`].
    pub async fn batches(&self, state: Option<BatchState>) -> Result<Vec<Batch>, DeskError> {
        let query = match state {
            Some(state) => ListQuery::with_key(BatchRecord::KIND, "state", super::records::state_name(state)),
            None => ListQuery::all(BatchRecord::KIND),
        };
        let query = ListQuery { newest_first: true, ..query };
        let (page, _) = self.store.list_typed::<BatchRecord>(query).await?;
        Ok(page.into_iter().map(|r| r.value.0).collect())
    }

    /// A payout.
    ///
    /// # Errors
    /// [`DeskError::Missing`].
    pub async fn payout(&self, id: PayoutId) -> Result<Payout, DeskError> {
        let read = self.store.get::<PayoutRecord>(id.raw()).await?;
        read.map(|r| r.value.0).ok_or_else(|| DeskError::Missing(id.to_string()))
    }

    /// The payouts of a batch, in the order of its file.
    ///
    /// # Errors
    /// [`DeskError::Store`].
    pub async fn payouts(&self, batch: BatchId) -> Result<Vec<Versioned<Payout>>, DeskError> {
        self.payouts_by("batch", batch.to_string()).await
    }

    /// Payouts that are in a file and that the bank has said nothing of.
    ///
    /// # Errors
    /// [`DeskError::Store`].
    pub async fn silent(&self) -> Result<Vec<Versioned<Payout>>, DeskError> {
        self.payouts_by("silent", "1".into()).await
    }

    pub(super) async fn payouts_by(
        &self,
        index: &'static str,
        key: String,
    ) -> Result<Vec<Versioned<Payout>>, DeskError> {
        let mut query = ListQuery::with_key(PayoutRecord::KIND, index, key);
        let mut all = Vec::new();
        loop {
            let (page, next) = self.store.list_typed::<PayoutRecord>(query.clone()).await?;
            all.extend(page.into_iter().map(|r| Versioned { version: r.version, value: r.value.0 }));
            let Some(after) = next else { return Ok(all) };
            query.after = Some(after);
        }
    }

    /// Whether a seller may no longer be paid as the batch says: a sentence.
    async fn changed(&self, payout: &Payout) -> Result<Option<String>, DeskError> {
        let now = self.seller(&payout.payee).await?.map(|s| s.value);
        let same = now.is_some_and(|s| {
            s.kyc == Kyc::Verified
                && s.failure().is_none()
                && s.destination.as_ref() == Some(&payout.destination)
                && s.name == payout.name
        });
        Ok((!same).then(|| "the seller was stopped or changed since the batch was made".to_owned()))
    }

    /// Whether a payout is more than the seller may be paid by now: a sentence. `inside`: what of the batch is approved already.
    async fn above_limit(
        &self,
        payout: &Payout,
        inside: &[(PayeeRef, Money)],
    ) -> Result<Option<String>, DeskError> {
        let besides: Vec<Money> =
            inside.iter().filter(|(payee, _)| *payee == payout.payee).map(|(_, amount)| *amount).collect();
        let allowed = self.allowed(&payout.payee, payout.amount, Some(payout.batch), &besides).await?;
        Ok(match allowed {
            Ok(allowed) if allowed == payout.amount => None,
            Ok(allowed) => Some(format!("the seller may be paid {allowed} at most now (due diligence)")),
            Err(why) => Some(why),
        })
    }

    /// Approves a batch and sets its money aside. What a seller has no longer, who was stopped or changed, or who is like
    /// somebody on a sanctions list by now, or whom the risk screen stops, leaves the batch. Gives the batch, and the payouts that left it.
    ///
    /// # Errors
    /// [`DeskError::Payouts`] for whoever made it.
    pub async fn approve(&self, id: BatchId, by: &Principal) -> Result<(Batch, Vec<Payout>), DeskError> {
        let Versioned { version, value: mut batch } = self.batch(id).await?;
        let mut step = Step::new(self, by);
        batch.approve(Done { by: by.clone(), at: step.now })?;
        let (mut left, mut there, mut inside) = (Vec::new(), HashMap::new(), Vec::new());
        (batch.total, batch.count) = (Money::new(0, batch.total.currency()), 0);
        for read in self.payouts(id).await? {
            let mut payout = read.value;
            let seller = seller_ref(&payout.payee)?;
            let currency = payout.amount.currency();
            let on = match there.get(&seller) {
                Some(on) => *on,
                None => self.payable(currency, &seller).await?,
            };
            let against = match self.changed(&payout).await? {
                Some(changed) => Some(changed),
                None if on < payout.amount.minor() => Some("the money is no longer there".to_owned()),
                None => {
                    let destination = Some(&payout.destination);
                    match self.held_in(&mut step, &payout.payee, &payout.name, destination).await? {
                        Some(why) => Some(why),
                        None => match self.above_limit(&payout, &inside).await? {
                            Some(why) => Some(why),
                            None => {
                                let now = self.seller(&payout.payee).await?.map(|s| s.value);
                                self.screened(&payout, now.as_ref(), &mut step).await?
                            }
                        },
                    }
                }
            };
            if against.is_some() {
                (payout.state, payout.reason) = (PayoutState::Cancelled, against);
                step.put(&PayoutRecord(payout.clone()), read.version)?;
                left.push(payout);
                continue;
            }
            there.insert(seller.clone(), on - payout.amount.minor());
            inside.push((payout.payee.clone(), payout.amount));
            payout.state = PayoutState::Approved;
            self.books.payout_approved(&payout, &seller, &mut step.journal);
            batch.total = batch.total.checked_add(payout.amount)?;
            batch.count += 1;
            step.tell(Told::PayoutCreated, payout.id.to_string(), read.version + 1, data(&payout));
            step.put(&PayoutRecord(payout), read.version)?;
        }
        if batch.count == 0 {
            batch.state = BatchState::Cancelled;
        }
        step.put(&BatchRecord(batch.clone()), version)?;
        step.commit().await?;
        Ok((batch, left))
    }

    /// The file of a batch, with its name. From the first time on the bank may have it; asked for again it is the same, byte
    /// for byte. Everyone is screened once more before the first time; who is held leaves the batch, and the money is the seller's again.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::AllHeld`] gives the batch up.
    pub async fn release(&self, id: BatchId, by: &Principal) -> Result<(String, Vec<u8>), DeskError> {
        let Versioned { version, value: mut batch } = self.batch(id).await?;
        let rail = rail(&batch.rail).ok_or_else(|| DeskError::Missing(format!("the rail {}", batch.rail)))?;
        let own = self.own_account(batch.total.currency()).await?;
        let mut step = Step::new(self, by);
        let done = Done { by: by.clone(), at: step.now };
        let mut read = self.payouts(id).await?;
        if batch.state == BatchState::Approved {
            self.leave_held(&mut batch, &mut read, &mut step).await?;
            if batch.count == 0 {
                batch.cancel(done)?;
                step.put(&BatchRecord(batch), version)?;
                step.commit().await?;
                return Err(DeskError::AllHeld(id.to_string()));
            }
        }
        let first = batch.release(done, own)?;
        let file = {
            let inside = read.iter().map(|p| &p.value).filter(|p| p.state != PayoutState::Cancelled);
            rail.write(&batch, &inside.cloned().collect::<Vec<_>>())?
        };
        if first {
            for mut payout in read.into_iter().filter(|p| p.value.state == PayoutState::Approved) {
                payout.value.state = PayoutState::Sent;
                self.books.payout_sent(&payout.value, &seller_ref(&payout.value.payee)?, &mut step.journal);
                let object = payout.value.id.to_string();
                step.tell(Told::PayoutSent, object, payout.version + 1, data(&payout.value));
                step.put(&PayoutRecord(payout.value), payout.version)?;
            }
            step.put(&BatchRecord(batch.clone()), version)?;
            step.commit().await?;
        }
        Ok((rail.file_name(&batch), file))
    }

    /// Takes those out of an approved batch who are held by now.
    async fn leave_held(
        &self,
        batch: &mut Batch,
        payouts: &mut [Versioned<Payout>],
        step: &mut Step<'_>,
    ) -> Result<(), DeskError> {
        for read in payouts.iter_mut().filter(|p| p.value.state == PayoutState::Approved) {
            let payout = &mut read.value;
            let destination = Some(&payout.destination);
            let held = self.held_in(step, &payout.payee, &payout.name, destination).await?;
            let why = match held {
                Some(why) => Some(why),
                None => self.not_paid(&payout.payee).await?,
            };
            let Some(why) = why else { continue };
            self.books.payout_cancelled(payout, &seller_ref(&payout.payee)?, &mut step.journal);
            (payout.state, payout.reason) = (PayoutState::Cancelled, Some(why));
            batch.total = batch.total.checked_sub(payout.amount)?;
            batch.count -= 1;
            step.tell(Told::PayoutCanceled, payout.id.to_string(), read.version + 1, data(payout));
            step.put(&PayoutRecord(payout.clone()), read.version)?;
        }
        Ok(())
    }

    /// Gives a batch up whose file was not written.
    ///
    /// # Errors
    /// [`DeskError::Payouts`] if it was.
    pub async fn cancel(&self, id: BatchId, by: &Principal) -> Result<Batch, DeskError> {
        let Versioned { version, value: mut batch } = self.batch(id).await?;
        let mut step = Step::new(self, by);
        let set_aside = batch.cancel(Done { by: by.clone(), at: step.now })?;
        for read in self.payouts(id).await? {
            let mut payout = read.value;
            if payout.state == PayoutState::Cancelled {
                continue;
            }
            if set_aside {
                self.books.payout_cancelled(&payout, &seller_ref(&payout.payee)?, &mut step.journal);
            }
            payout.state = PayoutState::Cancelled;
            step.tell(Told::PayoutCanceled, payout.id.to_string(), read.version + 1, data(&payout));
            step.put(&PayoutRecord(payout), read.version)?;
        }
        step.put(&BatchRecord(batch.clone()), version)?;
        step.commit().await?;
        Ok(batch)
    }
}

/// What is told of a payout: neither name nor account.
pub(super) fn data(payout: &Payout) -> serde_json::Value {
    let (amount, currency) = (payout.amount.minor(), payout.amount.currency().code().to_owned());
    let mut data =
        json!({"batch": payout.batch, "seller": payout.payee, "amount": amount, "currency": currency});
    if let Some(reason) = &payout.reason {
        data["reason"] = json!(reason);
    }
    data
}
