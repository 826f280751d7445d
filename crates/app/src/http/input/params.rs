//! Reads values out of a tree that was checked.

use super::Node;
use super::check::{boolean, integer};
use pmts_kernel::Timestamp;
use pmts_money::Currency;
use std::collections::BTreeMap;

/// The values of one object. What was not sent, or sent as `null`, is `None`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params<'a>(&'a Node);

impl<'a> Params<'a> {
    /// Of a tree that passed [`check`](super::check).
    pub(crate) const fn new(node: &'a Node) -> Self {
        Self(node)
    }

    fn get(&self, name: &str) -> Option<&'a Node> {
        self.0.get(name).filter(|n| **n != Node::Null)
    }

    /// Whether it was sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Text; also of ids, references and words.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(Node::as_text)
    }

    /// Text as a string of its own.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(integer)
    }

    /// A yes or no.
    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(boolean)
    }

    /// A currency.
    pub(crate) fn currency(&self, name: &str) -> Option<Currency> {
        Currency::for_payment(&self.text(name)?.to_ascii_uppercase()).ok()
    }

    /// A moment.
    pub(crate) fn moment(&self, name: &str) -> Option<Timestamp> {
        self.integer(name).map(|secs| Timestamp::from_micros(0).saturating_add_secs(secs))
    }

    /// The values of an object below.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        self.get(name).map(Self)
    }

    /// The objects of a list below.
    pub(crate) fn objects(&self, name: &str) -> Option<Vec<Self>> {
        match self.get(name) {
            Some(Node::List(items)) => Some(items.iter().map(Self).collect()),
            _ => None,
        }
    }

    /// The texts of a list below; none if it was not sent.
    pub(crate) fn texts(&self, name: &str) -> Vec<&'a str> {
        match self.get(name) {
            Some(Node::List(items)) => items.iter().filter_map(Node::as_text).collect(),
            _ => Vec::new(),
        }
    }

    /// A map of texts below; empty values are left out.
    pub(crate) fn map(&self, name: &str) -> BTreeMap<String, String> {
        match self.get(name) {
            Some(Node::Map(entries)) => {
                let texts = entries.iter().filter_map(|(n, v)| Some((n.clone(), v.as_text()?.to_owned())));
                texts.filter(|(_, value)| !value.is_empty()).collect()
            }
            _ => BTreeMap::new(),
        }
    }

    /// Metadata as it was sent: an empty value removes its name, `Some` of nothing with `clear` removes all.
    pub(crate) fn metadata(&self) -> Option<SentMetadata> {
        match self.get("metadata")? {
            Node::Map(entries) => {
                let set = entries.iter().filter_map(|(n, v)| Some((n.clone(), v.as_text()?.to_owned())));
                Some(SentMetadata { clear: false, values: set.collect() })
            }
            _ => Some(SentMetadata { clear: true, values: BTreeMap::new() }),
        }
    }
}

/// Metadata as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SentMetadata {
    /// Everything that was there goes.
    pub(crate) clear: bool,
    /// New values; an empty one removes its name.
    pub(crate) values: BTreeMap<String, String>,
}

impl SentMetadata {
    /// What was there, with the changes.
    pub(crate) fn onto(self, mut there: BTreeMap<String, String>) -> BTreeMap<String, String> {
        if self.clear {
            there.clear();
        }
        for (name, value) in self.values {
            if value.is_empty() {
                there.remove(&name);
            } else {
                there.insert(name, value);
            }
        }
        there
    }
}
