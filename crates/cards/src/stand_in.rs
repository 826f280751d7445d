//! Approving in the host's place while it cannot be reached, within limits of our own.

use crate::{
    AdviceQueue, AdviceSender, Answer, AuthorizationAdvice, AuthorizationRequest, CaptureRequest,
    CardAuthorizer, CardsError, HostAnswer, IncrementRequest, RefundRequest, ResponseCode, ReversalRequest,
    Sale, StandInReason, VoidRequest, WireKeys,
};
use async_trait::async_trait;
use chrono::Datelike;
use pmts_kernel::{Clock, Timestamp};
use pmts_money::{Currency, Money};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What may be approved in the host's place. The default approves nothing: stand-in is off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StandInLimits {
    /// The largest amount of one approval, in minor units of each currency. A currency that is not here is never approved.
    pub amount_max: BTreeMap<Currency, i64>,
    /// How many approvals one card may have on one day (GMT).
    pub per_card_count_max: u32,
    /// How much one card may have on one day (GMT), in minor units of each currency. A currency that is not here is never
    /// approved.
    pub per_card_amount_max: BTreeMap<Currency, i64>,
    /// How much may be approved and not yet told to the host, in minor units of each currency. A currency that is not here
    /// is never approved.
    pub exposure_max: BTreeMap<Currency, i64>,
}

/// What came of telling the host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaughtUp {
    /// How many advices the host took.
    pub told: u64,
    /// Those it would not take; they are not in the queue any more, which has been told of the refusal.
    pub refused: Vec<(WireKeys, ResponseCode)>,
    /// Whether some are left: the host does not answer, or another call is telling it.
    pub unfinished: bool,
}

/// A [`CardAuthorizer`] that approves in its host's place what the host was surely not asked for.
///
/// Only an authorization that was *not sent* is approved: one whose outcome is unknown may have been approved already. An
/// approval is in the queue before it is given; [`StandIn::catch_up`] tells the host, in order. Until then nothing about such
/// a sale is sent, since the host would not know it. Everything else goes to the host as ever.
///
/// What a card had today is counted in memory and starts anew with the process; the exposure is read from the queue.
pub struct StandIn {
    host: Arc<dyn CardAuthorizer>,
    advices: Arc<dyn AdviceSender>,
    queue: Arc<dyn AdviceQueue>,
    clock: Arc<dyn Clock>,
    limits: StandInLimits,
    hasher: RandomState,
    today: Mutex<Today>,
    telling: AtomicBool,
}

/// What was approved today.
#[derive(Default)]
struct Today {
    /// Days since 1970-01-01.
    day: i64,
    /// By a hash of the card number: how many, and how much in each currency.
    cards: HashMap<u64, (u32, BTreeMap<Currency, i64>)>,
    /// Approvals that are not in the queue yet.
    underway: BTreeMap<Currency, i64>,
}

/// Ends the telling, however it ends.
struct Telling<'a>(&'a AtomicBool);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl StandIn {
    /// Stands in for `host`, which is told through `advices` (usually the same link) what waits in `queue`.
    pub fn new(
        host: Arc<dyn CardAuthorizer>,
        advices: Arc<dyn AdviceSender>,
        queue: Arc<dyn AdviceQueue>,
        clock: Arc<dyn Clock>,
        limits: StandInLimits,
    ) -> Self {
        let (hasher, today, telling) = (RandomState::new(), Mutex::default(), AtomicBool::new(false));
        Self { host, advices, queue, clock, limits, hasher, today, telling }
    }

    /// Tells the host what waits, oldest first, until all is told or the host does not answer. Call it now and then.
    ///
    /// # Errors
    /// [`CardsError::AdviceQueue`].
    pub async fn catch_up(&self) -> Result<CaughtUp, CardsError> {
        let mut done = CaughtUp::default();
        if self.telling.swap(true, Ordering::AcqRel) {
            done.unfinished = true;
            return Ok(done);
        }
        let _telling = Telling(&self.telling);
        while let Some(advice) = self.queue.first().await? {
            // Before it is sent: a process that dies meanwhile sends a repeat.
            self.queue.mark_sent(&advice.keys).await?;
            let HostAnswer::Answered(answer) = self.advices.advise(&advice).await else {
                done.unfinished = true;
                return Ok(done);
            };
            use ResponseCode as R;
            match answer.response {
                R::Duplicate => self.queue.remove(&advice.keys).await?,
                response if response.is_approval() => self.queue.remove(&advice.keys).await?,
                // It is not well yet: nothing is said about the advice.
                R::ReceivedTooLate | R::IssuerUnavailable | R::RoutingUnknown | R::SystemMalfunction => {
                    done.unfinished = true;
                    return Ok(done);
                }
                response => {
                    self.queue.refuse(&advice.keys, &response).await?;
                    done.refused.push((advice.keys.clone(), response));
                    continue;
                }
            }
            done.told += 1;
        }
        Ok(done)
    }

    /// The approval of what was not sent, if the limits allow it and it is in the queue.
    async fn approve(&self, request: &AuthorizationRequest) -> Option<Answer> {
        let now = self.clock.now();
        let (amount, currency) = (request.amount.minor(), request.amount.currency());
        let largest = *self.limits.amount_max.get(&currency)?;
        if !(1..=largest).contains(&amount) || !valid(request, now) {
            return None;
        }
        let card = self.hasher.hash_one(request.pan.expose());
        if !self.reserve(card, request.amount, now) {
            return None;
        }
        let advice = AuthorizationAdvice {
            keys: request.keys.clone(),
            repeat: false,
            pan: request.pan.clone(),
            expiry: request.expiry,
            amount: request.amount,
            approval_code: own_code(request.keys.stan),
            reason: StandInReason::Unavailable,
            merchant: request.merchant.clone(),
        };
        let approved = self.exposed(currency).await && self.queue.push(&advice).await.is_ok();
        self.settle(card, request.amount, approved);
        approved.then(|| Answer {
            approval_code: Some(advice.approval_code),
            ..Answer::bare(ResponseCode::Approved)
        })
    }

    /// Whether all that is not told, with what is under way, is within its limit.
    async fn exposed(&self, currency: Currency) -> bool {
        let underway = self.today().underway.get(&currency).copied().unwrap_or(0);
        let limit = self.limits.exposure_max.get(&currency).copied().unwrap_or(0);
        let waiting = self.queue.outstanding(currency).await.unwrap_or(i64::MAX);
        waiting.saturating_add(underway) <= limit
    }

    /// Counts an approval for its card, before others look; `false` if it is one too many.
    fn reserve(&self, card: u64, amount: Money, now: Timestamp) -> bool {
        let currency = amount.currency();
        let mut today = self.today();
        let day = now.as_secs().div_euclid(86_400);
        if today.day != day {
            (today.day, today.cards) = (day, HashMap::new());
        }
        let (count, sums) = today.cards.entry(card).or_default();
        let sum = sums.entry(currency).or_default();
        let most = self.limits.per_card_amount_max.get(&currency).copied().unwrap_or(0);
        if *count >= self.limits.per_card_count_max || sum.saturating_add(amount.minor()) > most {
            return false;
        }
        *count += 1;
        *sum += amount.minor();
        let underway = today.underway.entry(currency).or_default();
        *underway = underway.saturating_add(amount.minor());
        true
    }

    /// Ends what [`StandIn::reserve`] began.
    fn settle(&self, card: u64, amount: Money, approved: bool) {
        let mut today = self.today();
        if let Some(underway) = today.underway.get_mut(&amount.currency()) {
            *underway -= amount.minor();
        }
        if !approved && let Some((count, sums)) = today.cards.get_mut(&card) {
            *count = count.saturating_sub(1);
            sums.entry(amount.currency()).and_modify(|sum| *sum -= amount.minor());
        }
    }

    fn today(&self) -> MutexGuard<'_, Today> {
        self.today.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets something about a sale pass, after telling the host of the sale if need be; else why it is not sent.
    async fn pass(&self, sale: &Sale) -> Result<(), HostAnswer> {
        let not_sent = |error: CardsError| HostAnswer::NotSent { why: error.to_string() };
        let keys = &sale.original.keys;
        if !self.queue.contains(keys).await.map_err(not_sent)? {
            return Ok(());
        }
        self.catch_up().await.map_err(not_sent)?;
        if self.queue.contains(keys).await.map_err(not_sent)? {
            return Err(HostAnswer::NotSent { why: "the host was not told of this sale yet".to_owned() });
        }
        Ok(())
    }
}

fn valid(request: &AuthorizationRequest, now: Timestamp) -> bool {
    let date = chrono::DateTime::from_timestamp(now.as_secs(), 0).unwrap_or_default();
    request.expiry.is_valid_in(date.year(), u8::try_from(date.month()).unwrap_or(12))
}

/// `SI` and the trace number in four digits of base 36.
fn own_code(stan: u32) -> String {
    let digit = |unit: u32| char::from_digit(stan / unit % 36, 36).unwrap_or('0').to_ascii_uppercase();
    ['S', 'I', digit(36 * 36 * 36), digit(36 * 36), digit(36), digit(1)].iter().collect()
}

#[async_trait]
impl CardAuthorizer for StandIn {
    async fn authorize(&self, request: &AuthorizationRequest) -> HostAnswer {
        match self.host.authorize(request).await {
            not_sent @ HostAnswer::NotSent { .. } => {
                self.approve(request).await.map_or(not_sent, HostAnswer::from)
            }
            other => other,
        }
    }

    async fn increment(&self, request: &IncrementRequest) -> HostAnswer {
        match self.pass(&request.sale).await {
            Ok(()) => self.host.increment(request).await,
            Err(early) => early,
        }
    }

    async fn capture(&self, request: &CaptureRequest) -> HostAnswer {
        match self.pass(&request.sale).await {
            Ok(()) => self.host.capture(request).await,
            Err(early) => early,
        }
    }

    async fn void(&self, request: &VoidRequest) -> HostAnswer {
        match self.pass(&request.sale).await {
            Ok(()) => self.host.void(request).await,
            Err(early) => early,
        }
    }

    async fn refund(&self, request: &RefundRequest) -> HostAnswer {
        match self.pass(&request.sale).await {
            Ok(()) => self.host.refund(request).await,
            Err(early) => early,
        }
    }

    async fn reverse(&self, request: &ReversalRequest) -> HostAnswer {
        match self.pass(&request.sale).await {
            Ok(()) => self.host.reverse(request).await,
            Err(early) => early,
        }
    }
}
