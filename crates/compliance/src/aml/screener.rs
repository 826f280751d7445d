//! Screens names against lists in memory.

use super::details::{Details, IDENTIFIER, plain_number};
use super::index::{NameIndex, Tally};
use super::lists::ListHash;
use super::matching::{HIT, Why, likeness};
use super::names::{Name, PartyKind};
use super::party::{Country, DaySpan, ListedParty, NameQuality};
use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;

/// A list in force: what it is called, which version, and who is on it.
#[derive(Debug)]
pub struct ScreeningList {
    /// What it is called.
    pub name: String,
    /// The version, by its content.
    pub hash: ListHash,
    /// The entries.
    pub parties: Vec<ListedParty>,
}

/// Who is screened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subject {
    /// The name.
    pub name: String,
    /// What it is; `None` if it is not known: then it is compared with all.
    pub kind: Option<PartyKind>,
    /// When born or founded, as well as it is known.
    pub birth: Option<DaySpan>,
    /// Nationality, residence and so on.
    pub countries: Vec<Country>,
    /// Numbers of passports, registrations, IMO.
    pub identifiers: Vec<String>,
    /// Street, town and so on.
    pub address: Option<String>,
}

/// An entry of a list that a subject may be.
#[derive(Debug, Clone)]
pub struct Match<'a> {
    /// Which list.
    pub list: &'a ScreeningList,
    /// Which entry.
    pub party: &'a ListedParty,
    /// Which of its names.
    pub name: &'a str,
    /// 0 to 1,000.
    pub score: u16,
    /// Whether the score is high enough for a person to look at it.
    pub hit: bool,
    /// What the score of the name is made of; the first name is the subject's, the second the entry's.
    pub why: Why,
    /// What was known besides the names.
    pub details: Details,
}

struct Entry {
    name: Name,
    /// Its list and its place there.
    party: (u32, u32),
    text: u32,
    quality: NameQuality,
}

/// All lists in force, with an index over their names. Never changes: a new version is a new one.
pub struct Screener {
    lists: Vec<ScreeningList>,
    entries: Vec<Entry>,
    index: NameIndex,
    identifiers: HashMap<String, Vec<(u32, u32)>>,
    tallies: Mutex<Vec<Tally>>,
}

/// An entry's best name so far.
struct Best {
    party: (u32, u32),
    entry: usize,
    kind: PartyKind,
    score: u16,
}

impl Screener {
    /// Makes the index. Takes a second or less for the lists of a few countries.
    pub fn new(lists: Vec<ScreeningList>) -> Self {
        let mut entries = Vec::new();
        let mut identifiers: HashMap<String, Vec<(u32, u32)>> = HashMap::new();
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        for (l, list) in lists.iter().enumerate() {
            for (p, party) in list.parties.iter().enumerate() {
                let at = (small(l), small(p));
                for number in party.identifiers.iter().filter_map(|i| plain_number(&i.number)) {
                    identifiers.entry(number).or_default().push(at);
                }
                for (n, name) in party.names.iter().enumerate() {
                    let ready = Name::new(&name.text, party.kind);
                    if !ready.is_empty() {
                        entries.push(Entry { name: ready, party: at, text: small(n), quality: name.quality });
                    }
                }
            }
        }
        let index = NameIndex::new(entries.iter().map(|e| &e.name));
        Self { lists, entries, index, identifiers, tallies: Mutex::default() }
    }

    /// The lists.
    pub fn lists(&self) -> &[ScreeningList] {
        &self.lists
    }

    /// How many names are compared with.
    pub fn names(&self) -> usize {
        self.entries.len()
    }

    /// The entries that the subject may be, the likeliest first, each once with its best name, from the score `least` on.
    pub fn screen(&self, subject: &Subject, least: u16) -> Vec<Match<'_>> {
        let mut tally = self.tallies.lock().ok().and_then(|mut free| free.pop()).unwrap_or_default();
        let mut best: Vec<Best> = Vec::new();
        let kinds: &[PartyKind] = match subject.kind {
            Some(PartyKind::Person) => &[PartyKind::Person],
            Some(PartyKind::Company) => &[PartyKind::Company],
            Some(PartyKind::Vessel | PartyKind::Aircraft) => &[PartyKind::Vessel],
            None => &[PartyKind::Person, PartyKind::Company, PartyKind::Vessel],
        };
        for kind in kinds {
            let name = Name::new(&subject.name, *kind);
            if !name.is_empty() {
                for at in self.index.candidates(&name, &mut tally) {
                    self.compare(&name, at as usize, subject, least, &mut best);
                }
            }
        }
        if let Ok(mut free) = self.tallies.lock() {
            free.push(tally);
        }
        let mut found: Vec<Match<'_>> = best.iter().map(|b| self.shown(b, subject)).collect();
        self.add_identified(subject, &mut found);
        found.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.party.id.cmp(&b.party.id)));
        found
    }

    fn party(&self, (list, party): (u32, u32)) -> (&ScreeningList, &ListedParty) {
        let list = &self.lists[list as usize];
        (list, &list.parties[party as usize])
    }

    fn compare(&self, name: &Name, at: usize, subject: &Subject, least: u16, best: &mut Vec<Best>) {
        let entry = &self.entries[at];
        if !same_kind(entry.name.kind, name.kind) {
            return;
        }
        let score = likeness(name, &entry.name).score;
        // Details add at most so much.
        if score + 120 < least || score == 0 {
            return;
        }
        let details = Details::of(subject, self.party(entry.party).1, entry.quality == NameQuality::Weak);
        let score = details.apply(score);
        if score < least {
            return;
        }
        match best.iter_mut().find(|b| b.party == entry.party) {
            Some(old) if old.score >= score => {}
            Some(old) => *old = Best { party: entry.party, entry: at, kind: name.kind, score },
            None => best.push(Best { party: entry.party, entry: at, kind: name.kind, score }),
        }
    }

    fn shown(&self, best: &Best, subject: &Subject) -> Match<'_> {
        let entry = &self.entries[best.entry];
        let (list, party) = self.party(entry.party);
        let details = Details::of(subject, party, entry.quality == NameQuality::Weak);
        let (_, why) = Why::of(&Name::new(&subject.name, best.kind), &entry.name);
        let text = &party.names[entry.text as usize].text;
        Match { list, party, name: text, score: best.score, hit: best.score >= HIT, why, details }
    }

    /// Who has a number of the subject's is found whatever the name is.
    fn add_identified<'s>(&'s self, subject: &Subject, found: &mut Vec<Match<'s>>) {
        let numbers = subject.identifiers.iter().filter_map(|n| plain_number(n));
        for at in numbers.filter_map(|n| self.identifiers.get(&n)).flatten() {
            let (list, party) = self.party(*at);
            if found.iter().any(|m| std::ptr::eq(m.party, party)) {
                continue;
            }
            let details = Details::of(subject, party, false);
            let kind = subject.kind.unwrap_or(party.kind);
            let (score, why) =
                Why::of(&Name::new(&subject.name, kind), &Name::new(party.primary(), party.kind));
            let score = details.apply(score).max(IDENTIFIER);
            found.push(Match { list, party, name: party.primary(), score, hit: true, why, details });
        }
    }
}

fn same_kind(listed: PartyKind, asked: PartyKind) -> bool {
    listed == asked || (listed == PartyKind::Aircraft && asked == PartyKind::Vessel)
}
