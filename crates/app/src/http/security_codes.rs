//! Security codes and billing addresses between the moment a card is handed in and its confirmation: in memory only, for a
//! few minutes, taken out by the first that uses them. They are never written anywhere (PCI DSS v4.0.1, 3.3.1.2).

use pmts_kernel::Timestamp;
use pmts_payments::BillingAddress;
use pmts_sensitive::Cvv;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What the cardholder gave beside the number and the date.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    /// The security code.
    pub(crate) code: Option<Cvv>,
    /// The billing address.
    pub(crate) address: Option<BillingAddress>,
}

/// Kept by payment method. Overwritten when dropped.
#[derive(Default)]
pub(crate) struct SecurityCodes(Mutex<HashMap<u128, (Timestamp, Given)>>);

/// How long they are kept.
const KEPT_SECS: i64 = 15 * 60;
/// Most that are kept: beyond it those that would go first go.
const KEPT_MAX: usize = 20_000;

impl SecurityCodes {
    /// Keeps what was given with a method.
    pub(crate) fn put(&self, method: u128, given: Given, now: Timestamp) {
        if given.code.is_none() && given.address.is_none() {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            let mut ends: Vec<Timestamp> = kept.values().map(|(end, _)| *end).collect();
            ends.sort_unstable();
            let middle = ends[ends.len() / 2];
            kept.retain(|_, (end, _)| *end > middle);
        }
        kept.insert(method, (now.saturating_add_secs(KEPT_SECS), given));
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Takes out what was given with a method.
    pub(crate) fn take(&self, method: u128, now: Timestamp) -> Given {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.remove(&method) {
            Some((end, given)) if now < end => given,
            _ => Given::default(),
        }
    }

    /// Forgets what is too old.
    pub(crate) fn forget_old(&self, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, (end, _)| now < *end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Given {
        Given { code: Some(Cvv::parse("123").unwrap()), address: None }
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_micros(0).saturating_add_secs(secs)
    }

    #[test]
    fn a_code_is_taken_once_and_not_too_late() {
        let codes = SecurityCodes::default();
        codes.put(1, given(), at(0));
        assert!(codes.take(1, at(1)).code.is_some() && codes.take(1, at(1)).code.is_none());
        codes.put(1, given(), at(0));
        assert!(codes.take(1, at(KEPT_SECS)).code.is_none());
        codes.put(1, given(), at(0));
        codes.put(2, given(), at(10));
        codes.forget_old(at(KEPT_SECS));
        assert!(codes.0.lock().unwrap().keys().eq([&2]));
    }

    #[test]
    fn memory_is_bounded_and_the_latest_stay() {
        let codes = SecurityCodes::default();
        for n in 0..=KEPT_MAX {
            codes.put(n as u128, given(), at(n as i64));
        }
        let kept = codes.0.lock().unwrap();
        assert!(kept.len() <= KEPT_MAX && kept.contains_key(&(KEPT_MAX as u128)) && !kept.contains_key(&0));
    }
}
