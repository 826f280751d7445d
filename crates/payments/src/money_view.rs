//! What the ledger says of one payment.

use crate::{Fact, MoneyEvent};
use pmts_money::{Money, MoneyError};
use serde::{Deserialize, Serialize};

/// The money of one payment, all in its currency. Read from the ledger when it is needed, never stored with the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyView {
    /// What issuers have held for it in all, increments among it and given up parts as well.
    pub authorized: Money,
    /// What is held and can be captured or given up: nothing is under way with it.
    pub held: Money,
    /// What was captured.
    pub captured: Money,
    /// What of it was given back or is about to be.
    pub refunded: Money,
}

impl MoneyView {
    /// No money yet.
    pub fn none(zero: Money) -> Self {
        Self { authorized: zero, held: zero, captured: zero, refunded: zero }
    }

    /// The money after these facts are booked.
    ///
    /// # Errors
    /// [`MoneyError`] when an amount leaves the range of amounts.
    pub fn after(mut self, facts: &[Fact]) -> Result<Self, MoneyError> {
        for Fact { amount, event, .. } in facts {
            match event {
                MoneyEvent::Authorized => {
                    self.authorized = self.authorized.checked_add(*amount)?;
                    self.held = self.held.checked_add(*amount)?;
                }
                MoneyEvent::CaptureSent | MoneyEvent::ReleaseSent => {
                    self.held = self.held.checked_sub(*amount)?;
                }
                MoneyEvent::CaptureRefused | MoneyEvent::ReleaseRefused => {
                    self.held = self.held.checked_add(*amount)?;
                }
                MoneyEvent::Captured { .. } => self.captured = self.captured.checked_add(*amount)?,
                MoneyEvent::RefundAccepted { .. } => self.refunded = self.refunded.checked_add(*amount)?,
                MoneyEvent::Released | MoneyEvent::RefundDone | MoneyEvent::RefundRefused => {}
            }
        }
        Ok(self)
    }

    /// What can still be refunded.
    pub fn refundable_minor(&self) -> i64 {
        self.captured.minor().saturating_sub(self.refunded.minor())
    }
}
