//! Statements and the trial balance.

use crate::{AccountId, AccountState, Balance, ChartCode, EntityCode, Entry, Owner, Side};
use pmts_kernel::Timestamp;
use pmts_money::Currency;
use std::collections::BTreeMap;

/// Which part of an account's history to show.
#[derive(Debug, Clone)]
pub struct StatementQuery {
    /// The account.
    pub account: AccountId,
    /// Entries at or after this moment.
    pub from: Option<Timestamp>,
    /// Entries before this moment.
    pub until: Option<Timestamp>,
    /// Entries with a sequence above this: the cursor of the page before.
    pub after: Option<u64>,
    /// At most so many lines; 0 = 1000.
    pub limit: usize,
}

impl StatementQuery {
    /// The first page of everything.
    pub fn all(account: AccountId) -> Self {
        Self { account, from: None, until: None, after: None, limit: 0 }
    }

    /// The limit in force.
    pub fn page_size(&self) -> usize {
        if self.limit == 0 { 1000 } else { self.limit }
    }
}

/// One line: an entry seen from the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The entry.
    pub entry: Entry,
    /// On the debit side of this account.
    pub is_debit: bool,
    /// The account's sums after it.
    pub after: Balance,
}

/// A page of an account's history. Opening, lines and closing always add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The account with its balance now.
    pub account: AccountState,
    /// Sums before the first line.
    pub opening: Balance,
    /// The lines, oldest first.
    pub lines: Vec<StatementLine>,
    /// Sums after the last line.
    pub closing: Balance,
    /// Cursor for the next page, if there are more lines.
    pub next: Option<u64>,
}

/// One account in a trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialRow {
    /// The account.
    pub account: AccountId,
    /// Its line of the chart.
    pub chart: ChartCode,
    /// Whom it is kept for.
    pub owner: Owner,
    /// Its currency.
    pub currency: Currency,
    /// Its normal side.
    pub side: Side,
    /// Its sums.
    pub balance: Balance,
}

/// Sums of one currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrialTotals {
    /// Sum of the balances that stand on the debit side.
    pub debits: i128,
    /// Sum of the balances that stand on the credit side.
    pub credits: i128,
    /// Sum of open debit reservations.
    pub debits_reserved: i128,
    /// Sum of open credit reservations.
    pub credits_reserved: i128,
}

/// The balances of all accounts at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrialBalance {
    /// One row an account, in order of opening.
    pub rows: Vec<TrialRow>,
}

impl TrialBalance {
    /// Totals by currency.
    pub fn totals(&self) -> BTreeMap<Currency, TrialTotals> {
        let mut totals: BTreeMap<Currency, TrialTotals> = BTreeMap::new();
        for row in &self.rows {
            let sum = totals.entry(row.currency).or_default();
            let net = i128::from(row.balance.net(Side::Debit));
            if net >= 0 {
                sum.debits += net;
            } else {
                sum.credits -= net;
            }
            sum.debits_reserved += i128::from(row.balance.debits_reserved);
            sum.credits_reserved += i128::from(row.balance.credits_reserved);
        }
        totals
    }

    /// Debits equal credits in every currency, posted and reserved.
    pub fn is_balanced(&self) -> bool {
        self.totals().values().all(|t| t.debits == t.credits && t.debits_reserved == t.credits_reserved)
    }
}

/// Whose history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryOf {
    /// Every entry.
    All,
    /// Entries that touch an account.
    Account(AccountId),
    /// Entries that belong to a reference; not 0.
    Reference(u128),
    /// Entries whose metadata has this pair.
    Metadata {
        /// The key.
        key: String,
        /// The value, whole.
        value: String,
    },
}

/// A page of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Which entries.
    pub of: HistoryOf,
    /// Newest first instead of oldest first.
    pub newest_first: bool,
    /// Only entries beyond this sequence, in the order asked for: the cursor of the page before.
    pub cursor: Option<u64>,
    /// At most so many; 0 = 1000.
    pub limit: usize,
}

impl HistoryQuery {
    /// The first page, oldest first.
    pub fn of(of: HistoryOf) -> Self {
        Self { of, newest_first: false, cursor: None, limit: 0 }
    }

    /// The limit in force.
    pub fn page_size(&self) -> usize {
        if self.limit == 0 { 1000 } else { self.limit }
    }

    /// The sequences that may be on the page, both ends included.
    pub fn range(&self) -> (u64, u64) {
        match (self.newest_first, self.cursor) {
            (_, None) => (1, u64::MAX >> 1),
            (false, Some(cursor)) => (cursor.saturating_add(1), u64::MAX >> 1),
            (true, Some(cursor)) => (1, cursor.saturating_sub(1)),
        }
    }
}

/// Entries found, in the order asked for. Entries are never changed, so a cursor stays good for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryPage {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Cursor for the next page, if there may be more.
    pub next: Option<u64>,
}

/// Sums of an account and all accounts under it, in one currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolledUp {
    /// The currency.
    pub currency: Currency,
    /// How many accounts.
    pub accounts: u64,
    /// Sum of posted debits.
    pub debits_posted: i128,
    /// Sum of posted credits.
    pub credits_posted: i128,
    /// Sum of open debit reservations.
    pub debits_reserved: i128,
    /// Sum of open credit reservations.
    pub credits_reserved: i128,
}

impl RolledUp {
    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self {
            currency,
            accounts: 0,
            debits_posted: 0,
            credits_posted: 0,
            debits_reserved: 0,
            credits_reserved: 0,
        }
    }

    /// With the sums of one more account.
    pub fn add(&mut self, balance: &Balance) {
        self.accounts += 1;
        self.debits_posted += i128::from(balance.debits_posted);
        self.credits_posted += i128::from(balance.credits_posted);
        self.debits_reserved += i128::from(balance.debits_reserved);
        self.credits_reserved += i128::from(balance.credits_reserved);
    }
}

/// Which totals by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayQuery {
    /// Only this line of the chart.
    pub chart: Option<ChartCode>,
    /// Only this entity.
    pub entity: Option<EntityCode>,
    /// Only this currency.
    pub currency: Option<Currency>,
    /// From this effective day on (days since 1970-01-01).
    pub from_day: Option<i32>,
    /// Up to this effective day, included.
    pub until_day: Option<i32>,
}

/// What was posted to the accounts of one line of the chart on one effective day, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayTotal {
    /// The effective day, in days since 1970-01-01.
    pub day: i32,
    /// Whose books.
    pub entity: EntityCode,
    /// The line of the chart.
    pub chart: ChartCode,
    /// The currency.
    pub currency: Currency,
    /// Sum of posted debits.
    pub debits: i128,
    /// Sum of posted credits.
    pub credits: i128,
    /// How many postings: debits and credits each count one.
    pub count: u64,
}
