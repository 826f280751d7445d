//! Payouts that a person released.

use super::ReviewRecord;
use crate::risk::{RiskDesk, RiskError};
use pmts_store::{ListQuery, Record, StoreExt};

/// For how long a payout that was released by a person is not held again, in seconds: seven days.
const RELEASED_SECS: i64 = 7 * 86_400;

impl RiskDesk {
    /// Whether a person released a payout of at least this amount (minor units) to this seller within seven days.
    ///
    /// # Errors
    /// [`RiskError::Store`].
    pub async fn payout_released(
        &self,
        seller: &str,
        amount: i64,
        currency: &str,
    ) -> Result<bool, RiskError> {
        let since = self.clock.now().saturating_add_secs(-RELEASED_SECS);
        let mut query =
            ListQuery { newest_first: true, ..ListQuery::with_key(ReviewRecord::KIND, "seller", seller) };
        loop {
            let (page, next) = self.store.list_typed::<ReviewRecord>(query.clone()).await?;
            let released = page.iter().any(|r| {
                let review = &r.value.0;
                let fits = review.amount >= amount && review.currency == currency;
                fits && review.end.as_ref().is_some_and(|e| e.outcome.releases() && e.at > since)
            });
            match next {
                Some(after) if !released => query.after = Some(after),
                _ => return Ok(released),
            }
        }
    }
}
