//! What a group writes: one statement a table, sent together.

use super::accounts::{
    AccountColumns, BalanceColumns, ChangeColumns, LimitsColumns, PeriodChangeColumns, PeriodColumns,
    PeriodRow, put_periods, update_balances, update_limits,
};
use super::columns::Columns;
use super::documents::{
    AnswerColumns, CommitColumns, EventColumns, JobColumns, JobRow, KeyColumns, RecordColumns,
    RecordDeleteColumns, RecordUpdateColumns, RefusalColumns, delete_keys, delete_records, put_jobs,
    update_records,
};
use super::entries::{MetadataColumns, ReservationColumns, TransferColumns};
use super::load::Head;
use super::session::Pipeline;
use super::value::{Day, Id, Time};
use crate::Job;
use pmts_kernel::Timestamp;
use std::sync::Arc;
use tokio_postgres::types::ToSql;

/// The head row as the group leaves it. The database refuses it if another group came in between.
const WRITE_HEAD: &str =
    "UPDATE head SET commit_number = $1, entry_sequence = $2, entry_time = $3, account_number = $4,
  event_sequence = $5, highest_id = $6, group_id = $7, guard = CASE WHEN group_id = $8 THEN 1 ELSE 0 END,
  import_after = $9 WHERE one = 1";
const WRITE_GROUP: &str =
    "INSERT INTO groups (first_commit, last_commit, id, first_entry, last_entry, first_time)
  VALUES ($1, $2, $3, $4, $5, $6)";
const DELETE_RESERVATIONS: &str = "DELETE FROM reservations WHERE id = ANY($1::uuid[])";
const DELETE_PERIODS: &str = "DELETE FROM periods WHERE entity = ANY($1::integer[])";
const DELETE_JOBS: &str = "DELETE FROM jobs WHERE id = ANY($1::uuid[])";

/// Rows of a group, by table.
#[derive(Default)]
pub(super) struct Batch {
    head: Vec<Box<dyn ToSql + Sync + Send>>,
    group: Vec<Box<dyn ToSql + Sync + Send>>,
    /// Where everything stands after it.
    pub(super) after: Option<Head>,
    pub(super) commits: CommitColumns,
    pub(super) accounts: AccountColumns,
    pub(super) balances: BalanceColumns,
    pub(super) limits: LimitsColumns,
    pub(super) changes: ChangeColumns,
    pub(super) transfers: TransferColumns,
    pub(super) metadata: MetadataColumns,
    pub(super) period_changes: PeriodChangeColumns,
    periods: PeriodColumns,
    periods_opened: Vec<i32>,
    pub(super) reservations: ReservationColumns,
    pub(super) resolved: Vec<Id>,
    pub(super) refusals: RefusalColumns,
    pub(super) records: RecordColumns,
    pub(super) updated: RecordUpdateColumns,
    pub(super) deleted: RecordDeleteColumns,
    pub(super) keys_gone: KeyColumns,
    pub(super) keys_new: KeyColumns,
    pub(super) answers: AnswerColumns,
    pub(super) events: EventColumns,
    pub(super) jobs: JobColumns,
    jobs_done: Vec<Id>,
}

/// A table's statement, and its columns in a batch.
type Part = (fn() -> String, fn(&Batch) -> &dyn Columns);

/// In the order in which they are sent.
const PARTS: &[Part] = &[
    (CommitColumns::insert, |b| &b.commits),
    (AccountColumns::insert, |b| &b.accounts),
    (update_balances, |b| &b.balances),
    (update_limits, |b| &b.limits),
    (ChangeColumns::insert, |b| &b.changes),
    (TransferColumns::insert, |b| &b.transfers),
    (MetadataColumns::insert, |b| &b.metadata),
    (PeriodChangeColumns::insert, |b| &b.period_changes),
    (put_periods, |b| &b.periods),
    (ReservationColumns::insert, |b| &b.reservations),
    (RefusalColumns::insert, |b| &b.refusals),
    (RecordColumns::insert, |b| &b.records),
    (update_records, |b| &b.updated),
    (delete_records, |b| &b.deleted),
    (delete_keys, |b| &b.keys_gone),
    (KeyColumns::insert, |b| &b.keys_new),
    (AnswerColumns::insert, |b| &b.answers),
    (EventColumns::insert, |b| &b.events),
    (put_jobs, |b| &b.jobs),
];

/// The statements of all batches, made once.
pub(super) struct Statements(Vec<String>);

impl Statements {
    pub(super) fn new() -> Self {
        Self(PARTS.iter().map(|(text, _)| text()).collect())
    }

    /// Everything a batch sends, to be prepared.
    pub(super) fn all(&self) -> Vec<String> {
        let fixed =
            [WRITE_HEAD, WRITE_GROUP, DELETE_RESERVATIONS, DELETE_PERIODS, DELETE_JOBS].map(str::to_owned);
        self.0.iter().cloned().chain(fixed).collect()
    }

    /// Adds the statements of a batch.
    pub(super) fn write(&self, pipeline: &mut Pipeline, batch: &Arc<Batch>) {
        // First what tells soonest that the group was judged upon something old.
        pipeline.add(WRITE_HEAD, batch, |b| b.head.iter().map(|p| &**p as &(dyn ToSql + Sync)).collect());
        for (text, (_, columns)) in self.0.iter().zip(PARTS) {
            let columns = *columns;
            if !columns(batch).is_empty() {
                pipeline.add(text, batch, move |b| columns(b).parameters());
            }
        }
        if !batch.resolved.is_empty() {
            pipeline.add(DELETE_RESERVATIONS, batch, |b| vec![&b.resolved]);
        }
        if !batch.periods_opened.is_empty() {
            pipeline.add(DELETE_PERIODS, batch, |b| vec![&b.periods_opened]);
        }
        if !batch.jobs_done.is_empty() {
            pipeline.add(DELETE_JOBS, batch, |b| vec![&b.jobs_done]);
        }
        pipeline.add(WRITE_GROUP, batch, |b| b.group.iter().map(|p| &**p as &(dyn ToSql + Sync)).collect());
    }
}

impl Batch {
    /// The last closed day of an entity as the group leaves it.
    pub(super) fn period(&mut self, entity: i32, closed_through: Option<i32>) {
        match closed_through {
            Some(day) => self.periods.push(PeriodRow { entity, closed_through: Day(day) }),
            None => self.periods_opened.push(entity),
        }
    }

    /// A job as the group leaves it; `None`: done.
    pub(super) fn job(&mut self, id: u128, job: Option<(Job, u64)>) {
        match job {
            None => self.jobs_done.push(Id(id)),
            Some((job, commit)) => self.jobs.push(JobRow {
                id: Id(id),
                commit_number: commit.cast_signed(),
                kind: job.kind,
                due: Time(job.due),
                attempts: i64::from(job.attempts),
                body: job.body,
            }),
        }
    }

    /// Where everything stood before, and stands after the group.
    pub(super) fn end(&mut self, before: Head, after: Head, first_time: Option<Timestamp>) {
        let count = |n: u64| Box::new(n.cast_signed()) as Box<dyn ToSql + Sync + Send>;
        self.head = vec![
            count(after.commit),
            count(after.sequence),
            Box::new(Time(after.time)),
            count(after.accounts),
            count(after.events),
            Box::new(Id(after.highest_id)),
            Box::new(after.group),
            Box::new(before.group),
            Box::new(Time(after.import_after)),
        ];
        let entries = after.sequence > before.sequence;
        self.group = vec![
            count(before.commit + 1),
            count(after.commit),
            Box::new(after.group),
            Box::new(entries.then(|| (before.sequence + 1).cast_signed())),
            Box::new(entries.then(|| after.sequence.cast_signed())),
            Box::new(first_time.map(Time)),
        ];
        self.after = Some(after);
    }
}
