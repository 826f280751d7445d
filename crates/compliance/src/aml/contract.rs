//! What every implementation of [`Screening`] has to do, as tests that can be run from anywhere.

use super::Subject;
use super::names::PartyKind;
use super::party::{ListedParty, NameQuality};
use super::screening::Screening;
use std::sync::Arc;

/// The entries that the suite wants on the lists: people, a company and a vessel.
pub fn parties() -> Vec<ListedParty> {
    let entries = [
        ("p1", PartyKind::Person, "Zebulon Quandt Orlovsky"),
        ("p2", PartyKind::Person, "Hieronyma Vantongeren"),
        ("c1", PartyKind::Company, "Krylatskoye Drilling Works"),
        ("v1", PartyKind::Vessel, "Obsidian Petrel"),
    ];
    let party = |(id, kind, name): (&str, PartyKind, &str)| {
        let mut party = ListedParty::new(id, kind);
        party.name(name, NameQuality::Primary);
        party
    };
    entries.into_iter().map(party).collect()
}

/// Tries a [`Screening`]; `make` gives one whose lists have these entries and no others.
///
/// # Panics
/// If the contract is broken; the message says how.
pub async fn screening(make: impl AsyncFn(Vec<ListedParty>) -> Arc<dyn Screening>) {
    let screening = make(parties()).await;
    for party in parties() {
        for name in
            [party.primary().to_owned(), party.primary().to_uppercase(), party.primary().to_lowercase()]
        {
            for kind in [None, Some(party.kind)] {
                let subject = Subject { name: name.clone(), kind, ..Subject::default() };
                let told = screening.screen(&subject).await.expect("answers");
                let best = told.found.first();
                assert!(
                    best.is_some_and(|f| f.hit && f.id == party.id),
                    "a listed name is a hit: {subject:?} gave {told:?}"
                );
                assert!(told.found.iter().all(|f| f.score <= 1_000), "scores are at most 1,000");
                let falling =
                    told.found.windows(2).all(|w| w[0].score >= w[1].score && (w[0].hit || !w[1].hit));
                assert!(falling, "the likeliest come first: {told:?}");
                let again = screening.screen(&subject).await.expect("answers");
                assert_eq!(told, again, "the same question has the same answer");
                for found in &told.found {
                    let of_a_list = told
                        .lists
                        .iter()
                        .any(|(list, version)| *list == found.list && *version == found.version);
                    assert!(of_a_list, "a match names a list that was screened against, and its version");
                    assert_eq!(
                        told.found.iter().filter(|f| f.id == found.id).count(),
                        1,
                        "an entry comes once"
                    );
                }
            }
        }
    }
    for name in ["Tamsin Woodhouse", "Böhmische Glashütte AG", "", "?!", "\u{1f6a2}"] {
        let subject = Subject { name: name.to_owned(), ..Subject::default() };
        let told = screening.screen(&subject).await.expect("answers");
        assert!(!told.is_hit(), "a name that is not listed is no hit: {subject:?} gave {told:?}");
        assert!(!told.lists.is_empty(), "the lists are told when nothing is found, too");
    }
}
