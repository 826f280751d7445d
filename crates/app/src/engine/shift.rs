//! The jobs that one worker holds, so that no other worker, of this node or another, does them at the same time.

use pmts_kernel::{Clock, IdSource, Timestamp};
use pmts_store::{Job, JobClaim, Store, StoreError};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a job is held without a sign of life: when a node dies, others take its jobs after this time, in seconds.
const LEASE_SECS: i64 = 30;
/// How often a sign of life is given.
pub(crate) const RENEW: Duration = Duration::from_secs(10);

/// One worker, and what it holds.
pub(crate) struct Shift {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    holder: u128,
    kinds: &'static [&'static str],
    held: Mutex<HashSet<u128>>,
}

impl Shift {
    /// A new worker that does jobs of these kinds.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: &dyn IdSource,
        kinds: &'static [&'static str],
    ) -> Self {
        Self { store, clock, holder: ids.next_id(), kinds, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, HashSet<u128>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes jobs due at `due` that nobody holds, at most `limit`, earliest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn take(&self, due: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.claim(due, self.clock.now(), limit).await
    }

    /// As [`Shift::take`], also what others hold. Only right when they have ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn take_over(&self, due: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.claim(due, Timestamp::MAX, limit).await
    }

    async fn claim(&self, due: Timestamp, ended: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        let until = self.clock.now().saturating_add_secs(LEASE_SECS);
        let (holder, kinds) = (self.holder, self.kinds.to_vec());
        let jobs = self.store.claim_jobs(JobClaim { holder, kinds, due, now: ended, until, limit }).await?;
        self.held().extend(jobs.iter().map(|job| job.id));
        Ok(jobs)
    }

    /// Gives a sign of life for all that is held; gives whether all of it still is. `None`: that cannot be found out; then
    /// others may take it over after a while and do it once more.
    pub(crate) async fn renew(&self) -> Option<bool> {
        let held: Vec<u128> = self.held().iter().copied().collect();
        let (count, until) = (held.len(), self.clock.now().saturating_add_secs(LEASE_SECS));
        if held.is_empty() {
            return Some(true);
        }
        match self.store.hold_jobs(self.holder, held, until).await {
            Ok(kept) => Some(kept.len() == count),
            Err(error) => {
                tracing::warn!(target: "pmts::worker", %error, "leases are not renewed");
                None
            }
        }
    }

    /// Whether it holds nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.held().is_empty()
    }

    /// Knows nothing any more of what it held.
    pub(crate) fn forget(&self) {
        self.held().clear();
    }

    /// Does something while what is held stays held. What others took over in the middle is done by both: for work that bears that.
    pub(crate) async fn meanwhile<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(RENEW, &mut work).await {
                Ok(done) => return done,
                Err(_) => drop(self.renew().await),
            }
        }
    }

    /// Does something that only whoever holds what is held may do: it is cut off, `None`, when others took that over.
    pub(crate) async fn while_held<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(RENEW, &mut work).await {
                Ok(done) => return Some(done),
                Err(_) if self.renew().await == Some(false) => {
                    self.forget();
                    return None;
                }
                Err(_) => {}
            }
        }
    }

    /// A job is done, or put again: its lease ended with that commit.
    pub(crate) fn done(&self, id: u128) {
        self.held().remove(&id);
    }

    /// Gives a job back that is not done, to be taken up by anybody after some seconds.
    pub(crate) async fn put_off(&self, id: u128, secs: i64) {
        self.done(id);
        let until = self.clock.now().saturating_add_secs(secs);
        // If that fails it waits until the lease ends.
        if let Err(error) = self.store.hold_jobs(self.holder, vec![id], until).await {
            tracing::warn!(target: "pmts::worker", %error, "a lease is not given back");
        }
    }
}
