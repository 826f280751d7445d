//! What can go wrong with keys. No key is ever in an error.

use crate::ApiKeyId;
use pmts_kernel::{CodeInfo, Coded};
use std::error::Error;
use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The text has not the form of a key.
    #[error("an API key is sk_ or pk_, test_ or live_, and 24 to 128 letters and digits")]
    KeyMalformed,
    /// No key reads like this.
    #[error("there is no such API key")]
    KeyUnknown,
    /// The key was revoked.
    #[error("the API key {0} was revoked")]
    KeyRevoked(ApiKeyId),
    /// The key's time is over.
    #[error("the API key {0} has expired")]
    KeyExpired(ApiKeyId),
    /// No key has this id.
    #[error("no API key has the id {0}")]
    IdUnknown(ApiKeyId),
    /// A key of this text is there already.
    #[error("this API key is there already")]
    KeyTaken,
    /// The name of a key is not possible.
    #[error("the name of a key is 1 to 64 printable characters")]
    Name,
    /// Somebody else changed the key.
    #[error("the API key {0} was changed by somebody else: read it and decide again")]
    Conflict(ApiKeyId),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random,
    /// The pepper file cannot be read or written.
    #[error("the pepper file {} cannot be used", .path.display())]
    PepperFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others than the owner may read the pepper file.
    #[error("the pepper file {} has mode {mode:04o}; only its owner may have access (0600)", .path.display())]
    PepperExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The pepper file has another form.
    #[error("the pepper file {} is malformed", .0.display())]
    PepperMalformed(PathBuf),
    /// The store that keeps the keys failed.
    #[error("the store of the keys failed")]
    Store {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Coded for IdentityError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::KeyMalformed => &codes::KEY_MALFORMED,
            Self::KeyUnknown => &codes::KEY_UNKNOWN,
            Self::KeyRevoked(_) => &codes::KEY_REVOKED,
            Self::KeyExpired(_) => &codes::KEY_EXPIRED,
            Self::IdUnknown(_) => &codes::ID_UNKNOWN,
            Self::KeyTaken => &codes::KEY_TAKEN,
            Self::Name => &codes::NAME,
            Self::Conflict(_) => &codes::CONFLICT,
            Self::Random => &codes::RANDOM,
            Self::PepperFile { .. } => &codes::PEPPER_UNUSABLE,
            Self::PepperExposed { .. } => &codes::PEPPER_EXPOSED,
            Self::PepperMalformed(_) => &codes::PEPPER_MALFORMED,
            Self::Store { .. } => &codes::STORE_FAILED,
        }
    }
}

pmts_kernel::error_codes! {
    /// Form of a key.
    KEY_MALFORMED = "IDENTITY_KEY_MALFORMED", Fix, "the text has not the form of an API key";
    /// Unknown key.
    KEY_UNKNOWN = "IDENTITY_KEY_UNKNOWN", Fix, "there is no such API key";
    /// Revoked key.
    KEY_REVOKED = "IDENTITY_KEY_REVOKED", Fix, "the API key was revoked";
    /// Expired key.
    KEY_EXPIRED = "IDENTITY_KEY_EXPIRED", Fix, "the API key has expired";
    /// Unknown id.
    ID_UNKNOWN = "IDENTITY_ID_UNKNOWN", Fix, "no API key has this id";
    /// Text in use.
    KEY_TAKEN = "IDENTITY_KEY_TAKEN", Fix, "this API key is there already";
    /// Bad name.
    NAME = "IDENTITY_NAME", Fix, "the name of a key is 1 to 64 printable characters";
    /// Version.
    CONFLICT = "IDENTITY_CONFLICT", Decide, "the API key was changed by somebody else";
    /// No randomness.
    RANDOM = "IDENTITY_RANDOM", Operator, "the operating system gives no random bytes";
    /// Pepper file unusable.
    PEPPER_UNUSABLE = "IDENTITY_PEPPER_UNUSABLE", Operator, "the pepper file cannot be read or written";
    /// Pepper file open to others.
    PEPPER_EXPOSED = "IDENTITY_PEPPER_EXPOSED", Operator, "the pepper file is accessible to others than its owner";
    /// Pepper file of another form.
    PEPPER_MALFORMED = "IDENTITY_PEPPER_MALFORMED", Operator, "the pepper file is malformed";
    /// Store.
    STORE_FAILED = "IDENTITY_STORE_FAILED", Retry, "the store of the keys failed";
}
