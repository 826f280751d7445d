//! Which trace numbers a node uses. A card host knows a message by its trace number and second: nodes that share a database
//! and a place at the host must never send the same. So each holds one of sixteen lanes, a job that is never done, and
//! uses every sixteenth number.

use crate::AppError;
use crate::connectors::CardGateway;
use crate::duty::DUTY;
use crate::engine::{RENEW, Shift};
use pmts_kernel::{Clock, IdSource, Principal, Timestamp};
use pmts_store::{Commit, CommitError, Job, JobChange, Store, StoreError, Write};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How many nodes there can be.
pub(crate) const LANES: u32 = 16;
/// The kind of the jobs that stand for lanes.
const KINDS: &[&str] = &["duty.lane"];
/// The record that is written with them, so that they are made once.
const MADE: &str = "lanes";
/// How often a new node looks for a free lane, and how long it waits: longer than a lease of one that was killed.
const LOOKS: u32 = 180;
const PAUSE: Duration = Duration::from_millis(250);

/// The lane of this node.
pub(crate) struct Lane {
    shift: Shift,
    number: u32,
}

impl Lane {
    /// Takes a free lane.
    ///
    /// # Errors
    /// [`AppError::Store`]; [`AppError::Usage`] when all are taken, and stay so for longer than a lease.
    pub(crate) async fn take(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: &dyn IdSource,
    ) -> Result<Self, AppError> {
        debug_assert!(KINDS[0].starts_with(DUTY));
        let shift = Shift::new(store.clone(), clock, ids, KINDS);
        if store.read(MADE, 1).await?.is_none() {
            make(&*store).await?;
        }
        let mut lane = Self { shift, number: 0 };
        for _ in 0..LOOKS {
            if let Some(number) = lane.free().await? {
                lane.number = number;
                return Ok(lane);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(AppError::Usage(format!("{LANES} nodes are at work on this database: there can be no more")))
    }

    async fn free(&self) -> Result<Option<u32>, StoreError> {
        let taken = self.shift.take(Timestamp::default(), 1).await?;
        let Some(job) = taken.first() else { return Ok(None) };
        let number = job.body.parse().ok().filter(|n| *n < LANES);
        number.map(Some).ok_or_else(|| StoreError::Damaged(format!("the lane {:032x}", job.id)))
    }

    /// Its number, less than [`LANES`].
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Holds it as long as the gateway is there. A node that was stopped for longer than a lease may find its lane taken:
    /// then it takes another.
    pub(crate) async fn keep(self, gateway: Weak<CardGateway>) {
        loop {
            tokio::time::sleep(RENEW).await;
            let Some(gateway) = gateway.upgrade() else { return };
            if !self.shift.is_idle() && self.shift.renew().await != Some(false) {
                continue;
            }
            // Without a lane it looks again and again, and goes on in the one it had.
            self.shift.forget();
            match self.free().await {
                Ok(Some(number)) => {
                    tracing::warn!(target: "pmts::lane", number, "the lane was lost: another is taken");
                    gateway.change_lane(number);
                }
                Ok(None) => tracing::error!(target: "pmts::lane", "the lane was lost and none is free"),
                Err(error) => tracing::error!(target: "pmts::lane", %error, "the lane was lost"),
            }
        }
    }
}

/// Makes the jobs, unless another node is faster.
async fn make(store: &dyn Store) -> Result<(), StoreError> {
    let job = |n: u32| Job {
        id: u128::from(n + 2) << 8,
        kind: KINDS[0].into(),
        due: Timestamp::default(),
        attempts: 0,
        body: n.to_string(),
    };
    let made = Write { kind: MADE, id: 1, expected: 0, body: Some("{}".into()), keys: vec![] };
    let commit = Commit {
        records: vec![made],
        jobs: (0..LANES).map(|n| JobChange::Put(job(n))).collect(),
        ..Commit::by(Principal::system("lanes"))
    };
    match store.commit(commit).await {
        Ok(_) | Err(CommitError::Conflict { .. }) => Ok(()),
        Err(CommitError::Unavailable(why) | CommitError::Unknown(why)) => Err(StoreError::Unreachable(why)),
        Err(other) => Err(StoreError::Engine(other.to_string())),
    }
}
