//! What a seller may do follows from his file: receive, be paid, up to how much within 30 days.

use super::DiligenceDesk;
use crate::aml::AmlError;
use crate::books::{Line, seller_owner};
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::diligence::{Action, Gate, Rules};
use pmts_kernel::Timestamp;
use pmts_ledger::AccountFilter;
use pmts_money::{Currency, Money};
use pmts_payments::SellerRef;
use serde::Serialize;
use std::sync::Arc;

/// Limits are for so long, in seconds.
const WINDOW_SECS: i64 = 30 * 86_400;

/// The beginning of the time that limits are for.
pub(crate) fn window_begin(now: Timestamp) -> Timestamp {
    now.saturating_add_secs(-WINDOW_SECS)
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "may")]
pub enum Allowed {
    /// Everything: the rules ask for no file.
    All,
    /// Up to so much within 30 days, in minor units of the rules' currency.
    UpTo {
        /// How much.
        minor: i64,
    },
    /// Nothing: why, a word for programs: `not_verified`, `restricted`, `refused`, `review_overdue`.
    Nothing {
        /// Why.
        why: &'static str,
    },
}

impl From<Gate> for Allowed {
    fn from(gate: Gate) -> Self {
        match gate {
            Gate::UpTo { minor } => Self::UpTo { minor },
            Gate::No { why } => Self::Nothing { why },
        }
    }
}

impl DiligenceDesk {
    /// What a seller may do.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`], [`AmlError::Diligence`].
    pub async fn allowed(&self, seller: &str, action: Action) -> Result<Allowed, AmlError> {
        Ok(self.allowed_by(seller, action).await?.0)
    }

    /// The same, with the rules that say so.
    async fn allowed_by(&self, seller: &str, action: Action) -> Result<(Allowed, Arc<Rules>), AmlError> {
        let (_, rules) = self.rules().await?;
        let allowed = match self.file_of(Role::Seller, seller).await? {
            Some(read) => rules.gate(&read.value.file, action, self.cases.clock.now()).into(),
            None => rules.gate_without_file(action).map_or(Allowed::All, Allowed::from),
        };
        Ok((allowed, rules))
    }

    /// Why a seller may not receive a part of a payment, a sentence for the platform's people; `None`: he may. `amount` is compared with what he
    /// received within 30 days; without it, only whether he may receive at all. Payments that are under way at the same time do not see each other.
    ///
    /// # Errors
    /// As above.
    pub async fn not_receiving(
        &self,
        seller: &SellerRef,
        amount: Option<Money>,
    ) -> Result<Option<String>, AmlError> {
        let (allowed, rules) = self.allowed_by(seller.as_str(), Action::Receive).await?;
        let limit = match allowed {
            Allowed::All => return Ok(None),
            Allowed::Nothing { why } => {
                return Ok(Some(format!("the seller {seller} may not receive: {why} (due diligence)")));
            }
            Allowed::UpTo { minor } => minor,
        };
        let Some(amount) = amount else { return Ok(None) };
        let now = self.cases.clock.now();
        let mut sum = 0_i64;
        let received = self.received(seller, now).await?;
        for part in received.into_iter().chain([amount]) {
            let Some(worth) = self.rates.worth(part, rules.currency, now) else {
                return Ok(Some(no_rate(seller.as_str(), part.currency(), rules.currency)));
            };
            sum = sum.saturating_add(worth);
        }
        let limit_money = Money::new(limit, rules.currency);
        Ok((sum > limit).then(|| {
            format!("the seller {seller} may receive {limit_money} within 30 days (due diligence), not more")
        }))
    }

    /// What a seller received since 30 days, by currency, before refunds.
    async fn received(&self, seller: &SellerRef, now: Timestamp) -> Result<Vec<Money>, AmlError> {
        let store = &self.cases.store;
        let filter = AccountFilter { owner: Some(seller_owner(seller)), ..AccountFilter::default() };
        let mut all = Vec::new();
        for state in store.accounts(filter).await?.accounts {
            if state.account.chart != Line::SellerPending.code() {
                continue;
            }
            let before = store.balance_at(state.account.id, window_begin(now)).await?;
            let before = before.map_or(0, |b| b.credits_posted);
            let since = state.balance.credits_posted.saturating_sub(before);
            all.push(Money::new(since, state.account.currency));
        }
        Ok(all)
    }

    /// How much of an amount a seller may be paid who was paid `paid` within 30 days; or why nothing, a sentence for the platform's people.
    ///
    /// # Errors
    /// As above.
    pub async fn payable(
        &self,
        seller: &str,
        amount: Money,
        paid: &[Money],
    ) -> Result<Result<Money, String>, AmlError> {
        let (allowed, rules) = self.allowed_by(seller, Action::BePaid).await?;
        let limit = match allowed {
            Allowed::All => return Ok(Ok(amount)),
            Allowed::Nothing { why } => {
                return Ok(Err(not_paid(seller, why)));
            }
            Allowed::UpTo { minor } => minor,
        };
        let now = self.cases.clock.now();
        let worth = |money: Money| self.rates.worth(money, rules.currency, now);
        let mut left = limit;
        for part in paid {
            let Some(worth) = worth(*part) else {
                return Ok(Err(no_rate(seller, part.currency(), rules.currency)));
            };
            left = left.saturating_sub(worth);
        }
        let Some(wanted) = worth(amount) else {
            return Ok(Err(no_rate(seller, amount.currency(), rules.currency)));
        };
        if wanted <= left {
            return Ok(Ok(amount));
        }
        let limit = Money::new(limit, rules.currency);
        let nothing = || format!("the seller {seller} was paid {limit} within 30 days (due diligence)");
        if left <= 0 {
            return Ok(Err(nothing()));
        }
        let part = self.rates.worth(Money::new(left, rules.currency), amount.currency(), now);
        let mut part = Money::new(part.unwrap_or_default(), amount.currency());
        // What was rounded up is not paid.
        while part.is_positive() && worth(part).is_none_or(|w| w > left) {
            part = Money::new(part.minor() - 1, amount.currency());
        }
        Ok(if part.is_positive() { Ok(part) } else { Err(nothing()) })
    }
}

/// That a seller may be paid nothing.
pub(crate) fn not_paid(seller: &str, why: &str) -> String {
    format!("the seller {seller} may not be paid: {why} (due diligence)")
}

fn no_rate(seller: &str, from: Currency, to: Currency) -> String {
    format!(
        "what the seller {seller} may do is limited in {to}, and no rate from {from} is known (`pmts fx rates import`)"
    )
}
