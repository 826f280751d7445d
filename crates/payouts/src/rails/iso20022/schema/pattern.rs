//! The small part of regular expressions that ISO 20022 schemas use: classes, groups, and how often.

use std::fmt;

/// A pattern that a whole text must fit. Characters beyond ASCII fit no class.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    what: What,
    min: usize,
    max: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// A bit for each of the 128 characters.
    Class(u128),
    Group(Vec<Piece>),
}

/// The deepest nesting of groups.
const DEPTH_MAX: usize = 4;
/// The most repetitions of a piece.
const TIMES_MAX: usize = 1_000;

impl Pattern {
    /// Reads a pattern: characters, classes `[A-Z0-9]`, groups `( )`, and `{n}` or `{n,m}` after them; a backslash takes a
    /// character as it is. `None` for anything else.
    pub fn parse(source: &str) -> Option<Self> {
        let mut rest = source.as_bytes();
        let pieces = pieces(&mut rest, 0)?;
        rest.is_empty().then(|| Self { source: source.to_owned(), pieces })
    }

    /// Whether the whole text fits.
    pub fn fits(&self, text: &str) -> bool {
        rest_fits(&self.pieces, text.as_bytes(), &|rest| rest.is_empty())
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

fn pieces(rest: &mut &[u8], depth: usize) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    while let [first, more @ ..] = *rest {
        let what = match first {
            b')' if depth > 0 => return Some(found),
            b'(' if depth < DEPTH_MAX => {
                *rest = more;
                let inside = pieces(rest, depth + 1)?;
                *rest = rest.strip_prefix(b")")?;
                What::Group(inside)
            }
            b'[' => {
                *rest = more;
                What::Class(class(rest)?)
            }
            b'\\' => {
                let (one, more) = more.split_first()?;
                *rest = more;
                What::Class(bit(*one)?)
            }
            b'(' | b')' | b'{' | b'}' | b'*' | b'+' | b'?' | b'|' | b'.' | b'^' | b'$' | b']' => return None,
            one => {
                *rest = more;
                What::Class(bit(*one)?)
            }
        };
        let (min, max) = times(rest)?;
        found.push(Piece { what, min, max });
    }
    (depth == 0).then_some(found)
}

fn bit(byte: u8) -> Option<u128> {
    byte.is_ascii().then(|| 1 << byte)
}

fn class(rest: &mut &[u8]) -> Option<u128> {
    let mut set = 0;
    loop {
        let (first, more) = rest.split_first()?;
        *rest = more;
        let from = match first {
            b']' => return (set != 0).then_some(set),
            b'^' | b'[' => return None,
            b'\\' => {
                let (one, more) = rest.split_first()?;
                *rest = more;
                *one
            }
            one => *one,
        };
        set |= bit(from)?;
        if let [b'-', to, more @ ..] = *rest
            && *to != b']'
        {
            if *to < from || *to == b'\\' {
                return None;
            }
            for byte in from..=*to {
                set |= bit(byte)?;
            }
            *rest = more;
        }
    }
}

fn times(rest: &mut &[u8]) -> Option<(usize, usize)> {
    let Some(inside) = rest.strip_prefix(b"{") else { return Some((1, 1)) };
    let end = inside.iter().position(|b| *b == b'}')?;
    let text = std::str::from_utf8(&inside[..end]).ok()?;
    *rest = &inside[end + 1..];
    let (min, max) = text.split_once(',').unwrap_or((text, text));
    let (min, max) = (min.parse().ok()?, max.parse().ok()?);
    (min <= max && max <= TIMES_MAX).then_some((min, max))
}

/// Whether a beginning of `text` fits `pieces` so that `then` takes the rest.
fn rest_fits(pieces: &[Piece], text: &[u8], then: &dyn Fn(&[u8]) -> bool) -> bool {
    let Some((first, more)) = pieces.split_first() else { return then(text) };
    match &first.what {
        What::Class(set) => {
            let most =
                text.iter().take(first.max).take_while(|b| b.is_ascii() && set >> **b & 1 == 1).count();
            (first.min..=most).rev().any(|n| rest_fits(more, &text[n..], then))
        }
        What::Group(inside) => {
            group_fits(inside, first.min, first.max, text, &|rest| rest_fits(more, rest, then))
        }
    }
}

fn group_fits(inside: &[Piece], min: usize, max: usize, text: &[u8], then: &dyn Fn(&[u8]) -> bool) -> bool {
    if max > 0
        && rest_fits(inside, text, &|rest| {
            rest.len() < text.len() && group_fits(inside, min.saturating_sub(1), max - 1, rest, then)
        })
    {
        return true;
    }
    min == 0 && then(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, good: &[&str], bad: &[&str]) {
        let pattern = Pattern::parse(pattern).unwrap();
        for text in good {
            assert!(pattern.fits(text), "{pattern:?} {text}");
        }
        for text in bad {
            assert!(!pattern.fits(text), "{pattern:?} {text}");
        }
    }

    #[test]
    fn those_of_the_schemas() {
        check(
            "[A-Z0-9]{4,4}[A-Z]{2,2}[A-Z0-9]{2,2}([A-Z0-9]{3,3}){0,1}",
            &["DEUTDEFF", "DEUTDEFF500"],
            &["DEUTDEF", "DEUTDEFF5", "deutdeff", "", "DEUTDEFF500X", "DÉUTDEFF"],
        );
        check(r"\+[0-9]{1,3}-[0-9()+\-]{1,30}", &["+44-(0)20-1"], &["44-1", "+4444-1", "+44-"]);
        check("[0-9]", &["1"], &["", "12", "a"]);
        check(
            "[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}",
            &["00000000-0000-4000-8000-00000000000a"],
            &["00000000-0000-1000-8000-00000000000a", "00000000-0000-4000-8000-00000000000A"],
        );
        check("[A-Z2-9][A-NP-Z0-9]", &["A0", "2P"], &["1A", "AO"]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            "a*",
            "[^a]",
            "a|b",
            "(a",
            "a)",
            "[a",
            "a{2",
            "a{3,2}",
            "a{9999}",
            ".",
            "é",
            "((((((a))))))",
            "[]",
        ] {
            assert_eq!(Pattern::parse(bad), None, "{bad}");
        }
    }
}
