//! Floors, ceilings, what is there, and how fast it may move.

use super::{BANK, Bench, CODE, OTHER, SELLER, gbp, id, post};
use crate::{Account, AccountChange, AccountId, ChartCode, Journal, Refusal, Side, Transfer, Velocity};
use pmts_kernel::Timestamp;
use pmts_money::Currency;

pub(super) async fn limits_hold(b: Bench) {
    assert!(matches!(
        b.refused(vec![post(1, SELLER, BANK, 1)]).await,
        Refusal::FloorBreached { available: 0, floor: 0, .. }
    ));
    b.ok(vec![post(2, BANK, OTHER, 900)]).await;
    let hold = Transfer::reserve(id(3), BANK, OTHER, gbp(100), CODE);
    b.ok(vec![hold]).await;
    let over = b.refused(vec![post(4, BANK, OTHER, 1)]).await;
    assert!(
        matches!(over, Refusal::CeilingBreached { expected: 1_000, ceiling: 1_000, .. }),
        "reservations count towards the ceiling: {over:?}"
    );
    let tighter = AccountChange::SetLimits { id: OTHER, floor: Some(950), ceiling: None };
    b.ledger
        .post(Journal::new(vec![tighter], vec![]))
        .await
        .expect("a limit may be set that is broken already");
    assert!(matches!(b.refused(vec![post(5, OTHER, BANK, 1)]).await, Refusal::FloorBreached { .. }));
    b.ok(vec![post(6, BANK, OTHER, 1)]).await;
    b.ok(vec![post(7, BANK, SELLER, i64::MAX - 10_000)]).await;
    assert!(matches!(b.refused(vec![post(8, BANK, SELLER, 10_001)]).await, Refusal::Overflow(_)));
}

pub(super) async fn as_much_as_is_there(b: Bench) {
    b.ok(vec![post(1, BANK, SELLER, 300)]).await;
    b.ok(vec![Transfer::reserve(id(2), SELLER, BANK, gbp(100), CODE)]).await;
    let ask = Transfer::post_up_to(id(3), SELLER, OTHER, gbp(500), CODE).with_reference(9);
    let moved = b.ok(vec![ask.clone()]).await;
    assert_eq!(
        (moved[0].kind, moved[0].transfer.amount),
        (crate::EntryKind::Posted, gbp(200)),
        "what is held stays"
    );
    assert_eq!((b.net(SELLER).await, b.available(SELLER).await, b.net(OTHER).await), (100, 0, 200));
    b.ok(vec![post(4, BANK, SELLER, 1_000)]).await;
    let again = b.ledger.post(Journal::of(vec![ask.clone()])).await.expect("a repeat is a success");
    assert!(again.repeated, "the same request is a repeat though less was moved");
    let more = Transfer::post_up_to(id(3), SELLER, OTHER, gbp(501), CODE).with_reference(9);
    assert_eq!(b.refused(vec![more]).await, Refusal::IdTaken);
    let moved = b.ok(vec![Transfer::post_up_to(id(5), SELLER, OTHER, gbp(2_000), CODE)]).await;
    assert_eq!(moved[0].transfer.amount, gbp(800), "the ceiling of 1000 is kept");
    let full = Transfer::post_up_to(id(6), SELLER, OTHER, gbp(1), CODE);
    assert_eq!(b.refused(vec![full.clone()]).await, Refusal::NothingAvailable(OTHER));
    assert!(matches!(b.refused(vec![full]).await, Refusal::IdRefused(_)));
    b.change(AccountChange::SetLimits { id: SELLER, floor: Some(150), ceiling: None }).await;
    let moved = b.ok(vec![Transfer::post_up_to(id(7), SELLER, BANK, gbp(900), CODE)]).await;
    assert_eq!(moved[0].transfer.amount, gbp(50), "a floor above zero is kept");
    b.change(AccountChange::SetLimits { id: SELLER, floor: Some(-500), ceiling: None }).await;
    let moved = b.ok(vec![Transfer::post_up_to(id(8), SELLER, BANK, gbp(900), CODE)]).await;
    assert_eq!(moved[0].transfer.amount, gbp(150), "an overdraft is not there to be moved");
    b.ok(vec![post(9, SELLER, BANK, 10)]).await;
    assert_eq!(
        b.refused(vec![Transfer::post_up_to(id(10), SELLER, BANK, gbp(1), CODE)]).await,
        Refusal::NothingAvailable(SELLER)
    );
    let free = b.ok(vec![Transfer::post_up_to(id(11), BANK, SELLER, gbp(77), CODE)]).await;
    assert_eq!(free[0].transfer.amount, gbp(77), "no limit, no less");
    let reversal = Transfer::reverse(&moved[0].transfer, CODE);
    assert_eq!(b.ok(vec![reversal]).await[0].transfer.amount, gbp(150), "what moved is taken back");
}

pub(super) async fn how_fast_money_may_move(b: Bench) {
    const FAST: AccountId = AccountId::from_raw(40 << 8);
    let limit =
        |side, window_secs, most_minor, most_count| Velocity { side, window_secs, most_minor, most_count };
    let fast = Account::new(FAST, Currency::GBP, ChartCode(20), Side::Credit)
        .with_velocity(limit(Side::Debit, 60, Some(100), None))
        .with_velocity(limit(Side::Debit, 3_600, None, Some(4)));
    b.change(AccountChange::Open(fast)).await;
    let at = |s: i64| Timestamp::from_micros(s * 1_000_000);
    b.clock.set(at(7_200 + 59));
    b.ok(vec![post(1, BANK, FAST, 5_000)]).await;
    b.ok(vec![post(2, FAST, OTHER, 60)]).await;
    let over = |held, count, window_secs| Refusal::VelocityExceeded {
        account: FAST,
        window_secs,
        minor: held,
        count,
    };
    assert_eq!(b.refused(vec![post(3, FAST, OTHER, 41)]).await, over(60, 1, 60));
    assert!(matches!(b.refused(vec![post(3, FAST, OTHER, 41)]).await, Refusal::IdRefused(_)));
    let hold = Transfer::reserve(id(4), FAST, OTHER, gbp(40), CODE);
    b.ok(vec![hold.clone()]).await;
    assert_eq!(
        b.refused(vec![post(5, FAST, OTHER, 1)]).await,
        over(100, 2, 60),
        "a reservation counts in full"
    );
    b.ok(vec![Transfer::post_reserved(id(6), &hold, gbp(10), CODE)]).await;
    assert_eq!(
        b.refused(vec![post(7, FAST, OTHER, 1)]).await,
        over(100, 2, 60),
        "and what ends it counts nothing"
    );
    b.ok(vec![post(8, OTHER, FAST, 500 - 430)]).await;
    b.clock.set(at(7_200 + 60));
    let two = vec![post(9, FAST, OTHER, 50), post(10, FAST, OTHER, 51)];
    assert_eq!(b.refused(two).await, over(50, 1, 60), "within a journal too");
    b.ok(vec![post(11, FAST, OTHER, 50), post(12, FAST, OTHER, 50)]).await;
    b.clock.set(at(7_200 + 3_599));
    assert_eq!(
        b.refused(vec![post(13, FAST, OTHER, 1)]).await,
        over(200, 4, 3_600),
        "the longer window counts on"
    );
    b.clock.set(at(10_800));
    b.ok(vec![post(14, FAST, OTHER, 1)]).await;
    let tighter = vec![limit(Side::Debit, 86_400, Some(202), None)];
    b.change(AccountChange::SetVelocity { id: FAST, velocity: tighter }).await;
    assert_eq!(
        b.refused(vec![post(15, FAST, OTHER, 2)]).await,
        over(201, 5, 86_400),
        "a new limit counts what the window held before it was set"
    );
    b.ok(vec![post(16, FAST, OTHER, 1)]).await;
    b.change(AccountChange::SetVelocity { id: FAST, velocity: vec![] }).await;
    b.ok(vec![post(17, FAST, OTHER, 100)]).await;
    let bad = AccountChange::SetVelocity { id: FAST, velocity: vec![limit(Side::Debit, 1, None, None); 9] };
    assert_eq!(b.refuses(Journal::new(vec![bad], vec![])).await, Refusal::VelocityMalformed);
    let bad = AccountChange::SetVelocity { id: FAST, velocity: vec![limit(Side::Debit, 0, None, None)] };
    assert_eq!(b.refuses(Journal::new(vec![bad], vec![])).await, Refusal::VelocityMalformed);
}
