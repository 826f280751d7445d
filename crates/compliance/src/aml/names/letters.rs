//! The letters of a word as the matcher sees them: at most 48 bytes, held in place.

use std::fmt;

/// The most letters of a word that are compared. Longer words are cut.
pub(crate) const LETTERS_MAX: usize = 47;

/// A short run of letters: `a`-`z` and `0`-`9`; capitals stand for sounds that are written with two letters or that an alphabet without vowels leaves open.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Letters {
    bytes: [u8; LETTERS_MAX],
    len: u8,
}

impl Letters {
    pub(crate) const EMPTY: Self = Self { bytes: [0; LETTERS_MAX], len: 0 };

    pub(crate) fn new(text: &[u8]) -> Self {
        let mut letters = Self::EMPTY;
        letters.extend(text);
        letters
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.len)
    }

    pub(crate) fn push(&mut self, letter: u8) {
        if usize::from(self.len) < LETTERS_MAX {
            self.bytes[usize::from(self.len)] = letter;
            self.len += 1;
        }
    }

    pub(crate) fn extend(&mut self, text: &[u8]) {
        let room = LETTERS_MAX - usize::from(self.len);
        let take = text.len().min(room);
        let at = usize::from(self.len);
        self.bytes[at..at + take].copy_from_slice(&text[..take]);
        self.len += u8::try_from(take).unwrap_or(0);
    }

    /// Which letters occur, one bit for each of 32 classes: two words whose sets differ in many bits cannot be close.
    pub(crate) fn mask(&self) -> u32 {
        self.as_slice().iter().fold(0, |mask, letter| mask | 1 << (letter & 31))
    }
}

impl fmt::Debug for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.as_slice()))
    }
}
