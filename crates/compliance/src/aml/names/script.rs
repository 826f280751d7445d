//! The scripts that names are written in, as far as they matter for comparing.

/// How much of the sound of a word its script writes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Script {
    /// Latin, with or without marks.
    #[default]
    Latin,
    /// Cyrillic, Greek, Georgian, Armenian: one letter for each sound, vowels too.
    Alphabet,
    /// Arabic (also for Persian, Urdu, Pashto) and Hebrew: short vowels are not written.
    Abjad,
    /// Chinese characters, also in Japanese names.
    Han,
    /// Korean.
    Hangul,
    /// All others (Devanagari, Thai, Ethiopic, kana, ...): their letters are known, their vowels only roughly.
    Other,
}

impl Script {
    /// The script of a letter.
    pub(crate) fn of(c: char) -> Self {
        match c as u32 {
            0..=0x36f
            | 0x1d00..=0x1dbf
            | 0x1e00..=0x1eff
            | 0x2000..=0x2dff
            | 0xa720..=0xa7ff
            | 0xfb00..=0xfb06
            | 0xff00..=0xff65 => Self::Latin,
            0x370..=0x52f | 0x531..=0x58f | 0x10a0..=0x10ff | 0x1c80..=0x1cbf | 0x1f00..=0x1fff => {
                Self::Alphabet
            }
            0x590..=0x6ff | 0x750..=0x77f | 0x8a0..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff => Self::Abjad,
            0x2e80..=0x2fdf
            | 0x3005..=0x3007
            | 0x3400..=0x4dbf
            | 0x4e00..=0x9fff
            | 0xf900..=0xfaff
            | 0x20000..=0x3ffff => Self::Han,
            0x1100..=0x11ff | 0x3130..=0x318f | 0xa960..=0xa97f | 0xac00..=0xd7ff => Self::Hangul,
            _ => Self::Other,
        }
    }

    /// Whether its words are spelled only roughly in Latin letters.
    pub(crate) fn is_rough(self) -> bool {
        matches!(self, Self::Han | Self::Hangul | Self::Other)
    }

    /// Whether its vowels say little when it is compared with another script.
    pub(crate) fn is_vague(self) -> bool {
        matches!(self, Self::Abjad | Self::Han | Self::Hangul | Self::Other)
    }
}
