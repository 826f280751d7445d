//! Whether somebody in a payment is held by the sanctions screening, or a seller in it may not receive it.

use super::unit::Unit;
use super::{Engine, EngineError, Request, Told};
use pmts_compliance::aml::cases::Role;
use pmts_money::Money;
use pmts_payments::{Intent, Payee, SellerRef};
use pmts_store::Versioned;
use serde_json::json;

/// Why a step of a payment is stopped: a sentence for the platform's people.
pub(super) enum Stop {
    /// By the sanctions screening.
    Held(String),
    /// By the due diligence about a seller.
    MayNot(String),
}

impl Stop {
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Held(why) | Self::MayNot(why) => why,
        }
    }
}

impl Engine {
    /// Why a payment is stopped: its customer, or a seller in it, is held.
    async fn held(&self, intent: &Intent) -> Result<Option<String>, EngineError> {
        let Some(aml) = &self.aml else { return Ok(None) };
        if let Some(customer) = &intent.customer
            && let Some(why) = aml.hold_on(Role::Customer, &customer.to_string()).await?
        {
            return Ok(Some(why));
        }
        for split in &intent.splits {
            if let Payee::Seller(seller) = &split.payee
                && let Some(why) = aml.hold_on(Role::Seller, &seller.to_string()).await?
            {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    /// Why a seller in a payment may not receive his part. `counted`: the parts are compared with what he may receive in all.
    async fn may_not_receive(&self, intent: &Intent, counted: bool) -> Result<Option<String>, EngineError> {
        let Some(diligence) = &self.diligence else { return Ok(None) };
        let mut parts: Vec<(&SellerRef, Money)> = Vec::new();
        for split in &intent.splits {
            let Payee::Seller(seller) = &split.payee else { continue };
            match parts.iter_mut().find(|(s, _)| *s == seller) {
                Some((_, sum)) => *sum = sum.checked_add(split.gross)?,
                None => parts.push((seller, split.gross)),
            }
        }
        for (seller, amount) in parts {
            if let Some(why) = diligence.not_receiving(seller, counted.then_some(amount)).await? {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    /// Why a step that brings a seller money is stopped; `counted` as above: at the authorization.
    pub(super) async fn stop(&self, intent: &Intent, counted: bool) -> Result<Option<Stop>, EngineError> {
        if let Some(why) = self.held(intent).await? {
            return Ok(Some(Stop::Held(why)));
        }
        Ok(self.may_not_receive(intent, counted).await?.map(Stop::MayNot))
    }

    /// Refuses a step of a payment that brings a seller money if somebody in it is held, or he may not receive. That it was tried is told.
    ///
    /// # Errors
    /// [`EngineError::Held`], [`EngineError::MayNotReceive`].
    pub(super) async fn unless_stopped(
        &self,
        read: &Versioned<Intent>,
        step: &str,
        request: &Request,
    ) -> Result<(), EngineError> {
        match self.stop(&read.value, false).await? {
            None => Ok(()),
            Some(stop) => self.refuse(read, step, stop, request).await,
        }
    }

    /// Refuses a step of a payment in which somebody is held. That it was tried is told.
    ///
    /// # Errors
    /// [`EngineError::Held`].
    pub(super) async fn unless_held(
        &self,
        read: &Versioned<Intent>,
        step: &str,
        request: &Request,
    ) -> Result<(), EngineError> {
        match self.held(&read.value).await? {
            None => Ok(()),
            Some(why) => self.refuse(read, step, Stop::Held(why), request).await,
        }
    }

    async fn refuse(
        &self,
        read: &Versioned<Intent>,
        step: &str,
        stop: Stop,
        request: &Request,
    ) -> Result<(), EngineError> {
        self.unless_answered(request).await?;
        let mut unit = Unit::new(self, request, self.clock.now());
        unit.stopped(&read.value, read.version, step, stop.why());
        unit.commit().await?;
        Err(match stop {
            Stop::Held(_) => EngineError::Held,
            Stop::MayNot(_) => EngineError::MayNotReceive,
        })
    }
}

impl Unit<'_> {
    /// Tells that a step of a payment was refused because of somebody in it.
    pub(super) fn stopped(&mut self, intent: &Intent, sequence: u64, step: &str, why: &str) {
        let data = json!({ "payment": intent.id, "step": step, "why": why });
        self.event(Told::PartyStopped, intent.id.to_string(), sequence, data);
    }
}
