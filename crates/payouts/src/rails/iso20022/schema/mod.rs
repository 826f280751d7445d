//! What a message may hold: elements, their order and number, and the form of values. A schema is read from a published
//! XSD ([`Schema::from_xsd`]) or from the compact table made from it, which is what is built in.

mod built_in;
mod pattern;
mod table;
mod value;
mod xsd;

pub use built_in::{built_in, names};
pub use pattern::Pattern;

/// A message's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The namespace: `urn:iso:std:iso:20022:tech:xsd:pain.001.001.09`.
    pub(crate) namespace: String,
    /// The outermost element.
    pub(crate) root: Element,
    pub(crate) types: Vec<Type>,
}

/// An element that may stand in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Its type, an index into [`Schema::types`].
    pub(crate) ty: usize,
    pub(crate) min: u32,
    /// `u32::MAX` for any number.
    pub(crate) max: u32,
}

/// A place in a sequence: one element, or one of several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) elements: Vec<Element>,
    /// Any one element of another namespace, or of this.
    pub(crate) any: bool,
}

impl Slot {
    /// Whether it may stay empty.
    pub(crate) fn is_optional(&self) -> bool {
        self.any || self.elements.iter().any(|e| e.min == 0)
    }
}

/// A type: its name and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) name: String,
    pub(crate) kind: TypeKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TypeKind {
    /// Text.
    Simple(Simple),
    /// Text of this simple type, with these attributes, all required: name and type.
    Attributed(usize, Vec<(String, usize)>),
    /// Elements.
    Sequence(Vec<Slot>),
}

/// The form of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Simple {
    pub(crate) base: Base,
    pub(crate) min_len: Option<usize>,
    pub(crate) max_len: Option<usize>,
    pub(crate) total_digits: Option<usize>,
    pub(crate) fraction_digits: Option<usize>,
    /// Not below zero.
    pub(crate) not_negative: bool,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) values: Vec<String>,
}

/// The built-in type behind a simple type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Base {
    #[default]
    String,
    Boolean,
    Decimal,
    Date,
    DateTime,
    Time,
    Year,
    YearMonth,
    Base64,
}

impl Base {
    const ALL: [(&'static str, Self); 9] = [
        ("string", Self::String),
        ("boolean", Self::Boolean),
        ("decimal", Self::Decimal),
        ("date", Self::Date),
        ("dateTime", Self::DateTime),
        ("time", Self::Time),
        ("gYear", Self::Year),
        ("gYearMonth", Self::YearMonth),
        ("base64Binary", Self::Base64),
    ];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, base)| *base)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, base)| *base == self).map_or("string", |(name, _)| name)
    }
}

impl Schema {
    /// The short name of the message: `pain.001.001.09`.
    pub fn name(&self) -> &str {
        self.namespace.rsplit(':').next().unwrap_or("")
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }
}
