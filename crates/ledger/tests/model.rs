//! Random histories against a naive ledger that keeps only plain lists: equal answers, equal balances.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{Coded, ManualClock, Timestamp};
use pmts_ledger::*;
use pmts_money::{Currency, Money};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// The naive reference: a list of what happened, and every balance summed up from it on each question.
#[derive(Default, Clone)]
struct Naive {
    limits: HashMap<AccountId, (Side, Option<i64>, Option<i64>)>,
    posted: Vec<(AccountId, AccountId, i64)>,
    open: Vec<Transfer>,
    seen: HashMap<TransferId, Transfer>,
    burnt: Vec<TransferId>,
}

impl Naive {
    fn sums(&self, a: AccountId) -> (i64, i64, i64) {
        let side = if self.limits[&a].0 == Side::Debit { 1 } else { -1 };
        let signed = |d: AccountId, c: AccountId, m: i64| {
            side * (if d == a {
                m
            } else if c == a {
                -m
            } else {
                0
            })
        };
        let net: i64 = self.posted.iter().map(|&(d, c, m)| signed(d, c, m)).sum();
        let held: Vec<i64> = self.open.iter().map(|t| signed(t.debit, t.credit, t.amount.minor())).collect();
        (net, held.iter().filter(|h| **h < 0).sum(), held.iter().filter(|h| **h > 0).sum())
    }

    fn one(&mut self, t: &Transfer) -> Result<(), &'static str> {
        let before = [t.debit, t.credit].map(|a| self.sums(a));
        let find = |open: &[Transfer], id| open.iter().position(|o| o.id == id);
        match t.kind {
            TransferKind::Post => self.posted.push((t.debit, t.credit, t.amount.minor())),
            TransferKind::Reserve { .. } => self.open.push(t.clone()),
            TransferKind::PostUpTo { .. } | TransferKind::Reverse { .. } => unreachable!("not generated yet"),
            TransferKind::PostReserved { reservation: r } | TransferKind::Void { reservation: r } => {
                let made = self.seen.get(&r).is_some_and(|t| matches!(t.kind, TransferKind::Reserve { .. }));
                let at = find(&self.open, r).ok_or(if made {
                    "LEDGER_RESERVATION_RESOLVED"
                } else {
                    "LEDGER_RESERVATION_MISSING"
                })?;
                let void = matches!(t.kind, TransferKind::Void { .. });
                let o = self.open[at].clone();
                if (o.debit, o.credit) != (t.debit, t.credit) || (void && o.amount != t.amount) {
                    return Err("LEDGER_RESERVATION_MISMATCH");
                }
                if t.amount.minor() > o.amount.minor() {
                    return Err("LEDGER_RESERVATION_EXCEEDED");
                }
                self.open.remove(at);
                if !void {
                    self.posted.push((t.debit, t.credit, t.amount.minor()));
                }
            }
        }
        self.seen.insert(t.id, t.clone());
        for (a, (net, against, towards)) in [t.debit, t.credit].into_iter().zip(before) {
            let (_, floor, ceiling) = self.limits[&a];
            let (net2, against2, towards2) = self.sums(a);
            if floor.is_some_and(|f| net2 + against2 < f) && net2 + against2 < net + against {
                return Err("LEDGER_FLOOR_BREACHED");
            }
            if ceiling.is_some_and(|c| net2 + towards2 > c) && net2 + towards2 > net + towards {
                return Err("LEDGER_CEILING_BREACHED");
            }
        }
        Ok(())
    }

    fn journal(&mut self, journal: &[Transfer]) -> Result<bool, &'static str> {
        let mut known = 0;
        for (i, t) in journal.iter().enumerate() {
            if t.amount.minor() <= 0 {
                return Err("LEDGER_AMOUNT_NOT_POSITIVE");
            }
            if t.debit == t.credit {
                return Err("LEDGER_SAME_ACCOUNT");
            }
            if journal[..i].iter().any(|o| o.id == t.id) {
                return Err("LEDGER_DUPLICATE_IN_JOURNAL");
            }
            if self.burnt.contains(&t.id) {
                return Err("LEDGER_ID_REFUSED");
            }
            match self.seen.get(&t.id) {
                Some(old) if old != t => return Err("LEDGER_ID_TAKEN"),
                Some(_) => known += 1,
                None => {}
            }
        }
        if known > 0 {
            return if known == journal.len() { Ok(true) } else { Err("LEDGER_ID_TAKEN") };
        }
        let before = self.clone();
        for t in journal {
            if let Err(code) = self.one(t) {
                *self = before;
                if !matches!(code, "LEDGER_RESERVATION_MISMATCH" | "LEDGER_RESERVATION_EXCEEDED") {
                    self.burnt.push(t.id);
                }
                return Err(code);
            }
        }
        Ok(false)
    }
}

const ACCOUNTS: u128 = 5;

fn account(n: u128) -> AccountId {
    AccountId::from_raw((n + 1) << 8)
}

fn accounts() -> Vec<Account> {
    let gbp = Currency::from_code("GBP").unwrap();
    let side = |n| if n % 2 == 0 { Side::Debit } else { Side::Credit };
    let mut list: Vec<Account> =
        (0..ACCOUNTS).map(|n| Account::new(account(n), gbp, ChartCode(1), side(n))).collect();
    list[1].floor = Some(0);
    list[2].ceiling = Some(60);
    (list[3].floor, list[3].ceiling) = (Some(-30), Some(50));
    list
}

prop_compose! {
    fn transfer()(n in 1..60u128, kind in 0..8u8, d in 0..ACCOUNTS, c in 0..ACCOUNTS, minor in -1..40i64, r in 1..60u128) -> Transfer {
        let id = |n: u128| TransferId::from_raw(n << 8);
        let amount = Money::new(minor, Currency::from_code("GBP").unwrap());
        let post = Transfer::post(id(n), account(d), account(c), amount, TransferCode(1));
        let kind = match kind {
            0..=2 => TransferKind::Post,
            3..=5 => TransferKind::Reserve { expires: None },
            6 => TransferKind::PostReserved { reservation: id(r) },
            _ => TransferKind::Void { reservation: id(r) },
        };
        Transfer { kind, ..post }
    }
}

/// Random settlements rarely fit a reservation, so half of them are bent to one that is open.
fn bend(naive: &Naive, t: &mut Transfer, pick: usize) {
    if let TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } = &mut t.kind
        && pick.is_multiple_of(2)
        && let Some(open) = naive.open.get(pick / 2 % naive.open.len().max(1))
    {
        *reservation = open.id;
        (t.debit, t.credit) = (open.debit, open.credit);
        if matches!(t.kind, TransferKind::Void { .. }) {
            t.amount = open.amount;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn equal_histories_get_equal_answers(history in prop::collection::vec((prop::collection::vec(transfer(), 1..4), any::<usize>()), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ledger = MemoryLedger::new(Arc::new(ManualClock::new(Timestamp::from_micros(1))));
        let mut naive = Naive { limits: accounts().iter().map(|a| (a.id, (a.side, a.floor, a.ceiling))).collect(), ..Naive::default() };
        runtime.block_on(ledger.post(Journal::new(accounts().into_iter().map(AccountChange::Open).collect(), vec![]))).unwrap();
        for (mut journal, pick) in history {
            for t in &mut journal {
                bend(&naive, t, pick);
            }
            let ours = runtime.block_on(ledger.post(Journal::of(journal.clone()))).map(|p| p.repeated).map_err(|e| e.code().code);
            prop_assert_eq!(ours, naive.journal(&journal), "{:?}", journal);
            for a in accounts() {
                let state = runtime.block_on(ledger.account(a.id)).unwrap().unwrap();
                let (net, against, towards) = naive.sums(a.id);
                prop_assert_eq!((state.net_minor(), state.available_minor(), state.balance.expected(a.side)), (net, net + against, net + towards));
            }
        }
        let trial = runtime.block_on(ledger.trial_balance(None)).unwrap();
        prop_assert!(trial.is_balanced());
    }
}
