//! Stable error codes: what a program may match on, whatever the words say.

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The request is wrong and stays wrong: change it.
    Fix,
    /// The state of the world refuses it now: read the state and decide again.
    Decide,
    /// A passing condition: the same request may succeed later.
    Retry,
    /// A person has to look: configuration, disk, data.
    Operator,
    /// The outcome is not known: ask before doing anything again.
    Inquire,
}

impl Remedy {
    /// The word used in the reference pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fix => "fix the request",
            Self::Decide => "read and decide again",
            Self::Retry => "retry later",
            Self::Operator => "ask the operator",
            Self::Inquire => "inquire, do not repeat",
        }
    }
}

/// One entry of the error-code registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeInfo {
    /// The stable code, unique in the workspace: `LEDGER_FLOOR_BREACHED`.
    pub code: &'static str,
    /// What it means, one sentence.
    pub meaning: &'static str,
    /// What the caller can do.
    pub remedy: Remedy,
}

/// An error that has a stable code.
pub trait Coded {
    /// The registry entry of this error.
    fn code(&self) -> &'static CodeInfo;
}

/// Declares the error codes of a crate: one constant each, and `ALL`, which the reference page is made from.
///
/// ```
/// pmts_kernel::error_codes! {
///     /// No such parcel.
///     PARCEL_MISSING = "PARCEL_MISSING", Fix, "no parcel has this id";
/// }
/// assert_eq!(codes::ALL[0].code, "PARCEL_MISSING");
/// ```
#[macro_export]
macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $remedy:ident, $meaning:literal;)+) => {
        /// The stable error codes of this crate.
        pub mod codes {
            use $crate::{CodeInfo, Remedy};
            $(
                $(#[$doc])*
                #[doc = ""]
                #[doc = $meaning]
                pub const $name: CodeInfo = CodeInfo { code: $code, meaning: $meaning, remedy: Remedy::$remedy };
            )+
            /// Every code of this crate, in the order of declaration.
            pub const ALL: &[CodeInfo] = &[$($name),+];
        }
    };
}

error_codes! {
    /// An id in text form could not be read.
    ID_MALFORMED = "ID_MALFORMED", Fix, "the text is not an id of the expected kind";
    /// A principal's name could not be taken.
    PRINCIPAL_MALFORMED = "PRINCIPAL_MALFORMED", Fix, "a principal is kind:name in printable ASCII, at most 64 characters";
    /// A time could not be represented.
    TIME_OUT_OF_RANGE = "TIME_OUT_OF_RANGE", Fix, "the time cannot be represented in microseconds since 1970";
}
