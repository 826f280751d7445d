//! Jobs held for a time: so that no two workers do the same job at once.

use crate::{Job, JobChange};
use pmts_kernel::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who wants jobs, which ones, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobClaim {
    /// Who takes them. Unique for each worker that runs, so a new one at each start.
    pub holder: u128,
    /// Only jobs of these kinds: what a worker cannot do is left to others.
    pub kinds: Vec<&'static str>,
    /// Only jobs due at this moment.
    pub due: Timestamp,
    /// What the time is: leases that ended at or before it count no more.
    pub now: Timestamp,
    /// When the leases end, unless they are renewed.
    pub until: Timestamp,
    /// At most so many.
    pub limit: usize,
}

/// Leases of a store that one process owns: in memory, gone with the process, as are those who held them.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<HashMap<u128, (u128, Timestamp)>>);

impl Leases {
    fn lock(&self) -> MutexGuard<'_, HashMap<u128, (u128, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are, ended or not.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Takes those of `due` (earliest first) that are wanted and free.
    pub(crate) fn claim(&self, claim: &JobClaim, due: impl IntoIterator<Item = Job>) -> Vec<Job> {
        let mut held = self.lock();
        held.retain(|_, (_, until)| *until > claim.now);
        let wanted = |job: &Job| claim.kinds.iter().any(|kind| job.kind == *kind);
        let taken: Vec<Job> = due
            .into_iter()
            .filter(|job| wanted(job) && !held.contains_key(&job.id))
            .take(claim.limit)
            .collect();
        held.extend(taken.iter().map(|job| (job.id, (claim.holder, claim.until))));
        taken
    }

    /// Moves the end of a holder's leases; gives the jobs that it has.
    pub(crate) fn hold(&self, holder: u128, jobs: &[u128], until: Timestamp) -> Vec<u128> {
        let mut held = self.lock();
        let mut kept = Vec::new();
        for id in jobs {
            if let Some(lease) = held.get_mut(id).filter(|lease| lease.0 == holder) {
                lease.1 = until;
                kept.push(*id);
            }
        }
        kept
    }

    /// Ends the leases of jobs that were put again or are done.
    pub(crate) fn changed(&self, jobs: &[u128]) {
        let mut held = self.lock();
        for id in jobs {
            held.remove(id);
        }
    }
}

/// The jobs that changes are about.
pub(crate) fn ids_of(changes: &[JobChange]) -> impl Iterator<Item = u128> {
    changes.iter().map(|change| match change {
        JobChange::Put(job) => job.id,
        JobChange::Done(id) => *id,
    })
}
