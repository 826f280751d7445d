//! The public contract suite: every implementation of [`Ledger`] passes it.
//!
//! Call [`ledger`] from a test with a function that makes an empty ledger which takes its times from the given clock, and
//! [`model::replay`] with a few hundred seeds.

use crate::{
    Account, AccountChange, AccountId, ChartCode, Journal, Ledger, LedgerError, Owner, Refusal, Side,
    Transfer, TransferCode, TransferId,
};
use pmts_kernel::{ManualClock, Timestamp};
use pmts_money::{Currency, Money};
use std::future::Future;
use std::sync::Arc;

mod accounts;
mod concurrency;
mod conditions;
mod limits;
pub mod model;
mod order;
mod posting;
mod reads;
mod reservations;
mod reversals;

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
        self.refuses(Journal::of(journal)).await
    }

    async fn change(&self, change: AccountChange) {
        self.ledger.post(Journal::new(vec![change], vec![])).await.expect("the change is right");
    }

    async fn refuses(&self, journal: Journal) -> Refusal {
        match self.ledger.post(journal).await {
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
    posting::posting_moves_money_and_keeps_history(bench().await).await;
    posting::journals_are_all_or_none(bench().await).await;
    posting::ids_are_used_once(bench().await).await;
    posting::content_is_judged_first(bench().await).await;
    concurrency::concurrent_journals_keep_the_limits(bench().await).await;
    concurrency::reads_and_journals_have_one_order(bench().await).await;
    reservations::reservations_hold_and_resolve_once(bench().await).await;
    reservations::reservations_expire_on_time(bench().await).await;
    limits::limits_hold(bench().await).await;
    limits::as_much_as_is_there(bench().await).await;
    limits::how_fast_money_may_move(bench().await).await;
    accounts::accounts_open_close_and_list(bench().await).await;
    accounts::what_closes_comes_after_the_transfers(bench().await).await;
    accounts::accounts_roll_up(bench().await).await;
    conditions::conditions_hold_or_nothing_happens(bench().await).await;
    conditions::closed_periods_take_nothing(bench().await).await;
    conditions::history_is_imported_with_its_own_times(bench().await).await;
    reversals::a_transfer_is_taken_back_once(bench().await).await;
    reversals::only_what_was_posted_can_be_taken_back(bench().await).await;
    reads::the_past_can_be_read(bench().await).await;
    reads::history_has_stable_cursors(bench().await).await;
    reads::effective_days_are_apart_from_posting(bench().await).await;
    order::the_first_broken_rule_is_named(bench().await).await;
}
