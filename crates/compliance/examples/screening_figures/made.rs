//! Names made from others, by a seed.

/// Numbers that look random and are the same for the same seed (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % n.max(1)
    }

    pub(crate) fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The name with one light error: a letter lost, doubled, changed, added, two letters or two words that changed places, a hyphen or a space
/// left out.
pub(crate) fn with_error(name: &str, random: &mut Random) -> String {
    let letters: Vec<char> = name.chars().collect();
    for _ in 0..100 {
        let mut made = letters.clone();
        let at = random.below(letters.len());
        if !letters[at].is_alphabetic() {
            continue;
        }
        match random.below(9) {
            0 => drop(made.remove(at)),
            1 => made.insert(at, letters[at]),
            2 if letters.get(at + 1).is_some_and(|c| c.is_alphabetic()) => made.swap(at, at + 1),
            3 => made[at] = char::from(*random.of(LETTERS)),
            4 => made.insert(at, char::from(*random.of(LETTERS))),
            5 if "AEIOUaeiou".contains(letters[at]) => made[at] = char::from(*random.of(b"AEIOU")),
            6 => {
                let mut words: Vec<&str> = name.split(' ').collect();
                words.rotate_left(1);
                made = words.join(" ").chars().collect();
            }
            7 => made = name.replace('-', if random.below(2) == 0 { "" } else { " " }).chars().collect(),
            8 => {
                let gaps: Vec<usize> = (0..letters.len()).filter(|i| letters[*i] == ' ').collect();
                if !gaps.is_empty() {
                    made.remove(*random.of(&gaps));
                }
            }
            _ => {}
        }
        let made: String = made.into_iter().collect();
        if made != name {
            return made;
        }
    }
    name.to_owned()
}

/// The name without one of its middle words, if it has at least four.
pub(crate) fn shortened(name: &str, random: &mut Random) -> Option<String> {
    let mut words: Vec<&str> = name.split(' ').collect();
    if words.len() < 4 {
        return None;
    }
    words.remove(1 + random.below(words.len() - 2));
    Some(words.join(" "))
}

/// The name with its first word cut to a letter, if it has at least two longer words.
pub(crate) fn initialled(name: &str) -> Option<String> {
    let (first, rest) = name.split_once(' ')?;
    let letter = first.chars().next().filter(|c| c.is_alphabetic())?;
    (first.chars().count() > 3 && rest.len() > 5).then(|| format!("{letter}. {rest}"))
}

/// The name with its longest word changed for the longest of another name, if those are nothing alike.
pub(crate) fn with_other_word(name: &str, other: &str) -> Option<String> {
    let longest = |name: &str| name.split(' ').max_by_key(|w| w.len()).map(str::to_owned);
    let (mine, theirs) = (longest(name)?, longest(other)?);
    let alike = mine.chars().filter(|c| theirs.contains(*c)).count() * 2 > mine.chars().count();
    (name.contains(' ') && mine.len() > 4 && theirs.len() > 4 && !alike).then(|| name.replace(&mine, &theirs))
}
