//! Approvals that the card host has not been told of yet: records, with the card in the vault.

use crate::records::{StandInAdvice, Task, TaskId};
use async_trait::async_trait;
use pmts_cards::{
    AdviceQueue, AuthorizationAdvice, CardsError, Expiry, Merchant, ResponseCode, StandInReason, WireKeys,
};
use pmts_compliance::pci::Vault;
use pmts_kernel::{Clock, IdSource, Principal};
use pmts_money::{Currency, Money};
use pmts_store::{Commit, CommitError, ListQuery, Store, StoreExt, Versioned, Write};
use std::sync::Arc;

/// Keeps advices in the platform's store, in order.
pub struct StoredAdvices {
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    ids: Arc<dyn IdSource>,
    clock: Arc<dyn Clock>,
    merchant: Merchant,
}

impl StoredAdvices {
    /// Keeps them in `store`, their cards in `vault`; `merchant` is told to the host.
    pub fn new(
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        ids: Arc<dyn IdSource>,
        clock: Arc<dyn Clock>,
        merchant: Merchant,
    ) -> Self {
        Self { store, vault, ids, clock, merchant }
    }

    async fn find(&self, keys: &WireKeys) -> Result<Option<Versioned<StandInAdvice>>, CardsError> {
        let query = ListQuery::with_key("stand_in_advice", "keys", StandInAdvice::key(keys));
        let (found, _) = self.store.list_typed::<StandInAdvice>(query).await.map_err(failed)?;
        Ok(found.into_iter().next())
    }

    async fn commit(&self, records: Vec<Write>) -> Result<(), CardsError> {
        let commit = Commit { records, ..Commit::by(Principal::system("stand_in")) };
        match self.store.commit(commit).await {
            // Another was faster with the same.
            Ok(_) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(other) => Err(failed(other)),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> CardsError {
    CardsError::AdviceQueue { reason: error.to_string().into() }
}

#[async_trait]
impl AdviceQueue for StoredAdvices {
    async fn push(&self, advice: &AuthorizationAdvice) -> Result<(), CardsError> {
        if self.find(&advice.keys).await?.is_some() {
            return Ok(());
        }
        let card = self.vault.put(&advice.pan).await.map_err(failed)?;
        let kept = StandInAdvice {
            id: self.ids.next_id(),
            stan: advice.keys.stan,
            transmitted_at: advice.keys.transmitted_at,
            rrn: advice.keys.rrn.clone(),
            token: card.token.to_string(),
            expiry_yymm: String::from_utf8_lossy(&advice.expiry.yymm()).into_owned(),
            amount: advice.amount,
            approval_code: advice.approval_code.clone(),
            by_acquirer: advice.reason == StandInReason::ByAcquirer,
            sent: false,
        };
        self.commit(vec![Write::put(&kept, 0).map_err(failed)?]).await
    }

    async fn first(&self) -> Result<Option<AuthorizationAdvice>, CardsError> {
        let query = ListQuery { limit: 1, ..ListQuery::all("stand_in_advice") };
        let (found, _) = self.store.list_typed::<StandInAdvice>(query).await.map_err(failed)?;
        let Some(kept) = found.into_iter().next().map(|r| r.value) else { return Ok(None) };
        let pan = self.vault.reveal(kept.token.parse().map_err(failed)?).await.map_err(failed)?;
        let reason = if kept.by_acquirer { StandInReason::ByAcquirer } else { StandInReason::Unavailable };
        Ok(Some(AuthorizationAdvice {
            keys: kept.wire_keys(),
            repeat: kept.sent,
            pan,
            expiry: Expiry::parse_yymm(&kept.expiry_yymm)?,
            amount: kept.amount,
            approval_code: kept.approval_code,
            reason,
            merchant: self.merchant.clone(),
        }))
    }

    async fn mark_sent(&self, keys: &WireKeys) -> Result<(), CardsError> {
        match self.find(keys).await? {
            Some(Versioned { version, value }) if !value.sent => {
                self.commit(vec![
                    Write::put(&StandInAdvice { sent: true, ..value }, version).map_err(failed)?,
                ])
                .await
            }
            _ => Ok(()),
        }
    }

    async fn remove(&self, keys: &WireKeys) -> Result<(), CardsError> {
        let Some(found) = self.find(keys).await? else { return Ok(()) };
        let gone = Write { body: None, ..Write::put(&found.value, found.version).map_err(failed)? };
        self.commit(vec![gone]).await
    }

    async fn refuse(&self, keys: &WireKeys, response: &ResponseCode) -> Result<(), CardsError> {
        let Some(found) = self.find(keys).await? else { return Ok(()) };
        let gone = Write { body: None, ..Write::put(&found.value, found.version).map_err(failed)? };
        let task = Task {
            id: TaskId::from_raw(self.ids.next_id()),
            payment: None,
            operation: None,
            what: format!(
                "the card host refused an approval that was given in its place: trace number {}, retrieval reference {}, \
                 response {response}; its capture will be refused, too",
                keys.stan, keys.rrn
            ),
            created: self.clock.now(),
            done: None,
        };
        self.commit(vec![gone, Write::put(&task, 0).map_err(failed)?]).await
    }

    async fn contains(&self, keys: &WireKeys) -> Result<bool, CardsError> {
        Ok(self.find(keys).await?.is_some())
    }

    async fn outstanding(&self, currency: Currency) -> Result<i64, CardsError> {
        let mut sum = Money::new(0, currency);
        let mut query = ListQuery::all("stand_in_advice");
        loop {
            let (found, next) =
                self.store.list_typed::<StandInAdvice>(query.clone()).await.map_err(failed)?;
            for kept in found.into_iter().filter(|r| r.value.amount.currency() == currency) {
                sum = sum.checked_add(kept.value.amount).map_err(failed)?;
            }
            match next {
                Some(_) => query.after = next,
                None => return Ok(sum.minor()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Host, Platform, PlatformConfig};
    use pmts_kernel::{SystemClock, SystemIds, Timestamp};
    use pmts_sensitive::Pan;

    fn advice(stan: u32, merchant: &Merchant) -> AuthorizationAdvice {
        AuthorizationAdvice {
            keys: WireKeys {
                stan,
                transmitted_at: Timestamp::from_micros(1_795_000_000_000_000),
                rrn: format!("63261400{stan:04}"),
                trace: None,
            },
            repeat: false,
            pan: Pan::parse("4242424242424242").unwrap(),
            expiry: Expiry::parse_yymm("4912").unwrap(),
            amount: Money::new(i64::from(stan), Currency::GBP),
            approval_code: "SI0001".into(),
            reason: StandInReason::Unavailable,
            merchant: merchant.clone(),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn keeps_the_contract_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let platform = Platform::open(dir.path(), PlatformConfig::default(), Host::Nowhere).await.unwrap();
        let merchant = platform.config.merchant.clone();
        let queue = StoredAdvices::new(
            platform.store.clone(),
            platform.vault.clone(),
            Arc::new(SystemIds::new(Arc::new(SystemClock))),
            Arc::new(SystemClock),
            merchant.clone(),
        );
        let three = [1, 2, 3].map(|stan| advice(stan, &merchant));
        pmts_cards::advice_queue_contract(&queue, three).await;
        let (left, _) =
            platform.store.list_typed::<StandInAdvice>(ListQuery::all("stand_in_advice")).await.unwrap();
        assert!(left.is_empty());
    }
}
