//! How many are found that should be, and how many that should not.

use crate::made::{Random, initialled, shortened, with_error, with_other_word};
use crate::{Data, Figure, is_foreign};
use pmts_compliance::aml::matching::{HIT, score};
use pmts_compliance::aml::names::{Name, PartyKind};
use pmts_compliance::aml::{Screener, Subject};
use std::error::Error;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A labelled pair.
pub(crate) struct Pair {
    pub(crate) kind: PartyKind,
    pub(crate) first: String,
    pub(crate) second: String,
    pub(crate) same: bool,
}

/// The labelled pairs of the data.
pub(crate) fn labelled(data: &Data) -> Result<Vec<Pair>> {
    let mut reader = csv::Reader::from_path(data.folder.join("names/pairs.csv"))?;
    let rows = reader.records().collect::<std::result::Result<Vec<_>, _>>()?;
    let pair = |row: &csv::StringRecord| Pair {
        kind: match &row[1] {
            "Person" => PartyKind::Person,
            "Vessel" => PartyKind::Vessel,
            _ => PartyKind::Company,
        },
        first: row[2].to_owned(),
        second: row[3].to_owned(),
        same: &row[4] == "true",
    };
    Ok(rows.iter().map(pair).collect())
}

/// Precision, recall and F1 in thousandths.
fn measure(pairs: &[Pair]) -> (u64, u64, u64) {
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    for pair in pairs {
        let hit = score(&Name::new(&pair.first, pair.kind), &Name::new(&pair.second, pair.kind)) >= HIT;
        match (hit, pair.same) {
            (true, true) => right += 1,
            (true, false) => wrong += 1,
            (false, true) => missed += 1,
            (false, false) => {}
        }
    }
    let share = |n: u64, of: u64| n * 1_000 / of.max(1);
    (share(right, right + wrong), share(right, right + missed), share(2 * right, 2 * right + wrong + missed))
}

pub(crate) fn pairs(data: &Data) -> Result<Vec<Figure>> {
    let pairs = labelled(data)?;
    let (precision, recall, f1) = measure(&pairs);
    let (people, others): (Vec<Pair>, Vec<Pair>) =
        pairs.into_iter().partition(|p| p.kind == PartyKind::Person);
    Ok(vec![
        ("labelled pairs", (people.len() + others.len()) as u64, ""),
        ("labelled pairs: precision", precision, "/ 1000"),
        ("labelled pairs: recall", recall, "/ 1000"),
        ("labelled pairs: F1", f1, "/ 1000"),
        ("labelled pairs: F1, people", measure(&people).2, "/ 1000"),
        ("labelled pairs: F1, others", measure(&others).2, "/ 1000"),
    ])
}

/// Pairs made from the names on the UN list.
pub(crate) fn made_pairs(data: &Data) -> Result<Vec<Figure>> {
    let mut random = Random::new(data.seed + 100);
    let names: Vec<(&str, PartyKind)> = data
        .un
        .iter()
        .map(|party| (party.primary(), party.kind))
        .filter(|(name, _)| !is_foreign(name) && name.split(' ').count() >= 2)
        .collect();
    let mut pairs = Vec::new();
    for (name, kind) in &names {
        let mut add = |second: Option<String>, same: bool| {
            let second = second.filter(|second| second != name);
            pairs.extend(second.map(|second| Pair { kind: *kind, first: (*name).to_owned(), second, same }));
        };
        add(Some(with_error(name, &mut random)), true);
        if *kind == PartyKind::Person {
            add(shortened(name, &mut random), true);
            add(initialled(name), true);
        }
        for _ in 0..2 {
            let other = random.of(&names).0;
            add(with_other_word(name, other), false);
        }
    }
    let (precision, recall, f1) = measure(&pairs);
    Ok(vec![
        ("made pairs", pairs.len() as u64, ""),
        ("made pairs: precision", precision, "/ 1000"),
        ("made pairs: recall", recall, "/ 1000"),
        ("made pairs: F1", f1, "/ 1000"),
    ])
}

fn person(name: &str) -> Subject {
    Subject { name: name.to_owned(), kind: Some(PartyKind::Person), ..Subject::default() }
}

fn is_hit(screener: &Screener, subject: &Subject, id: &str) -> bool {
    screener.screen(subject, HIT).iter().any(|m| m.party.id == id)
}

/// People on the UN list: as they are written there, and with one error, and with two.
pub(crate) fn people(data: &Data) -> Result<Vec<Figure>> {
    let written = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let mut on_list: Vec<(String, &str)> = Vec::new();
    let mut delisted = Vec::new();
    for name in data.column("un_plain.csv", 0)? {
        match data.un.iter().find(|party| written(party.primary()) == written(&name)) {
            Some(party) => on_list.push((name, &party.id)),
            None => delisted.push(name),
        }
    }
    let found = |errors: usize, rounds: usize| {
        let mut random = Random::new(data.seed + errors as u64);
        let (mut asked, mut found) = (0, 0);
        for _ in 0..rounds {
            for (name, id) in &on_list {
                let made = (0..errors).fold(name.clone(), |name, _| with_error(&name, &mut random));
                asked += 1;
                found += u64::from(is_hit(&data.un_only, &person(&made), id));
            }
        }
        (asked, found)
    };
    let ((plain, as_written), (one, with_one), (two, with_two)) = (found(0, 1), found(1, 5), found(2, 5));
    let gone = delisted.iter().filter(|name| data.un_only.screen(&person(name), HIT).is_empty()).count();
    Ok(vec![
        ("UN people asked for as written", plain, ""),
        ("UN people found as written", as_written * 10_000 / plain.max(1), "/ 10000"),
        ("UN people asked for with one error", one, ""),
        ("UN people found with one error", with_one * 10_000 / one.max(1), "/ 10000"),
        ("UN people asked for with two errors", two, ""),
        ("UN people found with two errors", with_two * 10_000 / two.max(1), "/ 10000"),
        ("people delisted since", delisted.len() as u64, ""),
        ("people delisted since, not hit", gone as u64, ""),
    ])
}

/// Names in original script, against a list that has only Latin names.
pub(crate) fn cross_script(data: &Data) -> Vec<Figure> {
    let (mut people, mut others) = ((0, 0), (0, 0));
    for party in &data.un {
        let Some(name) = party.names.iter().find(|name| is_foreign(&name.text)) else { continue };
        let subject = Subject { name: name.text.clone(), kind: Some(party.kind), ..Subject::default() };
        let hit = u64::from(is_hit(&data.latin_only, &subject, &party.id));
        let counter = if party.kind == PartyKind::Person { &mut people } else { &mut others };
        *counter = (counter.0 + 1, counter.1 + hit);
    }
    let (asked, found) = (people.0 + others.0, people.1 + others.1);
    vec![
        ("names in original script", asked, ""),
        ("names in original script: found", found * 1_000 / asked.max(1), "/ 1000"),
        ("names in original script: found, people", people.1 * 1_000 / people.0.max(1), "/ 1000"),
        ("names in original script: found, organisations", others.1 * 1_000 / others.0.max(1), "/ 1000"),
    ]
}

/// People who are on no list: those of the data, and those made of their first and last names.
pub(crate) fn negatives(data: &Data) -> Result<Vec<Figure>> {
    let mut names = Vec::new();
    let mut parts = Vec::new();
    for file in ["negatives_global.csv", "negatives_us.csv"] {
        names.extend(data.column(file, 0)?);
        parts.extend(data.column(file, 1)?.into_iter().zip(data.column(file, 3)?));
    }
    let mut random = Random::new(data.seed + 50);
    let mut made = Vec::new();
    while made.len() < 10_000 {
        let ((first, own), (_, last)) = (random.of(&parts).clone(), random.of(&parts).clone());
        if !first.is_empty() && !last.is_empty() && own != last && is_foreign(&first) == is_foreign(&last) {
            // In another script only of the same kind.
            let block = |text: &str| text.chars().next().map_or(0, |c| c as u32 >> 8);
            if !is_foreign(&first) || block(&first) == block(&last) {
                made.push(format!("{first} {last}"));
            }
        }
    }
    let hits = |names: &[String], screener: &Screener| {
        names.iter().filter(|name| !screener.screen(&person(name), HIT).is_empty()).count() as u64
    };
    let foreign = |names: &[String]| names.iter().filter(|n| is_foreign(n)).cloned().collect::<Vec<_>>();
    let (own, made_up) = (foreign(&names), foreign(&made));
    Ok(vec![
        ("people on no list", names.len() as u64, ""),
        ("people on no list: hits, UN", hits(&names, &data.un_only), ""),
        ("people on no list: hits, OFAC and UN", hits(&names, &data.all), ""),
        ("people on no list, not Latin", own.len() as u64, ""),
        ("people on no list, not Latin: hits, UN Latin names only", hits(&own, &data.latin_only), ""),
        ("made people", made.len() as u64, ""),
        ("made people: hits, UN", hits(&made, &data.un_only), ""),
        ("made people: hits, OFAC and UN", hits(&made, &data.all), ""),
        ("made people, not Latin", made_up.len() as u64, ""),
        ("made people, not Latin: hits, UN Latin names only", hits(&made_up, &data.latin_only), ""),
    ])
}
