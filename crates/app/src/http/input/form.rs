//! Forms and queries: `application/x-www-form-urlencoded` with nested names, as in `card[exp_year]=30`,
//! `expand[]=latest_charge`, `splits[0][amount]=100`.

use super::{DEPTH_MAX, Node, VALUES_MAX};
use crate::http::HttpError;
use zeroize::Zeroizing;

/// Reads a form.
///
/// # Errors
/// [`HttpError::Form`] when it is not encoded well; [`HttpError::TooDeep`], [`HttpError::TooMany`];
/// [`HttpError::Duplicate`] when a name is there twice.
pub(crate) fn read_form(bytes: &[u8]) -> Result<Node, HttpError> {
    let mut root = Building::Map(Vec::new());
    let mut count = 0;
    for pair in bytes.split(|b| *b == b'&').filter(|p| !p.is_empty()) {
        count += 1;
        if count > VALUES_MAX {
            return Err(HttpError::TooMany);
        }
        let (name, value) = match pair.iter().position(|b| *b == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        let (name, value) = (decode(name)?, decode(value)?);
        let path = path(&name)?;
        root.insert(&path, value, &name)?;
    }
    root.finish("")
}

/// `%41`, `+`, and the rest as it is; then UTF-8.
fn decode(bytes: &[u8]) -> Result<Zeroizing<String>, HttpError> {
    let digit = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).ok_or(HttpError::Form);
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).map_err(|_| HttpError::Form)?
            }
            other => *other,
        });
    }
    String::from_utf8(std::mem::take(&mut *out)).map(Zeroizing::new).map_err(|e| {
        drop(Zeroizing::new(e.into_bytes()));
        HttpError::Form
    })
}

/// `a[b][]` becomes `a`, `b` and an empty part.
fn path(name: &str) -> Result<Vec<&str>, HttpError> {
    let (head, mut rest) = name.find('[').map_or((name, ""), |at| name.split_at(at));
    if head.is_empty() || head.contains(']') {
        return Err(HttpError::Form);
    }
    let mut parts = vec![head];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').and_then(|r| r.split_once(']')).ok_or(HttpError::Form)?;
        if inner.0.contains('[') {
            return Err(HttpError::Form);
        }
        parts.push(inner.0);
        rest = inner.1;
        if parts.len() > DEPTH_MAX {
            return Err(HttpError::TooDeep);
        }
    }
    Ok(parts)
}

/// A tree of which it is not known yet whether a level is a list.
enum Building {
    Word(Zeroizing<String>),
    /// `a[]=x&a[]=y`.
    Appended(Vec<Building>),
    Map(Vec<(String, Building)>),
}

impl Building {
    fn insert(&mut self, path: &[&str], value: Zeroizing<String>, name: &str) -> Result<(), HttpError> {
        let twice = || HttpError::Duplicate(name.to_owned());
        let Some((part, rest)) = path.split_first() else { return Err(twice()) };
        if part.is_empty() {
            // `a[][b]` would leave open which item is meant.
            if !rest.is_empty() {
                return Err(HttpError::Form);
            }
            match self {
                Self::Map(entries) if entries.is_empty() => *self = Self::Appended(vec![Self::Word(value)]),
                Self::Appended(items) => items.push(Self::Word(value)),
                _ => return Err(twice()),
            }
            return Ok(());
        }
        let Self::Map(entries) = self else { return Err(twice()) };
        match entries.iter_mut().find(|(n, _)| n == part) {
            Some((_, below)) if !rest.is_empty() => below.insert(rest, value, name),
            Some(_) => Err(twice()),
            None if rest.is_empty() => {
                entries.push(((*part).to_owned(), Self::Word(value)));
                Ok(())
            }
            None => {
                let mut below = Self::Map(Vec::new());
                below.insert(rest, value, name)?;
                entries.push(((*part).to_owned(), below));
                Ok(())
            }
        }
    }

    /// A level whose names are 0, 1, 2 ... below the top is a list.
    fn finish(self, name: &str) -> Result<Node, HttpError> {
        match self {
            Self::Word(value) => Ok(Node::Word(value)),
            Self::Appended(items) => {
                Ok(Node::List(items.into_iter().map(|i| i.finish(name)).collect::<Result<_, _>>()?))
            }
            Self::Map(entries) => {
                let numbers: Option<Vec<usize>> = entries.iter().map(|(n, _)| n.parse().ok()).collect();
                match numbers {
                    Some(numbers) if !name.is_empty() && !numbers.is_empty() => {
                        let mut items: Vec<(usize, Self)> =
                            numbers.into_iter().zip(entries.into_iter().map(|(_, v)| v)).collect();
                        items.sort_by_key(|(n, _)| *n);
                        if items.iter().enumerate().any(|(i, (n, _))| i != *n) {
                            return Err(HttpError::Form);
                        }
                        let items = items.into_iter().map(|(_, v)| v.finish(name));
                        Ok(Node::List(items.collect::<Result<_, _>>()?))
                    }
                    _ => {
                        let entries = entries.into_iter().map(|(n, v)| v.finish(&n).map(|v| (n, v)));
                        Ok(Node::Map(entries.collect::<Result<_, _>>()?))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &str) -> Node {
        Node::Word(Zeroizing::new(text.to_owned()))
    }

    fn map(entries: &[(&str, Node)]) -> Node {
        Node::Map(entries.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect())
    }

    #[test]
    fn nested_names_become_a_tree() {
        let node = read_form(b"a=1&b[c]=x+y&b[d][e]=%C3%A9%26&l[]=p&l[]=q&s[1][n]=2&s[0][n]=1&e=&f").unwrap();
        let expected = map(&[
            ("a", word("1")),
            ("b", map(&[("c", word("x y")), ("d", map(&[("e", word("\u{e9}&"))]))])),
            ("l", Node::List(vec![word("p"), word("q")])),
            ("s", Node::List(vec![map(&[("n", word("1"))]), map(&[("n", word("2"))])])),
            ("e", word("")),
            ("f", word("")),
        ]);
        assert_eq!(node, expected);
        assert_eq!(read_form(b"").unwrap(), Node::EMPTY);
    }

    #[test]
    fn names_twice_are_refused() {
        for bad in ["a=1&a=2", "a[b]=1&a[b]=2", "a=1&a[b]=2", "a[b]=1&a=2", "a[]=1&a[b]=2", "a[b]=1&a[]=2"] {
            assert!(matches!(read_form(bad.as_bytes()), Err(HttpError::Duplicate(_))), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for bad in [
            "=1",
            "a]=1",
            "[a]=1",
            "a[=1",
            "a[b=1",
            "a[b]c=1",
            "a[[b]]=1",
            "a=%4",
            "a=%zz",
            "a=%ff",
            "a[][b]=1",
            "a[0]=1&a[2]=2",
        ] {
            assert!(matches!(read_form(bad.as_bytes()), Err(HttpError::Form)), "{bad}");
        }
        let deep = format!("a{}=1", "[b]".repeat(DEPTH_MAX));
        assert!(matches!(read_form(deep.as_bytes()), Err(HttpError::TooDeep)));
        assert!(read_form(format!("a{}=1", "[b]".repeat(DEPTH_MAX - 1)).as_bytes()).is_ok());
        let many = "a[]=1&".repeat(VALUES_MAX + 1);
        assert!(matches!(read_form(many.as_bytes()), Err(HttpError::TooMany)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = read_form(&bytes);
        }

        #[test]
        fn any_names_are_read_or_refused(text in "([ab]|\\[|\\]|=|&|0|1|%5B){0,40}") {
            let _ = read_form(text.as_bytes());
        }
    }
}
