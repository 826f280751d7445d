//! The list of parameters of an endpoint: what is read, what is refused, and what the OpenAPI document says, in one place.

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it must be.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What it means, a sentence.
    pub about: &'static str,
}

impl Param {
    /// One that must be there.
    pub const fn must(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, required: true, about }
    }

    /// One that may be left out.
    pub const fn may(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, required: false, about }
    }
}

/// What a parameter must be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A whole number in this range.
    Integer {
        /// The lowest.
        min: i64,
        /// The highest.
        max: i64,
    },
    /// `true` or `false`.
    Bool,
    /// Text of 1 to `max` characters without control characters.
    Text {
        /// The longest.
        max: usize,
    },
    /// The same, or empty: then what was there is removed.
    TextOrNothing {
        /// The longest.
        max: usize,
    },
    /// Printable ASCII without spaces, 1 to `max` characters: a reference of the caller's own.
    Reference {
        /// The longest.
        max: usize,
    },
    /// Card data: never told back, never logged.
    CardData {
        /// The longest.
        max: usize,
    },
    /// An id that begins with one of these and an underscore.
    Id(&'static [&'static str]),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A currency in use, three letters of either case.
    Currency,
    /// A moment: seconds since 1970.
    Moment,
    /// Up to 50 names of up to 40 characters with texts of up to 500; an empty text removes the name, an empty text in
    /// the place of all of them removes all.
    Metadata,
    /// Named parameters of its own.
    Object(&'static [Param]),
    /// Up to `max` items.
    List {
        /// What each is.
        of: &'static Kind,
        /// The most.
        max: usize,
    },
}

/// Most names in metadata.
pub(crate) const METADATA_NAMES: usize = 50;
/// Longest name in metadata, in characters.
pub(crate) const METADATA_NAME: usize = 40;
/// Longest value in metadata, in characters.
pub(crate) const METADATA_VALUE: usize = 500;
