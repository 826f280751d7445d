//! Statements and the trial balance.

use crate::{AccountId, AccountState, Balance, ChartCode, EntityCode, Entry, Side};
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

/// One line of the chart in a trial balance, in one currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialLine {
    /// The currency.
    pub currency: Currency,
    /// The line of the chart.
    pub chart: ChartCode,
    /// How many accounts it has.
    pub accounts: u64,
    /// Sum of the balances that stand on the debit side.
    pub debits: i128,
    /// Sum of the balances that stand on the credit side.
    pub credits: i128,
    /// Sum of open debit reservations.
    pub debits_reserved: i128,
    /// Sum of open credit reservations.
    pub credits_reserved: i128,
}

impl TrialLine {
    /// Debits less credits, reservations left out.
    pub const fn net(&self) -> i128 {
        self.debits - self.credits
    }
}

/// Sums of one currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrialTotals {
    /// How many accounts.
    pub accounts: u64,
    /// Sum of the balances that stand on the debit side.
    pub debits: i128,
    /// Sum of the balances that stand on the credit side.
    pub credits: i128,
    /// Sum of open debit reservations.
    pub debits_reserved: i128,
    /// Sum of open credit reservations.
    pub credits_reserved: i128,
}

/// The balances of all accounts at one moment, by currency and line of the chart: its size does not grow with the number of
/// accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrialBalance(BTreeMap<(Currency, ChartCode), TrialLine>);

impl TrialBalance {
    /// Adds the balance of an account.
    pub fn add(&mut self, currency: Currency, chart: ChartCode, balance: &Balance) {
        let line = self.0.entry((currency, chart)).or_insert(TrialLine {
            currency,
            chart,
            accounts: 0,
            debits: 0,
            credits: 0,
            debits_reserved: 0,
            credits_reserved: 0,
        });
        line.accounts += 1;
        let net = i128::from(balance.net(Side::Debit));
        if net >= 0 {
            line.debits += net;
        } else {
            line.credits -= net;
        }
        line.debits_reserved += i128::from(balance.debits_reserved);
        line.credits_reserved += i128::from(balance.credits_reserved);
    }

    /// The lines, in order of currency, then of chart code.
    pub fn lines(&self) -> impl Iterator<Item = &TrialLine> {
        self.0.values()
    }

    /// The line of a currency and a chart code, if an account stands on it.
    pub fn line(&self, currency: Currency, chart: ChartCode) -> Option<&TrialLine> {
        self.0.get(&(currency, chart))
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> u64 {
        self.lines().map(|l| l.accounts).sum()
    }

    /// Totals by currency.
    pub fn totals(&self) -> BTreeMap<Currency, TrialTotals> {
        let mut totals: BTreeMap<Currency, TrialTotals> = BTreeMap::new();
        for line in self.lines() {
            let sum = totals.entry(line.currency).or_default();
            sum.accounts += line.accounts;
            sum.debits += line.debits;
            sum.credits += line.credits;
            sum.debits_reserved += line.debits_reserved;
            sum.credits_reserved += line.credits_reserved;
        }
        totals
    }

    /// Debits equal credits in every currency, posted and reserved.
    pub fn is_balanced(&self) -> bool {
        self.totals().values().all(|t| t.debits == t.credits && t.debits_reserved == t.credits_reserved)
    }
}

impl FromIterator<TrialLine> for TrialBalance {
    /// Of two lines of one currency and chart code the later stays.
    fn from_iter<I: IntoIterator<Item = TrialLine>>(lines: I) -> Self {
        Self(lines.into_iter().map(|l| ((l.currency, l.chart), l)).collect())
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
