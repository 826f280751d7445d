//! Statements and the trial balance.

use crate::{AccountId, AccountState, Balance, ChartCode, Entry, Owner, Side};
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
