//! What a group of commits has to know of the past, loaded before it is judged.

use super::accounts::{SELECT_ACCOUNT, account};
use super::documents::{answer, refusal};
use super::entries::{SELECT_ENTRY, entry, resolves};
use super::error::Trouble;
use super::session::Pipeline;
use super::value::{Id, Time};
use crate::{Answer, Commit};
use pmts_kernel::Timestamp;
use pmts_ledger::{AccountChange, AccountId, AccountState, History, Known, Machine, Transfer, TransferId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio_postgres::Row;

/// The head row, held until the transaction ends.
pub(super) const LOCK_HEAD: &str =
    "SELECT commit_number, entry_sequence, entry_time, account_number, event_sequence, highest_id, group_id
  FROM head WHERE one = 1 FOR UPDATE";
const ANSWERS: &str =
    "SELECT a.scope, a.key, a.fingerprint, a.body FROM unnest($1::text[], $2::text[]) AS n(scope, key)
  JOIN answers a ON a.scope = n.scope AND a.key = n.key";
const RECORDS: &str =
    "SELECT r.kind, r.id, r.version, r.keys FROM unnest($1::text[], $2::uuid[]) AS n(kind, id)
  JOIN records r ON r.kind = n.kind AND r.id = n.id";
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

fn due_sql() -> String {
    format!(
        "{SELECT_ENTRY} JOIN reservations r ON r.sequence = t.sequence WHERE r.expires <= $1 ORDER BY r.expires, r.id"
    )
}

/// Everything the loading sends, to be prepared.
pub(super) fn statements() -> Vec<String> {
    let fixed = [LOCK_HEAD, ANSWERS, RECORDS, REFUSALS].map(str::to_owned);
    fixed.into_iter().chain([accounts_sql(), known_sql(), reservations_sql(), due_sql()]).collect()
}

/// Where everything stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) commit: u64,
    pub(super) sequence: u64,
    pub(super) time: Timestamp,
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
}

impl Names {
    /// What these commits name. What the machine knows is left out.
    pub(super) fn of(commits: &[Commit], machine: Option<&Machine>) -> Self {
        let (mut names, mut seen) = (Self::default(), HashSet::new());
        let highest = machine.map(|m| m.position().highest_id);
        for commit in commits {
            for change in &commit.accounts {
                names.account(changed(change), machine, &mut seen);
            }
            for t in &commit.transfers {
                names.account(t.debit, machine, &mut seen);
                names.account(t.credit, machine, &mut seen);
                if highest.is_none_or(|h| t.id.raw() <= h) {
                    names.transfers.push(Id(t.id.raw()));
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
        names
    }
}

/// The account a change is about.
fn changed(change: &AccountChange) -> AccountId {
    match change {
        AccountChange::Open(account) => account.id,
        AccountChange::SetLimits { id, .. } | AccountChange::Close(id) | AccountChange::Reopen(id) => *id,
    }
}

/// Asks for the reservations that expire at or before a moment.
pub(super) fn load_due(pipeline: &mut Pipeline, until: Timestamp) {
    pipeline.add(&due_sql(), &Arc::new(Time(until)), |t| vec![t]);
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
        Ok(open)
    }

    /// Notes a transfer that the group recorded.
    pub(super) fn recorded(&mut self, transfer: &Transfer) {
        self.known.insert(transfer.id, Some(Known::Recorded(transfer.clone())));
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
            None if id.raw() > self.highest => Ok(None),
            None => Err(Missing::Transfer(id)),
        }
    }
}
