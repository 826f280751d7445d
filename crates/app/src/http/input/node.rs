//! The tree that is made of what was sent.

use std::fmt;
use zeroize::Zeroizing;

/// A value that was sent. Text is overwritten on drop, and `{:?}` shows the shape only: it may be a card number.
#[derive(Clone, PartialEq)]
pub(crate) enum Node {
    /// `null`.
    Null,
    /// `true` or `false` in JSON.
    Bool(bool),
    /// A whole number in JSON.
    Integer(i64),
    /// A number in JSON that is not whole or has more than 64 bits: never good.
    OtherNumber,
    /// Text in JSON.
    Text(Zeroizing<String>),
    /// A value in a form or query: its type is what its place asks for.
    Word(Zeroizing<String>),
    /// A list.
    List(Vec<Node>),
    /// Named values, in the order in which they were sent; no name is there twice.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Nothing sent.
    pub(crate) const EMPTY: Self = Self::Map(Vec::new());

    /// The value of a name; `None` also if this is no map.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Text, from wherever.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Word(text) => Some(text),
            _ => None,
        }
    }

    /// A text form that equal trees have in common, whatever the order of names and whether they came as form or JSON:
    /// for fingerprints. It holds everything that was sent but security codes, so only its keyed hash may be kept; of a
    /// security code not even that.
    pub(crate) fn canonical(&self, out: &mut Zeroizing<String>) {
        match self {
            Self::Null => out.push('~'),
            Self::Bool(value) => text(if *value { "true" } else { "false" }, out),
            Self::Integer(value) => text(&value.to_string(), out),
            Self::OtherNumber => out.push('?'),
            Self::Text(value) | Self::Word(value) => text(value, out),
            Self::List(items) => {
                out.push('[');
                items.iter().for_each(|item| item.canonical(out));
                out.push(']');
            }
            Self::Map(entries) => {
                let mut sorted: Vec<&(String, Self)> = entries.iter().filter(|(n, _)| n != "cvc").collect();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                out.push('{');
                for (name, value) in sorted {
                    text(name, out);
                    value.canonical(out);
                }
                out.push('}');
            }
        }
    }
}

/// With its length before it, so that no two trees read the same.
fn text(value: &str, out: &mut Zeroizing<String>) {
    // Grown by hand: growing by itself would leave a copy behind.
    let needed = out.len() + value.len() + 24;
    if out.capacity() < needed {
        let mut larger = Zeroizing::new(String::with_capacity(needed * 2));
        larger.push_str(out);
        *out = larger;
    }
    out.push_str(&value.len().to_string());
    out.push(':');
    out.push_str(value);
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(_) => f.write_str("bool"),
            Self::Integer(_) => f.write_str("integer"),
            Self::OtherNumber => f.write_str("number"),
            Self::Text(_) => f.write_str("text"),
            Self::Word(_) => f.write_str("word"),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(entries) => f.debug_map().entries(entries.iter().map(|(n, v)| (n, v))).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::input::{read_form, read_json};

    fn canonical(node: &Node) -> String {
        let mut out = Zeroizing::new(String::new());
        node.canonical(&mut out);
        out.to_string()
    }

    #[test]
    fn form_and_json_in_any_order_have_one_canonical_form() {
        let form = read_form(b"b[x]=1&a=true&c[]=p&c[]=q").unwrap();
        let json = read_json(br#"{"c":["p","q"],"a":true,"b":{"x":1}}"#).unwrap();
        assert_eq!(canonical(&form), canonical(&json));
        let other = read_form(b"b[x]=11&a=true&c[]=p&c[]=q").unwrap();
        assert_ne!(canonical(&form), canonical(&other));
    }

    #[test]
    fn debug_shows_the_shape_only() {
        let node = read_form(b"card[number]=4242424242424242").unwrap();
        assert_eq!(format!("{node:?}"), r#"{"card": {"number": word}}"#);
    }
}
