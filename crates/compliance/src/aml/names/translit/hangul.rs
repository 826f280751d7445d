//! Korean syllables, spelled as the names on the lists are: nearer to McCune-Reischauer than to the Revised Romanization.

const INITIAL: [&str; 19] =
    ["k", "kk", "n", "t", "tt", "r", "m", "p", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"];
const VOWEL: [&str; 21] = [
    "a", "ae", "ya", "yae", "o", "e", "yo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu",
    "u", "ui", "i",
];
const FINAL: [&str; 28] = [
    "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "p", "l", "l", "p", "l", "m", "p", "p", "t", "t",
    "ng", "t", "t", "k", "t", "p", "t",
];

/// Appends the letters of a Korean syllable; of a single jamo nothing.
pub(super) fn push(c: char, out: &mut Vec<u8>) {
    let Some(at) = (c as usize).checked_sub(0xac00).filter(|at| *at < 11_172) else { return };
    out.extend_from_slice(INITIAL[at / 588].as_bytes());
    out.extend_from_slice(VOWEL[at % 588 / 28].as_bytes());
    out.extend_from_slice(FINAL[at % 28].as_bytes());
}
