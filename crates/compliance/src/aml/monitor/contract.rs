//! What every implementation of [`Monitor`] has to do, as tests that can be run from anywhere.

use super::alert::Alert;
use super::fact::{Fact, Movement, MovementKind};
use super::port::Monitor;
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};
use std::collections::HashSet;
use std::sync::Arc;

/// Noon of 2026-06-01.
const NOON: i64 = 1_780_315_200;

fn paid(id: String, kind: MovementKind, [from, to]: [&str; 2], minor: i64, hours: i64) -> Fact {
    Fact::Moved(Movement {
        id,
        at: Timestamp::from_micros((NOON + hours * 3_600) * 1_000_000),
        kind,
        from: from.to_owned(),
        to: to.to_owned(),
        amount: Money::new(minor, Currency::USD),
        value_minor: None,
        from_country: None,
        to_country: None,
    })
}

/// A customer who pays in 9,500 dollars at one branch and 9,500 at another on the same afternoon.
pub fn cash_in_pieces(party: &str) -> Vec<Fact> {
    let piece = |n: i64, branch: &str| {
        paid(format!("{party}-{n}"), MovementKind::CashIn, [branch, party], 950_000, n)
    };
    vec![piece(1, "branch-a"), piece(3, "branch-b")]
}

/// Tries a [`Monitor`]; `make` gives one that has seen nothing.
///
/// # Panics
/// If the contract is broken; the message says how.
pub async fn monitor(make: impl AsyncFn() -> Arc<dyn Monitor>) {
    let mut facts = vec![paid("shop".to_owned(), MovementKind::Purchase, ["buyer", "seller"], 4_200, 0)];
    facts.extend(cash_in_pieces("launderer"));
    facts.extend((0..40).map(|n| {
        let buyer = format!("buyer-{n}");
        paid(format!("b{n}"), MovementKind::Purchase, [&buyer, "seller"], 1_999 + n, 4 + n)
    }));
    let first = make().await;
    let mut told: Vec<Alert> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for fact in &facts {
        let Fact::Moved(movement) = fact else { continue };
        known.extend([movement.id.clone(), movement.from.clone(), movement.to.clone()]);
        let alerts = first.observe(fact).await.expect("takes it in");
        for alert in &alerts {
            assert!(!alert.movements.is_empty(), "an alert rests on movements: {alert:?}");
            assert!(
                alert.movements.iter().all(|id| known.contains(id)),
                "movements it was told of: {alert:?}"
            );
            assert!(alert.parties.contains(&alert.subject), "the subject takes part: {alert:?}");
            assert!(alert.parties.iter().all(|id| known.contains(id)), "customers it was told of: {alert:?}");
            assert!(!alert.why.is_empty() && !alert.scenario.is_empty(), "an alert says why: {alert:?}");
        }
        told.extend(alerts);
    }
    assert!(told.iter().any(|a| a.subject == "launderer"), "cash in pieces is suspicious: {told:?}");
    assert!(told.iter().all(|a| a.subject == "launderer"), "ordinary purchases are not: {told:?}");
    let ids: HashSet<&str> = told.iter().map(|a| a.id.as_str()).collect();
    assert_eq!(ids.len(), told.len(), "each alert has an id of its own");
    for fact in &facts {
        let again = first.observe(fact).await.expect("takes it in");
        assert!(again.is_empty(), "what is told twice counts once: {again:?}");
    }
    let second = make().await;
    let mut same = Vec::new();
    for fact in &facts {
        same.extend(second.observe(fact).await.expect("takes it in"));
    }
    assert_eq!(told, same, "the same facts give the same alerts");
    // One that comes late is taken in.
    let third = make().await;
    let mut late = Vec::new();
    for fact in facts[3..5].iter().chain(facts[1..3].iter().rev()) {
        late.extend(third.observe(fact).await.expect("takes it in"));
    }
    assert!(late.iter().any(|a| a.subject == "launderer"), "a late movement is suspicious as well: {late:?}");
}
