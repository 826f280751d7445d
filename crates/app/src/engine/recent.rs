//! The money of payments that were touched lately, so that the next step need not ask the ledger again.

use pmts_payments::{MoneyView, PaymentId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many payments are remembered at least; at most twice as many.
const KEPT: usize = 50_000;

/// Money by payment and version of its intent. Every step that changes the money of a payment writes its intent, so what
/// is remembered for a version stays true of it.
#[derive(Debug, Default)]
pub struct RecentMoney(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<PaymentId, (u64, MoneyView)>,
    old: HashMap<PaymentId, (u64, MoneyView)>,
}

impl RecentMoney {
    /// The money of a payment whose intent is at `version`, if it is remembered.
    pub(super) fn of(&self, id: PaymentId, version: u64) -> Option<MoneyView> {
        let both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = both.young.get(&id).or_else(|| both.old.get(&id))?;
        (found.0 == version).then_some(found.1)
    }

    /// Remembers what was just committed.
    pub(super) fn remember(&self, id: PaymentId, version: u64, money: MoneyView) {
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if both.young.len() >= KEPT {
            both.old = std::mem::take(&mut both.young);
        }
        both.young.insert(id, (version, money));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_money::{Currency, Money};

    #[test]
    fn money_is_remembered_for_its_version_and_bounded() {
        let recent = RecentMoney::default();
        let money = |minor| MoneyView::none(Money::new(minor, Currency::GBP));
        let id = |n: usize| PaymentId::from_raw((n as u128 + 1) << 8);
        recent.remember(id(0), 1, money(1));
        assert_eq!((recent.of(id(0), 1), recent.of(id(0), 2)), (Some(money(1)), None));
        for n in 1..=3 * KEPT {
            recent.remember(id(n), 1, money(2));
        }
        assert_eq!((recent.of(id(0), 1), recent.of(id(3 * KEPT), 1)), (None, Some(money(2))));
        let both = recent.0.lock().unwrap();
        assert!(both.young.len() + both.old.len() <= 2 * KEPT);
    }
}
