//! The background verifier: sums the books up again while they are in use, a little at a time, over and over.
//!
//! A pass reads every entry in order and sums both of its accounts up from the entries before it; then it compares the
//! balance that each account has now, wherever the engine keeps it, with its last entry; then debits with credits. What
//! it finds is told, never mended.

use crate::replay::Replay;
use crate::{Store, StoreError};
use pmts_ledger::{AccountFilter, AccountState, Balance, Entry, HistoryOf, HistoryQuery};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Most accounts whose sums are kept in memory, in some 20 MB; those of others are read again.
const MOST: usize = 250_000;
/// Most problems kept.
const MOST_PROBLEMS: usize = 100;

/// What a verifier has seen since it was made.
#[derive(Debug, Default)]
pub struct VerifierStats {
    /// Entries summed up.
    pub entries: AtomicU64,
    /// Accounts whose balance was compared.
    pub accounts: AtomicU64,
    /// Passes that came to their end.
    pub passes: AtomicU64,
    /// Faults found, each pass counting its own.
    pub problems: AtomicU64,
    told: Mutex<Vec<String>>,
}

impl VerifierStats {
    /// The faults found, each naming its place; the first hundred.
    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, what: String) {
        self.problems.fetch_add(1, Ordering::Relaxed);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST_PROBLEMS && !told.contains(&what) {
            told.push(what);
        }
    }
}

/// Where a pass stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Entries,
    /// Accounts with a number above this.
    Accounts(u64),
    Totals,
}

/// How fast a verifier goes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// About so many entries or accounts a second.
    pub rows_a_second: u64,
    /// How long it rests between two passes.
    pub rest: Duration,
}

impl Default for Pace {
    /// 20,000 rows a second, some hundredth of a processor each thousand of them; an hour of rest.
    fn default() -> Self {
        Self { rows_a_second: 20_000, rest: Duration::from_secs(3_600) }
    }
}

/// Sums up the books of a store.
///
/// ```no_run
/// # async fn watch(store: std::sync::Arc<dyn pmts_store::Store>) {
/// let mut verifier = pmts_store::Verifier::new(store);
/// let stats = verifier.stats();
/// verifier.run(pmts_store::Pace::default(), |problem| eprintln!("{problem}")).await;
/// # }
/// ```
pub struct Verifier {
    store: Arc<dyn Store>,
    stats: Arc<VerifierStats>,
    books: Replay,
    next: Next,
}

impl Verifier {
    /// A verifier that begins with the first entry.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, stats: Arc::default(), books: Replay::default(), next: Next::Entries }
    }

    /// What it has seen, also while it runs.
    pub fn stats(&self) -> Arc<VerifierStats> {
        self.stats.clone()
    }

    /// Goes on for ever: drop the future to end it. Each fault is told once a pass.
    pub async fn run(&mut self, pace: Pace, mut tell: impl FnMut(&str) + Send) {
        const SLICE: usize = 1_000;
        let nap = Duration::from_micros(1_000_000 * SLICE as u64 / pace.rows_a_second.max(1));
        loop {
            let ended = self.slice(SLICE, &mut tell).await;
            tokio::time::sleep(if ended { pace.rest } else { nap }).await;
        }
    }

    /// Makes one pass at full speed; what it found.
    pub async fn pass(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        while !self.slice(10_000, &mut |what: &str| found.push(what.to_owned())).await {}
        found
    }

    /// Reads at most so many rows; true at the end of a pass.
    async fn slice(&mut self, limit: usize, tell: &mut (impl FnMut(&str) + Send)) -> bool {
        let mut found = Vec::new();
        let ended = match self.step(limit, &mut found).await {
            Ok(ended) => ended,
            // What cannot be read is a fault of its own, and the next pass looks again.
            Err(error) => {
                found.push(error.to_string());
                true
            }
        };
        for what in found {
            tell(&what);
            self.stats.tell(what);
        }
        if ended {
            self.stats.passes.fetch_add(1, Ordering::Relaxed);
            (self.books, self.next) = (Replay::default(), Next::Entries);
        }
        ended
    }

    async fn step(&mut self, limit: usize, found: &mut Vec<String>) -> Result<bool, StoreError> {
        match self.next {
            Next::Entries => {
                let after = self.books.last.map_or(0, |(sequence, _)| sequence);
                let entries = self.store.entries(after, limit).await?;
                if entries.is_empty() {
                    self.next = Next::Accounts(0);
                }
                for entry in entries {
                    self.entry(&entry, found).await?;
                }
                Ok(false)
            }
            Next::Accounts(after) => {
                let filter = AccountFilter { after: Some(after), limit, ..AccountFilter::default() };
                let page = self.store.accounts(filter).await?;
                for account in page.accounts {
                    self.account(account, found).await?;
                }
                self.next = page.next.map_or(Next::Totals, Next::Accounts);
                Ok(false)
            }
            Next::Totals => {
                if !self.store.trial_balance(None).await?.is_balanced() {
                    found.push("debits and credits differ".into());
                }
                Ok(true)
            }
        }
    }

    async fn entry(&mut self, entry: &Entry, found: &mut Vec<String>) -> Result<(), StoreError> {
        if self.books.accounts.len() > MOST {
            self.books.accounts.clear();
        }
        for (leg, id) in [(&entry.debit, entry.transfer.debit), (&entry.credit, entry.transfer.credit)] {
            if leg.version > 1 && !self.books.accounts.contains_key(&leg.number) {
                let before = self.last_entry(id, Some(entry.sequence)).await?;
                let known = before.and_then(|e| e.leg(id).map(|(leg, _)| (leg.after, leg.version)));
                self.books.accounts.insert(leg.number, known.unwrap_or_default());
            }
        }
        if let Err(what) = self.books.step(entry) {
            found.push(format!("entry {} ({}): {what}", entry.sequence, entry.transfer.id));
            self.books.believe(entry);
        }
        self.stats.entries.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The last entry of an account before a sequence.
    async fn last_entry(
        &self,
        id: pmts_ledger::AccountId,
        before: Option<u64>,
    ) -> Result<Option<Entry>, StoreError> {
        let of = HistoryOf::Account(id);
        let query = HistoryQuery { newest_first: true, cursor: before, limit: 1, ..HistoryQuery::of(of) };
        Ok(self.store.history(query).await?.entries.pop())
    }

    /// Compares the balance that an account has now with its last entry.
    async fn account(&mut self, account: AccountState, found: &mut Vec<String>) -> Result<(), StoreError> {
        self.stats.accounts.fetch_add(1, Ordering::Relaxed);
        if self.books.accounts.get(&account.number) == Some(&(account.balance, account.version)) {
            return Ok(());
        }
        let id = account.account.id;
        let mut account = Some(account);
        // An account that moves between the two reads is read again; one that never rests is left to the next pass.
        for _ in 0..5 {
            let Some(now) = account else { break };
            let last = self.last_entry(id, None).await?;
            let said = last.as_ref().and_then(|e| e.leg(id)).map(|(leg, _)| (leg.after, leg.version));
            let (balance, version): (Balance, u64) = said.unwrap_or_default();
            if version > now.version {
                account = self.store.account(id).await?;
                continue;
            }
            if (balance, version) != (now.balance, now.version) {
                found.push(format!("account {id}: its balance is not that of its last entry"));
            }
            break;
        }
        Ok(())
    }
}
