//! Whether somebody in a payment is held by the sanctions screening.

use super::unit::Unit;
use super::{Engine, EngineError, Request, Told};
use pmts_compliance::aml::cases::Role;
use pmts_payments::{Intent, Payee};
use pmts_store::Versioned;
use serde_json::json;

impl Engine {
    /// Why a payment is stopped: its customer, or a seller in it, is held. A sentence for the platform's people.
    pub(super) async fn held(&self, intent: &Intent) -> Result<Option<String>, EngineError> {
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
        let Some(why) = self.held(&read.value).await? else { return Ok(()) };
        self.unless_answered(request).await?;
        let mut unit = Unit::new(self, request, self.clock.now());
        unit.stopped(&read.value, read.version, step, &why);
        unit.commit().await?;
        Err(EngineError::Held)
    }
}

impl Unit<'_> {
    /// Tells that a step of a payment was refused because somebody in it is held.
    pub(super) fn stopped(&mut self, intent: &Intent, sequence: u64, step: &str, why: &str) {
        let data = json!({ "payment": intent.id, "step": step, "why": why });
        self.event(Told::PartyStopped, intent.id.to_string(), sequence, data);
    }
}
