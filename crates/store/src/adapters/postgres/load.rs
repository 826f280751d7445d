//! What a group of commits has to know of the past, loaded before it is judged.

use super::accounts::{SELECT_ACCOUNT, account};
use super::days::net_sql;
use super::documents::{answer, refusal};
use super::entries::{SELECT_ENTRY, entry, resolves, takes_back};
use super::error::Trouble;
use super::session::Pipeline;
use super::spans::taken_sql;
use super::value::{Day, Id, Time};
use crate::{Answer, Commit};
use pmts_kernel::Timestamp;
use pmts_ledger::{
    Account, AccountChange, AccountId, AccountState, Condition, EntityCode, Entry, History, Known, Machine,
    Side, Taken, Transfer, TransferId,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio_postgres::Row;

/// The head row, held until the transaction ends.
pub(super) const LOCK_HEAD: &str =
    "SELECT commit_number, entry_sequence, entry_time, account_number, event_sequence, highest_id, group_id,
  import_after FROM head WHERE one = 1 FOR UPDATE";
const ANSWERS: &str =
    "SELECT a.scope, a.key, a.fingerprint, a.body FROM unnest($1::text[], $2::text[]) AS n(scope, key)
  JOIN answers a ON a.scope = n.scope AND a.key = n.key";
const RECORDS: &str =
    "SELECT r.kind, r.id, r.version, r.keys FROM unnest($1::text[], $2::uuid[]) AS n(kind, id)
  JOIN records r ON r.kind = n.kind AND r.id = n.id";
const PERIODS: &str = "SELECT entity, closed_through FROM periods";
const REFUSALS: &str = "SELECT id, reason FROM refusals WHERE id = ANY($1::uuid[])";

fn accounts_sql() -> String {
    format!("{SELECT_ACCOUNT} WHERE id = ANY($1::uuid[])")
}

fn known_sql() -> String {
    format!("{SELECT_ENTRY} WHERE t.id = ANY($1::uuid[])")
}

fn reservations_sql() -> String {
    format!("{SELECT_ENTRY} JOIN reservations r ON r.sequence = t.sequence WHERE r.id = ANY($1::uuid[])")
}

/// Ids of the ledger's own: expiries and reversals.
fn is_own(id: TransferId) -> bool {
    id.raw() >> 126 != 0
}

fn due_sql() -> String {
    format!(
        "{SELECT_ENTRY} JOIN reservations r ON r.sequence = t.sequence WHERE r.expires <= $1 ORDER BY r.expires, r.id"
    )
}

/// Everything the loading sends, to be prepared.
pub(super) fn statements() -> Vec<String> {
    let fixed = [LOCK_HEAD, ANSWERS, RECORDS, REFUSALS, PERIODS].map(str::to_owned);
    let sums = [taken_sql(Side::Debit), taken_sql(Side::Credit), net_sql()];
    fixed
        .into_iter()
        .chain([accounts_sql(), known_sql(), reservations_sql(), due_sql()])
        .chain(sums)
        .collect()
}

/// Where everything stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) commit: u64,
    pub(super) sequence: u64,
    pub(super) time: Timestamp,
    pub(super) import_after: Timestamp,
    pub(super) accounts: u64,
    pub(super) events: u64,
    pub(super) highest_id: u128,
    /// The group that wrote it.
    pub(super) group: Id,
}

impl Head {
    /// Reads the answer to [`LOCK_HEAD`].
    pub(super) fn read(rows: &[Row]) -> Result<Self, Trouble> {
        let row = rows.first().ok_or_else(|| Trouble::Damaged("the head row is missing".into()))?;
        let count = |column: usize| row.try_get::<_, i64>(column).map(i64::cast_unsigned);
        Ok(Self {
            commit: count(0)?,
            sequence: count(1)?,
            time: row.try_get::<_, Time>(2)?.0,
            accounts: count(3)?,
            events: count(4)?,
            highest_id: row.try_get::<_, Id>(5)?.0,
            group: row.try_get(6)?,
            import_after: row.try_get::<_, Time>(7)?.0,
        })
    }
}

/// What commits name, and what must be loaded of it.
#[derive(Debug, Default)]
pub(super) struct Names {
    accounts: Vec<Id>,
    transfers: Vec<Id>,
    reservations: Vec<Id>,
    record_kinds: Vec<&'static str>,
    record_ids: Vec<Id>,
    scopes: Vec<String>,
    keys: Vec<String>,
    taken: Option<(AccountId, Side, Timestamp)>,
    net: Option<(AccountId, i32)>,
}

impl Names {
    /// What these commits name. What the machine knows is left out.
    pub(super) fn of(commits: &[Commit], machine: Option<&Machine>) -> Self {
        let (mut names, mut seen) = (Self::default(), HashSet::new());
        let highest = machine.map(|m| m.position().highest_id);
        for commit in commits {
            let conditions = commit.conditions.iter().map(Condition::account);
            for id in commit.accounts.iter().flat_map(changed).chain(conditions) {
                names.account(id, machine, &mut seen);
            }
            for t in &commit.transfers {
                names.account(t.debit, machine, &mut seen);
                names.account(t.credit, machine, &mut seen);
                if highest.is_none_or(|h| t.id.raw() <= h) || is_own(t.id) {
                    names.transfers.push(Id(t.id.raw()));
                }
                if let Some(original) = takes_back(t) {
                    names.transfers.push(Id(original.raw()));
                }
                if let Some(reservation) = resolves(t).filter(|r| machine.is_none_or(|m| !m.holds(*r))) {
                    names.reservations.push(Id(reservation.raw()));
                    names.transfers.push(Id(reservation.raw()));
                }
            }
            for write in &commit.records {
                names.record_kinds.push(write.kind);
                names.record_ids.push(Id(write.id));
            }
            if let Some(answer) = &commit.answer {
                names.scopes.push(answer.scope.clone());
                names.keys.push(answer.key.clone());
            }
        }
        names
    }

    fn account(&mut self, id: AccountId, machine: Option<&Machine>, seen: &mut HashSet<AccountId>) {
        if machine.is_none_or(|m| m.resident(id).is_none()) && seen.insert(id) {
            self.accounts.push(Id(id.raw()));
        }
    }

    /// What turned out to be missing while the group was judged.
    pub(super) fn missing(missing: Missing) -> Self {
        let mut names = Self::default();
        match missing {
            Missing::Account(id) => names.accounts.push(Id(id.raw())),
            Missing::Transfer(id) => names.transfers.push(Id(id.raw())),
            Missing::Taken(id, side, since) => names.taken = Some((id, side, since)),
            Missing::Net(id, day) => names.net = Some((id, day)),
        }
        names
    }

    /// The accounts of reservations that expire.
    pub(super) fn accounts_of(reservations: &[Transfer], machine: &Machine) -> Self {
        let (mut names, mut seen) = (Self::default(), HashSet::new());
        for r in reservations {
            names.account(r.debit, Some(machine), &mut seen);
            names.account(r.credit, Some(machine), &mut seen);
        }
        names
    }

    /// Whether there is nothing to load.
    pub(super) fn is_empty(&self) -> bool {
        self.accounts.is_empty()
            && self.transfers.is_empty()
            && self.reservations.is_empty()
            && self.record_ids.is_empty()
            && self.scopes.is_empty()
            && self.taken.is_none()
            && self.net.is_none()
    }

    /// Adds the statements that load all this; [`Past::take`] reads their answers in the same order.
    pub(super) fn load(self, pipeline: &mut Pipeline) -> Arc<Self> {
        let names = Arc::new(self);
        if !names.accounts.is_empty() {
            pipeline.add(&accounts_sql(), &names, |n| vec![&n.accounts]);
        }
        if !names.transfers.is_empty() {
            pipeline.add(&known_sql(), &names, |n| vec![&n.transfers]);
            pipeline.add(REFUSALS, &names, |n| vec![&n.transfers]);
        }
        if !names.reservations.is_empty() {
            pipeline.add(&reservations_sql(), &names, |n| vec![&n.reservations]);
        }
        if !names.record_ids.is_empty() {
            pipeline.add(RECORDS, &names, |n| vec![&n.record_kinds, &n.record_ids]);
        }
        if !names.scopes.is_empty() {
            pipeline.add(ANSWERS, &names, |n| vec![&n.scopes, &n.keys]);
        }
        if let Some((id, side, since)) = names.taken {
            let asked = Arc::new((Id(id.raw()), Time(since)));
            pipeline.add(&taken_sql(side), &asked, |a| vec![&a.0, &a.1]);
        }
        if let Some((id, day)) = names.net {
            pipeline.add(&net_sql(), &Arc::new((Id(id.raw()), Day(day))), |a| vec![&a.0, &a.1]);
        }
        names
    }
}

/// The accounts a change is about.
fn changed(change: &AccountChange) -> impl Iterator<Item = AccountId> {
    let (id, parent) = match change {
        AccountChange::Open(account) => (Some(account.id), account.parent),
        AccountChange::SetLimits { id, .. }
        | AccountChange::SetVelocity { id, .. }
        | AccountChange::Close(id)
        | AccountChange::Reopen(id) => (Some(*id), None),
        AccountChange::SetPeriod { .. } => (None, None),
    };
    id.into_iter().chain(parent)
}

/// Asks for the reservations that expire at or before a moment.
pub(super) fn load_due(pipeline: &mut Pipeline, until: Timestamp) {
    pipeline.add(&due_sql(), &Arc::new(Time(until)), |t| vec![t]);
}

/// Asks for the last closed days.
pub(super) fn load_periods(pipeline: &mut Pipeline) {
    pipeline.plain(PERIODS);
}

/// Reads the last closed days.
pub(super) fn periods(rows: &[Row]) -> Result<Vec<(EntityCode, i32)>, Trouble> {
    let entity = |row: &Row| {
        u16::try_from(row.try_get::<_, i32>(0)?)
            .map_err(|_| Trouble::Damaged("an entity out of range".into()))
    };
    rows.iter().map(|row| Ok((EntityCode(entity(row)?), row.try_get::<_, Day>(1)?.0))).collect()
}

/// Reads entries of reservations.
pub(super) fn reservations(rows: &[Row]) -> Result<Vec<Transfer>, Trouble> {
    rows.iter().map(|row| Ok(entry(row)?.transfer)).collect()
}

/// What the machine asked for and was not loaded: to be loaded, and the commit judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Account(AccountId),
    Transfer(TransferId),
    /// What one side of an account took since a moment.
    Taken(AccountId, Side, Timestamp),
    /// What an account held at the end of an effective day.
    Net(AccountId, i32),
}

/// A record as loaded: its version and its keys as they are in its row.
#[derive(Debug, Clone, Default)]
pub(super) struct RecordRead {
    pub(super) version: u64,
    pub(super) keys: Option<String>,
}

/// What was loaded for a group, and what the group itself has added.
#[derive(Debug, Default)]
pub(super) struct Past {
    accounts: HashMap<AccountId, Option<AccountState>>,
    known: HashMap<TransferId, Option<Known>>,
    taken: HashMap<(AccountId, Side, Timestamp), Taken>,
    /// The side on which the account stands, and the sum.
    net: HashMap<(AccountId, i32), (Side, i64)>,
    /// The entries of the group.
    entries: Vec<Entry>,
    /// The accounts that the group has opened, and on which side they stand.
    opened: HashMap<AccountId, Side>,
    /// Ids above it were neither recorded nor refused before the group.
    highest: u128,
    pub(super) records: HashMap<(&'static str, u128), RecordRead>,
    pub(super) answers: HashMap<String, HashMap<String, Answer>>,
}

impl Past {
    /// Nothing loaded yet. `highest`: the highest id recorded.
    pub(super) fn new(highest: u128) -> Self {
        Self { highest, ..Self::default() }
    }

    /// Takes the answers to what [`Names::load`] sent; gives the open reservations among them.
    pub(super) fn take(
        &mut self,
        names: &Names,
        rows: &mut impl Iterator<Item = Vec<Row>>,
    ) -> Result<Vec<Transfer>, Trouble> {
        let mut next = || rows.next().unwrap_or_default();
        if !names.accounts.is_empty() {
            self.accounts.extend(names.accounts.iter().map(|id| (AccountId::from_raw(id.0), None)));
            for row in next() {
                let state = account(&row)?;
                self.accounts.insert(state.account.id, Some(state));
            }
        }
        if !names.transfers.is_empty() {
            self.known.extend(names.transfers.iter().map(|id| (TransferId::from_raw(id.0), None)));
            for row in next() {
                let transfer = entry(&row)?.transfer;
                self.known.insert(transfer.id, Some(Known::Recorded(transfer)));
            }
            for row in next() {
                let (id, reason) = refusal(&row)?;
                self.known.insert(id, Some(Known::Refused(reason)));
            }
        }
        let open = if names.reservations.is_empty() { vec![] } else { reservations(&next())? };
        if !names.record_ids.is_empty() {
            let kinds: HashSet<&'static str> = names.record_kinds.iter().copied().collect();
            for row in next() {
                let read = RecordRead {
                    version: row.try_get::<_, i64>(2)?.cast_unsigned(),
                    keys: Some(row.try_get(3)?),
                };
                if let Some(kind) = kinds.get(row.try_get::<_, &str>(0)?) {
                    self.records.insert((kind, row.try_get::<_, Id>(1)?.0), read);
                }
            }
        }
        if !names.scopes.is_empty() {
            for row in next() {
                self.answered(answer(&row)?);
            }
        }
        if let Some(asked) = names.taken {
            let rows = next();
            let row = rows.first().ok_or_else(|| Trouble::Damaged("a sum is missing".into()))?;
            let taken = Taken { minor: row.try_get(0)?, count: row.try_get::<_, i64>(1)?.cast_unsigned() };
            self.taken.insert(asked, taken);
        }
        if let Some(asked) = names.net {
            let found = next()
                .first()
                .map(|row| Ok::<_, Trouble>((row.try_get::<_, &str>(1)? == "debit", row.try_get(0)?)));
            let (id, day) = asked;
            let held = match found {
                Some(found) => {
                    let (debit, net) = found?;
                    (if debit { Side::Debit } else { Side::Credit }, net)
                }
                // The group itself has opened it.
                None => (self.opened.get(&id).copied().unwrap_or(Side::Debit), 0),
            };
            self.net.insert((id, day), held);
        }
        Ok(open)
    }

    /// Notes an entry that the group recorded.
    pub(super) fn recorded(&mut self, entry: &Entry) {
        self.known.insert(entry.transfer.id, Some(Known::Recorded(entry.transfer.clone())));
        self.entries.push(entry.clone());
    }

    /// Notes an account that the group opened.
    pub(super) fn opened(&mut self, account: &Account) {
        self.opened.insert(account.id, account.side);
    }

    /// Notes an id that the group refused.
    pub(super) fn refused(&mut self, id: TransferId, reason: pmts_ledger::Refusal) {
        self.known.insert(id, Some(Known::Refused(reason)));
    }

    /// Notes an answer.
    pub(super) fn answered(&mut self, answer: Answer) {
        self.answers.entry(answer.scope.clone()).or_default().insert(answer.key.clone(), answer);
    }
}

impl History for &mut Past {
    type Error = Missing;

    fn account(&mut self, id: AccountId) -> Result<Option<AccountState>, Missing> {
        self.accounts.get(&id).cloned().ok_or(Missing::Account(id))
    }

    fn transfer(&mut self, id: TransferId) -> Result<Option<Known>, Missing> {
        match self.known.get(&id) {
            Some(known) => Ok(known.clone()),
            None if id.raw() > self.highest && !is_own(id) => Ok(None),
            None => Err(Missing::Transfer(id)),
        }
    }

    fn taken_since(&mut self, id: AccountId, side: Side, since: Timestamp) -> Result<Taken, Missing> {
        let before = *self.taken.get(&(id, side, since)).ok_or(Missing::Taken(id, side, since))?;
        let counts = |e: &&Entry| {
            let account = if side == Side::Debit { e.transfer.debit } else { e.transfer.credit };
            account == id && e.time >= since && e.counts_for_velocity()
        };
        Ok(self.entries.iter().filter(counts).fold(before, |sum, e| sum.with(e.transfer.amount.minor())))
    }

    fn net_on(&mut self, id: AccountId, day: i32) -> Result<i64, Missing> {
        let (side, mut net) = *self.net.get(&(id, day)).ok_or(Missing::Net(id, day))?;
        for e in self.entries.iter().filter(|e| e.effective_day() <= day) {
            if let Some((_, is_debit)) = e.leg(id) {
                let raises = is_debit == (side == Side::Debit);
                net = net.saturating_add(if raises { e.posted_minor() } else { -e.posted_minor() });
            }
        }
        Ok(net)
    }
}
