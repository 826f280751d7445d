//! What changed from one version of a list to another.

use crate::aml::party::ListedParty;
use std::collections::BTreeMap;

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartyChange<'a> {
    /// It is new.
    Added(&'a ListedParty),
    /// It is gone.
    Removed(&'a ListedParty),
    /// It is another.
    Changed {
        /// As it was.
        from: &'a ListedParty,
        /// As it is.
        to: &'a ListedParty,
    },
}

/// The changes of all entries, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListDiff<'a> {
    /// In order of the ids.
    pub changes: Vec<PartyChange<'a>>,
}

impl<'a> ListDiff<'a> {
    /// Compares two versions. Those who stand on the new one and were not, or otherwise, on the old one are whom everyone has to be
    /// screened against again.
    pub fn between(old: &'a [ListedParty], new: &'a [ListedParty]) -> Self {
        let by_id =
            |list: &'a [ListedParty]| list.iter().map(|p| (p.id.as_str(), p)).collect::<BTreeMap<_, _>>();
        let (old, new) = (by_id(old), by_id(new));
        let mut changes: BTreeMap<&str, PartyChange<'a>> = BTreeMap::new();
        for (id, party) in &new {
            let change = match old.get(id) {
                None => PartyChange::Added(party),
                Some(was) if was != party => PartyChange::Changed { from: was, to: party },
                Some(_) => continue,
            };
            changes.insert(id, change);
        }
        let gone = old.iter().filter(|(id, _)| !new.contains_key(*id));
        changes.extend(gone.map(|(id, party)| (*id, PartyChange::Removed(party))));
        Self { changes: changes.into_values().collect() }
    }

    /// How many entries were added, changed and removed.
    pub fn counts(&self) -> (usize, usize, usize) {
        self.changes.iter().fold((0, 0, 0), |(a, c, r), change| match change {
            PartyChange::Added(_) => (a + 1, c, r),
            PartyChange::Changed { .. } => (a, c + 1, r),
            PartyChange::Removed(_) => (a, c, r + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aml::names::PartyKind;
    use crate::aml::party::NameQuality;

    #[test]
    fn added_changed_and_removed_entries_are_told() {
        let party = |id: &str, name: &str| {
            let mut party = ListedParty::new(id, PartyKind::Person);
            party.name(name, NameQuality::Primary);
            party
        };
        let old = [party("1", "A B"), party("2", "C D"), party("3", "E F")];
        let new = [party("4", "G H"), party("3", "E F"), party("2", "C X")];
        let diff = ListDiff::between(&old, &new);
        assert_eq!(diff.counts(), (1, 1, 1));
        assert!(matches!(diff.changes[0], PartyChange::Removed(p) if p.id == "1"));
        assert!(matches!(diff.changes[1], PartyChange::Changed { to, .. } if to.primary() == "C X"));
        assert_eq!(ListDiff::between(&new, &new).counts(), (0, 0, 0));
    }
}
