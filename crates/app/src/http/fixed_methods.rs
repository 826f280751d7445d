//! The fixed payment methods of test mode, once each has been put into the vault.

use super::resources::PaymentMethodRecord;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// By name. There are only so many names.
#[derive(Default)]
pub(crate) struct FixedMethods(RwLock<HashMap<&'static str, PaymentMethodRecord>>);

impl FixedMethods {
    pub(crate) fn get(&self, name: &str) -> Option<PaymentMethodRecord> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(crate) fn put(&self, name: &'static str, record: PaymentMethodRecord) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name, record);
    }
}
