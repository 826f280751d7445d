//! Finds, among many names, the few that a name may be: an inverted index over pieces of words.
//!
//! Pieces of a word are its three-letter runs (with its ends), the same of its consonants, its Chinese or Korean characters, and the
//! groups of nicknames and translations it belongs to. A name's candidates are those that share the most, rare pieces counting more.

use super::names::{Letters, Name, Role, Script, Token, skeleton};
use foldhash::HashMap;

/// The most candidates that are compared for one name.
const CANDIDATES_MAX: usize = 160;

/// Where a piece occurs, and what it says.
#[derive(Debug, Clone, Copy)]
struct Posting {
    from: u32,
    to: u32,
    /// Eighths of a bit.
    says: u16,
}

/// The index. Names are known by their number, in the order they were given.
#[derive(Debug, Default)]
pub(crate) struct NameIndex {
    pieces: HashMap<u64, Posting>,
    places: Vec<u32>,
    /// What all pieces of a name say.
    whole: Vec<u32>,
    /// What a piece says that no name has.
    unknown: u32,
}

/// Counters that are used again from one search to the next.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    shared: Vec<u32>,
    touched: Vec<u32>,
    found: Vec<(u32, u32)>,
    pieces: Vec<u64>,
}

impl NameIndex {
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a Name>) -> Self {
        let mut at: Vec<(u64, u32)> = Vec::new();
        let mut pieces = Vec::new();
        let mut count = 0_u32;
        for name in names {
            pieces_of(name, &mut pieces);
            at.extend(pieces.iter().map(|piece| (*piece, count)));
            count += 1;
        }
        at.sort_unstable();
        let mut index = Self {
            whole: vec![0; count as usize],
            unknown: u32::from(bits(count, 1)).min(24),
            ..Self::default()
        };
        index.places = at.iter().map(|(_, place)| *place).collect();
        let mut from = 0;
        for run in at.chunk_by(|a, b| a.0 == b.0) {
            let to = from + run.len();
            let says = bits(count, run.len());
            let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            index.pieces.insert(run[0].0, Posting { from: small(from), to: small(to), says });
            for (_, place) in run {
                index.whole[*place as usize] += u32::from(says);
            }
            from = to;
        }
        index
    }

    /// The numbers of the names that `name` may be, the likeliest first.
    pub(crate) fn candidates<'t>(
        &self,
        name: &Name,
        tally: &'t mut Tally,
    ) -> impl Iterator<Item = u32> + use<'t> {
        let Tally { shared, touched, found, pieces } = tally;
        shared.resize(self.whole.len(), 0);
        touched.clear();
        found.clear();
        pieces_of(name, pieces);
        let mut whole = 0;
        let common = u32::try_from(self.whole.len() / 12).unwrap_or(u32::MAX).max(500);
        for piece in &*pieces {
            let Some(posting) = self.pieces.get(piece) else {
                whole += self.unknown;
                continue;
            };
            whole += u32::from(posting.says);
            if posting.to - posting.from > common {
                continue;
            }
            for place in &self.places[posting.from as usize..posting.to as usize] {
                let counter = &mut shared[*place as usize];
                if *counter == 0 {
                    touched.push(*place);
                }
                *counter += u32::from(posting.says);
            }
        }
        for place in &*touched {
            let counter = std::mem::take(&mut shared[*place as usize]);
            let other = self.whole[*place as usize];
            // Shared by both, of what the lesser of them has; what the greater has counts a little.
            let of = (3 * whole.min(other) + whole.max(other)) / 4;
            let share = counter * 1_000 / of.max(1);
            if share >= 180 {
                found.push((share, *place));
            }
        }
        let order = |a: &(u32, u32), b: &(u32, u32)| b.0.cmp(&a.0).then(a.1.cmp(&b.1));
        if found.len() > CANDIDATES_MAX {
            found.select_nth_unstable_by(CANDIDATES_MAX, order);
            found.truncate(CANDIDATES_MAX);
        }
        found.sort_unstable_by(order);
        found.drain(..).map(|(_, place)| place)
    }
}

/// What a piece that `df` of `n` names have says, in eighths of a bit.
fn bits(n: u32, df: usize) -> u16 {
    let ratio = (u64::from(n) * 256 / (df as u64).max(1)).max(1);
    let whole = ratio.ilog2();
    // Linear between the powers of two.
    let part = (ratio << 3 >> whole) - 8;
    // A bit more, so that what all names have says something, too: there may be only one.
    u16::try_from((u64::from(whole) * 8 + part).saturating_sub(56)).unwrap_or(8)
}

/// All pieces of a name, each once.
fn pieces_of(name: &Name, pieces: &mut Vec<u64>) {
    pieces.clear();
    for token in &name.tokens {
        if matches!(token.role, Role::Particle | Role::Title) && name.tokens.len() > 1 {
            continue;
        }
        pieces_of_word(token, pieces);
    }
    if name.tokens.len() > 1 {
        // Consonants across the gaps: words may be written together.
        let mut all = Letters::EMPTY;
        for token in &name.tokens {
            all.extend(skeleton(token.sounds.as_slice()).as_slice());
        }
        runs(all.as_slice(), 5, pieces);
    } else if let Some(token) = name.tokens.first() {
        runs(skeleton(token.sounds.as_slice()).as_slice(), 5, pieces);
    }
    pieces.sort_unstable();
    pieces.dedup();
}

fn pieces_of_word(token: &Token, pieces: &mut Vec<u64>) {
    if token.script != Script::Abjad {
        runs(token.sounds.as_slice(), 1, pieces);
    }
    let skeleton = skeleton(token.sounds.as_slice());
    runs(skeleton.as_slice(), 2, pieces);
    for character in token.native.as_slice() {
        pieces.push(3 << 56 | u64::from(*character));
    }
    pieces.extend(token.groups.iter().filter(|g| **g != 0).map(|g| 4 << 56 | u64::from(*g)));
}

/// Runs of three letters, with a mark at both ends.
fn runs(letters: &[u8], family: u64, pieces: &mut Vec<u64>) {
    let mut run = 0_u64;
    let marked = std::iter::once(&b'^').chain(letters).chain(std::iter::once(&b'$'));
    for (i, letter) in marked.enumerate() {
        run = (run << 8 | u64::from(*letter)) & 0xff_ffff;
        if i >= 2 || (letters.len() == 1 && i == 2) {
            pieces.push(family << 56 | run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aml::names::PartyKind;

    #[test]
    fn candidates_come_in_order_of_what_they_share() {
        let texts = ["Saddam Hussein", "Vladimir Putin", "Sergei Lavrov", "Saddam Hafter"];
        let names: Vec<Name> = texts.iter().map(|t| Name::new(t, PartyKind::Person)).collect();
        let index = NameIndex::new(names.iter());
        let mut tally = Tally::default();
        let mut find = |text: &str| -> Vec<u32> {
            index.candidates(&Name::new(text, PartyKind::Person), &mut tally).collect()
        };
        assert_eq!(find("Sadam Husein")[0], 0);
        assert_eq!(find("صدام حسين")[0], 0);
        assert_eq!(find("Putin Vladimir")[0], 1);
        assert_eq!(find("Lavrof Sergey")[0], 2);
        assert_eq!(find("Владимир Путин")[0], 1);
        assert!(find("").is_empty());
    }

    #[test]
    fn a_list_of_one_name_is_a_list() {
        let names = [Name::new("Osama bin Laden", PartyKind::Person)];
        let index = NameIndex::new(names.iter());
        let asked = Name::new("LADIN, Usama ben", PartyKind::Person);
        assert_eq!(index.candidates(&asked, &mut Tally::default()).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn rare_pieces_say_more() {
        assert!(bits(28_000, 1) > bits(28_000, 2) && bits(28_000, 2) > bits(28_000, 28_000));
        assert_eq!((bits(1_024, 1_024), bits(1_024, 1)), (8, 88));
    }
}
