//! Payouts that a person released.

use super::ReviewRecord;
use crate::risk::{RiskDesk, RiskError};
use pmts_fraud::people::Review;
use pmts_kernel::Timestamp;
use pmts_store::{ListQuery, Record, StoreExt, Versioned};

/// For how long a payout that was released by a person is not held again, in seconds: seven days.
const RELEASED_SECS: i64 = 7 * 86_400;

impl RiskDesk {
    /// The review with which a person released a payout of at least this amount (minor units) to this seller within seven days, and
    /// since `account_changed`; one that no payout has used yet.
    ///
    /// # Errors
    /// [`RiskError::Store`].
    pub async fn payout_released(
        &self,
        seller: &str,
        amount: i64,
        currency: &str,
        account_changed: Option<Timestamp>,
    ) -> Result<Option<Versioned<Review>>, RiskError> {
        let since = self.clock.now().saturating_add_secs(-RELEASED_SECS);
        let since = account_changed.map_or(since, |changed| changed.max(since));
        let mut query =
            ListQuery { newest_first: true, ..ListQuery::with_key(ReviewRecord::KIND, "seller", seller) };
        loop {
            let (page, next) = self.store.list_typed::<ReviewRecord>(query.clone()).await?;
            let released = page.into_iter().find(|r| {
                let review = &r.value.0;
                let fits = review.amount >= amount && review.currency == currency && review.used.is_none();
                fits && review.end.as_ref().is_some_and(|e| e.outcome.releases() && e.at > since)
            });
            match next {
                Some(after) if released.is_none() => query.after = Some(after),
                _ => return Ok(released.map(|r| Versioned { version: r.version, value: r.value.0 })),
            }
        }
    }
}
