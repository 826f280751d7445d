//! Laws that hold for any names, and the index against comparing with everything.

use super::lists::ListHash;
use super::matching::{HIT, SCORE_MAX, Why, score};
use super::names::{Name, PartyKind};
use super::party::{ListedParty, NameQuality};
use super::{Screener, ScreeningList, Subject};
use proptest::prelude::*;

const KINDS: [PartyKind; 4] = [PartyKind::Person, PartyKind::Company, PartyKind::Vessel, PartyKind::Aircraft];

/// Words that mean something to the matcher, and some that do not.
fn word() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 26] = [
        "al",
        "bin",
        "Abd",
        "abdul",
        "Mohammed",
        "Muhammad",
        "Osama",
        "JC",
        "J.",
        "Ltd.",
        "(UK)",
        "IV",
        "2nd",
        "Bank",
        "AG",
        "صدام",
        "التكريتي",
        "عبدالله",
        "Владимир",
        "习近平",
        "김정은",
        "नरेन्द्र",
        "O'Brien",
        "Jean-Claude",
        "&",
        "S.A.R.L.",
    ];
    prop_oneof![proptest::sample::select(&KNOWN[..]).prop_map(str::to_owned), "[a-zA-Z]{1,8}", "\\PC{0,6}"]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![proptest::collection::vec(word(), 0..7).prop_map(|words| words.join(" ")), any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_score_is_symmetric_and_told_the_same_way(a in name(), b in name(), kind in proptest::sample::select(&KINDS[..])) {
        let (a, b) = (Name::new(&a, kind), Name::new(&b, kind));
        prop_assert_eq!(score(&a, &b), score(&b, &a));
        let (forth, back) = (Why::of(&a, &b), Why::of(&b, &a));
        prop_assert_eq!(forth.0, score(&a, &b));
        prop_assert!(forth.0 <= SCORE_MAX);
        if a.comes_after(&b) || b.comes_after(&a) {
            prop_assert_eq!((&forth.1.only_first, &forth.1.only_second), (&back.1.only_second, &back.1.only_first));
        }
    }

    #[test]
    fn a_name_is_itself_in_any_letter_case(a in name(), kind in proptest::sample::select(&KINDS[..])) {
        let ready = Name::new(&a, kind);
        if !ready.is_empty() && ready.tokens.iter().any(|t| t.weight > 0) {
            prop_assert_eq!(score(&ready, &ready), SCORE_MAX, "{}", a);
        }
    }

    #[test]
    fn any_text_and_any_long_text_is_taken(a in "\\PC{0,2000}", kind in proptest::sample::select(&KINDS[..])) {
        let ready = Name::new(&a, kind);
        prop_assert!(ready.tokens.len() <= 24);
        score(&ready, &Name::new("Osama bin Laden", kind));
    }
}

/// Made-up people from syllables, many of whom share parts of their names.
fn people(count: usize) -> Vec<ListedParty> {
    let mut random = 7_u64;
    let mut next = |n: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % n
    };
    let syllables = [
        "ka", "ro", "mi", "san", "del", "ter", "vi", "lo", "ab", "ur", "zhan", "pek", "o", "shi", "gar",
        "nim",
    ];
    let mut list = Vec::new();
    for id in 0..count {
        let mut party = ListedParty::new(id.to_string(), PartyKind::Person);
        let words: Vec<String> = (0..2 + next(2))
            .map(|_| (0..2 + next(2)).map(|_| syllables[next(syllables.len())]).collect())
            .collect();
        party.name(&words.join(" "), NameQuality::Primary);
        list.push(party);
    }
    list
}

#[test]
fn the_index_finds_what_comparing_with_everyone_finds() {
    let people = people(3_000);
    let ready: Vec<Name> = people.iter().map(|p| Name::new(p.primary(), PartyKind::Person)).collect();
    let list = ScreeningList { name: "own".to_owned(), hash: ListHash::of(&people), parties: people.clone() };
    let screener = Screener::new(vec![list]);
    let (mut hits, mut missed) = (0_u32, Vec::new());
    for (at, party) in people.iter().enumerate().step_by(10) {
        // A letter lost, at another place each time.
        let mut text = party.primary().to_owned();
        let place = at % text.len();
        if text.as_bytes()[place] != b' ' {
            text.remove(place);
        }
        let asked = Name::new(&text, PartyKind::Person);
        let subject = Subject { name: text.clone(), kind: Some(PartyKind::Person), ..Subject::default() };
        let found = screener.screen(&subject, HIT);
        for (other, name) in ready.iter().enumerate().filter(|(_, n)| score(&asked, n) >= HIT) {
            hits += 1;
            if !found.iter().any(|m| m.party.id == people[other].id) {
                missed.push(format!("{text} = {}", people[other].primary()));
            }
            assert!(name.tokens.len() >= 2);
        }
    }
    assert!(hits > 300, "{hits}");
    assert!(missed.len() * 200 <= hits as usize, "{} of {hits}: {missed:?}", missed.len());
}
