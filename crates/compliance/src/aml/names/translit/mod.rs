//! Letters of any script as the letters `a`-`z` and `0`-`9`.
//!
//! Own tables for Cyrillic, Greek, Arabic (Persian, Urdu, Pashto), Hebrew and Korean; all other scripts through the tables of
//! `deunicode` (Chinese in pinyin, kana, Devanagari, Thai, Ethiopic, Georgian, Armenian, Latin with marks).

mod abjad;
mod cyrillic;
mod greek;
mod hangul;

use super::script::Script;

/// Appends the letters of `c` in small Latin letters. What is no letter or digit gives nothing.
/// For [`Script::Abjad`], capitals stand for letters that may or may not be heard as a vowel: see `sounds`.
pub(crate) fn push(c: char, script: Script, out: &mut Vec<u8>) {
    if c.is_ascii() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase() as u8);
        }
        return;
    }
    let known = match script {
        Script::Alphabet => cyrillic::letters(c).or_else(|| greek::letters(c)),
        Script::Abjad => abjad::letters(c),
        Script::Hangul => return hangul::push(c, out),
        _ => None,
    };
    match known {
        Some(letters) => out.extend_from_slice(letters.as_bytes()),
        None => {
            let Some(letters) = deunicode::deunicode_char(c) else { return };
            out.extend(letters.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_lowercase()));
        }
    }
}
