//! Reads: past moments, statements, history, days.

use super::{BANK, Bench, CODE, EUROS, OTHER, SELLER, currency, gbp, id, post};
use crate::{
    AccountChange, AccountId, ChartCode, DayQuery, DayTotal, EntityCode, Entry, HistoryOf, HistoryQuery,
    Journal, Metadata, Side, StatementQuery, Transfer,
};
use pmts_kernel::Timestamp;
use pmts_money::Money;

pub(super) async fn the_past_can_be_read(b: Bench) {
    for n in 1..=5u8 {
        b.clock.set(Timestamp::from_micros(i64::from(n) * 10_000_000));
        b.ok(vec![post(u128::from(n), BANK, SELLER, i64::from(n))]).await;
    }
    let at = |s: i64| Timestamp::from_micros(s * 1_000_000);
    let net = |x: Option<crate::Balance>| x.expect("the account exists").net(Side::Credit);
    for (seconds, expected) in [(9, 0), (10, 1), (25, 3), (50, 15), (99, 15)] {
        assert_eq!(
            net(b.ledger.balance_at(SELLER, at(seconds)).await.expect("readable")),
            expected,
            "at {seconds} s"
        );
        let trial = b.ledger.trial_balance(Some(at(seconds))).await.expect("readable");
        assert!(trial.is_balanced());
        assert_eq!(trial.totals()[&currency("GBP")].credits, i128::from(expected), "at {seconds} s");
    }
    assert_eq!(b.ledger.balance_at(AccountId::from_raw(97 << 8), at(1)).await.expect("readable"), None);

    let query =
        StatementQuery { from: Some(at(20)), until: Some(at(50)), limit: 2, ..StatementQuery::all(SELLER) };
    let page = b.ledger.statement(query.clone()).await.expect("readable").expect("the account exists");
    assert_eq!((page.opening.credits_posted, page.lines.len(), page.closing.credits_posted), (1, 2, 6));
    let rest = b
        .ledger
        .statement(StatementQuery { after: page.next, ..query })
        .await
        .expect("readable")
        .expect("the account exists");
    assert_eq!(
        (rest.opening.credits_posted, rest.lines.len(), rest.closing.credits_posted, rest.next),
        (6, 1, 10, None)
    );
}

pub(super) async fn history_has_stable_cursors(b: Bench) {
    let order =
        |n: u128| Metadata::try_new([("order", format!("A-{n}")), ("shop", "7".into())]).expect("short");
    for n in 1..=6u128 {
        let t = post(n, BANK, if n % 2 == 0 { OTHER } else { SELLER }, 10).with_metadata(order(n / 3));
        b.ok(vec![t.with_reference(n % 3)]).await;
    }
    let found = async |query: HistoryQuery| -> (Vec<u128>, Option<u64>) {
        let page = b.ledger.history(query).await.expect("readable");
        (page.entries.iter().map(|e| e.transfer.id.raw() >> 8).collect(), page.next)
    };
    let of = HistoryQuery::of;
    assert_eq!(found(of(HistoryOf::All)).await, (vec![1, 2, 3, 4, 5, 6], None));
    assert_eq!(found(of(HistoryOf::Account(SELLER))).await.0, [1, 3, 5]);
    assert_eq!(found(of(HistoryOf::Reference(2))).await.0, [2, 5]);
    assert_eq!(found(of(HistoryOf::Reference(0))).await.0, [0u128; 0], "0 is no reference");
    let with = |key: &str, value: &str| HistoryOf::Metadata { key: key.into(), value: value.into() };
    assert_eq!(found(of(with("order", "A-1"))).await.0, [3, 4, 5]);
    assert_eq!(found(of(with("shop", "7"))).await.0.len(), 6);
    assert_eq!(found(of(with("order", "A"))).await.0, [0u128; 0], "a value is matched whole");
    assert_eq!(found(of(with("shop", "A-1"))).await.0, [0u128; 0], "under its own key");

    let newest = HistoryQuery { newest_first: true, limit: 2, ..of(HistoryOf::Account(BANK)) };
    let (first, next) = found(newest.clone()).await;
    assert_eq!(first, [6, 5]);
    b.ok(vec![post(7, BANK, SELLER, 1)]).await;
    let (second, next) = found(HistoryQuery { cursor: next, ..newest.clone() }).await;
    assert_eq!(second, [4, 3], "a cursor holds whatever comes after");
    assert_eq!(found(HistoryQuery { cursor: next, ..newest }).await, (vec![2, 1], None));
    let oldest = HistoryQuery { limit: 3, ..of(HistoryOf::Account(SELLER)) };
    let (first, next) = found(oldest.clone()).await;
    assert_eq!((first, next.is_some()), (vec![1, 3, 5], true));
    assert_eq!(found(HistoryQuery { cursor: next, ..oldest }).await, (vec![7], None));
    let entry = b.ledger.entry(id(3)).await.expect("readable").expect("recorded");
    assert_eq!(entry.transfer.metadata.get("order"), Some("A-1"));
    let other = post(3, BANK, SELLER, 10).with_reference(0);
    assert_eq!(b.refused(vec![other]).await, crate::Refusal::IdTaken, "metadata is a part of the content");
}

pub(super) async fn effective_days_are_apart_from_posting(b: Bench) {
    let day = |n: i64| Timestamp::from_micros(n * 86_400_000_000);
    b.clock.set(day(100));
    b.ok(vec![post(1, BANK, SELLER, 10), post(2, BANK, SELLER, 5).effective_on(98)]).await;
    b.ok(vec![Transfer::reserve(id(3), SELLER, OTHER, gbp(4), CODE).effective_on(90)]).await;
    b.ok(vec![post(4, SELLER, OTHER, 1).effective_on(101)]).await;
    let euros =
        Transfer::post(id(5), EUROS, AccountId::from_raw(61 << 8), Money::new(8, currency("EUR")), CODE);
    let more = crate::Account::new(AccountId::from_raw(61 << 8), currency("EUR"), ChartCode(30), Side::Debit);
    b.ledger.post(Journal::new(vec![AccountChange::Open(more)], vec![euros])).await.expect("posted");
    let on = async |d| b.ledger.balance_on(SELLER, d).await.expect("readable");
    assert_eq!(
        [on(97).await, on(98).await, on(99).await, on(100).await, on(101).await],
        [Some(0), Some(5), Some(5), Some(15), Some(14)],
        "a reservation counts for no day"
    );
    assert_eq!(b.ledger.balance_on(AccountId::from_raw(62 << 8), 100).await.expect("readable"), None);
    let entry: Entry = b.ledger.entry(id(2)).await.expect("readable").expect("recorded");
    assert_eq!((entry.effective_day(), entry.time >= day(100)), (98, true), "it was recorded today");

    let totals = async |query| b.ledger.day_totals(query).await.expect("readable");
    let row = |day, chart, debits, credits, count| DayTotal {
        day,
        entity: EntityCode(0),
        chart: ChartCode(chart),
        currency: currency("GBP"),
        debits,
        credits,
        count,
    };
    let pounds = DayQuery { currency: Some(currency("GBP")), ..DayQuery::default() };
    assert_eq!(
        totals(pounds.clone()).await,
        [
            row(98, 10, 5, 0, 1),
            row(98, 20, 0, 5, 1),
            row(100, 10, 10, 0, 1),
            row(100, 20, 0, 10, 1),
            row(101, 20, 1, 1, 2),
        ]
    );
    let some = DayQuery { chart: Some(ChartCode(20)), from_day: Some(99), until_day: Some(100), ..pounds };
    assert_eq!(totals(some).await, [row(100, 20, 0, 10, 1)]);
    assert_eq!(totals(DayQuery { entity: Some(EntityCode(9)), ..DayQuery::default() }).await, []);
    assert_eq!(totals(DayQuery { chart: Some(ChartCode(30)), ..DayQuery::default() }).await[0].credits, 8);
}
