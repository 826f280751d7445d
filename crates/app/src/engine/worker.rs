//! The worker of a server: does the jobs that are due, all the time.

use super::unit::{EXPIRE, RESOLVE};
use super::{Engine, EngineError};
use pmts_payments::{OperationId, PaymentId};
use pmts_store::{CommitError, Job};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks for jobs.
const PAUSE: Duration = Duration::from_millis(250);
/// How many jobs are done at a time.
const AT_A_TIME: usize = 32;
/// How many jobs are looked at in one go.
const LOOK: usize = 1_000;

/// What a worker has seen, for metrics. Grows from the start of the process; the backlog is as of the last look.
#[derive(Debug, Default)]
pub struct WorkerStats {
    /// Tries to resolve an operation.
    pub tries: AtomicU64,
    /// Operations that were resolved.
    pub resolved: AtomicU64,
    /// Holds given up because they came to their end.
    pub expired: AtomicU64,
    /// Jobs that ended in an error and are left to a later look.
    pub failed: AtomicU64,
    /// Jobs that were due at the last look, as far as it went.
    pub due: AtomicU64,
}

impl Engine {
    /// Does what is due until `stop` turns true; what is under way then is finished.
    ///
    /// # Errors
    /// [`EngineError`] when the store has stopped: the process must end and be started again.
    pub async fn work(
        &self,
        stats: &WorkerStats,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), EngineError> {
        // A job that failed in a way no retry will mend must not be taken up at each look.
        let mut put_off = HashSet::new();
        let mut looks = 0u32;
        while !*stop.borrow() {
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(256) {
                put_off.clear();
            }
            let mut waiting = self.due(&put_off, stats).await?.into_iter();
            let mut running = tokio::task::JoinSet::new();
            let mut failed = Vec::new();
            loop {
                while running.len() < AT_A_TIME && !*stop.borrow() {
                    let Some(job) = waiting.next() else { break };
                    let engine = self.clone();
                    running.spawn(async move { (job.id, engine.one(&job).await) });
                }
                let Some(done) = running.join_next().await else { break };
                match done {
                    // Its job is looked at again with the next clearing.
                    Ok((id, Ok(Did::NotYet))) => {
                        put_off.insert(id);
                    }
                    Ok((_, Ok(did))) => did.count(stats),
                    Ok((
                        _,
                        Err(EngineError::Commit(CommitError::Stopped(why) | CommitError::Unknown(why))),
                    )) => {
                        return Err(EngineError::Commit(CommitError::Stopped(why)));
                    }
                    Ok((id, Err(_))) => failed.push(id),
                    Err(_) => {
                        stats.failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            stats.failed.fetch_add(u64::try_from(failed.len()).unwrap_or(0), Ordering::Relaxed);
            put_off.extend(failed);
            if tokio::time::timeout(PAUSE, stop.changed()).await.is_ok_and(|changed| changed.is_err()) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Jobs that are due and not put off, earliest first; at least one if there is one.
    async fn due(&self, put_off: &HashSet<u128>, stats: &WorkerStats) -> Result<Vec<Job>, EngineError> {
        let mut look = LOOK;
        loop {
            let due = self.store.jobs_due(self.clock.now(), look).await?;
            let seen = due.len();
            stats.due.store(u64::try_from(seen).unwrap_or(u64::MAX), Ordering::Relaxed);
            let free: Vec<Job> = due.into_iter().filter(|job| !put_off.contains(&job.id)).collect();
            if !free.is_empty() || seen < look {
                return Ok(free);
            }
            // All of these are put off: what can be done lies behind them.
            look = look.saturating_mul(4);
        }
    }

    /// Does one job.
    async fn one(&self, job: &Job) -> Result<Did, EngineError> {
        match job.kind.as_str() {
            RESOLVE => {
                let tries = job.attempts.saturating_add(1);
                let operation = self.resolve(OperationId::from_raw(job.id), tries).await?;
                Ok(Did::Tried { resolved: operation.state.is_final() })
            }
            EXPIRE => {
                let id = serde_json::from_str::<PaymentId>(&job.body)
                    .map_err(|_| EngineError::Missing(format!("the payment of job {:032x}", job.id)))?;
                Ok(if self.expire(id).await? { Did::Expired } else { Did::NotYet })
            }
            _ => Ok(Did::Nothing),
        }
    }
}

/// What came of a job.
enum Did {
    Tried { resolved: bool },
    Expired,
    NotYet,
    Nothing,
}

impl Did {
    fn count(&self, stats: &WorkerStats) {
        match self {
            Self::Tried { resolved } => {
                stats.tries.fetch_add(1, Ordering::Relaxed);
                stats.resolved.fetch_add(u64::from(*resolved), Ordering::Relaxed);
            }
            Self::Expired => {
                stats.expired.fetch_add(1, Ordering::Relaxed);
            }
            Self::NotYet | Self::Nothing => {}
        }
    }
}
