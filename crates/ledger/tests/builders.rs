//! What the builders make, posted to a ledger; and what they do not make.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{Coded, ManualClock, Timestamp};
use pmts_ledger::*;
use pmts_money::{Currency, Money};
use std::sync::Arc;

const BANK: AccountId = AccountId::from_raw(1 << 8);
const SELLER: AccountId = AccountId::from_raw(2 << 8);
const OTHER: AccountId = AccountId::from_raw(3 << 8);
const CODE: TransferCode = TransferCode(1);

fn id(n: u128) -> TransferId {
    TransferId::from_raw(n << 8)
}

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn post(n: u128, debit: AccountId, credit: AccountId, minor: i64) -> Transfer {
    Transfer::post(id(n), debit, credit, gbp(minor), CODE)
}

async fn ledger() -> MemoryLedger {
    let ledger = MemoryLedger::new(Arc::new(ManualClock::new(Timestamp::from_micros(1))));
    let account = |id, side| Account::new(id, Currency::GBP, ChartCode(1), side);
    let accounts = [
        account(BANK, Side::Debit),
        account(SELLER, Side::Credit).with_floor(0),
        account(OTHER, Side::Credit).with_floor(0),
    ];
    ledger.post(Journal::new(accounts.map(AccountChange::Open).into(), vec![])).await.unwrap();
    ledger
}

async fn state(ledger: &MemoryLedger, id: AccountId) -> AccountState {
    ledger.account(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_correction_takes_back_and_posts_what_is_right() {
    let ledger = ledger().await;
    ledger.post(vec![post(1, BANK, SELLER, 40).with_reference(9)].into()).await.unwrap();
    let wrong = ledger.entry(id(1)).await.unwrap().unwrap();
    ledger.post(vec![post(2, SELLER, BANK, 25)].into()).await.unwrap();
    let correction =
        Correction::of(&wrong, CODE, "typed twice").unwrap().with(post(3, BANK, SELLER, 30)).unwrap();
    let refused = ledger.post(correction.transfers().into()).await.unwrap_err();
    assert_eq!(refused.code().code, "LEDGER_FLOOR_BREACHED", "15 of the 40 are left");
    let done = ledger.post(correction.right_first().effective_on(3).transfers().into()).await.unwrap();
    assert_eq!(state(&ledger, SELLER).await.net_minor(), 5);
    let [right, back] = &done.entries[..] else { panic!("two entries") };
    assert_eq!((right.transfer.id, right.transfer.reference, right.effective_day()), (id(3), 9, 0));
    assert_eq!((back.transfer.id, back.effective_day()), (reversal_id(id(1)), 3));
    for e in &done.entries {
        assert_eq!(e.transfer.metadata.get("why"), Some("typed twice"));
        assert_eq!(e.transfer.metadata.get("corrects"), Some(id(1).to_string().as_str()));
    }
    assert_eq!(Correction::of(back, CODE, "no"), Err(CorrectionError::NotPosted));
    assert!(matches!(Correction::of(&wrong, CODE, &"x".repeat(300)), Err(CorrectionError::Why(_))));
    let hold = Transfer::reserve(id(4), SELLER, BANK, gbp(1), CODE);
    let held = ledger.post(vec![hold].into()).await.unwrap().entries;
    assert_eq!(Correction::of(&held[0], CODE, "no"), Err(CorrectionError::NotPosted));
}

#[tokio::test]
async fn a_part_is_posted_and_the_rest_stays_held() {
    let ledger = ledger().await;
    let until = Timestamp::from_micros(50);
    let hold = Transfer::reserve(id(2), SELLER, OTHER, gbp(100), CODE).expiring(until).with_reference(4);
    ledger.post(vec![post(1, BANK, SELLER, 100), hold.clone()].into()).await.unwrap();
    let first = PartPost::new(id(3), &hold, gbp(30), CODE).unwrap();
    ledger.post(first.transfers().into()).await.unwrap();
    assert!(ledger.post(first.transfers().into()).await.unwrap().repeated);
    let rest = first.rest.unwrap();
    assert_eq!((rest.amount, rest.kind, rest.reference), (gbp(70), hold.kind, 4));
    let seller = state(&ledger, SELLER).await;
    assert_eq!((seller.net_minor(), seller.available_minor()), (70, 0), "no penny of the rest is free");
    let last = PartPost::new(id(4), &rest, gbp(70), CODE).unwrap();
    assert_eq!(last.rest, None);
    ledger.post(last.transfers().into()).await.unwrap();
    assert_eq!(state(&ledger, OTHER).await.net_minor(), 100);
    for amount in [gbp(0), gbp(-1), gbp(101), Money::new(5, Currency::EUR)] {
        assert_eq!(
            PartPost::new(id(5), &hold, amount, CODE),
            Err(PartPostError::NoPart { amount, reserved: gbp(100) })
        );
    }
    assert_eq!(
        PartPost::new(id(5), &post(1, BANK, SELLER, 1), gbp(1), CODE),
        Err(PartPostError::NotReserved(id(1)))
    );
    let last_tag = TransferId::from_raw(id(5).raw() | 0xff);
    assert_eq!(PartPost::new(last_tag, &hold, gbp(1), CODE), Err(PartPostError::NoId));
    assert!(PartPost::new(last_tag, &hold, gbp(100), CODE).is_ok(), "the whole needs one id");
}

#[tokio::test]
async fn a_sweep_empties_and_closes() {
    let ledger = ledger().await;
    ledger.post(vec![post(1, BANK, SELLER, 70)].into()).await.unwrap();
    let limits = AccountChange::SetLimits { id: SELLER, floor: Some(10), ceiling: None };
    ledger.post(Journal::new(vec![limits], vec![])).await.unwrap();
    let sweep = Sweep::new(&state(&ledger, SELLER).await, OTHER, CODE).unwrap();
    ledger.post(vec![post(2, BANK, SELLER, 5)].into()).await.unwrap();
    let done = ledger.post(sweep.journal(id(3))).await.unwrap();
    assert_eq!(done.entries[0].transfer.amount, gbp(75), "what came in between is moved too");
    let seller = state(&ledger, SELLER).await;
    assert!(seller.account.closed && seller.balance.at_rest());
    let empty = Sweep::new(&seller, OTHER, CODE).unwrap().journal(id(4));
    assert_eq!(empty.transfers, []);
    ledger.post(empty).await.unwrap();

    let sweep = Sweep::new(&state(&ledger, OTHER).await, BANK, CODE).unwrap();
    let hold = Transfer::reserve(id(5), OTHER, BANK, gbp(1), CODE);
    ledger.post(vec![hold.clone()].into()).await.unwrap();
    let refused = ledger.post(sweep.journal(id(6))).await.unwrap_err();
    assert_eq!(refused.code().code, "LEDGER_ACCOUNT_NOT_AT_REST");
    assert_eq!(state(&ledger, OTHER).await.net_minor(), 75, "nothing was moved");
    let held = Sweep::new(&state(&ledger, OTHER).await, BANK, CODE);
    assert_eq!(held, Err(SweepError::Reserved(OTHER)));
    assert_eq!(Sweep::new(&state(&ledger, BANK).await, BANK, CODE), Err(SweepError::SameAccount(BANK)));
    ledger.post(vec![Transfer::void(id(7), &hold, CODE)].into()).await.unwrap();
    let bank = state(&ledger, BANK).await;
    ledger.post(Sweep::new(&bank, OTHER, CODE).unwrap().journal(id(10))).await.unwrap();
    assert!(state(&ledger, BANK).await.account.closed, "an account of the debit side is credited");
    let overdrawn = AccountState { balance: Balance { debits_posted: 5, ..Balance::default() }, ..seller };
    assert_eq!(Sweep::new(&overdrawn, BANK, CODE), Err(SweepError::BelowZero { account: SELLER, net: -5 }));
}
