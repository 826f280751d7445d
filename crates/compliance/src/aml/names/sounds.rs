//! From letters to sounds: what is written with two or three letters becomes one, doubled letters are written once.
//!
//! Capitals: `X` kh, `S` sh, `C` ch, `T` th, `D` dh, `G` gh, `Z` zh; from Arabic and Hebrew also `A W Y E H` (see `translit`).

use super::letters::Letters;

/// Groups of letters and what they sound like, the longest first.
const GROUPS: [(&[u8], u8); 30] = [
    (b"shch", b'S'),
    (b"sch", b'S'),
    (b"tch", b'C'),
    (b"tsh", b'C'),
    (b"dzh", b'j'),
    (b"kh", b'X'),
    (b"sh", b'S'),
    (b"ch", b'C'),
    (b"th", b'T'),
    (b"dh", b'D'),
    (b"gh", b'G'),
    (b"zh", b'Z'),
    (b"ph", b'f'),
    (b"ck", b'k'),
    (b"dj", b'j'),
    (b"tz", b'z'),
    (b"ts", b'z'),
    (b"ou", b'u'),
    (b"oo", b'u'),
    (b"ow", b'o'),
    (b"ee", b'i'),
    (b"ie", b'i'),
    (b"iy", b'i'),
    (b"ay", b'e'),
    (b"ai", b'e'),
    (b"ei", b'e'),
    (b"ey", b'e'),
    (b"ae", b'e'),
    (b"oe", b'o'),
    (b"ue", b'u'),
];

/// The sounds of a word in Latin letters. Others come out as they are.
pub(crate) fn of(word: &[u8]) -> Letters {
    let mut out = Letters::EMPTY;
    let mut last = 0;
    let mut at = 0;
    while at < word.len() {
        let rest = &word[at..];
        let (sound, taken) = match GROUPS.iter().find(|(group, _)| rest.starts_with(group)) {
            Some((group, sound)) => (*sound, group.len()),
            None => (
                match rest[0] {
                    b'q' => b'k',
                    b'c' if rest.len() > 1 && matches!(rest[1], b'e' | b'i' | b'y') => b's',
                    b'c' => b'k',
                    other => other,
                },
                1,
            ),
        };
        at += taken;
        // A final h after a vowel is not heard.
        if sound == b'h' && at == word.len() && is_vowel(last) {
            break;
        }
        if sound != last {
            out.push(sound);
        }
        last = sound;
    }
    out
}

/// The sounds of a word in Arabic or Hebrew letters: what is doubled is written once, a final h is not heard.
pub(crate) fn of_abjad(word: &[u8]) -> Letters {
    let mut out = Letters::EMPTY;
    let heard = match word {
        [rest @ .., b'h'] if rest.len() >= 2 => rest,
        _ => word,
    };
    for (i, letter) in heard.iter().enumerate() {
        if i == 0 || heard[i - 1] != *letter {
            out.push(*letter);
        }
    }
    out
}

/// Whether it is a vowel, also one that a letter without vowels may stand for.
pub(crate) fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'A')
}

/// The consonants that say most of a word, in three classes fewer letters: equal for most spellings of one name.
pub(crate) fn skeleton(sounds: &[u8]) -> Letters {
    let mut out = Letters::EMPTY;
    let mut last = 0;
    for letter in sounds {
        let class = match letter {
            b'b' | b'p' => b'p',
            b'f' | b'v' => b'f',
            b'd' | b't' | b'T' | b'Q' => b't',
            b'k' | b'g' | b'q' | b'G' => b'k',
            b's' | b'z' | b'D' | b'c' | b'V' => b's',
            b'S' | b'C' | b'Z' | b'j' => b'j',
            b'l' => b'l',
            b'r' => b'r',
            b'm' => b'm',
            b'n' => b'n',
            b'X' => b'h',
            b'h' => b'h',
            b'x' => b'k',
            b'0'..=b'9' => *letter,
            _ => 0,
        };
        if class != 0 && class != last {
            out.push(class);
        }
        last = class;
    }
    out
}

/// A word in Arabic letters without its article, if enough is left.
pub(crate) fn without_article(letters: &[u8]) -> &[u8] {
    match letters {
        [b'A', b'l', rest @ ..] | [b'W', b'A', b'l', rest @ ..] | [b'l', b'l', rest @ ..]
            if rest.len() >= 3 =>
        {
            rest
        }
        _ => letters,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_sound_agree() {
        for (a, b) in
            [("schmidt", "shmidt"), ("qassem", "kasem"), ("nooristani", "nuristani"), ("saleh", "sale")]
        {
            assert_eq!(of(a.as_bytes()), of(b.as_bytes()), "{a} {b}");
        }
        assert_eq!(skeleton(of(b"gaddafi").as_slice()), skeleton(of(b"qadhafi").as_slice()).clone_with_t());
    }

    impl Letters {
        /// dh may be heard as d or z; the skeleton takes z.
        fn clone_with_t(self) -> Self {
            let bytes: Vec<u8> = self.as_slice().iter().map(|b| if *b == b's' { b't' } else { *b }).collect();
            Self::new(&bytes)
        }
    }
}
