//! JSON bodies.

use super::{DEPTH_MAX, Node, VALUES_MAX};
use crate::http::HttpError;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::cell::{Cell, RefCell};
use std::fmt;
use zeroize::Zeroizing;

/// Reads a JSON object.
///
/// # Errors
/// [`HttpError::Json`] when it is not JSON or not an object; [`HttpError::TooDeep`], [`HttpError::TooMany`];
/// [`HttpError::Duplicate`] when a name is there twice in one object.
pub(crate) fn read_json(bytes: &[u8]) -> Result<Node, HttpError> {
    let state = State::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Seed { state: &state, depth: 0 }.deserialize(&mut reader);
    let node = match read.and_then(|node| reader.end().map(|()| node)) {
        Ok(node) => node,
        Err(e) => {
            let at = HttpError::Json { line: e.line(), column: e.column() };
            return Err(state.why.take().unwrap_or(at));
        }
    };
    if matches!(node, Node::Map(_)) { Ok(node) } else { Err(HttpError::Json { line: 1, column: 1 }) }
}

#[derive(Default)]
struct State {
    count: Cell<usize>,
    /// What was wrong, if JSON itself was not.
    why: RefCell<Option<HttpError>>,
}

impl State {
    fn fail<E: Error>(&self, why: HttpError) -> E {
        *self.why.borrow_mut() = Some(why);
        E::custom("refused")
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    state: &'a State,
    depth: usize,
}

impl Seed<'_> {
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.depth >= DEPTH_MAX {
            return Err(self.state.fail(HttpError::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Node, D::Error> {
        self.state.count.set(self.state.count.get() + 1);
        if self.state.count.get() > VALUES_MAX {
            return Err(self.state.fail(HttpError::TooMany));
        }
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::OtherNumber, Node::Integer))
    }

    #[allow(
        clippy::disallowed_types,
        reason = "the number is dropped: one with a fraction is refused wherever it stands"
    )]
    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(Zeroizing::new(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let below = self.below()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(below)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let below = self.below()?;
        let mut entries: Vec<(String, Node)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if entries.iter().any(|(n, _)| *n == name) {
                return Err(self.state.fail(HttpError::Duplicate(name)));
            }
            entries.push((name, map.next_value_seed(below)?));
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_becomes_a_tree() {
        let node = read_json(br#" {"a":1,"b":{"c":null,"d":[true,"x"]},"e":1.5,"f":18446744073709551615} "#)
            .unwrap();
        assert_eq!(
            format!("{node:?}"),
            r#"{"a": integer, "b": {"c": null, "d": [bool, text]}, "e": number, "f": number}"#
        );
        assert_eq!(node.get("a"), Some(&Node::Integer(1)));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for bad in
            ["", "{", "[]", "1", "null", "{\"a\":1}x", "{a:1}", "{\"a\":01}", "{\"a\":NaN}", "\u{feff}{}"]
        {
            assert!(matches!(read_json(bad.as_bytes()), Err(HttpError::Json { .. })), "{bad}");
        }
        assert!(matches!(read_json(br#"{"a":"\ud800"}"#), Err(HttpError::Json { .. })));
        for bad in [r#"{"a":1,"a":2}"#, r#"{"x":{"a":1,"a":1}}"#, r#"{"a":1,"\u0061":2}"#] {
            assert!(matches!(read_json(bad.as_bytes()), Err(HttpError::Duplicate(n)) if n == "a"), "{bad}");
        }
        for depth in [DEPTH_MAX + 1, 100_000] {
            let deep = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
            assert!(matches!(read_json(deep.as_bytes()), Err(HttpError::TooDeep)));
            assert!(matches!(
                read_json(format!("{{\"a\":{}", "[".repeat(depth)).as_bytes()),
                Err(HttpError::TooDeep)
            ));
        }
        let many = format!("{{\"a\":[{}1]}}", "1,".repeat(VALUES_MAX));
        assert!(matches!(read_json(many.as_bytes()), Err(HttpError::TooMany)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = read_json(&bytes);
        }
    }
}
