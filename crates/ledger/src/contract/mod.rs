//! The public contract suite: every implementation of [`Ledger`] passes it.
//!
//! Call [`ledger`] from a test with a function that makes an empty ledger which takes its times from the given clock.

use crate::{
    Account, AccountChange, AccountFilter, AccountId, ChartCode, EntryKind, Journal, Ledger, LedgerError,
    Owner, Refusal, Side, StatementQuery, Transfer, TransferCode, TransferId,
};
use pmts_kernel::{ManualClock, Timestamp};
use pmts_money::{Currency, Money};
use std::future::Future;
use std::sync::Arc;

pub mod model;

const BANK: AccountId = AccountId::from_raw(1 << 8);
const SELLER: AccountId = AccountId::from_raw(2 << 8);
const OTHER: AccountId = AccountId::from_raw(3 << 8);
const EUROS: AccountId = AccountId::from_raw(4 << 8);
const CODE: TransferCode = TransferCode(7);

struct Bench {
    ledger: Arc<dyn Ledger>,
    clock: Arc<ManualClock>,
}

fn id(n: u128) -> TransferId {
    TransferId::from_raw(n << 8)
}

fn gbp(minor: i64) -> Money {
    Money::new(minor, currency("GBP"))
}

fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect("a code of the currency table")
}

fn post(n: u128, debit: AccountId, credit: AccountId, minor: i64) -> Transfer {
    Transfer::post(id(n), debit, credit, gbp(minor), CODE)
}

impl Bench {
    async fn ok(&self, journal: Vec<Transfer>) -> Vec<crate::Entry> {
        let posted = self.ledger.post(Journal::of(journal)).await.expect("the journal is right");
        assert!(!posted.repeated, "a first time is no repeat");
        posted.entries
    }

    async fn refused(&self, journal: Vec<Transfer>) -> Refusal {
        match self.ledger.post(Journal::of(journal)).await {
            Err(LedgerError::Refused(refused)) => refused.reason,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    async fn net(&self, account: AccountId) -> i64 {
        self.ledger.account(account).await.expect("readable").expect("the account exists").net_minor()
    }

    async fn available(&self, account: AccountId) -> i64 {
        self.ledger.account(account).await.expect("readable").expect("the account exists").available_minor()
    }
}

/// Runs the whole suite. `make` gives a new, empty ledger each time.
///
/// # Panics
/// At the first rule the implementation breaks, naming it.
pub async fn ledger<F, Fut>(make: F)
where
    F: Fn(Arc<ManualClock>) -> Fut,
    Fut: Future<Output = Arc<dyn Ledger>>,
{
    let bench = || async {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_000_000)));
        let ledger = make(clock.clone()).await;
        let accounts = vec![
            AccountChange::Open(Account::new(BANK, currency("GBP"), ChartCode(10), Side::Debit)),
            AccountChange::Open(
                Account::new(SELLER, currency("GBP"), ChartCode(20), Side::Credit)
                    .with_floor(0)
                    .with_owner(Owner::try_new("seller:1").expect("short")),
            ),
            AccountChange::Open(
                Account::new(OTHER, currency("GBP"), ChartCode(20), Side::Credit)
                    .with_floor(0)
                    .with_ceiling(1_000),
            ),
            AccountChange::Open(Account::new(EUROS, currency("EUR"), ChartCode(20), Side::Credit)),
        ];
        ledger.post(Journal::new(accounts, vec![])).await.expect("accounts open");
        Bench { ledger, clock }
    };
    posting_moves_money_and_keeps_history(bench().await).await;
    journals_are_all_or_none(bench().await).await;
    ids_are_used_once(bench().await).await;
    reservations_hold_and_resolve_once(bench().await).await;
    reservations_expire_on_time(bench().await).await;
    limits_hold(bench().await).await;
    accounts_open_close_and_list(bench().await).await;
    content_is_judged_first(bench().await).await;
    the_past_can_be_read(bench().await).await;
    concurrent_journals_keep_the_limits(bench().await).await;
}

async fn posting_moves_money_and_keeps_history(b: Bench) {
    let entries = b.ok(vec![post(1, BANK, SELLER, 500).with_reference(77)]).await;
    assert_eq!(
        (entries[0].kind, entries[0].debit.version, entries[0].credit.after.credits_posted),
        (EntryKind::Posted, 1, 500)
    );
    assert_eq!((b.net(BANK).await, b.net(SELLER).await), (500, 500));
    assert_eq!(
        b.ledger.entry(id(1)).await.expect("readable").as_ref(),
        Some(&entries[0]),
        "what is recorded is what was answered"
    );
    assert_eq!(b.ledger.entry(id(2)).await.expect("readable"), None);
}

async fn journals_are_all_or_none(b: Bench) {
    let last_fails =
        vec![post(1, BANK, SELLER, 500), post(2, SELLER, OTHER, 400), post(3, SELLER, OTHER, 101)];
    assert!(matches!(b.refused(last_fails).await, Refusal::FloorBreached { available: 100, floor: 0, .. }));
    assert_eq!((b.net(BANK).await, b.net(SELLER).await, b.net(OTHER).await), (0, 0, 0));
    assert_eq!(b.ledger.entry(id(1)).await.expect("readable"), None);
    b.ok(vec![post(1, BANK, SELLER, 500), post(2, SELLER, OTHER, 400)]).await;
    assert_eq!((b.net(SELLER).await, b.net(OTHER).await), (100, 400));
}

async fn ids_are_used_once(b: Bench) {
    let journal = vec![post(5, BANK, SELLER, 10), post(6, BANK, SELLER, 20)];
    b.ok(journal.clone()).await;
    let again = b.ledger.post(Journal::of(journal)).await.expect("a repeat is a success");
    assert!(again.repeated && again.entries.is_empty());
    assert_eq!(b.net(SELLER).await, 30, "a repeat changes nothing");
    assert_eq!(b.refused(vec![post(5, BANK, SELLER, 11)]).await, Refusal::IdTaken);
    assert_eq!(
        b.refused(vec![post(5, BANK, SELLER, 10), post(7, BANK, SELLER, 1)]).await,
        Refusal::IdTaken,
        "half a repeat is none"
    );

    assert!(matches!(b.refused(vec![post(8, SELLER, OTHER, 31)]).await, Refusal::FloorBreached { .. }));
    b.ok(vec![post(9, BANK, SELLER, 100)]).await;
    assert!(
        matches!(b.refused(vec![post(8, SELLER, OTHER, 31)]).await, Refusal::IdRefused(_)),
        "a refused id stays refused"
    );
    b.ok(vec![post(3, SELLER, OTHER, 31)]).await;
    assert_eq!(b.net(OTHER).await, 31, "an id below older ones is as good");
}

async fn reservations_hold_and_resolve_once(b: Bench) {
    b.ok(vec![post(1, BANK, SELLER, 100)]).await;
    let hold = Transfer::reserve(id(2), SELLER, OTHER, gbp(80), CODE);
    b.ok(vec![hold.clone()]).await;
    assert_eq!((b.net(SELLER).await, b.available(SELLER).await, b.net(OTHER).await), (100, 20, 0));
    assert!(
        matches!(
            b.refused(vec![post(3, SELLER, OTHER, 21)]).await,
            Refusal::FloorBreached { available: 20, .. }
        ),
        "what is reserved is not available"
    );
    assert_eq!(
        b.refused(vec![Transfer::post_reserved(id(4), &hold, gbp(81), CODE)]).await,
        Refusal::ReservationExceeded { reserved: 80 }
    );
    // Post a part and reserve the rest again, in one journal.
    let rest = Transfer::reserve(id(6), SELLER, OTHER, gbp(50), CODE);
    b.ok(vec![Transfer::post_reserved(id(5), &hold, gbp(30), CODE), rest.clone()]).await;
    assert_eq!((b.net(SELLER).await, b.available(SELLER).await, b.net(OTHER).await), (70, 20, 30));
    assert_eq!(
        b.refused(vec![Transfer::void(id(7), &hold, CODE)]).await,
        Refusal::ReservationResolved(id(2))
    );
    b.ok(vec![Transfer::void(id(8), &rest, CODE)]).await;
    assert_eq!((b.net(SELLER).await, b.available(SELLER).await, b.net(OTHER).await), (70, 70, 30));
    let nothing = Transfer::void(id(10), &Transfer::reserve(id(99), SELLER, OTHER, gbp(1), CODE), CODE);
    assert_eq!(b.refused(vec![nothing]).await, Refusal::ReservationMissing(id(99)));
    let hold = Transfer::reserve(id(11), SELLER, OTHER, gbp(5), CODE);
    b.ok(vec![hold.clone()]).await;
    let other = Transfer { credit: BANK, ..Transfer::void(id(12), &hold, CODE) };
    assert_eq!(b.refused(vec![other]).await, Refusal::ReservationMismatch(id(11)));
    let part = Transfer { amount: gbp(4), ..Transfer::void(id(13), &hold, CODE) };
    assert_eq!(b.refused(vec![part]).await, Refusal::ReservationMismatch(id(11)), "a void is whole");
}

async fn reservations_expire_on_time(b: Bench) {
    b.ok(vec![post(1, BANK, SELLER, 100)]).await;
    let past = Transfer::reserve(id(2), SELLER, OTHER, gbp(1), CODE).expiring(Timestamp::from_micros(1_000));
    assert_eq!(b.refused(vec![past]).await, Refusal::ExpiryPast);
    let at = Timestamp::from_micros(2_000_000);
    let hold = Transfer::reserve(id(3), SELLER, OTHER, gbp(100), CODE).expiring(at);
    b.ok(vec![hold.clone()]).await;
    b.clock.set(Timestamp::from_micros(1_999_990));
    assert!(
        matches!(b.refused(vec![post(4, SELLER, OTHER, 1)]).await, Refusal::FloorBreached { .. }),
        "never early"
    );
    b.clock.set(at);
    b.ok(vec![post(5, SELLER, OTHER, 60)]).await;
    assert_eq!(b.available(SELLER).await, 40);
    assert_eq!(
        b.refused(vec![Transfer::post_reserved(id(6), &hold, gbp(1), CODE)]).await,
        Refusal::ReservationResolved(id(3))
    );
    let expiry =
        b.ledger.entry(crate::expiry_id(id(3))).await.expect("readable").expect("an expiry is recorded");
    assert_eq!((expiry.kind, expiry.debit.after.debits_reserved), (EntryKind::ReservationExpired, 0));
}

async fn limits_hold(b: Bench) {
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

async fn accounts_open_close_and_list(b: Bench) {
    let same = Account::new(BANK, currency("GBP"), ChartCode(10), Side::Debit).with_floor(5);
    b.ledger
        .post(Journal::new(vec![AccountChange::Open(same)], vec![]))
        .await
        .expect("opening again is a success");
    assert_eq!(
        b.ledger.account(BANK).await.expect("readable").expect("open").account.floor,
        None,
        "and changes nothing"
    );
    let other = Account::new(BANK, currency("EUR"), ChartCode(10), Side::Debit);
    let taken =
        b.ledger.post(Journal::new(vec![AccountChange::Open(other)], vec![post(1, BANK, SELLER, 1)])).await;
    assert!(matches!(taken, Err(LedgerError::Refused(r)) if r.reason == Refusal::AccountTaken(BANK)));
    b.ok(vec![post(2, BANK, SELLER, 5)]).await;
    let close = |id| b.ledger.post(Journal::new(vec![AccountChange::Close(id)], vec![]));
    assert!(
        matches!(close(SELLER).await, Err(LedgerError::Refused(r)) if r.reason == Refusal::AccountNotAtRest(SELLER))
    );
    close(OTHER).await.expect("at rest");
    assert_eq!(b.refused(vec![post(3, BANK, OTHER, 5)]).await, Refusal::AccountClosed(OTHER));
    b.ledger
        .post(Journal::new(vec![AccountChange::Reopen(OTHER)], vec![post(4, BANK, OTHER, 5)]))
        .await
        .expect("open again");
    let missing = AccountId::from_raw(99 << 8);
    assert!(
        matches!(close(missing).await, Err(LedgerError::Refused(r)) if r.reason == Refusal::AccountMissing(missing))
    );

    let page =
        b.ledger.accounts(AccountFilter { limit: 3, ..AccountFilter::default() }).await.expect("readable");
    assert_eq!(page.accounts.iter().map(|a| a.account.id).collect::<Vec<_>>(), [BANK, SELLER, OTHER]);
    let rest = b
        .ledger
        .accounts(AccountFilter { after: page.next, ..AccountFilter::default() })
        .await
        .expect("readable");
    assert_eq!((rest.accounts.len(), rest.accounts[0].account.id, rest.next), (1, EUROS, None));
    let owned =
        AccountFilter { owner: Some(Owner::try_new("seller:1").expect("short")), ..AccountFilter::default() };
    assert_eq!(b.ledger.accounts(owned).await.expect("readable").accounts[0].account.id, SELLER);
    let charted = AccountFilter { chart: Some(ChartCode(20)), ..AccountFilter::default() };
    assert_eq!(b.ledger.accounts(charted).await.expect("readable").accounts.len(), 3);
}

async fn content_is_judged_first(b: Bench) {
    assert_eq!(b.refused(vec![post(1, BANK, SELLER, 0)]).await, Refusal::AmountNotPositive);
    assert_eq!(b.refused(vec![post(1, BANK, BANK, 1)]).await, Refusal::SameAccount);
    assert_eq!(b.refused(vec![post(1 << 119, BANK, SELLER, 1)]).await, Refusal::IdReserved);
    assert_eq!(
        b.refused(vec![post(1, BANK, SELLER, 1), post(1, BANK, SELLER, 1)]).await,
        Refusal::DuplicateInJournal
    );
    assert_eq!(b.refused(vec![post(1, BANK, EUROS, 1)]).await, Refusal::CurrencyMismatch(EUROS));
    b.ok(vec![post(1, BANK, SELLER, 1)]).await;
    let ghost = AccountId::from_raw(98 << 8);
    assert_eq!(b.refused(vec![post(2, ghost, SELLER, 1)]).await, Refusal::DebitMissing(ghost));
    assert_eq!(b.refused(vec![post(3, BANK, ghost, 1)]).await, Refusal::CreditMissing(ghost));
}

async fn the_past_can_be_read(b: Bench) {
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

async fn concurrent_journals_keep_the_limits(b: Bench) {
    b.ok(vec![post(1, BANK, SELLER, 100)]).await;
    let tasks: Vec<_> = (0..64u128)
        .map(|n| {
            let ledger = b.ledger.clone();
            tokio::spawn(async move {
                ledger.post(Journal::of(vec![post(100 + n, SELLER, OTHER, 3)])).await.is_ok()
            })
        })
        .collect();
    let mut passed = 0;
    for task in tasks {
        passed += i64::from(task.await.expect("no task panics"));
    }
    assert_eq!((passed, b.net(SELLER).await, b.net(OTHER).await), (33, 1, 99));
    assert!(b.ledger.trial_balance(None).await.expect("readable").is_balanced());
}
