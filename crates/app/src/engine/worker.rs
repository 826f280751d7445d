//! The worker of a server: does the jobs that are due, all the time.

use super::shift::{RENEW, Shift};
use super::unit::{EXPIRE, RESOLVE};
use super::{Engine, EngineError};
use pmts_kernel::Coded;
use pmts_payments::{OperationId, PaymentId};
use pmts_store::{CommitError, Job, StoreError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

/// How often it looks for jobs.
const PAUSE: Duration = Duration::from_millis(250);
/// How many jobs are done at a time.
const AT_A_TIME: usize = 32;
/// The backlog is counted with each so manieth look, and so far.
const COUNT_EACH: u64 = 4;
const COUNT_MOST: usize = 1_000;
/// How long a job is left alone that failed in a way no retry will mend, in seconds.
const PUT_OFF_SECS: i64 = 60;
/// What it does.
const KINDS: &[&str] = &[RESOLVE, EXPIRE];

/// What a worker has seen, for metrics. Grows from the start of the process; the backlog is as of the last count.
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
    /// Jobs that were due at the last count, as far as it went.
    pub due: AtomicU64,
}

type Ended = Result<(Id, (u128, Result<Did, EngineError>)), JoinError>;

impl Engine {
    /// Does what is due until `stop` turns true; what is under way then is finished. Any number of nodes may do this on one
    /// database: each job is held by one of them while it is worked on, and taken over when that one dies.
    ///
    /// # Errors
    /// [`EngineError`] when the store has stopped: the process must end and be started again. A database that is away is
    /// waited for.
    pub async fn work(
        &self,
        stats: &WorkerStats,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), EngineError> {
        let mut worker = Worker {
            engine: self,
            stats,
            shift: Shift::new(self.store.clone(), self.clock.clone(), &*self.ids, KINDS),
            running: JoinSet::new(),
            jobs: HashMap::new(),
            looks: 0,
        };
        let (mut looks, mut renewals) = (interval(PAUSE), interval(RENEW));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The last look found more than it could take.
        let mut more = false;
        while !*stop.borrow() {
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { break },
                _ = looks.tick() => more = worker.look().await?,
                _ = renewals.tick() => drop(worker.shift.renew().await),
                Some(ended) = worker.running.join_next_with_id() => {
                    worker.ended(ended).await?;
                    if more && worker.running.len() <= AT_A_TIME / 2 {
                        more = worker.look().await?;
                    }
                }
            }
        }
        while !worker.running.is_empty() {
            tokio::select! {
                _ = renewals.tick() => drop(worker.shift.renew().await),
                Some(ended) = worker.running.join_next_with_id() => worker.ended(ended).await?,
            }
        }
        Ok(())
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
            _ => Ok(Did::NotYet),
        }
    }
}

/// A worker at work.
struct Worker<'a> {
    engine: &'a Engine,
    stats: &'a WorkerStats,
    shift: Shift,
    running: JoinSet<(u128, Result<Did, EngineError>)>,
    /// The job of each task that runs.
    jobs: HashMap<Id, u128>,
    looks: u64,
}

impl Worker<'_> {
    /// Takes as many jobs as it can do now; `true`: there may be more.
    async fn look(&mut self) -> Result<bool, EngineError> {
        let now = self.engine.clock.now();
        if self.looks.is_multiple_of(COUNT_EACH) {
            self.count().await?;
        }
        self.looks += 1;
        let free = AT_A_TIME.saturating_sub(self.running.len());
        if free == 0 {
            return Ok(true);
        }
        let Some(jobs) = unless_away(self.shift.take(now, free).await)? else { return Ok(false) };
        let more = jobs.len() == free;
        for job in jobs {
            let (engine, id) = (self.engine.clone(), job.id);
            let task = self.running.spawn(async move { (id, engine.one(&job).await) });
            self.jobs.insert(task.id(), id);
        }
        Ok(more)
    }

    async fn count(&self) -> Result<(), EngineError> {
        let due = self.engine.store.jobs_due(self.engine.clock.now(), COUNT_MOST).await;
        if let Some(due) = unless_away(due)? {
            let ours = due.iter().filter(|job| KINDS.contains(&job.kind.as_str())).count();
            self.stats.due.store(u64::try_from(ours).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Takes note of what came of a job.
    async fn ended(&mut self, ended: Ended) -> Result<(), EngineError> {
        let task = ended.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
        let Some(id) = self.jobs.remove(&task) else { return Ok(()) };
        let failed = || self.stats.failed.fetch_add(1, Ordering::Relaxed);
        match ended {
            Ok((_, (_, Ok(Did::NotYet)))) => self.shift.put_off(id, PUT_OFF_SECS).await,
            Ok((_, (_, Ok(did)))) => {
                did.count(self.stats);
                self.shift.done(id);
            }
            Ok((_, (_, Err(EngineError::Commit(CommitError::Stopped(why)))))) => {
                return Err(EngineError::Commit(CommitError::Stopped(why)));
            }
            Ok((_, (_, Err(EngineError::Store(StoreError::Stopped(why)))))) => {
                return Err(EngineError::Store(StoreError::Stopped(why)));
            }
            // Whether it was written shows when it is looked at again: at once.
            Ok((_, (_, Err(EngineError::Commit(CommitError::Unknown(_)))))) => {
                failed();
                self.shift.put_off(id, 0).await;
            }
            Ok((_, (_, Err(error)))) => {
                tracing::warn!(target: "pmts::worker", code = error.code().code, job = %format_args!("{id:032x}"), "a job is put off");
                failed();
                self.shift.put_off(id, PUT_OFF_SECS).await;
            }
            Err(_) => {
                tracing::error!(target: "pmts::worker", job = %format_args!("{id:032x}"), "a job was cut off");
                failed();
                self.shift.put_off(id, PUT_OFF_SECS).await;
            }
        }
        Ok(())
    }
}

/// `None`: the database is away. It is looked at again with the next look.
fn unless_away<T>(result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::Unreachable(why)) => {
            tracing::warn!(target: "pmts::worker", why, "the database is away");
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// What came of a job.
enum Did {
    Tried { resolved: bool },
    Expired,
    NotYet,
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
            Self::NotYet => {}
        }
    }
}
