//! Reservations: held, resolved once, expired on time.

use super::{BANK, Bench, CODE, OTHER, SELLER, gbp, id, post};
use crate::{EntryKind, Refusal, Transfer};
use pmts_kernel::Timestamp;

pub(super) async fn reservations_hold_and_resolve_once(b: Bench) {
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

pub(super) async fn reservations_expire_on_time(b: Bench) {
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

    // A journal with nothing in it is enough.
    let at = Timestamp::from_micros(3_000_000);
    b.ok(vec![Transfer::reserve(id(7), SELLER, OTHER, gbp(40), CODE).expiring(at)]).await;
    b.clock.set(at);
    assert_eq!(b.available(SELLER).await, 0, "reading makes nothing lapse");
    b.ok(vec![]).await;
    assert_eq!(b.available(SELLER).await, 40);
}
