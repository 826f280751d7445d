//! Work that one node at a time does, whatever the number of nodes: a job that is never done, held by whoever is at it.

use crate::engine::{RENEW, Shift};
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
        let mut work = std::pin::pin!(work);
        let done = loop {
            if let Ok(done) = tokio::time::timeout(RENEW, &mut work).await {
                break done;
            }
            // Another node took it over: it is cut off here, so that two are not at it.
            if self.shift.renew().await == Some(false) {
                self.shift.forget();
                return Ok(None);
            }
        };
        self.shift.put_off(self.id, 0).await;
        Ok(Some(done))
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
