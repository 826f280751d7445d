//! Everyone is screened again when a list changes: only what changed is compared, and nobody is left out.

use super::{decide, desk, known, list, put, told, who};
use crate::bench::Bench;
use pmts_app::aml::{Delta, Rescreen};
use pmts_compliance::aml::cases::{Role, Verdict};
use std::sync::Arc;

fn delta(b: &Bench, begun: &Rescreen) -> Arc<Delta> {
    Arc::new(b.platform.lists.delta(&begun.before, &begun.lists).unwrap().expect("both versions are kept"))
}

async fn again(b: &Bench) -> Rescreen {
    let begun = desk(b).begin_rescreen(&who("ann")).await.unwrap().expect("there is something to do");
    let delta = delta(b, &begun.value);
    desk(b).rescreen(begun, Some(delta), &who("ann"), |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_list_holds_and_releases_whom_it_concerns() {
    let b = Bench::new().await;
    assert!(desk(&b).is_rescreened().await.unwrap(), "there is no list");
    for (n, name) in ["Osama bin Laden", "Ann Other", "Robert Mugabe", "Peter Smith"].iter().enumerate() {
        put(&b, &known(Role::Customer, &format!("c{n}"), name)).await;
    }
    list(&b, &[("1", "Usama bin LADIN"), ("2", "Robert Gabriel MUGABE")]).await;
    assert!(!desk(&b).is_rescreened().await.unwrap());
    let first = again(&b).await;
    assert_eq!((first.done, first.held, first.released), (4, 2, 0));
    assert!(desk(&b).is_rescreened().await.unwrap());
    assert!(desk(&b).begin_rescreen(&who("ann")).await.unwrap().is_none(), "nothing changed");

    // One is cleared. A list in which neither entry changed asks nothing again.
    let held = desk(&b).parties(None, true).await.unwrap();
    let mugabe = held.iter().find(|p| p.reference == "c2").unwrap();
    decide(&b, mugabe, Verdict::Another).await;
    list(&b, &[("1", "Usama bin LADIN"), ("2", "Robert Gabriel MUGABE"), ("3", "Nobody Atall")]).await;
    let begun = desk(&b).begin_rescreen(&who("ann")).await.unwrap().unwrap();
    assert_eq!(delta(&b, &begun.value).entries, 1);
    let second =
        desk(&b).rescreen(begun.clone(), Some(delta(&b, &begun.value)), &who("ann"), |_| {}).await.unwrap();
    assert_eq!((second.held, second.released), (0, 0));

    // An entry that goes frees whom it held; one that changes asks again about who was cleared; one that comes holds.
    list(&b, &[("2", "Robert MUGABE"), ("3", "Nobody Atall"), ("4", "Peter SMITH")]).await;
    let third = again(&b).await;
    assert_eq!((third.done, third.held, third.released), (4, 2, 1));
    let held: Vec<String> =
        desk(&b).parties(None, true).await.unwrap().into_iter().map(|p| p.reference).collect();
    assert!(
        held.len() == 2 && held.contains(&"c2".to_owned()) && held.contains(&"c3".to_owned()),
        "{held:?}"
    );
    let told = told(&b).await;
    let count = |kind: &str| told.iter().filter(|k| *k == kind).count();
    assert_eq!((count("screening.rescreened"), count("screening.hit_moot"), count("party.held")), (3, 1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_goes_on_and_a_change_in_the_middle_starts_over() {
    let b = Bench::new().await;
    let crowd = (0..4_500)
        .map(|n| {
            let name = if n % 1_000 == 7 { "Osama bin Laden".to_owned() } else { format!("Zzyx Qqwv{n}") };
            known(Role::Seller, &format!("s{n}"), &name)
        })
        .collect::<Vec<_>>();
    for part in crowd.chunks(1_000) {
        desk(&b).put_parties(part.to_vec(), &who("ann")).await.unwrap();
    }
    list(&b, &[("1", "Usama bin LADIN")]).await;
    let begun = desk(&b).begin_rescreen(&who("ann")).await.unwrap().unwrap();
    // It is cut off after the first page, and goes on there with the next process.
    let ann = who("ann");
    let (tell, told) = tokio::sync::oneshot::channel();
    let mut tell = Some(tell);
    let progress = |_: &Rescreen| {
        if let Some(tell) = tell.take() {
            tell.send(()).unwrap();
        }
    };
    let run = desk(&b).rescreen(begun.clone(), Some(delta(&b, &begun.value)), &ann, progress);
    tokio::select! {
        biased;
        _ = told => {}
        done = run => panic!("it was done before it could be cut off: {done:?}"),
    }
    let on = desk(&b).begin_rescreen(&who("bob")).await.unwrap().unwrap();
    assert_eq!(
        (on.value.done, on.value.after.is_some(), on.value.started),
        (2_000, true, begun.value.started)
    );
    assert!(!desk(&b).is_rescreened().await.unwrap());

    // Another list comes before it is through: everyone is looked at again, and what was not finished counts as not done.
    list(&b, &[("1", "Usama bin LADIN"), ("2", "Somebody Else")]).await;
    let over = desk(&b).begin_rescreen(&who("bob")).await.unwrap().unwrap();
    assert_eq!((over.value.done, delta(&b, &over.value).entries), (0, 2));
    let done =
        desk(&b).rescreen(over.clone(), Some(delta(&b, &over.value)), &who("bob"), |_| {}).await.unwrap();
    assert_eq!(done.done, 4_500);
    assert_eq!(desk(&b).parties(None, true).await.unwrap().len(), 5);
}
