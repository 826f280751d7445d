//! Telling a host afterwards what was approved in its place.

use crate::{CardsError, Expiry, HostAnswer, Merchant, ResponseCode, WireKeys};
use async_trait::async_trait;
use pmts_money::{Currency, Money};
use pmts_sensitive::Pan;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why something was approved in the host's place (field 60, four digits, as in ISO 8583:2003).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StandInReason {
    /// 1003: the host could not be reached.
    Unavailable,
    /// 1007: it was decided so.
    ByAcquirer,
}

impl StandInReason {
    /// The four digits.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Unavailable => "1003",
            Self::ByAcquirer => "1007",
        }
    }
}

/// An authorization that was approved in the host's place (0120, 0121).
#[derive(Debug, Clone)]
pub struct AuthorizationAdvice {
    /// The references of the authorization, which the host never saw; a repeat has the same.
    pub keys: WireKeys,
    /// Whether it may have been sent before (0121).
    pub repeat: bool,
    /// The card.
    pub pan: Pan,
    /// When the card ends.
    pub expiry: Expiry,
    /// What was approved: 1 to 999,999,999,999 minor units.
    pub amount: Money,
    /// Field 38: 6 letters and digits of our own.
    pub approval_code: String,
    /// Why.
    pub reason: StandInReason,
    /// Who sells.
    pub merchant: Merchant,
}

/// Tells a host of what was approved in its place.
#[async_trait]
pub trait AdviceSender: Send + Sync {
    /// Sends it once (0120, 0121). A host cannot decline it; any answer but an approval or a duplicate is for a person.
    async fn advise(&self, advice: &AuthorizationAdvice) -> HostAnswer;
}

/// Advices that wait to be told, in order.
///
/// # Contract
/// - What [`AdviceQueue::push`] has taken is there after a restart. An implementation that writes to a disk keeps no card
///   number in clear.
/// - [`AdviceQueue::first`] gives the oldest, again and again until it is removed; after [`AdviceQueue::mark_sent`] with
///   `repeat` set, after a restart too.
/// - Advices are known by their keys. Pushing the same keys again changes nothing; marking or removing what is not there
///   does nothing.
/// - Every error is [`CardsError::AdviceQueue`]; with an error of `push` nothing was taken.
#[async_trait]
pub trait AdviceQueue: Send + Sync {
    /// Adds one at the end.
    async fn push(&self, advice: &AuthorizationAdvice) -> Result<(), CardsError>;
    /// The oldest.
    async fn first(&self) -> Result<Option<AuthorizationAdvice>, CardsError>;
    /// Notes that it is about to be sent.
    async fn mark_sent(&self, keys: &WireKeys) -> Result<(), CardsError>;
    /// Removes one.
    async fn remove(&self, keys: &WireKeys) -> Result<(), CardsError>;
    /// Removes one that the host would not take, and sees to it that a person looks at it, both at once. This one only
    /// removes it: for queues whose owner reads [`CaughtUp::refused`](crate::CaughtUp::refused).
    async fn refuse(&self, keys: &WireKeys, response: &ResponseCode) -> Result<(), CardsError> {
        let _ = response;
        self.remove(keys).await
    }
    /// Whether it waits.
    async fn contains(&self, keys: &WireKeys) -> Result<bool, CardsError>;
    /// The sum of what waits in one currency, in minor units.
    async fn outstanding(&self, currency: Currency) -> Result<i64, CardsError>;
}

/// Advices in memory: the twin for tests. It forgets them with the process.
#[derive(Debug, Default)]
pub struct MemoryAdviceQueue(Mutex<VecDeque<AuthorizationAdvice>>);

impl MemoryAdviceQueue {
    fn lock(&self) -> MutexGuard<'_, VecDeque<AuthorizationAdvice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an advice is known by: who asked for it does not matter.
fn same(advice: &AuthorizationAdvice, keys: &WireKeys) -> bool {
    let WireKeys { stan, transmitted_at, rrn, trace: _ } = &advice.keys;
    (*stan, *transmitted_at, rrn) == (keys.stan, keys.transmitted_at, &keys.rrn)
}

#[async_trait]
impl AdviceQueue for MemoryAdviceQueue {
    async fn push(&self, advice: &AuthorizationAdvice) -> Result<(), CardsError> {
        let mut queue = self.lock();
        if !queue.iter().any(|waiting| same(waiting, &advice.keys)) {
            queue.push_back(advice.clone());
        }
        Ok(())
    }

    async fn first(&self) -> Result<Option<AuthorizationAdvice>, CardsError> {
        Ok(self.lock().front().cloned())
    }

    async fn mark_sent(&self, keys: &WireKeys) -> Result<(), CardsError> {
        self.lock()
            .iter_mut()
            .filter(|waiting| same(waiting, keys))
            .for_each(|waiting| waiting.repeat = true);
        Ok(())
    }

    async fn remove(&self, keys: &WireKeys) -> Result<(), CardsError> {
        self.lock().retain(|waiting| !same(waiting, keys));
        Ok(())
    }

    async fn contains(&self, keys: &WireKeys) -> Result<bool, CardsError> {
        Ok(self.lock().iter().any(|waiting| same(waiting, keys)))
    }

    async fn outstanding(&self, currency: Currency) -> Result<i64, CardsError> {
        let of = |waiting: &AuthorizationAdvice| {
            (waiting.amount.currency() == currency).then_some(waiting.amount.minor())
        };
        Ok(self.lock().iter().filter_map(of).fold(0, i64::saturating_add))
    }
}

/// The contract of [`AdviceQueue`]: every implementation runs it in its tests, on an empty queue.
///
/// # Panics
/// If the implementation does not keep the contract.
#[cfg(any(test, feature = "contract"))]
pub async fn advice_queue_contract(queue: &dyn AdviceQueue, [one, two, three]: [AuthorizationAdvice; 3]) {
    const WORKS: &str = "the queue works";
    let keys = |advice: &Option<AuthorizationAdvice>| advice.as_ref().map(|a| (a.keys.clone(), a.repeat));
    let currency = one.amount.currency();
    assert!(queue.first().await.expect(WORKS).is_none(), "the queue is empty at first");
    for advice in [&one, &two, &three, &two] {
        queue.push(advice).await.expect(WORKS);
    }
    let sum = [&one, &two, &three].iter().map(|a| a.amount.minor()).sum::<i64>();
    assert_eq!(queue.outstanding(currency).await.expect(WORKS), sum, "the same keys count once");
    for _ in 0..2 {
        assert_eq!(
            keys(&queue.first().await.expect(WORKS)),
            Some((one.keys.clone(), false)),
            "the oldest stays"
        );
    }
    queue.mark_sent(&one.keys).await.expect(WORKS);
    let first = queue.first().await.expect(WORKS);
    assert_eq!(keys(&first), Some((one.keys.clone(), true)), "it was marked");
    let first = first.expect("it is there");
    assert_eq!((first.pan.expose(), first.amount), (one.pan.expose(), one.amount), "it is whole");
    assert_eq!((&first.approval_code, first.reason), (&one.approval_code, one.reason), "it is whole");
    queue.remove(&two.keys).await.expect(WORKS);
    queue.remove(&two.keys).await.expect(WORKS);
    queue.mark_sent(&two.keys).await.expect(WORKS);
    assert!(!queue.contains(&two.keys).await.expect(WORKS), "it was removed");
    assert!(queue.contains(&three.keys).await.expect(WORKS), "the others stay");
    queue.remove(&one.keys).await.expect(WORKS);
    assert_eq!(
        keys(&queue.first().await.expect(WORKS)),
        Some((three.keys.clone(), false)),
        "the next in order"
    );
    queue.remove(&three.keys).await.expect(WORKS);
    assert_eq!(queue.outstanding(currency).await.expect(WORKS), 0, "nothing waits");
}

#[cfg(all(test, feature = "tcp"))]
mod tests {
    use super::*;
    use crate::test_requests as requests;

    #[tokio::test]
    async fn the_memory_queue_keeps_the_contract() {
        let advice = |stan| {
            let mut advice = requests::advice();
            advice.keys.stan = stan;
            advice
        };
        advice_queue_contract(&MemoryAdviceQueue::default(), [advice(1), advice(2), advice(3)]).await;
    }
}
