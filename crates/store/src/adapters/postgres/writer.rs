//! The writer of a node: takes what is queued as one group, and writes it as one database transaction.
//!
//! ```text
//! BEGIN; head row FOR UPDATE; load what the group names     one round trip; groups of all nodes wait here for one another
//! judge every commit in memory, in the order of arrival     bad ones are refused one by one
//! head, rows of all tables, COMMIT                          one round trip
//! ```
//!
//! While the second round trip is under way, the first of the next group is sent behind it. What the machine holds is used
//! for the next group only if the head row says that no other node wrote in between; else it is built anew.

use super::Counters;
use super::batch::{Batch, Statements};
use super::behind::Behind;
use super::error::Trouble;
use super::judge::{Judge, Outcome};
use super::load::{Head, LOCK_HEAD, Names, Past, load_due, load_periods, periods, reservations, statements};
use super::options::PostgresOptions;
use super::schema::group_is_there;
use super::session::{Address, Pipeline, Sent, Session};
use super::value::Id;
use crate::{Commit, CommitError};
use pmts_kernel::{IdSource, Timestamp};
use pmts_ledger::{Machine, Position};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

/// What a caller queues.
pub(super) struct Request {
    pub(super) commits: Vec<Commit>,
    pub(super) reply: oneshot::Sender<Vec<Outcome>>,
}

/// A group that is being worked on.
struct Work {
    commits: Vec<Commit>,
    replies: Vec<(usize, oneshot::Sender<Vec<Outcome>>)>,
}

impl Work {
    fn answer(self, outcomes: Vec<Outcome>) {
        let mut outcomes = outcomes.into_iter();
        for (n, reply) in self.replies {
            // A caller that no longer waits has given up on the answer, not on the commit.
            let _ = reply.send(outcomes.by_ref().take(n).collect());
        }
    }
}

/// The first round trip of a group, sent.
struct Opening {
    /// The connection of its transaction: whatever else the group sends goes there and nowhere else.
    session: Arc<Session>,
    names: Arc<Names>,
    /// Everything the group names was asked for, not only what the machine does not hold.
    complete: bool,
    due: Option<Timestamp>,
    sent: Sent,
}

/// A group whose COMMIT was sent: its id and its first commit.
#[derive(Clone, Copy)]
struct Mark {
    group: Id,
    first_commit: u64,
    commits: u64,
}

/// A group whose COMMIT was sent and not answered, and what its callers are told if it is there.
type Unsure = (Mark, Vec<Outcome>);

/// How far ahead reservations that expire are taken in, in microseconds.
const AHEAD: i64 = 5_000_000;
/// Reservations in memory at which the machine is built anew.
const RESERVATIONS: usize = 200_000;

/// The writer's side of the engine.
pub(super) struct Writer {
    pub(super) address: Address,
    pub(super) options: PostgresOptions,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) counters: Arc<Counters>,
    statements: Statements,
    behind: Behind,
    session: Option<Arc<Session>>,
    /// What it stands on is `head`.
    machine: Option<Machine>,
    head: Option<Head>,
    /// Reservations that expire until then are in the machine.
    adopted: Timestamp,
    /// Another node wrote before the last group.
    shared: bool,
    backlog: VecDeque<Request>,
}

impl Writer {
    pub(super) fn new(
        address: Address,
        options: PostgresOptions,
        ids: Arc<dyn IdSource>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            behind: Behind::new(address.clone(), options.behind_step),
            address,
            options,
            ids,
            counters,
            statements: Statements::new(),
            session: None,
            machine: None,
            head: None,
            adopted: Timestamp::from_micros(i64::MIN),
            shared: false,
            backlog: VecDeque::new(),
        }
    }

    /// Serves requests until every sender is gone.
    pub(super) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Request>) {
        let mut next: Option<(Work, Opening)> = None;
        loop {
            let (work, opening) = match next.take() {
                Some((work, opening)) => (work, Ok(opening)),
                None => {
                    let Some(first) = queue.recv().await else { return };
                    let work = self.group(first, &mut queue);
                    let opening = self.open(&work.commits).await;
                    (work, opening)
                }
            };
            match self.send(&work.commits, opening).await {
                Ok((outcomes, None)) => work.answer(outcomes),
                Ok((outcomes, Some((mark, sent)))) => {
                    let mut sent = std::pin::pin!(timeout(self.options.patience, sent.rows()));
                    let early = if self.shared {
                        None
                    } else {
                        tokio::select! {
                            biased;
                            first = queue.recv() => Ok(first),
                            result = &mut sent => Err(result),
                        }
                        .map_or_else(|result| Some(Err(result)), |first| first.map(Ok))
                    };
                    let result = match early {
                        Some(Err(result)) => result,
                        Some(Ok(first)) => {
                            let work = self.group(first, &mut queue);
                            match self.open(&work.commits).await {
                                Ok(opening) => next = Some((work, opening)),
                                Err(_) => self.put_back(work),
                            }
                            sent.await
                        }
                        None => sent.await,
                    };
                    match result.unwrap_or_else(|_| Err(Trouble::Lost("no answer in time".into()))) {
                        Ok(_) => {
                            self.written(mark.commits);
                            work.answer(outcomes);
                        }
                        Err(trouble) => {
                            // What was sent behind it is in a transaction of its own; it ends with the connection.
                            if let Some((work, _)) = next.take() {
                                self.put_back(work);
                            }
                            let unsure = matches!(trouble, Trouble::Lost(_)).then_some((mark, outcomes));
                            let outcomes = self.settle(&work.commits, trouble, unsure).await;
                            work.answer(outcomes);
                        }
                    }
                }
                Err(trouble) => {
                    let outcomes = self.settle(&work.commits, trouble, None).await;
                    work.answer(outcomes);
                }
            }
            while let Some(first) = self.backlog.pop_front() {
                let work = Work { replies: vec![(first.commits.len(), first.reply)], commits: first.commits };
                let outcomes = match self.whole(&work.commits).await {
                    Ok(outcomes) => outcomes,
                    Err((trouble, unsure)) => self.settle(&work.commits, trouble, unsure).await,
                };
                work.answer(outcomes);
            }
        }
    }

    /// Everything that is queued, up to a limit.
    fn group(&self, first: Request, queue: &mut mpsc::UnboundedReceiver<Request>) -> Work {
        let mut work = Work { commits: first.commits, replies: vec![] };
        work.replies.push((work.commits.len(), first.reply));
        while work.commits.len() < self.options.group_max
            && let Ok(more) = queue.try_recv()
        {
            work.replies.push((more.commits.len(), more.reply));
            work.commits.extend(more.commits);
        }
        work
    }

    /// Keeps what could not be begun for later, in its order.
    fn put_back(&mut self, work: Work) {
        let mut commits = work.commits.into_iter();
        for (n, reply) in work.replies {
            self.backlog.push_back(Request { commits: commits.by_ref().take(n).collect(), reply });
        }
    }

    /// Forgets what is in memory, and the connection.
    fn forget(&mut self) {
        (self.session, self.machine, self.head) = (None, None, None);
    }

    async fn session(&mut self) -> Result<Arc<Session>, Trouble> {
        if let Some(session) = self.session.as_ref().filter(|s| !s.is_closed()) {
            return Ok(session.clone());
        }
        let mut all: Vec<String> = ["BEGIN", "COMMIT", "ROLLBACK"].map(str::to_owned).to_vec();
        all.extend(statements());
        all.extend(self.statements.all());
        let opened = timeout(self.options.patience, Session::open(&self.address, &all)).await;
        let session = opened.unwrap_or_else(|_| Err(Trouble::Lost("no answer in time".into())))?;
        self.session = Some(session.clone());
        Ok(session)
    }

    /// Sends the first round trip of a group.
    async fn open(&mut self, commits: &[Commit]) -> Result<Opening, Trouble> {
        let session = self.session().await?;
        let machine = self.machine.as_ref().filter(|_| !self.shared);
        let names = Names::of(commits, machine);
        let now = self.options.clock.now();
        let soon = now.checked_add_micros(AHEAD / 5).unwrap_or(Timestamp::MAX);
        let due = (machine.is_none() || soon > self.adopted)
            .then(|| now.checked_add_micros(AHEAD).unwrap_or(Timestamp::MAX));
        let complete = machine.is_none();
        let mut pipeline = Pipeline::on(&session);
        pipeline.plain("BEGIN");
        pipeline.plain(LOCK_HEAD);
        if complete {
            load_periods(&mut pipeline);
        }
        if let Some(until) = due {
            load_due(&mut pipeline, until);
        }
        let names = names.load(&mut pipeline);
        Ok(Opening { names, complete, due, sent: pipeline.send().await, session })
    }

    /// Loads more, in the transaction that is open.
    async fn load(&mut self, session: &Arc<Session>, names: Names, past: &mut Past) -> Result<(), Trouble> {
        if names.is_empty() {
            return Ok(());
        }
        let mut pipeline = Pipeline::on(session);
        let names = names.load(&mut pipeline);
        let rows = self.answered(pipeline.send().await).await?;
        let open = past.take(&names, &mut rows.into_iter())?;
        if let Some(machine) = &mut self.machine {
            open.into_iter().for_each(|r| machine.adopt(r));
        }
        Ok(())
    }

    async fn answered(&self, sent: Sent) -> Result<Vec<Vec<tokio_postgres::Row>>, Trouble> {
        timeout(self.options.patience, sent.rows())
            .await
            .unwrap_or_else(|_| Err(Trouble::Lost("no answer in time".into())))
    }

    /// Takes the answers to the first round trip: where everything stands, and the machine that stands there.
    async fn begin(&mut self, commits: &[Commit], opening: Opening) -> Result<(Head, Past), Trouble> {
        let session = opening.session;
        let mut rows = self.answered(opening.sent).await?.into_iter().skip(1);
        let head = Head::read(&rows.next().unwrap_or_default())?;
        let continues = self.machine.is_some() && self.head.is_some_and(|h| h.group == head.group);
        self.shared = !continues && self.head.is_some();
        let closed = if opening.complete { Some(periods(&rows.next().unwrap_or_default())?) } else { None };
        let mut due = opening.due;
        let mut soon = match due {
            Some(_) => reservations(&rows.next().unwrap_or_default())?,
            None => vec![],
        };
        let mut past = Past::new(head.highest_id);
        let open = past.take(&opening.names, &mut rows)?;
        if !continues {
            let closed = match closed {
                Some(closed) => closed,
                None => {
                    let mut pipeline = Pipeline::on(&session);
                    load_periods(&mut pipeline);
                    let rows = self.answered(pipeline.send().await).await?;
                    periods(rows.first().map_or(&[][..], Vec::as_slice))?
                }
            };
            let position = Position {
                sequence: head.sequence,
                time: head.time,
                accounts: head.accounts,
                highest_id: head.highest_id,
                periods: closed,
            };
            let mut machine = Machine::resume(position, []);
            machine.resume_imports(head.import_after);
            self.machine = Some(machine);
            self.head = Some(head);
            if !opening.complete {
                self.load(&session, Names::of(commits, None), &mut past).await?;
            }
            if due.is_none() {
                let now = self.options.clock.now();
                let until = now.checked_add_micros(AHEAD).unwrap_or(Timestamp::MAX);
                let mut pipeline = Pipeline::on(&session);
                load_due(&mut pipeline, until);
                let rows = self.answered(pipeline.send().await).await?;
                soon = reservations(rows.first().map_or(&[][..], Vec::as_slice))?;
                due = Some(until);
            }
        }
        let Some(machine) = &mut self.machine else {
            return Err(Trouble::Other("no machine".into()));
        };
        for reservation in open {
            machine.adopt(reservation);
        }
        let now = self.options.clock.now();
        let expiring: Vec<_> =
            soon.iter().filter(|r| super::entries::expires(r).is_some_and(|at| at <= now)).cloned().collect();
        let names = Names::accounts_of(&expiring, machine);
        for reservation in soon {
            machine.adopt(reservation);
        }
        if let Some(until) = due {
            self.adopted = until;
        }
        self.load(&session, names, &mut past).await?;
        Ok((head, past))
    }

    /// Judges a group.
    async fn judge(
        &mut self,
        commits: &[Commit],
        opening: Opening,
        group: Id,
    ) -> Result<(Vec<Outcome>, Option<Batch>), Trouble> {
        let session = opening.session.clone();
        let (head, past) = self.begin(commits, opening).await?;
        let Some(mut machine) = self.machine.take() else { return Err(Trouble::Other("no machine".into())) };
        let mut judge = Judge::new(&mut machine, head, past);
        let mut outcomes = Vec::with_capacity(commits.len());
        for commit in commits {
            loop {
                // Later than that, something could have expired that is not in memory.
                let now = self.options.clock.now().min(self.adopted);
                match judge.commit(commit, now) {
                    Ok(outcome) => {
                        outcomes.push(outcome);
                        break;
                    }
                    Err(missing) => self.load(&session, Names::missing(missing), &mut judge.past).await?,
                }
            }
        }
        let batch = judge.close(group);
        self.machine = Some(machine);
        Ok((outcomes, batch))
    }

    /// Judges a group and sends what it writes, COMMIT included. `None`: nothing was to be written.
    async fn send(
        &mut self,
        commits: &[Commit],
        opening: Result<Opening, Trouble>,
    ) -> Result<(Vec<Outcome>, Option<(Mark, Sent)>), Trouble> {
        let group = Id(self.ids.next_id());
        let opening = opening?;
        let mut pipeline = Pipeline::on(&opening.session);
        let (outcomes, batch) = self.judge(commits, opening, group).await?;
        let Some(batch) = batch else {
            pipeline.plain("ROLLBACK");
            self.answered(pipeline.send().await).await?;
            return Ok((outcomes, None));
        };
        let first_commit = self.head.map_or(0, |h| h.commit) + 1;
        let commits = batch.after.map_or(0, |h| h.commit) + 1 - first_commit;
        self.head = batch.after;
        let batch = Arc::new(batch);
        self.statements.write(&mut pipeline, &batch);
        pipeline.plain("COMMIT");
        Ok((outcomes, Some((Mark { group, first_commit, commits }, pipeline.send().await))))
    }

    /// A group from beginning to end, with nothing beside it.
    async fn whole(&mut self, commits: &[Commit]) -> Result<Vec<Outcome>, (Trouble, Option<Unsure>)> {
        let certain = |trouble| (trouble, None);
        let opening = self.open(commits).await;
        match self.send(commits, opening).await.map_err(certain)? {
            (outcomes, None) => Ok(outcomes),
            (outcomes, Some((mark, sent))) => match self.answered(sent).await {
                Ok(_) => {
                    self.written(mark.commits);
                    Ok(outcomes)
                }
                Err(trouble) => {
                    let unsure = matches!(trouble, Trouble::Lost(_)).then_some((mark, outcomes));
                    Err((trouble, unsure))
                }
            },
        }
    }

    /// A group is durable.
    fn written(&mut self, commits: u64) {
        self.counters.groups.fetch_add(1, Ordering::Relaxed);
        self.counters.commits.fetch_add(commits, Ordering::Relaxed);
        if let Some(head) = self.head {
            self.behind.reached(head.sequence);
        }
        if let Some(machine) = &mut self.machine {
            machine.trim(self.options.resident_accounts, self.options.resident_accounts);
            if machine.open_reservations() > RESERVATIONS {
                (self.machine, self.head) = (None, None);
            }
        }
    }

    /// Goes on after a failure, until the group is written, refused, or the patience ends.
    async fn settle(
        &mut self,
        commits: &[Commit],
        mut trouble: Trouble,
        mut unsure: Option<Unsure>,
    ) -> Vec<Outcome> {
        let mut deadline = Instant::now() + self.options.patience;
        let mut pause = Duration::from_millis(5);
        loop {
            self.forget();
            if unsure.is_none() {
                match trouble {
                    Trouble::Again(_) => self.counters.retries.fetch_add(1, Ordering::Relaxed),
                    Trouble::Lost(_) | Trouble::ReadOnly => {
                        self.counters.losses.fetch_add(1, Ordering::Relaxed)
                    }
                    Trouble::Value(_) if commits.len() > 1 => return self.one_by_one(commits).await,
                    Trouble::Value(_) | Trouble::Full | Trouble::Damaged(_) | Trouble::Other(_) => {
                        return vec![Err(trouble.not_written()); commits.len()];
                    }
                };
            }
            if Instant::now() >= deadline {
                let error = match unsure {
                    Some(_) => CommitError::Unknown(format!("{trouble:?}")),
                    None => trouble.not_written(),
                };
                return vec![Err(error); commits.len()];
            }
            sleep(self.jittered(pause)).await;
            pause = (pause * 2).min(Duration::from_millis(500));
            if let Some((mark, outcomes)) = unsure.take() {
                match self.find(mark).await {
                    Ok(true) => {
                        self.counters.resolved.fetch_add(1, Ordering::Relaxed);
                        self.written(mark.commits);
                        return outcomes;
                    }
                    Ok(false) => self.counters.resolved.fetch_add(1, Ordering::Relaxed),
                    Err(why) => {
                        (trouble, unsure) = (why, Some((mark, outcomes)));
                        continue;
                    }
                };
            }
            match self.whole(commits).await {
                Ok(outcomes) => return outcomes,
                Err((why, maybe)) => {
                    if maybe.is_some() {
                        deadline = Instant::now() + self.options.patience;
                    }
                    (trouble, unsure) = (why, maybe);
                }
            }
        }
    }

    /// One of them holds a value that the database does not take; the others are not to suffer from it.
    async fn one_by_one(&mut self, commits: &[Commit]) -> Vec<Outcome> {
        let mut all = Vec::with_capacity(commits.len());
        for commit in commits {
            let one = std::slice::from_ref(commit);
            match self.whole(one).await {
                Ok(outcomes) => all.extend(outcomes),
                Err((trouble, unsure)) => all.extend(Box::pin(self.settle(one, trouble, unsure)).await),
            }
        }
        all
    }

    /// Whether a group is there after all.
    async fn find(&mut self, mark: Mark) -> Result<bool, Trouble> {
        let session = self.session().await?;
        timeout(self.options.patience, group_is_there(&session, mark.group, mark.first_commit))
            .await
            .unwrap_or_else(|_| Err(Trouble::Lost("no answer in time".into())))
    }

    /// Between half and all of a pause.
    fn jittered(&self, pause: Duration) -> Duration {
        let random = u32::try_from((self.ids.next_id() >> 8) & 0xff).unwrap_or(0);
        pause / 2 + pause / 512 * random
    }
}
