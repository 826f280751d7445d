//! What answers look like: the list of fields of each object, for the OpenAPI document and for a test that holds real
//! answers against it.

/// An object that is answered.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the OpenAPI document: `PaymentIntent`.
    pub name: &'static str,
    /// What it is, a sentence.
    pub about: &'static str,
    /// Its fields; all of them are always there.
    pub fields: &'static [Field],
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub of: Of,
    /// Whether it can be `null`.
    pub nullable: bool,
    /// What it means, a sentence.
    pub about: &'static str,
}

/// What is in a field.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// Text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Bool,
    /// Seconds since 1970.
    Moment,
    /// Texts by name.
    Texts,
    /// An object of this shape.
    Object(&'static Shape),
    /// The id of an object, or with `expand[]` the object itself.
    Expandable(&'static Shape),
    /// A list of objects of this shape.
    List(&'static Shape),
    /// A list of texts.
    TextList,
    /// An object whose fields depend on what it is about.
    Free,
}

impl Field {
    /// One that is always filled.
    pub const fn is(name: &'static str, of: Of, about: &'static str) -> Self {
        Self { name, of, nullable: false, about }
    }

    /// One that can be `null`.
    pub const fn may(name: &'static str, of: Of, about: &'static str) -> Self {
        Self { name, of, nullable: true, about }
    }
}
