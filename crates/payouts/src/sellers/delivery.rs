//! From a delivery to the release of the sellers' money.

use super::{PayeeRef, Terms};
use pmts_kernel::{Timestamp, typed_id};
use pmts_money::{Money, MoneyError};
use serde::{Deserialize, Serialize};

const DAY_SECS: i64 = 86_400;

typed_id! {
    /// The release of a seller's part of a delivery.
    pub struct ReleaseId("rel");
}

/// A delivery that the shop reported: of a whole purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The purchase, by the bare number of its payment.
    #[serde(with = "hex")]
    pub purchase: u128,
    /// When it was delivered.
    pub delivered: Timestamp,
    /// A line for each seller.
    pub parts: Vec<Due>,
}

/// What a seller gets of it, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Names its transfers.
    pub id: ReleaseId,
    /// Who.
    pub payee: PayeeRef,
    /// When the money is released: delivery and the days of his terms.
    pub due: Timestamp,
    /// What was kept back of it, in basis points.
    pub reserve_bps: u16,
    /// Days from the release to that of the reserve.
    pub reserve_days: u16,
    /// What was released, once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Released>,
}

/// A release that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// When.
    pub at: Timestamp,
    /// What became available, debts not yet taken off.
    pub available: Money,
    /// What was kept back.
    pub reserve: Money,
    /// When that is released; `None`: nothing is kept back any more.
    pub reserve_due: Option<Timestamp>,
}

/// How a part is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// pending ▸ available.
    pub available: Money,
    /// pending ▸ reserve.
    pub reserve: Money,
    /// Of what is available, available ▸ receivable: the seller's debt has the first call.
    pub recovered: Money,
}

impl Due {
    /// A part, by the terms that hold on the day of the delivery.
    pub fn of(id: ReleaseId, payee: PayeeRef, delivered: Timestamp, terms: &Terms) -> Self {
        Self {
            id,
            payee,
            due: delivered.saturating_add_secs(i64::from(terms.hold_days) * DAY_SECS),
            reserve_bps: terms.reserve_bps.min(10_000),
            reserve_days: terms.reserve_days,
            released: None,
        }
    }

    /// What happens with `amount`, which is his and pending, when he owes `debt`. The reserve is rounded down: what cannot be
    /// split is the seller's.
    ///
    /// # Errors
    /// [`MoneyError`] for amounts of different currencies.
    pub fn plan(&self, amount: Money, debt: Money) -> Result<Planned, MoneyError> {
        let zero = Money::new(0, amount.currency());
        let amount = if amount.minor() > 0 { amount } else { zero };
        let kept = i128::from(amount.minor()) * i128::from(self.reserve_bps) / 10_000;
        // Not more than the amount: at most 10,000 basis points of it.
        let reserve = Money::new(i64::try_from(kept).unwrap_or(amount.minor()), amount.currency());
        let available = amount.checked_sub(reserve)?;
        debt.checked_sub(zero)?;
        let recovered = Money::new(debt.minor().clamp(0, available.minor()), amount.currency());
        Ok(Planned { available, reserve, recovered })
    }

    /// The part once `plan` is done at `now`.
    pub fn done(&mut self, plan: &Planned, now: Timestamp) {
        let until = now.saturating_add_secs(i64::from(self.reserve_days) * DAY_SECS);
        self.released = Some(Released {
            at: now,
            available: plan.available,
            reserve: plan.reserve,
            reserve_due: (plan.reserve.minor() > 0).then_some(until),
        });
    }

    /// When something is to be done with it next; `None`: never.
    pub fn next(&self) -> Option<Timestamp> {
        match &self.released {
            None => Some(self.due),
            Some(released) => released.reserve_due,
        }
    }
}

impl Delivery {
    /// When something is to be done next; `None`: all is done.
    pub fn next(&self) -> Option<Timestamp> {
        self.parts.iter().filter_map(Due::next).min()
    }
}

/// Numbers as 32 hexadecimal digits: JSON has no integers as long.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(n: &u128, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{n:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u128, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        u128::from_str_radix(&text, 16).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_money::Currency;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::from_code("EUR").unwrap())
    }

    proptest! {
        #[test]
        fn a_plan_divides_the_amount_and_takes_no_more_than_the_debt(
            amount in any::<i64>(), debt in any::<i64>(), reserve_bps in 0u16..=10_000
        ) {
            let terms = Terms { reserve_bps, reserve_days: 30, ..Terms::default() };
            let delivered = Timestamp::from_micros(0);
            let mut due = Due::of(ReleaseId::from_raw(1), PayeeRef::try_new("S").unwrap(), delivered, &terms);
            prop_assert_eq!(due.next(), Some(Timestamp::from_micros(7 * DAY_SECS * 1_000_000)));
            let plan = due.plan(eur(amount), eur(debt)).unwrap();
            prop_assert_eq!(plan.available.checked_add(plan.reserve).unwrap(), eur(amount.max(0)));
            prop_assert!(plan.available.minor() >= 0 && plan.reserve.minor() >= 0);
            prop_assert!(plan.recovered.minor() >= 0 && plan.recovered.minor() <= plan.available.minor());
            prop_assert!(plan.recovered.minor() <= debt.max(0));
            due.done(&plan, delivered);
            prop_assert_eq!(due.next().is_some(), plan.reserve.minor() > 0);
        }
    }

    #[test]
    fn currencies_do_not_mix_and_a_delivery_reads_back() {
        let due = Due::of(
            ReleaseId::from_raw(1),
            PayeeRef::try_new("S").unwrap(),
            Timestamp::from_micros(5),
            &Terms::default(),
        );
        assert!(due.plan(eur(1), Money::new(1, Currency::GBP)).is_err());
        let delivery =
            Delivery { purchase: u128::MAX - 7, delivered: Timestamp::from_micros(5), parts: vec![due] };
        let text = serde_json::to_string(&delivery).unwrap();
        assert_eq!(serde_json::from_str::<Delivery>(&text).unwrap(), delivery);
    }
}
