//! The commits of the crash and disk tests: each has two transfers, a record, an event, a job and an answer, all named by
//! one number, so that what is there can be told from what is not.

use anyhow::{Context, ensure};
use pmts_kernel::Coded as _;
use pmts_kernel::{Event, EventId, Principal, Timestamp};
use pmts_ledger::{
    Account, AccountChange, AccountId, ChartCode, Entry, Side, StatementQuery, Transfer, TransferCode,
    TransferId,
};
use pmts_money::{Currency, Money};
use pmts_sensitive::{Pan, luhn_check_digit};
use pmts_store::{
    Answer, Commit, EmbeddedStore, Job, JobChange, ListQuery, Record, Store, StoreError, StoreExt, Write,
    codes,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};

/// The record of a commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    n: u64,
}

impl Numbered {
    /// Which commit it is of.
    pub fn number(&self) -> u64 {
        self.n
    }
}

impl Record for Numbered {
    const KIND: &'static str = "numbered";

    fn record_id(&self) -> u128 {
        u128::from(self.n) << 8
    }
}

fn account(n: u128) -> AccountId {
    AccountId::from_raw(n << 8)
}

fn own_account(n: u64) -> AccountId {
    account(1_000 + u128::from(n))
}

fn transfer_id(n: u64, of: u128) -> TransferId {
    TransferId::from_raw((u128::from(n) << 8) | of)
}

/// Opens the accounts that all commits share.
pub fn accounts() -> Commit {
    let debit = Account::new(account(1), Currency::GBP, ChartCode(1), Side::Debit);
    let credit = Account::new(account(2), Currency::GBP, ChartCode(2), Side::Credit).with_floor(0);
    let accounts = vec![AccountChange::Open(debit), AccountChange::Open(credit)];
    Commit { accounts, ..Commit::by(Principal::system("load")) }
}

/// The `n`-th commit.
///
/// # Errors
/// When the record cannot be written as JSON.
pub fn commit(n: u64) -> anyhow::Result<Commit> {
    let amount = Money::new(1 + i64::try_from(n % 1_000)?, Currency::GBP);
    let own = Account::new(own_account(n), Currency::GBP, ChartCode(3), Side::Credit).with_floor(0);
    let job = Job {
        id: u128::from(n) << 8,
        kind: "load".into(),
        due: Timestamp::MAX,
        attempts: 0,
        body: n.to_string(),
    };
    let event = Event {
        id: EventId::from_raw(u128::from(n) << 8),
        kind: "load.done".into(),
        object: format!("load_{n}"),
        sequence: 1,
        at: Timestamp::from_micros(1),
        data: serde_json::json!({ "n": n }),
    };
    Ok(Commit {
        accounts: vec![AccountChange::Open(own)],
        transfers: vec![
            Transfer::post(transfer_id(n, 1), account(1), account(2), amount, TransferCode(1)),
            Transfer::post(transfer_id(n, 2), account(2), own_account(n), amount, TransferCode(2)),
        ],
        records: vec![Write::put(&Numbered { n }, 0)?],
        events: vec![event],
        jobs: vec![JobChange::Put(job)],
        answer: Some(Answer {
            scope: "load".into(),
            key: n.to_string(),
            fingerprint: String::new(),
            body: n.to_string(),
        }),
        ..Commit::by(Principal::system("load"))
    })
}

/// The card that goes into the vault with the `n`-th commit.
///
/// # Panics
/// Never: the number has a correct check digit.
pub fn pan(n: u64) -> Pan {
    let digits = format!("515151{:09}", n % 1_000_000_000);
    let check = luhn_check_digit(&digits).expect("only digits");
    Pan::parse(&format!("{digits}{check}")).expect("16 digits with a correct check digit")
}

/// A card number packed two digits a byte, as card messages may carry it.
pub fn packed(pan: &Pan) -> Vec<u8> {
    let nibble = |b: u8| b - b'0';
    pan.expose()
        .as_bytes()
        .chunks(2)
        .map(|pair| nibble(pair[0]) << 4 | pair.get(1).map_or(0, |b| nibble(*b)))
        .collect()
}

/// Every acknowledged commit is there whole, no other is there in part, ledger and records agree. Gives the number of
/// commits that are there; `deep` also verifies every row.
///
/// # Errors
/// What is wrong.
pub async fn check(store: &EmbeddedStore, acknowledged: &[u64], deep: bool) -> anyhow::Result<usize> {
    let mut there = BTreeSet::new();
    let mut after = None;
    loop {
        let (page, next) =
            store.list_typed::<Numbered>(ListQuery { after, ..ListQuery::all("numbered") }).await?;
        there.extend(page.into_iter().map(|r| r.value.n));
        after = next;
        if after.is_none() {
            break;
        }
    }
    for n in acknowledged {
        ensure!(there.contains(n), "the acknowledged commit {n} is lost");
    }
    let mut transfers = HashSet::new();
    let mut after = 0;
    loop {
        let page = store.entries(after, 10_000).await?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        transfers.extend(page.iter().map(|e| e.transfer.id.raw()));
    }
    let mut events = HashSet::new();
    let mut after = 0;
    loop {
        let page = store.events(after, 10_000).await?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        events.extend(page.iter().map(|e| e.event.id.raw() >> 8));
    }
    let jobs: HashSet<u128> =
        store.jobs_due(Timestamp::MAX, usize::MAX >> 1).await?.into_iter().map(|j| j.id >> 8).collect();
    ensure!(transfers.len() == 2 * there.len(), "{} transfers of {} commits", transfers.len(), there.len());
    ensure!(
        events.len() == there.len() && jobs.len() == there.len(),
        "{} events, {} jobs of {} commits",
        events.len(),
        jobs.len(),
        there.len()
    );
    let mut total = 0;
    for n in &there {
        let whole = [1, 2].iter().all(|of| transfers.contains(&transfer_id(*n, *of).raw()))
            && events.contains(&u128::from(*n))
            && jobs.contains(&u128::from(*n));
        ensure!(whole, "commit {n} is there in part");
        total += 1 + i64::try_from(n % 1_000)?;
        if n % 97 == 0 {
            let answer =
                store.answer("load", &n.to_string()).await?.context("a commit without its answer")?;
            ensure!(answer.body == n.to_string());
            let own = store.account(own_account(*n)).await?.context("a commit without its account")?;
            ensure!(
                own.net_minor() == 1 + i64::try_from(n % 1_000)?,
                "the balance of commit {n} is {}",
                own.net_minor()
            );
        }
    }
    let balance = store.account(account(1)).await?.map_or(0, |a| a.net_minor());
    ensure!(balance == total, "the ledger says {balance}, the records {total}");
    if deep {
        let report = store.verify().await?;
        ensure!(report.problems.is_empty(), "{:?}", report.problems);
    }
    Ok(there.len())
}

/// How reads of what is known to be there went.
#[derive(Debug, Default)]
pub struct Seen {
    /// Right answers.
    pub right: usize,
    /// Errors that name the damage.
    pub damaged: usize,
    /// Answers that something which is there is not.
    pub absent: usize,
    /// Any other answer or error.
    pub wrong: Vec<String>,
}

impl Seen {
    fn count<T: std::fmt::Debug>(
        &mut self,
        what: &str,
        n: u64,
        read: Result<Option<T>, StoreError>,
        right: impl FnOnce(&T) -> bool,
    ) {
        match read {
            Ok(Some(found)) if right(&found) => self.right += 1,
            Ok(Some(found)) => self.wrong.push(format!("{what} {n}: {found:?}")),
            Ok(None) => self.absent += 1,
            Err(e) if [&codes::DAMAGED, &codes::ENGINE].iter().any(|c| c.code == e.code().code) => {
                self.damaged += 1;
            }
            Err(e) => self.wrong.push(format!("{what} {n}: {e}")),
        }
    }
}

/// Reads all that the `n`-th commit wrote, and compares.
///
/// # Errors
/// Never of the store: what it answers is counted.
pub async fn probe(store: &EmbeddedStore, n: u64, seen: &mut Seen) -> anyhow::Result<()> {
    let amount = 1 + i64::try_from(n % 1_000)?;
    let (id, text) = (u128::from(n) << 8, n.to_string());
    let record = store.read(Numbered::KIND, id).await;
    seen.count("record", n, record, |r| r.version == 1 && r.body == format!("{{\"n\":{n}}}"));
    let answer = store.answer("load", &text).await;
    seen.count("answer", n, answer, |a| a.body == text);
    let own = store.account(own_account(n)).await;
    seen.count("account", n, own, |a| a.net_minor() == amount && a.version == 1);
    for of in [1, 2] {
        let entry = store.entry(transfer_id(n, of)).await;
        let right = |e: &Entry| e.transfer.amount.minor() == amount && e.transfer.id == transfer_id(n, of);
        seen.count("entry", n, entry, right);
    }
    let statement = store.statement(StatementQuery::all(own_account(n))).await;
    seen.count("statement", n, statement, |s| {
        s.lines.len() == 1 && s.lines[0].after.credits_posted == amount
    });
    Ok(())
}
