//! Many callers at once: limits hold, and what each of them sees fits into one order.

use super::{BANK, Bench, CODE, OTHER, SELLER, gbp, id, post};
use crate::{
    Account, AccountChange, AccountId, Balance, ChartCode, Comparison, Condition, HistoryOf, HistoryQuery,
    Journal, Side, Transfer, Velocity,
};
use pmts_money::Currency;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const CALLERS: u128 = 256;
const FAST: AccountId = AccountId::from_raw(80 << 8);
const POT: AccountId = AccountId::from_raw(81 << 8);

/// How many of the callers' journals passed.
async fn passed(b: &Bench, journal: impl Fn(u128) -> Journal) -> i64 {
    let tasks: Vec<_> = (0..CALLERS)
        .map(|n| {
            let (ledger, journal) = (b.ledger.clone(), journal(n));
            tokio::spawn(async move { ledger.post(journal).await.is_ok() })
        })
        .collect();
    let mut passed = 0;
    for task in tasks {
        passed += i64::from(task.await.expect("no task panics"));
    }
    passed
}

pub(super) async fn concurrent_journals_keep_the_limits(b: Bench) {
    let fast = Account::new(FAST, Currency::GBP, ChartCode(20), Side::Credit)
        .with_velocity(Velocity::amount(Side::Debit, 86_400, 100));
    let pot = Account::new(POT, Currency::GBP, ChartCode(20), Side::Credit);
    let open = vec![AccountChange::Open(fast), AccountChange::Open(pot)];
    let fill = vec![post(1, BANK, SELLER, 100), post(2, BANK, FAST, 5_000)];
    b.ledger.post(Journal::new(open, fill)).await.expect("prepared");
    let of = |t: Transfer| Journal::of(vec![t]);

    assert_eq!(passed(&b, |n| of(post(1_000 + n, SELLER, OTHER, 3))).await, 33, "the floor");
    assert_eq!((b.net(SELLER).await, b.net(OTHER).await), (1, 99));
    let hold = |n| of(Transfer::reserve(id(2_000 + n), BANK, OTHER, gbp(10), CODE));
    assert_eq!(passed(&b, hold).await, 90, "the ceiling of 1000, holds counted");
    assert_eq!(passed(&b, |n| of(post(3_000 + n, FAST, BANK, 7))).await, 14, "the velocity limit");
    let once = |n| Journal {
        conditions: vec![Condition::Net { account: POT, is: Comparison::Equal, minor: 0 }],
        ..of(post(4_000 + n, BANK, POT, 8))
    };
    assert_eq!(passed(&b, once).await, 1, "the condition");
    assert_eq!(
        passed(&b, |_| of(post(5_000, BANK, POT, 2))).await,
        i64::try_from(CALLERS).expect("few"),
        "repeats"
    );
    assert_eq!(b.net(POT).await, 10, "of which one counts");
    let drain = |n| of(Transfer::post_up_to(id(6_000 + n), POT, BANK, gbp(4), CODE));
    assert_eq!(passed(&b, drain).await, 3, "as much as is there: 4, 4 and 2");
    let first = post(7, BANK, SELLER, 9);
    b.ok(vec![first.clone()]).await;
    let back = |n: u128| of(Transfer { reference: n + 1, ..Transfer::reverse(&first, CODE) });
    assert_eq!(passed(&b, back).await, 1, "a transfer is taken back once");
    let held = Transfer::reserve(id(8), BANK, SELLER, gbp(5), CODE);
    b.ok(vec![held.clone()]).await;
    let end = |n| {
        let id = id(7_000 + n);
        of(if n % 2 == 0 {
            Transfer::void(id, &held, CODE)
        } else {
            Transfer::post_reserved(id, &held, gbp(5), CODE)
        })
    };
    assert_eq!(passed(&b, end).await, 1, "a hold ends once");
    assert!(b.ledger.trial_balance(None).await.expect("readable").is_balanced());
}

/// What a caller did to an account or saw of it, and when by a count of all beginnings and ends.
#[derive(Debug, Clone, Copy)]
struct Seen {
    began: u64,
    ended: u64,
    account: AccountId,
    version: u64,
    wrote: bool,
}

pub(super) async fn reads_and_journals_have_one_order(b: Bench) {
    let ticks = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..CALLERS / 4)
        .map(|caller| {
            let (ledger, ticks) = (b.ledger.clone(), ticks.clone());
            tokio::spawn(async move {
                let tick = || ticks.fetch_add(1, Ordering::SeqCst);
                let (mut seen, mut balances) = (vec![], vec![]);
                for n in 0..16u128 {
                    let began = tick();
                    if (caller + n) % 3 == 0 {
                        let t = post(1_000 + caller * 16 + n, BANK, SELLER, 1);
                        let posted = ledger.post(Journal::of(vec![t])).await.expect("nothing refuses it");
                        let ended = tick();
                        for (account, leg) in
                            [(BANK, posted.entries[0].debit), (SELLER, posted.entries[0].credit)]
                        {
                            seen.push(Seen { began, ended, account, version: leg.version, wrote: true });
                        }
                    } else {
                        let account = if n % 2 == 0 { BANK } else { SELLER };
                        let state = ledger.account(account).await.expect("readable").expect("open");
                        seen.push(Seen {
                            began,
                            ended: tick(),
                            account,
                            version: state.version,
                            wrote: false,
                        });
                        balances.push((account, state.version, state.balance));
                    }
                }
                (seen, balances)
            })
        })
        .collect();
    let (mut seen, mut balances) = (vec![], vec![]);
    for task in tasks {
        let (s, b) = task.await.expect("no task panics");
        seen.extend(s);
        balances.extend(b);
    }
    let mut recorded: HashMap<(AccountId, u64), Balance> =
        [BANK, SELLER].map(|a| ((a, 0), Balance::default())).into();
    let entries =
        b.ledger.history(HistoryQuery::of(HistoryOf::Account(BANK))).await.expect("readable").entries;
    for e in &entries {
        recorded.insert((e.transfer.debit, e.debit.version), e.debit.after);
        recorded.insert((e.transfer.credit, e.credit.version), e.credit.after);
    }
    for (account, version, balance) in balances {
        assert_eq!(recorded.get(&(account, version)), Some(&balance), "a read sees one version whole");
    }
    // Versions grow by one with each journal. So there is an order that explains everything if nobody sees less than what
    // was done or seen before he began.
    for account in [BANK, SELLER] {
        let mut by_end: Vec<Seen> = seen.iter().copied().filter(|s| s.account == account).collect();
        let mut by_begin = by_end.clone();
        by_end.sort_by_key(|s| s.ended);
        by_begin.sort_by_key(|s| s.began);
        let (mut highest, mut ends) = (0, by_end.iter().peekable());
        for s in by_begin {
            while let Some(earlier) = ends.next_if(|e| e.ended < s.began) {
                highest = highest.max(earlier.version);
            }
            assert!(s.version >= highest + u64::from(s.wrote), "{highest} was there before {s:?}");
        }
    }
}
