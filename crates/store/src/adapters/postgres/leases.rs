//! Leases of jobs: two columns of their rows. Each claim is one short statement that waits for nobody, so it can neither hold
//! up a group that writes jobs nor be a part of a deadlock with one.

use super::documents;
use super::error::Damage;
use super::reader::{Readers, bounded, limit_of};
use super::value::Id;
use crate::{Job, JobClaim, StoreError};
use pmts_kernel::Timestamp;
use tokio_postgres::Row;

/// A job that another node is just taking, putting or removing is passed over. `wanted` is made first and once: a plan that
/// ran it again for each row would take more than the limit.
const CLAIM: &str = "WITH wanted AS MATERIALIZED (
    SELECT id FROM jobs WHERE due <= $1 AND kind = ANY($2::text[]) AND (held_until IS NULL OR held_until <= $3)
    ORDER BY due, id LIMIT $4 FOR UPDATE SKIP LOCKED)
  UPDATE jobs j SET holder = $5, held_until = $6 FROM wanted WHERE j.id = wanted.id
  RETURNING j.id, j.kind, j.due, j.attempts, j.body";

const HOLD: &str = "WITH mine AS MATERIALIZED (
    SELECT id FROM jobs WHERE id = ANY($1::uuid[]) AND holder = $2 FOR UPDATE SKIP LOCKED)
  UPDATE jobs j SET held_until = $3 FROM mine WHERE j.id = mine.id RETURNING j.id";

impl Readers {
    /// Takes jobs. If the answer is lost on the way, what was taken waits until the end of the claim.
    pub(super) async fn claim_jobs(&self, claim: &JobClaim) -> Result<Vec<Job>, StoreError> {
        let (due, now, until) = (bounded(claim.due), bounded(claim.now), bounded(claim.until));
        let (limit, holder) = (limit_of(claim.limit), Id(claim.holder));
        let mut jobs =
            self.all(CLAIM, &[&due, &claim.kinds, &now, &limit, &holder, &until], documents::job).await?;
        jobs.sort_unstable_by_key(|job| (job.due, job.id));
        Ok(jobs)
    }

    /// Moves the end of leases.
    pub(super) async fn hold_jobs(
        &self,
        holder: u128,
        jobs: &[u128],
        until: Timestamp,
    ) -> Result<Vec<u128>, StoreError> {
        let ids: Vec<Id> = jobs.iter().copied().map(Id).collect();
        let read = |row: &Row| -> Result<u128, Damage> { Ok(row.try_get::<_, Id>(0)?.0) };
        self.all(HOLD, &[&ids, &Id(holder), &bounded(until)], read).await
    }
}
