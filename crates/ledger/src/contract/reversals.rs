//! Taking back what was posted: whole, once.

use super::{BANK, Bench, CODE, OTHER, SELLER, gbp, id, post};
use crate::{AccountChange, EntryKind, Refusal, Transfer, reversal_id};

pub(super) async fn a_transfer_is_taken_back_once(b: Bench) {
    let wrong = post(1, BANK, SELLER, 40).with_reference(5);
    b.ok(vec![wrong.clone()]).await;
    let back = Transfer::reverse(&wrong, CODE);
    assert_eq!((back.id, back.reference), (reversal_id(id(1)), 5));
    // A refusal does not burn the id: there is no other under which to decide again.
    b.ok(vec![post(2, SELLER, OTHER, 1)]).await;
    assert!(matches!(b.refused(vec![back.clone()]).await, Refusal::FloorBreached { available: 39, .. }));
    b.ok(vec![post(3, BANK, SELLER, 1)]).await;
    // The reversal and the right transfer in one journal.
    let done = b.ok(vec![back.clone(), post(4, BANK, OTHER, 40)]).await;
    assert_eq!(
        (done[0].kind, done[0].transfer.debit, done[0].transfer.credit),
        (EntryKind::Posted, SELLER, BANK)
    );
    assert_eq!((b.net(SELLER).await, b.net(OTHER).await), (0, 41));
    assert!(
        b.ledger.post(vec![back.clone(), post(4, BANK, OTHER, 40)].into()).await.expect("a repeat").repeated
    );
    let again = Transfer { code: crate::TransferCode(8), ..back.clone() };
    assert_eq!(b.refused(vec![again]).await, Refusal::IdTaken, "at most once, whatever the reason");
    let twice = Transfer::reverse(&back, CODE);
    assert_eq!(
        b.refused(vec![twice]).await,
        Refusal::ReversalIdMismatch(back.id),
        "a reversal is not taken back"
    );
}

pub(super) async fn only_what_was_posted_can_be_taken_back(b: Bench) {
    b.ok(vec![post(1, BANK, SELLER, 100)]).await;
    let missing = Transfer::reverse(&post(9, BANK, SELLER, 5), CODE);
    assert_eq!(b.refused(vec![missing.clone()]).await, Refusal::OriginalMissing(id(9)));
    let (less, other) = (post(1, BANK, SELLER, 99), post(1, BANK, OTHER, 100));
    for like in [less, other] {
        assert_eq!(b.refused(vec![Transfer::reverse(&like, CODE)]).await, Refusal::ReversalMismatch(id(1)));
    }
    let named = Transfer { id: id(8), ..Transfer::reverse(&post(1, BANK, SELLER, 100), CODE) };
    assert_eq!(b.refused(vec![named]).await, Refusal::ReversalIdMismatch(id(1)));
    let plain = Transfer { id: reversal_id(id(1)), ..post(1, SELLER, BANK, 100) };
    assert_eq!(b.refused(vec![plain]).await, Refusal::IdReserved, "the ids of reversals are for reversals");

    let hold = Transfer::reserve(id(2), SELLER, OTHER, gbp(50), CODE);
    let part = Transfer::post_reserved(id(3), &hold, gbp(20), CODE);
    b.ok(vec![hold.clone()]).await;
    assert_eq!(b.refused(vec![Transfer::reverse(&hold, CODE)]).await, Refusal::OriginalMissing(id(2)));
    b.ok(vec![part.clone()]).await;
    assert_eq!(b.refused(vec![Transfer::reverse(&hold, CODE)]).await, Refusal::OriginalMissing(id(2)));
    b.ok(vec![Transfer::reverse(&part, CODE)]).await;
    assert_eq!((b.net(SELLER).await, b.net(OTHER).await, b.available(SELLER).await), (100, 0, 100));
    let hold = Transfer::reserve(id(4), SELLER, OTHER, gbp(50), CODE);
    let void = Transfer::void(id(5), &hold, CODE);
    b.ok(vec![hold, void.clone()]).await;
    assert_eq!(b.refused(vec![Transfer::reverse(&void, CODE)]).await, Refusal::OriginalMissing(id(5)));

    let late = post(9, BANK, SELLER, 5);
    b.ok(vec![late]).await;
    b.ok(vec![missing]).await;
    assert_eq!(b.net(SELLER).await, 100, "a reversal that came too early may come again");
    b.ok(vec![post(10, BANK, OTHER, 5), post(11, OTHER, BANK, 5)]).await;
    b.change(AccountChange::Close(OTHER)).await;
    let closed = Transfer::reverse(&post(11, OTHER, BANK, 5), CODE);
    assert_eq!(b.refused(vec![closed.clone()]).await, Refusal::AccountClosed(OTHER));
    b.change(AccountChange::Reopen(OTHER)).await;
    b.ok(vec![closed]).await;
}
