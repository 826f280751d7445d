//! What can go wrong with the vault. No card number or key is ever in an error.

use crate::pci::CardToken;
use pmts_kernel::{CodeInfo, Coded};
use std::error::Error;
use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No card is kept under this token.
    #[error("no card is kept under {token}")]
    TokenUnknown {
        /// The token.
        token: CardToken,
    },
    /// Another card is kept under this token: the id source repeats itself.
    #[error("another card is kept under {token}")]
    TokenTaken {
        /// The token.
        token: CardToken,
    },
    /// The entry does not open, or what is inside does not fit what stands beside it: it was changed after it was
    /// written, or sealed with another key.
    #[error("the vault entry of {token} was changed or belongs to another key")]
    EntryDamaged {
        /// The token.
        token: CardToken,
    },
    /// The entry is sealed with a vault key that is not loaded.
    #[error("the vault entry of {token} needs version {key_version} of the vault keys")]
    KeyVersionUnknown {
        /// The token.
        token: CardToken,
        /// The version the entry names.
        key_version: u32,
    },
    /// A wrapped key does not open: it was changed, wrapped for another purpose, or by another key-encryption key.
    #[error("the wrapped key for {context} was changed or belongs to another key-encryption key")]
    KeyDamaged {
        /// What the key is for.
        context: String,
    },
    /// The key-encryption key of this version is not here.
    #[error("version {kek_version} of the key-encryption key is missing")]
    KekVersionUnknown {
        /// The version the wrapped key names.
        kek_version: u32,
    },
    /// The key file cannot be read or written.
    #[error("the key file {} cannot be used", .path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others than the owner may read or write the key file.
    #[error("the key file {} has mode {mode:04o}; only its owner may have access (0600)", .path.display())]
    KeyFileExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file has another form.
    #[error("the key file {} is malformed", .path.display())]
    KeyFileMalformed {
        /// The file.
        path: PathBuf,
    },
    /// The key service failed.
    #[error("the key service failed")]
    Kms {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store that keeps the entries failed.
    #[error("the vault's store failed")]
    Store {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

pmts_kernel::error_codes! {
    /// Token without a card.
    TOKEN_UNKNOWN = "COMPLIANCE_TOKEN_UNKNOWN", Fix, "no card is kept under this token";
    /// Token of another card.
    TOKEN_TAKEN = "COMPLIANCE_TOKEN_TAKEN", Operator, "another card is kept under this token: the id source repeats itself";
    /// Entry changed.
    ENTRY_DAMAGED = "COMPLIANCE_VAULT_ENTRY_DAMAGED", Operator, "a vault entry was changed after it was written, or belongs to another key";
    /// Vault keys of another version.
    KEY_VERSION_UNKNOWN = "COMPLIANCE_VAULT_KEY_VERSION_UNKNOWN", Operator, "a vault entry needs a version of the vault keys that is not loaded";
    /// Wrapped key changed.
    KEY_DAMAGED = "COMPLIANCE_VAULT_KEY_DAMAGED", Operator, "a wrapped key was changed, or belongs to another purpose or key-encryption key";
    /// Key-encryption key missing.
    KEK_VERSION_UNKNOWN = "COMPLIANCE_KEK_VERSION_UNKNOWN", Operator, "a version of the key-encryption key is missing";
    /// Key file unusable.
    KEY_FILE_UNUSABLE = "COMPLIANCE_KEY_FILE_UNUSABLE", Operator, "the key file cannot be read or written";
    /// Key file open to others.
    KEY_FILE_EXPOSED = "COMPLIANCE_KEY_FILE_EXPOSED", Operator, "the key file is accessible to others than its owner";
    /// Key file of another form.
    KEY_FILE_MALFORMED = "COMPLIANCE_KEY_FILE_MALFORMED", Operator, "the key file is malformed";
    /// Key service.
    KMS_FAILED = "COMPLIANCE_KMS_FAILED", Retry, "the key service failed";
    /// Store.
    VAULT_STORE_FAILED = "COMPLIANCE_VAULT_STORE_FAILED", Retry, "the vault's store failed";
    /// List unreadable.
    LIST_UNREADABLE = "COMPLIANCE_LIST_UNREADABLE", Operator, "a sanctions list cannot be read from its file; the version in force stays";
    /// List of another form.
    LIST_MALFORMED = "COMPLIANCE_LIST_MALFORMED", Fix, "a sanctions list is not in the format it was said to be in; the version in force stays";
    /// Columns missing.
    LIST_COLUMNS = "COMPLIANCE_LIST_COLUMNS", Fix, "a sanctions list lacks columns it must have; the version in force stays";
    /// Nothing in it.
    LIST_EMPTY = "COMPLIANCE_LIST_EMPTY", Fix, "a sanctions list has no entry; the version in force stays";
    /// Entry wrong.
    LIST_ENTRY = "COMPLIANCE_LIST_ENTRY", Fix, "an entry of a sanctions list has no name or an id that another one has; the version in force stays";
    /// No answer.
    SCREENING_FAILED = "COMPLIANCE_SCREENING_FAILED", Retry, "whoever screens did not answer: that is not the same as no hit";
    /// Scenarios.
    SCENARIO_INVALID = "COMPLIANCE_SCENARIO_INVALID", Fix, "a file of monitoring scenarios is not valid; those in force stay";
    /// Scenario that is not there.
    SCENARIO_UNKNOWN = "COMPLIANCE_SCENARIO_UNKNOWN", Fix, "there is no such version of a monitoring scenario";
    /// Move of a scenario.
    SCENARIO_MOVE = "COMPLIANCE_SCENARIO_MOVE", Fix, "a monitoring scenario cannot go from the state it is in to that one";
    /// Worth unknown.
    MOVEMENT_UNPRICED = "COMPLIANCE_MOVEMENT_UNPRICED", Fix, "a movement of money cannot be monitored: its worth in the scenarios' currency is missing or not more than nothing";
    /// No answer.
    MONITOR_FAILED = "COMPLIANCE_MONITOR_FAILED", Retry, "whoever monitors did not answer: that is not the same as no alert";
    /// Move of a case.
    CASE_MOVE = "COMPLIANCE_CASE_MOVE", Decide, "a case cannot go from the state it is in to that one";
    /// Same person twice.
    CASE_FOUR_EYES = "COMPLIANCE_CASE_FOUR_EYES", Decide, "whoever decided cannot approve it as well: another person has to";
    /// No reason.
    CASE_REASON = "COMPLIANCE_CASE_REASON", Fix, "a decision needs a reason";
    /// Nothing to decide.
    CASE_NOT_PENDING = "COMPLIANCE_CASE_NOT_PENDING", Decide, "there is nothing to decide or approve: it was not proposed, or it is decided";
    /// Report of another shape.
    REPORT_INVALID = "COMPLIANCE_REPORT_INVALID", Fix, "a report to the authorities cannot be written: a batch is empty, or an amount or narrative does not fit";
    /// Move of a file.
    DILIGENCE_MOVE = "COMPLIANCE_DILIGENCE_MOVE", Decide, "a file of due diligence cannot go from the state it is in to that one";
    /// Incomplete file.
    DILIGENCE_INCOMPLETE = "COMPLIANCE_DILIGENCE_INCOMPLETE", Fix, "something is still needed before it is known who somebody is";
    /// Same person twice.
    DILIGENCE_FOUR_EYES = "COMPLIANCE_DILIGENCE_FOUR_EYES", Decide, "at high risk another person has to approve";
    /// Shares.
    DILIGENCE_SHARES = "COMPLIANCE_DILIGENCE_SHARES", Fix, "the shares of owners are more than the whole, or one is nothing";
    /// Rules.
    DILIGENCE_RULES = "COMPLIANCE_DILIGENCE_RULES", Fix, "the rules of due diligence cannot be read, or contradict themselves";
    /// Travel rule.
    TRAVEL_RULE = "COMPLIANCE_TRAVEL_RULE", Fix, "a travel-rule message is no JSON of the standard's form, or breaks a rule of it";
    /// Too large.
    LIST_TOO_LARGE = "COMPLIANCE_LIST_TOO_LARGE", Fix, "a sanctions list is larger than can be read; the version in force stays";
}

impl Coded for VaultError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::TokenUnknown { .. } => &codes::TOKEN_UNKNOWN,
            Self::TokenTaken { .. } => &codes::TOKEN_TAKEN,
            Self::EntryDamaged { .. } => &codes::ENTRY_DAMAGED,
            Self::KeyVersionUnknown { .. } => &codes::KEY_VERSION_UNKNOWN,
            Self::KeyDamaged { .. } => &codes::KEY_DAMAGED,
            Self::KekVersionUnknown { .. } => &codes::KEK_VERSION_UNKNOWN,
            Self::KeyFile { .. } => &codes::KEY_FILE_UNUSABLE,
            Self::KeyFileExposed { .. } => &codes::KEY_FILE_EXPOSED,
            Self::KeyFileMalformed { .. } => &codes::KEY_FILE_MALFORMED,
            Self::Kms { .. } => &codes::KMS_FAILED,
            Self::Store { .. } => &codes::VAULT_STORE_FAILED,
        }
    }
}
