//! Words the matcher knows: nicknames, common names, particles, legal forms, words of organisations. Read once from `data`.

use super::script::Script;
use super::sounds;
use super::translit;
use foldhash::{HashMap, HashMapExt};
use std::sync::OnceLock;

/// Groups that a word belongs to; 0 is none.
pub(crate) type Groups = [u16; 4];

/// What is known of one word of a person's name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PersonWord {
    pub(crate) groups: Groups,
    /// Of a hundred; 0 if nothing is known.
    pub(crate) weight: u16,
    pub(crate) is_particle: bool,
    pub(crate) is_title: bool,
}

/// What is known of one word of an organisation's or vessel's name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OrgWord {
    pub(crate) group: u16,
    /// Of a hundred; 0 if nothing is known.
    pub(crate) weight: u16,
    pub(crate) is_vessel: bool,
}

/// All tables, by the letters of the word.
pub(crate) struct Words {
    person: HashMap<Vec<u8>, PersonWord>,
    org: HashMap<Vec<u8>, OrgWord>,
    /// Legal forms by their words with single spaces: the family's number.
    forms: HashMap<Vec<u8>, u8>,
    /// The most words of a form that begins with this word.
    form_starts: HashMap<Vec<u8>, usize>,
    numbers: HashMap<Vec<u8>, &'static str>,
}

impl Words {
    /// The tables.
    pub(crate) fn get() -> &'static Self {
        static WORDS: OnceLock<Words> = OnceLock::new();
        WORDS.get_or_init(Self::read)
    }

    pub(crate) fn person(&self, letters: &[u8]) -> PersonWord {
        self.person.get(letters).copied().unwrap_or_default()
    }

    pub(crate) fn org(&self, letters: &[u8]) -> OrgWord {
        self.org.get(letters).copied().unwrap_or_default()
    }

    /// The digits of a number word or ordinal: `third` and `3rd` give `3`.
    pub(crate) fn number(&self, letters: &[u8]) -> Option<&'static str> {
        self.numbers.get(letters).copied()
    }

    /// The longest legal form at the head of these words: its family, and how many words it has. What is a form in Latin letters need
    /// not be one when another script sounds like it.
    pub(crate) fn form<'a>(
        &self,
        latin: bool,
        words: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Option<(u8, usize)> {
        let most = *self.form_starts.get(words.clone().next()?)?;
        let mut phrase = Vec::with_capacity(64);
        phrase.push(u8::from(latin));
        let mut found = None;
        for (i, word) in words.take(most).enumerate() {
            if i > 0 {
                phrase.push(b' ');
            }
            phrase.extend_from_slice(word);
            if let Some(family) = self.forms.get(&phrase) {
                found = Some((*family, i + 1));
            }
        }
        found
    }

    fn read() -> Self {
        let mut words = Self {
            person: HashMap::new(),
            org: HashMap::new(),
            forms: HashMap::new(),
            form_starts: HashMap::new(),
            numbers: NUMBERS.iter().map(|(word, digits)| (word.as_bytes().to_vec(), *digits)).collect(),
        };
        for (line, number) in lines(include_str!("../../../data/nicknames.txt")).zip(1..) {
            for word in line.split_whitespace() {
                let known = words.person.entry(letters_of(word)).or_default();
                if let Some(free) = known.groups.iter_mut().find(|g| **g == 0) {
                    *free = number;
                }
            }
        }
        for line in lines(include_str!("../../../data/common-names.txt")) {
            let mut parts = line.split_whitespace();
            let weight = parts.next().and_then(|w| w.parse().ok()).unwrap_or(100);
            for word in parts {
                words.person.entry(letters_of(word)).or_default().weight = weight;
            }
        }
        for line in lines(include_str!("../../../data/particles.txt")) {
            let mut parts = line.split_whitespace();
            let kind = parts.next().unwrap_or_default();
            for word in parts {
                match kind {
                    "vessel" => words.org.entry(word.as_bytes().to_vec()).or_default().is_vessel = true,
                    "title" => words.person.entry(letters_of(word)).or_default().is_title = true,
                    _ => words.person.entry(letters_of(word)).or_default().is_particle = true,
                }
            }
        }
        for (line, number) in lines(include_str!("../../../data/org-words.txt")).zip(1..) {
            let mut parts = line.split_whitespace();
            let weight = parts.next().and_then(|w| w.parse().ok()).unwrap_or(100);
            for word in parts {
                let known = words.org.entry(letters_of(word)).or_default();
                (known.group, known.weight) = (number, weight);
            }
        }
        for (line, family) in lines(include_str!("../../../data/company-forms.txt")).zip(1..) {
            let (_, spellings) = line.split_once(':').unwrap_or_default();
            for spelling in spellings.split('|') {
                let parts: Vec<Vec<u8>> = spelling.split_whitespace().map(letters_of).collect();
                let Some(first) = parts.first() else { continue };
                let most = words.form_starts.entry(first.clone()).or_default();
                *most = (*most).max(parts.len());
                let mut phrase = vec![u8::from(spelling.is_ascii())];
                phrase.extend_from_slice(&parts.join(&b' '));
                words.forms.insert(phrase, family);
            }
        }
        words
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

/// A word of a table as a name would give it: the Arabic article is taken off.
fn letters_of(word: &str) -> Vec<u8> {
    let mut letters = Vec::new();
    for c in word.chars() {
        translit::push(c, Script::of(c), &mut letters);
    }
    sounds::without_article(&letters).to_vec()
}

const NUMBERS: [(&str, &str); 44] = [
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("twenty", "20"),
    ("first", "1"),
    ("second", "2"),
    ("third", "3"),
    ("fourth", "4"),
    ("fifth", "5"),
    ("sixth", "6"),
    ("seventh", "7"),
    ("eighth", "8"),
    ("ninth", "9"),
    ("tenth", "10"),
    ("1st", "1"),
    ("2nd", "2"),
    ("3rd", "3"),
    ("4th", "4"),
    ("5th", "5"),
    ("6th", "6"),
    ("7th", "7"),
    ("8th", "8"),
    ("9th", "9"),
    ("10th", "10"),
    ("11th", "11"),
    ("12th", "12"),
    ("erste", "1"),
    ("zweite", "2"),
    ("dritte", "3"),
    ("premier", "1"),
    ("deuxieme", "2"),
    ("troisieme", "3"),
    ("primero", "1"),
    ("segundo", "2"),
    ("tercero", "3"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Option<(u8, usize)> {
        let words: Vec<Vec<u8>> = text.split(' ').map(letters_of).collect();
        Words::get().form(text.is_ascii(), words.iter().map(Vec::as_slice))
    }

    #[test]
    fn the_longest_form_is_found() {
        assert_eq!(form("joint stock company gazprom").map(|f| f.1), Some(3));
        assert_eq!(form("limited liability partner"), form("limited"));
        assert_eq!((form("ат").map(|f| f.1), form("at")), (Some(1), None));
        assert_eq!(form("общество с ограниченной ответственностью").map(|f| f.1), Some(4));
        assert_eq!(form("ооо").map(|f| f.0), form("limited liability company").map(|f| f.0));
        assert_eq!(form("gazprom ltd"), None);
    }

    #[test]
    fn words_of_the_same_meaning_share_a_group() {
        let group = |word: &str| Words::get().org(&letters_of(word)).group;
        assert!(group("bank") > 0);
        assert_eq!(group("bank"), group("بنك"));
        assert_eq!(group("islamic"), group("الإسلامية"));
        let person = |word: &str| Words::get().person(word.as_bytes()).groups;
        assert!(person("ted").iter().any(|g| *g > 0 && person("theodore").contains(g)));
    }
}
