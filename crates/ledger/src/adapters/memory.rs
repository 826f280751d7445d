//! The whole ledger in memory: for tests, simulation and small tools. Nothing survives the process.

use crate::reports::StatementLine;
use crate::{
    AccountFilter, AccountId, AccountPage, AccountState, ApplyError, Balance, DayQuery, DayTotal, Entry,
    History, HistoryOf, HistoryPage, HistoryQuery, Journal, Known, Ledger, LedgerError, Machine, Posted,
    Refusal, RolledUp, Side, Statement, StatementQuery, Taken, TransferId, TrialBalance,
};
use async_trait::async_trait;
use pmts_kernel::{Clock, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A ledger in memory.
pub struct MemoryLedger {
    clock: Arc<dyn Clock>,
    inner: Mutex<(Machine, Books)>,
}

/// Everything recorded, the memory twin of the tables on disk.
#[derive(Debug, Default)]
pub struct Books {
    accounts: Vec<AccountState>,
    numbers: HashMap<AccountId, u64>,
    entries: Vec<Entry>,
    by_account: HashMap<AccountId, Vec<u64>>,
    by_id: HashMap<TransferId, u64>,
    refused: HashMap<TransferId, Refusal>,
}

impl Books {
    /// Records what a machine handed out.
    pub fn record(&mut self, accounts: Vec<AccountState>, entries: &[Entry]) {
        for state in accounts {
            let slot = usize::try_from(state.number - 1).expect("account numbers fit in memory");
            self.numbers.insert(state.account.id, state.number);
            if slot < self.accounts.len() {
                self.accounts[slot].account = state.account
            } else {
                self.accounts.push(state)
            }
        }
        for entry in entries {
            self.by_id.insert(entry.transfer.id, entry.sequence);
            for (id, leg) in [(entry.transfer.debit, entry.debit), (entry.transfer.credit, entry.credit)] {
                self.by_account.entry(id).or_default().push(entry.sequence);
                let state = &mut self.accounts[leg.number as usize - 1];
                (state.balance, state.version) = (leg.after, leg.version);
            }
            self.entries.push(entry.clone());
        }
    }

    /// Marks an id as refused for ever.
    pub fn refuse(&mut self, id: TransferId, why: Refusal) {
        self.refused.entry(id).or_insert(why);
    }

    /// An account with its balance.
    pub fn account(&self, id: AccountId) -> Option<&AccountState> {
        self.numbers.get(&id).map(|n| &self.accounts[*n as usize - 1])
    }

    /// The entry of a transfer.
    pub fn entry(&self, id: TransferId) -> Option<&Entry> {
        self.by_id.get(&id).map(|s| &self.entries[*s as usize - 1])
    }

    /// Entries after a sequence, in order.
    pub fn entries(&self, after: u64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().skip(usize::try_from(after).unwrap_or(usize::MAX))
    }

    fn entries_of(&self, id: AccountId) -> impl DoubleEndedIterator<Item = &Entry> {
        self.by_account.get(&id).into_iter().flatten().map(|s| &self.entries[*s as usize - 1])
    }

    /// The sums of an account after the last entry that `keep` accepts.
    fn balance_before(&self, id: AccountId, keep: impl Fn(&Entry) -> bool) -> Balance {
        let last = self.entries_of(id).rev().find(|e| keep(e));
        last.and_then(|e| e.leg(id)).map(|(leg, _)| leg.after).unwrap_or_default()
    }

    /// The balance at a moment.
    pub fn balance_at(&self, id: AccountId, at: Timestamp) -> Option<Balance> {
        self.account(id).map(|_| self.balance_before(id, |e| e.time <= at))
    }

    /// The posted balance from all entries effective on a day or before.
    pub fn balance_on(&self, id: AccountId, day: i32) -> Option<i64> {
        let side = self.account(id)?.account.side;
        let signed = |e: &Entry| {
            if (e.transfer.debit == id) == (side == Side::Debit) {
                e.posted_minor()
            } else {
                -e.posted_minor()
            }
        };
        Some(self.entries_of(id).filter(|e| e.effective_day() <= day).map(signed).sum())
    }

    /// A page of entries.
    pub fn history(&self, query: &HistoryQuery) -> HistoryPage {
        let wanted = |e: &&Entry| match &query.of {
            HistoryOf::All => true,
            HistoryOf::Account(id) => e.leg(*id).is_some(),
            HistoryOf::Reference(reference) => *reference != 0 && e.transfer.reference == *reference,
            HistoryOf::Metadata { key, value } => e.transfer.metadata.get(key) == Some(value),
        };
        let (from, until) = query.range();
        let wanted = |e: &&Entry| (from..=until).contains(&e.sequence) && wanted(e);
        // One more than the page holds tells whether there is another.
        let most = query.page_size().saturating_add(1);
        let mut found: Vec<Entry> = if query.newest_first {
            self.entries.iter().rev().filter(wanted).take(most).cloned().collect()
        } else {
            self.entries.iter().filter(wanted).take(most).cloned().collect()
        };
        let more = found.len() > query.page_size();
        found.truncate(query.page_size());
        let next = found.last().filter(|_| more).map(|e| e.sequence);
        HistoryPage { entries: found, next }
    }

    /// The sums of an account and all under it, by currency.
    pub fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Vec<RolledUp> {
        let mut under = HashSet::from([id]);
        let mut sums = BTreeMap::new();
        // A parent is opened before its children, so one walk finds them all.
        for state in &self.accounts {
            let a = &state.account;
            if a.id != id && !a.parent.is_some_and(|p| under.contains(&p)) {
                continue;
            }
            under.insert(a.id);
            let balance = at.map_or(state.balance, |at| self.balance_before(a.id, |e| e.time <= at));
            sums.entry(a.currency).or_insert_with(|| RolledUp::zero(a.currency)).add(&balance);
        }
        sums.into_values().collect()
    }

    /// What was posted by day, entity, line of the chart and currency.
    pub fn day_totals(&self, query: &DayQuery) -> Vec<DayTotal> {
        let mut totals = BTreeMap::new();
        for entry in self.entries.iter().filter(|e| e.posted_minor() > 0) {
            let day = entry.effective_day();
            for (leg, is_debit) in [(&entry.debit, true), (&entry.credit, false)] {
                let a = &self.accounts[leg.number as usize - 1].account;
                if query.from_day.is_some_and(|d| day < d)
                    || query.until_day.is_some_and(|d| day > d)
                    || query.chart.is_some_and(|c| a.chart != c)
                    || query.entity.is_some_and(|e| a.entity != e)
                    || query.currency.is_some_and(|c| a.currency != c)
                {
                    continue;
                }
                let total = totals.entry((day, a.entity, a.chart, a.currency)).or_insert(DayTotal {
                    day,
                    entity: a.entity,
                    chart: a.chart,
                    currency: a.currency,
                    debits: 0,
                    credits: 0,
                    count: 0,
                });
                *(if is_debit { &mut total.debits } else { &mut total.credits }) +=
                    i128::from(entry.posted_minor());
                total.count += 1;
            }
        }
        totals.into_values().collect()
    }

    /// A page of a statement.
    pub fn statement(&self, query: &StatementQuery) -> Option<Statement> {
        let account = self.account(query.account)?.clone();
        let started =
            |e: &Entry| query.from.is_none_or(|f| e.time >= f) && query.after.is_none_or(|a| e.sequence > a);
        let opening = self.balance_before(query.account, |e| !started(e));
        let mut wanted = self
            .entries_of(query.account)
            .filter(|e| started(e))
            .take_while(|e| query.until.is_none_or(|u| e.time < u))
            .peekable();
        let mut lines = Vec::new();
        while lines.len() < query.page_size()
            && let Some(entry) = wanted.next()
        {
            let (leg, is_debit) = entry.leg(query.account).expect("the index names entries of the account");
            lines.push(StatementLine { entry: entry.clone(), is_debit, after: leg.after });
        }
        let next = wanted.peek().and(lines.last()).map(|l| l.entry.sequence);
        let closing = lines.last().map_or(opening, |l| l.after);
        Some(Statement { account, opening, lines, closing, next })
    }

    /// A page of accounts.
    pub fn accounts(&self, filter: &AccountFilter) -> AccountPage {
        let limit = if filter.limit == 0 { 1000 } else { filter.limit };
        let mut wanted = self
            .accounts
            .iter()
            .filter(|s| filter.after.is_none_or(|n| s.number > n))
            .filter(|s| filter.chart.is_none_or(|c| s.account.chart == c))
            .filter(|s| filter.owner.as_ref().is_none_or(|o| s.account.owner == *o))
            .peekable();
        let accounts: Vec<AccountState> = wanted.by_ref().take(limit).cloned().collect();
        let next = wanted.peek().and(accounts.last()).map(|s| s.number);
        AccountPage { accounts, next }
    }

    /// The trial balance, now or at a moment.
    pub fn trial_balance(&self, at: Option<Timestamp>) -> TrialBalance {
        let mut trial = TrialBalance::default();
        for s in &self.accounts {
            let balance = at.map_or(s.balance, |at| self.balance_before(s.account.id, |e| e.time <= at));
            trial.add(s.account.currency, s.account.chart, &balance);
        }
        trial
    }
}

impl History for &mut Books {
    type Error = Infallible;

    fn account(&mut self, id: AccountId) -> Result<Option<AccountState>, Infallible> {
        Ok(Books::account(self, id).cloned())
    }

    fn transfer(&mut self, id: TransferId) -> Result<Option<Known>, Infallible> {
        let refused = self.refused.get(&id).cloned().map(Known::Refused);
        Ok(refused.or_else(|| self.entry(id).map(|e| Known::Recorded(e.transfer.clone()))))
    }

    fn taken_since(&mut self, id: AccountId, side: Side, since: Timestamp) -> Result<Taken, Infallible> {
        let wanted = |e: &&Entry| {
            e.time >= since && e.counts_for_velocity() && (e.transfer.debit == id) == (side == Side::Debit)
        };
        let entries = self.entries_of(id).filter(wanted);
        Ok(entries.fold(Taken::default(), |sum, e| sum.with(e.transfer.amount.minor())))
    }

    fn net_on(&mut self, id: AccountId, day: i32) -> Result<i64, Infallible> {
        Ok(self.balance_on(id, day).unwrap_or_default())
    }
}

impl MemoryLedger {
    /// An empty ledger that takes its times from `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, (Machine, Books)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn post(&self, journal: Journal) -> Result<Posted, LedgerError> {
        let now = self.clock.now();
        let mut inner = self.lock();
        let (machine, recorded) = &mut *inner;
        let Ok(expired) = machine.expire(journal.parts().expires_until(now), &mut &mut *recorded);
        recorded.record(vec![], &expired);
        match machine.apply(journal.parts(), now, &mut &mut *recorded) {
            Ok(applied) => {
                recorded.record(applied.accounts, &applied.entries);
                Ok(Posted { entries: applied.entries, repeated: applied.repeated })
            }
            Err(ApplyError::Refused(refused)) => {
                if let Some(id) = refused.marked_id() {
                    recorded.refuse(id, refused.reason.clone());
                }
                Err(LedgerError::Refused(refused))
            }
        }
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountState>, LedgerError> {
        Ok(self.lock().1.account(id).cloned())
    }

    async fn entry(&self, id: TransferId) -> Result<Option<Entry>, LedgerError> {
        Ok(self.lock().1.entry(id).cloned())
    }

    async fn balance_at(&self, id: AccountId, at: Timestamp) -> Result<Option<Balance>, LedgerError> {
        Ok(self.lock().1.balance_at(id, at))
    }

    async fn balance_on(&self, id: AccountId, day: i32) -> Result<Option<i64>, LedgerError> {
        Ok(self.lock().1.balance_on(id, day))
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, LedgerError> {
        Ok(self.lock().1.history(&query))
    }

    async fn rolled_up(&self, id: AccountId, at: Option<Timestamp>) -> Result<Vec<RolledUp>, LedgerError> {
        Ok(self.lock().1.rolled_up(id, at))
    }

    async fn day_totals(&self, query: DayQuery) -> Result<Vec<DayTotal>, LedgerError> {
        Ok(self.lock().1.day_totals(&query))
    }

    async fn statement(&self, query: StatementQuery) -> Result<Option<Statement>, LedgerError> {
        Ok(self.lock().1.statement(&query))
    }

    async fn accounts(&self, filter: AccountFilter) -> Result<AccountPage, LedgerError> {
        Ok(self.lock().1.accounts(&filter))
    }

    async fn trial_balance(&self, at: Option<Timestamp>) -> Result<TrialBalance, LedgerError> {
        Ok(self.lock().1.trial_balance(at))
    }
}
