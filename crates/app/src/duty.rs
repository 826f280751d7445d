//! Work that one node at a time does, whatever the number of nodes: a job that is never done, held by whoever is at it.

use crate::engine::Shift;
use pmts_kernel::{Clock, IdSource, Principal, Timestamp};
use pmts_store::{Commit, CommitError, Job, JobChange, Store, StoreError};
use std::sync::Arc;

/// What the kinds of such jobs begin with. They stand for no work that waits.
pub(crate) const DUTY: &str = "duty.";

/// One such work.
pub(crate) struct Duty {
    shift: Shift,
    store: Arc<dyn Store>,
    id: u128,
    kind: &'static str,
}

impl Duty {
    /// The duty of this kind; `kinds` is that one, its name beginning with [`DUTY`], and `id` is its job's.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: &dyn IdSource,
        kinds: &'static [&'static str; 1],
        id: u128,
    ) -> Self {
        Self { shift: Shift::new(store.clone(), clock, ids, kinds), store, id, kind: kinds[0] }
    }

    /// Does the work, unless another node is at it: then `None`, also if it takes it over in the middle.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be found out who is at it.
    pub(crate) async fn unless_taken<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<Option<T>, StoreError> {
        if self.shift.take(Timestamp::default(), 1).await?.is_empty() {
            if self.there().await? {
                return Ok(None);
            }
            self.make().await?;
            if self.shift.take(Timestamp::default(), 1).await?.is_empty() {
                return Ok(None);
            }
        }
        let done = self.shift.while_held(work).await;
        if done.is_some() {
            self.shift.put_off(self.id, 0).await;
        }
        Ok(done)
    }

    async fn there(&self) -> Result<bool, StoreError> {
        Ok(self.store.job_counts().await?.iter().any(|(kind, _)| kind == self.kind))
    }

    async fn make(&self) -> Result<(), StoreError> {
        let job = Job {
            id: self.id,
            kind: self.kind.into(),
            due: Timestamp::default(),
            attempts: 0,
            body: "{}".into(),
        };
        let commit = Commit { jobs: vec![JobChange::Put(job)], ..Commit::by(Principal::system("duty")) };
        match self.store.commit(commit).await {
            Ok(_) => Ok(()),
            Err(CommitError::Unavailable(why) | CommitError::Unknown(why)) => {
                Err(StoreError::Unreachable(why))
            }
            Err(other) => Err(StoreError::Engine(other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_kernel::{ManualClock, SeededIds};
    use pmts_store::MemoryStore;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn who_gave_no_sign_of_life_is_cut_off_when_another_took_it_over() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_795_356_319_000_000)));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
        let ids = SeededIds::new(1, clock.clone());
        let duty = || Duty::new(store.clone(), clock.clone(), &ids, &["duty.test"], 1 << 8);
        let (first, second) = (duty(), duty());
        let taken = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            assert_eq!(second.unless_taken(async {}).await.unwrap(), None, "the first is at it");
            // As long as no sign of life is given: its node was asleep.
            clock.advance_micros(31_000_000);
            second.unless_taken(tokio::time::sleep(Duration::from_secs(60))).await.unwrap()
        };
        let (first, second) = tokio::join!(first.unless_taken(std::future::pending::<()>()), taken);
        assert_eq!((first.unwrap(), second), (None, Some(())), "one of them is at it");
    }
}
