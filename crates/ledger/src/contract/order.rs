//! The documented order of precedence, walked: journals that break two rules name the first.

use super::{BANK, Bench, CODE, EUROS, OTHER, SELLER, gbp, id, post};
use crate::{
    Account, AccountChange, AccountId, ChartCode, Condition, EntityCode, Journal, Refusal, Side, Transfer,
    Velocity, precedence, reversal_id,
};
use pmts_kernel::{Coded, Timestamp};
use pmts_money::Currency;

const fn acct(n: u128) -> AccountId {
    AccountId::from_raw(n << 8)
}

const GHOST: AccountId = acct(70);
const NOBODY: AccountId = acct(71);
const CLOSED: AccountId = acct(72);
const SHUT: AccountId = acct(73);
const FAST: AccountId = acct(74);
const CAPPED: AccountId = acct(75);
const STORE: AccountId = acct(76);

async fn prepare(b: &Bench) {
    let gbp_account = |id, side| Account::new(id, Currency::GBP, ChartCode(30), side);
    let slow = Velocity { side: Side::Debit, window_secs: 86_400, most_minor: Some(10), most_count: None };
    let accounts = vec![
        gbp_account(CLOSED, Side::Credit),
        Account { entity: EntityCode(3), ..gbp_account(SHUT, Side::Debit) },
        gbp_account(FAST, Side::Credit).with_velocity(slow),
        gbp_account(CAPPED, Side::Debit).with_ceiling(50),
        gbp_account(STORE, Side::Debit).with_floor(0),
    ];
    let open = accounts.into_iter().map(AccountChange::Open).collect();
    let hold = Transfer::reserve(id(3), SELLER, OTHER, gbp(10), CODE);
    let gone = Transfer::reserve(id(4), SELLER, OTHER, gbp(10), CODE);
    let void = Transfer::void(id(5), &gone, CODE);
    let first = vec![post(1, BANK, SELLER, 100), post(2, SELLER, BANK, 50), hold, gone, void];
    b.ledger.post(Journal::new(open, first)).await.expect("prepared");
    let shut = AccountChange::SetPeriod { entity: EntityCode(3), closed_through: Some(1_000_000) };
    b.ledger.post(Journal::new(vec![AccountChange::Close(CLOSED), shut], vec![])).await.expect("prepared");
    assert!(matches!(b.refused(vec![post(6, SELLER, BANK, 900)]).await, Refusal::FloorBreached { .. }));
}

/// Journals that break two rules, in the order of the rules they must name, and the other rule.
fn doubly_wrong() -> Vec<(&'static str, &'static str, Journal)> {
    let hold = Transfer::reserve(id(3), SELLER, OTHER, gbp(10), CODE);
    let gone = Transfer::reserve(id(4), SELLER, OTHER, gbp(10), CODE);
    let missing = Transfer::reserve(id(90), SELLER, OTHER, gbp(10), CODE);
    let past = Timestamp::from_micros(5);
    let zero = || post(20, BANK, SELLER, 0);
    let one = Journal::of;
    let of = |t: Transfer| Journal::of(vec![t]);
    let changed = |change, t| Journal::new(vec![change], vec![t]);
    let stale = Condition::Version { account: BANK, version: 999 };
    let given = |condition, t| Journal { conditions: vec![condition], ..Journal::of(vec![t]) };
    let taken = AccountChange::Open(Account::new(BANK, Currency::EUR, ChartCode(10), Side::Debit));
    let fresh = |id| Account::new(id, Currency::GBP, ChartCode(30), Side::Debit);
    let bad = Velocity { side: Side::Debit, window_secs: 0, most_minor: None, most_count: None };
    let limits = |id| AccountChange::SetLimits { id, floor: None, ceiling: None };
    let wrong_id = Transfer { id: id(20), ..Transfer::reverse(&post(1, BANK, SELLER, 100), CODE) };
    let at = |micros| Some(Timestamp::from_micros(micros));
    vec![
        ("TIME_NOT_AFTER_LAST", "TIME_IN_FUTURE", Journal { at: at(1_000_001), ..Journal::default() }),
        ("TIME_IN_FUTURE", "ACCOUNT_TAKEN", Journal { at: at(2_000_000), ..changed(taken.clone(), zero()) }),
        ("ACCOUNT_TAKEN", "VERSION_MISMATCH", Journal { conditions: vec![stale], ..changed(taken, zero()) }),
        (
            "ACCOUNT_MISSING",
            "VELOCITY_MALFORMED",
            changed(AccountChange::SetVelocity { id: GHOST, velocity: vec![bad] }, zero()),
        ),
        ("ACCOUNT_MISSING", "AMOUNT_NOT_POSITIVE", changed(AccountChange::Close(GHOST), zero())),
        (
            "VELOCITY_MALFORMED",
            "PARENT_MISSING",
            changed(AccountChange::Open(fresh(GHOST).under(NOBODY).with_velocity(bad)), zero()),
        ),
        (
            "PARENT_MISSING",
            "VERSION_MISMATCH",
            Journal {
                conditions: vec![stale],
                ..changed(AccountChange::Open(fresh(GHOST).under(NOBODY)), zero())
            },
        ),
        (
            "ACCOUNT_MISSING",
            "VERSION_MISMATCH",
            Journal { conditions: vec![stale], ..changed(limits(GHOST), zero()) },
        ),
        ("VERSION_MISMATCH", "AMOUNT_NOT_POSITIVE", given(stale, zero())),
        (
            "CONDITION_FAILED",
            "AMOUNT_NOT_POSITIVE",
            given(Condition::HeldOn { account: BANK, day: 0, minor: -1 }, zero()),
        ),
        ("AMOUNT_NOT_POSITIVE", "SAME_ACCOUNT", of(post(20, BANK, BANK, 0))),
        ("SAME_ACCOUNT", "ID_RESERVED", of(post(1 << 119, BANK, BANK, 1))),
        ("SAME_ACCOUNT", "REVERSAL_ID_MISMATCH", of(Transfer { credit: SELLER, ..wrong_id.clone() })),
        ("ID_RESERVED", "DEBIT_MISSING", of(post(1 << 119, GHOST, BANK, 1))),
        ("DUPLICATE_IN_JOURNAL", "ID_REFUSED", {
            let refused = post(6, SELLER, BANK, 900);
            // Of two transfers the earlier is named, so the copy must come before the refused id is looked at.
            one(vec![post(20, BANK, SELLER, 1), post(20, BANK, SELLER, 1), refused])
        }),
        ("ID_REFUSED", "FLOOR_BREACHED", of(post(6, SELLER, BANK, 900))),
        ("ID_TAKEN", "DEBIT_MISSING", of(post(1, GHOST, SELLER, 100))),
        ("DEBIT_MISSING", "CREDIT_MISSING", of(post(20, GHOST, NOBODY, 1))),
        ("CREDIT_MISSING", "CURRENCY_MISMATCH", of(post(21, EUROS, NOBODY, 1))),
        ("CURRENCY_MISMATCH", "ACCOUNT_CLOSED", of(post(22, CLOSED, EUROS, 1))),
        ("ACCOUNT_CLOSED", "PERIOD_CLOSED", of(post(23, SHUT, CLOSED, 1))),
        ("PERIOD_CLOSED", "ORIGINAL_MISSING", of(Transfer::reverse(&post(91, BANK, SHUT, 1), CODE))),
        ("PERIOD_CLOSED", "REVERSAL_MISMATCH", of(Transfer::reverse(&post(1, SHUT, SELLER, 100), CODE))),
        (
            "PERIOD_CLOSED",
            "RESERVATION_MISSING",
            of(Transfer { credit: SHUT, ..Transfer::void(id(24), &missing, CODE) }),
        ),
        (
            "PERIOD_CLOSED",
            "EXPIRY_PAST",
            of(Transfer::reserve(id(25), SHUT, BANK, gbp(1), CODE).expiring(past)),
        ),
        ("ORIGINAL_MISSING", "FLOOR_BREACHED", of(Transfer::reverse(&post(92, BANK, SELLER, 5_000), CODE))),
        ("REVERSAL_MISMATCH", "FLOOR_BREACHED", of(Transfer::reverse(&post(1, BANK, SELLER, 5_000), CODE))),
        (
            "RESERVATION_MISSING",
            "RESERVATION_MISMATCH",
            of(Transfer { credit: BANK, ..Transfer::void(id(26), &missing, CODE) }),
        ),
        (
            "RESERVATION_RESOLVED",
            "RESERVATION_MISMATCH",
            of(Transfer { credit: BANK, ..Transfer::void(id(27), &gone, CODE) }),
        ),
        (
            "RESERVATION_MISMATCH",
            "RESERVATION_EXCEEDED",
            of(Transfer { credit: BANK, ..Transfer::post_reserved(id(28), &hold, gbp(11), CODE) }),
        ),
        (
            "EXPIRY_PAST",
            "FLOOR_BREACHED",
            of(Transfer::reserve(id(29), SELLER, OTHER, gbp(900), CODE).expiring(past)),
        ),
        (
            "NOTHING_AVAILABLE",
            "VELOCITY_EXCEEDED",
            of(Transfer::post_up_to(id(30), FAST, BANK, gbp(11), CODE)),
        ),
        ("OVERFLOW", "FLOOR_BREACHED", of(post(31, SELLER, OTHER, i64::MAX))),
        ("FLOOR_BREACHED", "CEILING_BREACHED", of(post(32, SELLER, OTHER, 2_000))),
        // The rule counts, not the account: the floor of the payee comes before the ceiling of the payer.
        ("FLOOR_BREACHED", "CEILING_BREACHED", of(post(33, CAPPED, STORE, 51))),
        ("CEILING_BREACHED", "VELOCITY_EXCEEDED", of(post(34, FAST, OTHER, 2_000))),
        (
            "VELOCITY_EXCEEDED",
            "ACCOUNT_NOT_AT_REST",
            changed(AccountChange::Close(SELLER), post(35, FAST, BANK, 11)),
        ),
    ]
}

pub(super) async fn the_first_broken_rule_is_named(b: Bench) {
    prepare(&b).await;
    let rules = precedence();
    let place = |code: &str| rules.iter().position(|r| r.code.code == code).expect("the rule has a place");
    for (first, second, journal) in doubly_wrong() {
        let (first, second) = (format!("LEDGER_{first}"), format!("LEDGER_{second}"));
        assert!(
            place(&first) < place(&second) || first == "LEDGER_ACCOUNT_MISSING",
            "{first} before {second}"
        );
        // For once the clock stands behind the last entry, so that a moment can be both too early and too late.
        b.clock.set(Timestamp::from_micros(if second.ends_with("TIME_IN_FUTURE") {
            1_000_000
        } else {
            1_500_000
        }));
        let refusal = b.refuses(journal.clone()).await;
        assert_eq!(refusal.code().code, first, "{second} comes later: {journal:#?}");
    }
    let last =
        b.refuses(Journal::new(vec![AccountChange::Close(SELLER)], vec![post(40, BANK, SELLER, 1)])).await;
    assert_eq!(last, Refusal::AccountNotAtRest(SELLER));
    let own = Transfer { id: reversal_id(id(1)), ..post(1, BANK, BANK, 1) };
    assert_eq!(b.refused(vec![own]).await, Refusal::SameAccount);
}
