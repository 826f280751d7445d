//! Posting, journals, ids, content.

use super::{BANK, Bench, EUROS, OTHER, SELLER, id, post};
use crate::{AccountId, EntryKind, Journal, Refusal};

pub(super) async fn posting_moves_money_and_keeps_history(b: Bench) {
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

pub(super) async fn journals_are_all_or_none(b: Bench) {
    let last_fails =
        vec![post(1, BANK, SELLER, 500), post(2, SELLER, OTHER, 400), post(3, SELLER, OTHER, 101)];
    assert!(matches!(b.refused(last_fails).await, Refusal::FloorBreached { available: 100, floor: 0, .. }));
    assert_eq!((b.net(BANK).await, b.net(SELLER).await, b.net(OTHER).await), (0, 0, 0));
    assert_eq!(b.ledger.entry(id(1)).await.expect("readable"), None);
    b.ok(vec![post(1, BANK, SELLER, 500), post(2, SELLER, OTHER, 400)]).await;
    assert_eq!((b.net(SELLER).await, b.net(OTHER).await), (100, 400));
}

pub(super) async fn ids_are_used_once(b: Bench) {
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

pub(super) async fn content_is_judged_first(b: Bench) {
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
