//! How much one word differs from another.

use super::costs::{EDIT, OPEN, ROUGH, SPELLED, STRICT};
use super::distance::distance;
use crate::aml::names::{Letters, Role, Script, Token, skeleton, sounds_of};

/// How alike two words have to be to be taken for one: the most that may be changed, by the letters of the longer one.
pub(crate) fn limit(letters: usize, short: bool) -> u16 {
    match letters {
        3 if !short => 110,
        4 if !short => 160,
        0..=1 => 0,
        2 => 100,
        3 | 4 => 200,
        5..=8 => 210,
        9..=11 => 250,
        _ => 310,
    }
}

/// The most that may be changed in words written together that are spelled otherwise.
const JOINED: u16 = 60;

/// The cost of a Chinese or Korean character: it says as much as a syllable.
const CHARACTER: u16 = 250;

/// What it costs to take `a` for `b`, `None` if they are too far apart.
pub(crate) fn cost(a: &Token, b: &Token, short: bool) -> Option<u16> {
    if a.letters == b.letters && a.native_hash == b.native_hash {
        return Some(0);
    }
    let letters = a.letters.len().max(b.letters.len());
    let within = |cost: u16, limit: u16| (cost <= limit).then_some(cost);
    match (a.script, b.script) {
        (Script::Han, Script::Han) | (Script::Hangul, Script::Hangul) => {
            if a.native_hash == b.native_hash {
                return Some(0);
            }
            let changed =
                distance(a.native.as_slice(), b.native.as_slice(), &STRICT, 400).max(EDIT) / EDIT * CHARACTER;
            within(changed, limit(letters, short))
        }
        (Script::Abjad, Script::Abjad) => {
            let limit = limit(letters, short).min(if letters <= 4 { 100 } else { 200 });
            within(distance(a.letters.as_slice(), b.letters.as_slice(), &STRICT, limit), limit)
        }
        (Script::Abjad, _) | (_, Script::Abjad) => {
            if apart(a, b) > 2 {
                return None;
            }
            let abjad = if a.script == Script::Abjad { a } else { b };
            let limit = open_limit(abjad.letters.len());
            let heard = distance(a.sounds.as_slice(), b.sounds.as_slice(), &OPEN, limit);
            if heard <= 20 {
                return Some(heard);
            }
            // Two letters need not be one sound: the h of Ishaq.
            let written = distance(a.letters.as_slice(), b.letters.as_slice(), &OPEN, limit);
            within(heard.min(written), limit)
        }
        (x, y) if x != y && (x.is_vague() || y.is_vague()) => {
            if apart(a, b) > 2 {
                return None;
            }
            let limit = rough_limit(consonants(a).min(consonants(b)));
            within(distance(a.sounds.as_slice(), b.sounds.as_slice(), &ROUGH, limit), limit)
        }
        _ => spelled(a, b, limit(letters, short)),
    }
}

/// How much is let pass between a word without vowels and one with.
fn open_limit(letters: usize) -> u16 {
    match letters {
        0..=1 => 10,
        2 => 20,
        3 => 35,
        4 => 60,
        5 => 80,
        _ => 110,
    }
}

/// How much is let pass between words of which one is spelled only roughly, by their consonants.
fn rough_limit(consonants: usize) -> u16 {
    match consonants {
        0 => 0,
        1 => 25,
        2 => 60,
        3 => 95,
        _ => 130,
    }
}

fn consonants(word: &Token) -> usize {
    skeleton(word.sounds.as_slice()).len()
}

fn spelled(a: &Token, b: &Token, limit: u16) -> Option<u16> {
    if apart(a, b) > 2 {
        return None;
    }
    let written = distance(a.letters.as_slice(), b.letters.as_slice(), &SPELLED, limit);
    if written <= 40 {
        return Some(written);
    }
    // Heard alike though written otherwise.
    let heard = distance(a.sounds.as_slice(), b.sounds.as_slice(), &SPELLED, limit).saturating_add(25);
    let best = written.min(heard);
    (best <= limit).then_some(best)
}

/// How many kinds of consonants one of them has and the other has not.
fn apart(a: &Token, b: &Token) -> u32 {
    let (a, b) = (a.skeleton_mask, b.skeleton_mask);
    (a & !b).count_ones().max((b & !a).count_ones())
}

/// What it costs to take a run of words, written together, for one word.
pub(crate) fn joined_cost(parts: &[&Token], word: &Token) -> Option<u16> {
    let open = word.script == Script::Abjad || parts.iter().any(|p| p.script == Script::Abjad);
    let mut joined = Letters::EMPTY;
    let article = |p: &&&Token| p.role == Role::Particle && p.letters.as_slice() == b"al";
    if open && parts.len() > 2 && parts.iter().filter(article).count() == 1 {
        // The article may keep its sound, or take that of what follows.
        let mut whole = Letters::EMPTY;
        parts.iter().for_each(|p| whole.extend(if article(&p) { b"Al" } else { p.sounds.as_slice() }));
        let limit = open_limit(word.letters.len().min(whole.len())).min(JOINED);
        let cost = distance(whole.as_slice(), word.sounds.as_slice(), &OPEN, limit);
        if cost <= limit && word.script != Script::Abjad {
            return Some(cost);
        }
    }
    for part in parts {
        match part.role {
            // The article takes the sound of what follows.
            Role::Particle if open && part.letters.as_slice() == b"al" => joined.push(b'A'),
            _ => joined.extend(if open { part.sounds.as_slice() } else { part.letters.as_slice() }),
        }
    }
    if open {
        let limit = open_limit(word.letters.len().min(joined.len())).min(JOINED);
        if parts.iter().all(|p| p.script == Script::Abjad) && word.script == Script::Abjad {
            return (joined == word.letters).then_some(0);
        }
        let cost = distance(joined.as_slice(), word.sounds.as_slice(), &OPEN, limit);
        return (cost <= limit).then_some(cost);
    }
    let rough =
        parts.iter().any(|p| p.script != word.script && (p.script.is_vague() || word.script.is_vague()));
    let (long, short) = (joined.len().max(word.letters.len()), joined.len().min(word.letters.len()));
    if long - short > if rough { 4 } else { 2 } {
        return None;
    }
    if rough {
        let limit = rough_limit(consonants(word)).min(JOINED);
        let cost = distance(joined.as_slice(), word.letters.as_slice(), &ROUGH, limit);
        return (cost <= limit).then_some(cost);
    }
    let limit = if long >= 7 { EDIT } else { 35 };
    let written = distance(joined.as_slice(), word.letters.as_slice(), &SPELLED, limit);
    if written == 0 {
        return Some(0);
    }
    let heard = sounds_of(joined.as_slice());
    let heard = distance(heard.as_slice(), word.sounds.as_slice(), &SPELLED, limit).saturating_add(25);
    let best = written.min(heard);
    (best <= limit).then_some(best)
}

/// A word of two letters of which one was lost.
pub(crate) fn letter_lost(a: &Token, b: &Token) -> Option<u16> {
    let (one, two) = if a.letters.len() == 1 { (a, b) } else { (b, a) };
    let lost = two.letters.len() == 2 && two.letters.as_slice().contains(&one.letters.as_slice()[0]);
    (lost && two.role == Role::Word).then_some(EDIT)
}

/// What it costs to take a number for another.
pub(crate) fn digits_apart(a: &Token, b: &Token) -> u16 {
    distance(a.letters.as_slice(), b.letters.as_slice(), &STRICT, 300).min(200)
}
