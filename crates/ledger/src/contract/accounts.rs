//! Accounts: opened, closed, listed, one under another.

use super::{BANK, Bench, CODE, EUROS, OTHER, SELLER, currency, gbp, id, post};
use crate::{
    Account, AccountChange, AccountFilter, AccountId, ChartCode, Journal, LedgerError, Owner, Refusal,
    RolledUp, Side, Transfer,
};
use pmts_kernel::Timestamp;

pub(super) async fn accounts_open_close_and_list(b: Bench) {
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

pub(super) async fn what_closes_comes_after_the_transfers(b: Bench) {
    b.ok(vec![post(1, BANK, SELLER, 70)]).await;
    let sweep = Journal::new(
        vec![AccountChange::Close(SELLER)],
        vec![Transfer::post_up_to(id(2), SELLER, BANK, gbp(i64::MAX), CODE)],
    );
    let done = b.ledger.post(sweep.clone()).await.expect("at rest after the sweep");
    assert_eq!(done.entries[0].transfer.amount, gbp(70));
    assert_eq!(b.refused(vec![post(3, BANK, SELLER, 5)]).await, Refusal::AccountClosed(SELLER));
    b.change(AccountChange::Reopen(SELLER)).await;
    b.ok(vec![post(4, BANK, SELLER, 5)]).await;
    assert!(b.ledger.post(sweep).await.expect("a repeat is a success").repeated);
    b.ok(vec![post(5, BANK, SELLER, 5)]).await;
    assert_eq!(b.net(SELLER).await, 10, "a repeat does not close again");

    let not_all = Journal::new(vec![AccountChange::Close(SELLER)], vec![post(6, SELLER, BANK, 9)]);
    let refused = b.ledger.post(not_all).await;
    assert!(
        matches!(&refused, Err(LedgerError::Refused(r)) if r.reason == Refusal::AccountNotAtRest(SELLER) && r.transfer.is_none()),
        "{refused:?}"
    );
    assert_eq!(b.net(SELLER).await, 10, "nothing of the journal stays");
    b.ok(vec![post(6, SELLER, BANK, 9)]).await;
    let fresh = AccountId::from_raw(41 << 8);
    let through = Journal::new(
        vec![
            AccountChange::Open(Account::new(fresh, currency("GBP"), ChartCode(20), Side::Credit)),
            AccountChange::Close(fresh),
        ],
        vec![post(7, BANK, fresh, 8), post(8, fresh, OTHER, 8)],
    );
    b.ledger.post(through).await.expect("opened, used and closed in one journal");
    let state = b.ledger.account(fresh).await.expect("readable").expect("open");
    assert_eq!((state.account.closed, state.version, state.balance.debits_posted), (true, 2, 8));
}

pub(super) async fn accounts_roll_up(b: Bench) {
    let acct = |n: u128| AccountId::from_raw(n << 8);
    let gbp_account = |n| Account::new(acct(n), currency("GBP"), ChartCode(20), Side::Credit);
    let orphan = AccountChange::Open(gbp_account(50).under(acct(51)));
    assert_eq!(b.refuses(Journal::new(vec![orphan], vec![])).await, Refusal::ParentMissing(acct(51)));
    let euros = Account::new(acct(53), currency("EUR"), ChartCode(20), Side::Credit).under(acct(51));
    let tree = vec![
        AccountChange::Open(gbp_account(50)),
        AccountChange::Open(gbp_account(51).under(acct(50))),
        AccountChange::Open(gbp_account(52).under(acct(51))),
        AccountChange::Open(euros),
    ];
    b.ledger.post(Journal::new(tree, vec![])).await.expect("parents come first");
    let moved = AccountChange::Open(gbp_account(52).under(acct(50)));
    assert_eq!(b.refuses(Journal::new(vec![moved], vec![])).await, Refusal::AccountTaken(acct(52)));
    b.clock.set(Timestamp::from_micros(5_000_000));
    b.ok(vec![post(1, BANK, acct(50), 1), post(2, BANK, acct(51), 10), post(3, BANK, acct(52), 100)]).await;
    b.clock.set(Timestamp::from_micros(6_000_000));
    b.ok(vec![post(4, acct(52), BANK, 30), Transfer::reserve(id(5), acct(52), BANK, gbp(7), CODE)]).await;
    let zero = RolledUp::zero(currency("GBP"));
    let whole = RolledUp { accounts: 3, debits_posted: 30, credits_posted: 111, debits_reserved: 7, ..zero };
    let euros = RolledUp { accounts: 1, ..RolledUp::zero(currency("EUR")) };
    let of = async |n, at| b.ledger.rolled_up(acct(n), at).await.expect("readable");
    let mut all = of(50, None).await;
    all.sort_by_key(|r| r.accounts);
    assert_eq!(all, [euros, whole]);
    assert_eq!(of(52, None).await, [RolledUp { accounts: 1, credits_posted: 100, ..whole }]);
    let then = of(50, Some(Timestamp::from_micros(5_500_000))).await;
    let then = then.iter().find(|r| r.currency == currency("GBP"));
    assert_eq!(then, Some(&RolledUp { accounts: 3, credits_posted: 111, ..zero }));
    assert_eq!(of(99, None).await, [], "no such account");
}
