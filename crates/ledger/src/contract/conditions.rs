//! What must be true for a journal to be applied: conditions, open periods, moments of imports.

use super::{BANK, Bench, CODE, OTHER, SELLER, gbp, id, post};
use crate::{
    Account, AccountChange, AccountId, ChartCode, Comparison, Condition, EntityCode, EntryKind, Journal,
    Refusal, Side, Transfer,
};
use pmts_kernel::Timestamp;
use pmts_money::Currency;

const DAY: i64 = 86_400_000_000;

pub(super) async fn conditions_hold_or_nothing_happens(b: Bench) {
    b.ok(vec![post(1, BANK, SELLER, 100)]).await;
    b.ok(vec![Transfer::reserve(id(2), SELLER, OTHER, gbp(30), CODE)]).await;
    let given =
        |condition, n| Journal { conditions: vec![condition], ..Journal::of(vec![post(n, BANK, SELLER, 1)]) };
    let net = |is, minor| Condition::Net { account: SELLER, is, minor };
    let available = |is, minor| Condition::Available { account: SELLER, is, minor };
    let version = |version| Condition::Version { account: SELLER, version };
    let (least, most, equal) = (Comparison::AtLeast, Comparison::AtMost, Comparison::Equal);
    for (condition, found) in [
        (net(least, 101), 100),
        (net(most, 99), 100),
        (net(equal, 70), 100),
        (available(least, 71), 70),
        (available(most, 69), 70),
        (available(equal, 100), 70),
        (Condition::HeldOn { account: SELLER, day: 0, minor: 99 }, 100),
    ] {
        assert_eq!(
            b.refuses(given(condition, 3)).await,
            Refusal::ConditionFailed { account: SELLER, found },
            "{condition:?}"
        );
    }
    let stale = Refusal::VersionMismatch { account: SELLER, expected: 1, found: 2 };
    assert_eq!(b.refuses(given(version(1), 3)).await, stale);
    let missing = AccountId::from_raw(42 << 8);
    assert_eq!(
        b.refuses(given(Condition::Version { account: missing, version: 0 }, 3)).await,
        Refusal::AccountMissing(missing)
    );
    assert_eq!((b.net(SELLER).await, b.ledger.entry(id(3)).await.expect("readable")), (100, None));
    let all = vec![
        version(2),
        net(least, 100),
        net(most, 100),
        net(equal, 100),
        available(least, 70),
        available(most, 70),
        available(equal, 70),
        Condition::HeldOn { account: SELLER, day: 0, minor: 100 },
        Condition::HeldOn { account: SELLER, day: -1, minor: 0 },
    ];
    let once = Journal { conditions: all, ..Journal::of(vec![post(3, BANK, SELLER, 1)]) };
    assert!(!b.ledger.post(once.clone()).await.expect("all hold, and the id was not marked").repeated);
    assert!(b.ledger.post(once).await.expect("a repeat is judged no more").repeated);
    assert_eq!(b.net(SELLER).await, 101);
    let alone = Journal { conditions: vec![net(equal, 101)], ..Journal::default() };
    assert!(!b.ledger.post(alone).await.expect("a condition may stand alone").repeated);
    let fresh = Account::new(missing, Currency::GBP, ChartCode(20), Side::Credit);
    let opened = Journal {
        accounts: vec![AccountChange::Open(fresh)],
        conditions: vec![
            Condition::Version { account: missing, version: 0 },
            Condition::HeldOn { account: missing, day: 9, minor: 0 },
        ],
        ..Journal::of(vec![post(4, BANK, missing, 1)])
    };
    b.ledger.post(opened).await.expect("conditions are judged after accounts are opened");
}

pub(super) async fn closed_periods_take_nothing(b: Bench) {
    let theirs = AccountId::from_raw(43 << 8);
    let account =
        Account { entity: EntityCode(2), ..Account::new(theirs, Currency::GBP, ChartCode(10), Side::Debit) };
    b.change(AccountChange::Open(account)).await;
    let period = |closed_through| AccountChange::SetPeriod { entity: EntityCode(2), closed_through };
    b.clock.set(Timestamp::from_micros(50 * DAY));
    b.ok(vec![post(1, theirs, SELLER, 10).effective_on(40)]).await;
    // The last entry of a period and its end fit into one journal.
    let end = Journal::new(vec![period(Some(45))], vec![post(2, theirs, SELLER, 1).effective_on(45)]);
    b.ledger.post(end).await.expect("a period is closed after the transfers");
    let closed = Refusal::PeriodClosed { entity: 2, through: 45 };
    assert_eq!(b.refused(vec![post(3, theirs, SELLER, 1).effective_on(45)]).await, closed);
    assert!(matches!(b.refused(vec![post(3, theirs, SELLER, 1)]).await, Refusal::IdRefused(_)));
    assert_eq!(b.refused(vec![post(4, SELLER, theirs, 1).effective_on(1)]).await, closed, "on either side");
    b.ok(vec![post(5, theirs, SELLER, 1).effective_on(46), post(6, theirs, SELLER, 1)]).await;
    b.ok(vec![post(7, BANK, SELLER, 1).effective_on(1)]).await;
    b.change(period(Some(50))).await;
    assert_eq!(
        b.refused(vec![post(8, theirs, SELLER, 1)]).await,
        Refusal::PeriodClosed { entity: 2, through: 50 },
        "what has no day of its own counts for today"
    );
    let reopen = Journal::new(vec![period(Some(44))], vec![post(9, theirs, SELLER, 1).effective_on(45)]);
    b.ledger.post(reopen).await.expect("a period is opened before the transfers");
    b.change(period(None)).await;
    b.ok(vec![post(10, theirs, SELLER, 1).effective_on(-7)]).await;
}

pub(super) async fn history_is_imported_with_its_own_times(b: Bench) {
    let at = |s: i64| Timestamp::from_micros(s * 1_000_000);
    let import = |s, transfers| Journal { at: Some(at(s)), ..Journal::of(transfers) };
    b.clock.set(at(1_000));
    let hold = Transfer::reserve(id(2), BANK, OTHER, gbp(50), CODE).expiring(at(30));
    let done =
        b.ledger.post(import(10, vec![post(1, BANK, SELLER, 5), hold.clone()])).await.expect("imported");
    assert_eq!(done.entries[0].time, at(10));
    assert_eq!(done.entries[1].time, Timestamp::from_micros(10_000_001), "times grow within a journal");
    let late = Refusal::TimeNotAfterLast { last: Timestamp::from_micros(10_000_001) };
    assert_eq!(b.refuses(import(10, vec![post(3, BANK, SELLER, 1)])).await, late);
    assert_eq!(b.refuses(import(1_001, vec![post(3, BANK, SELLER, 1)])).await, Refusal::TimeInFuture);
    assert!(b.ledger.post(import(10, vec![post(1, BANK, SELLER, 5)])).await.expect("a repeat").repeated);
    assert!(b.ledger.post(import(9_999, vec![post(1, BANK, SELLER, 5)])).await.expect("a repeat").repeated);
    b.ledger
        .post(import(20, vec![post(3, BANK, SELLER, 1)]))
        .await
        .expect("the moment was refused, not the id");
    assert_eq!(b.available(OTHER).await, 0);
    let expiry = async || b.ledger.entry(crate::expiry_id(id(2))).await.expect("readable");
    assert_eq!(expiry().await, None, "expiry follows the times that are imported");
    // The hold expires for this import, which is none the less not too early.
    let posted = b.ledger.post(import(30, vec![post(4, BANK, SELLER, 1)])).await.expect("imported");
    let expired = expiry().await.expect("it expired");
    assert_eq!((expired.kind, expired.time), (EntryKind::ReservationExpired, at(30)));
    assert_eq!(posted.entries[0].time, Timestamp::from_micros(30_000_001));
    assert_eq!(
        b.ledger.balance_at(SELLER, at(25)).await.expect("readable").map(|s| s.credits_posted),
        Some(6),
        "the past is as it was imported"
    );
    b.ok(vec![post(5, BANK, SELLER, 1)]).await;
    assert_eq!(
        b.refuses(import(999, vec![post(6, BANK, SELLER, 1)])).await,
        Refusal::TimeNotAfterLast { last: at(1_000) },
        "history is imported before what is live"
    );
}
