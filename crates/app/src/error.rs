//! The errors of the platform and their codes.

use crate::engine::EngineError;
use pmts_cards::CardsError;
use pmts_compliance::VaultError;
use pmts_compliance::aml::lists::ListError;
use pmts_kernel::{CodeInfo, Coded};
use pmts_sandbox::SandboxError;
use pmts_store::StoreError;
use std::path::PathBuf;

/// Why a command ended without doing what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data directory cannot be opened or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The sandbox could not start.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A message of a card host, or its field table, is not right.
    #[error(transparent)]
    Cards(#[from] CardsError),
    /// A payment could not be carried on.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The key file of a vault that holds cards, or the pepper of API keys, is gone.
    #[error("{} is missing: what was sealed or hashed with it is of no use without it; restore it", .0.display())]
    KeyMissing(PathBuf),
    /// The payments of a data directory are of the other mode.
    #[error("{} has {} payments: it cannot be used in {} mode", path.display(), name(!live), name(*live))]
    OtherMode {
        /// Which directory.
        path: PathBuf,
        /// The mode it was opened in.
        live: bool,
    },
    /// A configuration file says something that cannot be.
    #[error("{}: {what}", path.display())]
    Config {
        /// Which file.
        path: PathBuf,
        /// Which key or line, and what is wrong with it.
        what: String,
    },
    /// There is no data directory at this place.
    #[error("there is no data directory at {}", .0.display())]
    NoData(PathBuf),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// An import file does not have the columns it must have.
    #[error("{}: line 1: the columns are {found}, expected {expected}", path.display())]
    Columns {
        /// Which file.
        path: PathBuf,
        /// What the first line says.
        found: String,
        /// What it must say.
        expected: String,
    },
    /// An import names no file.
    #[error("{}: no .csv file there", .0.display())]
    NoFiles(PathBuf),
    /// A sanctions list is not right. Nothing of it is used; the version in force stays.
    #[error("{}: {source}", path.display())]
    List {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: ListError,
    },
    /// There is no such list, or no such version of it.
    #[error("there is no {what} in {}", path.display())]
    NoList {
        /// The list or version.
        what: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A new version of a list has less than half of the entries.
    #[error(
        "{list} had {before} entries and would have {after}: import it with --allow-shrink if that is right; the version in force stays"
    )]
    ListShrunk {
        /// Which list.
        list: String,
        /// Entries in force.
        before: u64,
        /// Entries of the new version.
        after: u64,
    },
    /// A setting that gives secrets away, with real money.
    #[error("this is not safe with real money: {0}")]
    Unsafe(String),
    /// A checkpoint of the audit, or the key that signs them.
    #[error("the checkpoint cannot be used: {0}")]
    Checkpoint(String),
    /// Card numbers stand where none belong.
    #[error("{0} card numbers were found")]
    CardNumbers(u64),
    /// A kept version of a list is not what it was.
    #[error("{} was changed after it was imported: roll back or import again", .0.display())]
    ListDamaged(PathBuf),
    /// Another command changes the lists.
    #[error("another command changes the lists in {} at this moment", .0.display())]
    ListsBusy(PathBuf),
    /// Features, rules or a model.
    #[error(transparent)]
    Fraud(#[from] pmts_fraud::FraudError),
    /// There is no such model.
    #[error("there is no {} in {}", number.map_or_else(|| "model in force".to_owned(), |n| format!("model {n}")), path.display())]
    NoModel {
        /// Its number; without one, the model in force, or the one before it.
        number: Option<u32>,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A kept model is not what it was.
    #[error("{} was changed after it was kept: roll back or train again", .0.display())]
    ModelDamaged(PathBuf),
    /// A value on the command line does not mean anything here.
    #[error("{0}")]
    Usage(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A certificate or its key cannot be used.
    #[error("{}: {why}", path.display())]
    Tls {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The keys of callers failed.
    #[error(transparent)]
    Identity(#[from] pmts_identity::IdentityError),
    /// Requests were not done when the server had to end.
    #[error(
        "requests were still under way when the server ended; what they had begun goes on at the next start"
    )]
    DrainCut,
    /// Standard output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(std::io::Error),
    /// An import ended, but lines of it are not paid or refunded yet.
    #[error(
        "{0} lines are not paid or refunded yet: the card host could not be reached or did not answer; run the import again"
    )]
    Unpaid(u64),
    /// Files that were checked are not valid, or could not be read; which and why was said.
    #[error("{failed} of {of} files are not valid")]
    FilesNotValid {
        /// How many.
        failed: usize,
        /// Of how many.
        of: usize,
    },
    /// A bank file or an account identifier is not right.
    #[error(transparent)]
    Payouts(#[from] pmts_payouts::PayoutsError),
    /// Webhooks.
    #[error(transparent)]
    Webhook(#[from] crate::webhooks::WebhookError),
    /// The risk screen.
    #[error(transparent)]
    Risk(#[from] crate::risk::RiskError),
    /// Screening and monitoring.
    #[error(transparent)]
    Aml(#[from] crate::aml::AmlError),
    /// A step of a payout was not done.
    #[error(transparent)]
    Desk(#[from] crate::payouts::DeskError),
    /// Rates or a quote.
    #[error(transparent)]
    Fx(#[from] pmts_fx::FxError),
    /// A verification found damage; it was listed.
    #[error("{0} problems found in the data directory")]
    Problems(usize),
}

impl Coded for AppError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Store(e) => e.code(),
            Self::Vault(e) => e.code(),
            Self::Sandbox(e) => e.code(),
            Self::Cards(e) => e.code(),
            Self::Engine(e) => e.code(),
            Self::KeyMissing(_) => &codes::KEY_MISSING,
            Self::OtherMode { .. } => &codes::OTHER_MODE,
            Self::Config { .. } => &codes::CONFIG,
            Self::NoData(_) => &codes::NO_DATA,
            Self::File { .. } => &codes::FILE,
            Self::Columns { .. } => &codes::IMPORT_COLUMNS,
            Self::NoFiles(_) => &codes::IMPORT_NO_FILES,
            Self::List { source, .. } => source.code(),
            Self::NoList { .. } => &codes::NO_LIST,
            Self::ListShrunk { .. } => &codes::LIST_SHRUNK,
            Self::Unsafe(_) => &codes::UNSAFE,
            Self::Checkpoint(_) => &codes::AUDIT_CHECKPOINT,
            Self::CardNumbers(_) => &codes::CARD_NUMBERS,
            Self::ListDamaged(_) => &codes::LIST_DAMAGED,
            Self::ListsBusy(_) => &codes::LISTS_BUSY,
            Self::Fraud(e) => e.code(),
            Self::NoModel { .. } => &codes::NO_MODEL,
            Self::ModelDamaged(_) => &codes::MODEL_DAMAGED,
            Self::Usage(_) => &codes::USAGE,
            Self::Listen { .. } => &codes::LISTEN,
            Self::Tls { .. } => &codes::TLS,
            Self::Identity(e) => e.code(),
            Self::DrainCut => &codes::DRAIN_CUT,
            Self::Output(_) => &codes::OUTPUT,
            Self::Unpaid(_) => &codes::UNPAID,
            Self::FilesNotValid { .. } => &codes::FILES_NOT_VALID,
            Self::Payouts(e) => e.code(),
            Self::Desk(e) => e.code(),
            Self::Fx(e) => e.code(),
            Self::Risk(e) => e.code(),
            Self::Aml(e) => e.code(),
            Self::Webhook(e) => e.code(),
            Self::Problems(_) => &codes::PROBLEMS,
        }
    }
}

impl AppError {
    /// A file error with its place.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

fn name(live: bool) -> &'static str {
    crate::records::mode(live)
}

pmts_kernel::error_codes! {
    /// Test and live.
    OTHER_MODE = "APP_OTHER_MODE", Fix, "the payments of a data directory are all test or all live: it cannot be used in the other mode";
    /// Twice.
    DONE_BEFORE = "APP_DONE_BEFORE", Fix, "what was asked for was done before; nothing changed";
    /// No directory.
    NO_DATA = "APP_NO_DATA", Fix, "there is no data directory at the given place";
    /// Configuration.
    CONFIG = "APP_CONFIG", Fix, "a configuration file has an unknown key or a value that cannot be";
    /// Key gone.
    KEY_MISSING = "APP_KEY_MISSING", Operator, "the key file of a vault that holds cards, or the pepper of API keys, is missing: restore it";
    /// File trouble.
    FILE = "APP_FILE", Operator, "a file cannot be read or written";
    /// Wrong columns.
    IMPORT_COLUMNS = "APP_IMPORT_COLUMNS", Fix, "an import file does not have the columns it must have; nothing of it was imported";
    /// Nothing to import.
    IMPORT_NO_FILES = "APP_IMPORT_NO_FILES", Fix, "an import names no file";
    /// No such list.
    NO_LIST = "APP_NO_LIST", Fix, "there is no sanctions list, or no version of it, of this name: import it first";
    /// List much shorter.
    LIST_SHRUNK = "APP_LIST_SHRUNK", Decide, "a new version of a sanctions list has less than half of the entries; the version in force stays";
    /// Unsafe setting.
    UNSAFE = "APP_UNSAFE", Fix, "a setting gives secrets away, and the server takes real money";
    /// Checkpoint.
    AUDIT_CHECKPOINT = "APP_AUDIT_CHECKPOINT", Fix, "a checkpoint of the audit has another form, another key or a wrong signature, or the key file is no key";
    /// Card numbers outside the vault.
    CARD_NUMBERS = "APP_CARD_NUMBERS", Operator, "a scan found card numbers where none belong: take them out, and find out how they came there";
    /// List changed.
    LIST_DAMAGED = "APP_LIST_DAMAGED", Operator, "a kept version of a sanctions list was changed after it was imported";
    /// Lists in use.
    LISTS_BUSY = "APP_LISTS_BUSY", Retry, "another command changes the sanctions lists";
    /// No such model.
    NO_MODEL = "APP_NO_MODEL", Fix, "there is no fraud model of this number, none in force, or none before it";
    /// Model changed.
    MODEL_DAMAGED = "APP_MODEL_DAMAGED", Operator, "a kept fraud model was changed after it was kept";
    /// Command line.
    USAGE = "APP_USAGE", Fix, "a value on the command line does not mean anything here";
    /// Address.
    LISTEN = "APP_LISTEN", Operator, "the address cannot be listened on";
    /// Certificate.
    TLS = "APP_TLS", Operator, "a certificate or its key cannot be used";
    /// Cut off.
    DRAIN_CUT = "APP_DRAIN_CUT", Inquire, "requests were still under way when the server ended; what they had begun goes on at the next start";
    /// Output.
    OUTPUT = "APP_OUTPUT", Operator, "standard output cannot be written";
    /// Not all paid.
    UNPAID = "APP_UNPAID", Retry, "an import ended, but lines of it are not paid or refunded yet: run it again";
    /// Checked files.
    FILES_NOT_VALID = "APP_FILES_NOT_VALID", Fix, "files that were checked are not valid, or could not be read";
    /// Damage.
    PROBLEMS = "APP_PROBLEMS", Operator, "a verification found damage in the data directory";
    /// A task ended early.
    CUT_OFF = "APP_CUT_OFF", Inquire, "a task ended before its work was done; what it had committed goes on at the next run";
    /// Signal.
    RISK_SIGNAL = "APP_RISK_SIGNAL", Fix, "a signal for the risk screen has a name or a value it does not take";
    /// Recipient of a report.
    RISK_RECIPIENT = "APP_RISK_RECIPIENT", Fix, "the recipient of a sealed report is no public key of the format age";
    /// History file.
    RISK_SNAPSHOT = "APP_RISK_SNAPSHOT", Operator, "the file of the risk screen's history cannot be written; it is rebuilt from the events";
    /// Blocked.
    RISK_BLOCKED = "APP_RISK_BLOCKED", Decide, "the risk screen refused the step; nothing was sent";
    /// Nobody to screen.
    AML_PARTY = "APP_AML_PARTY", Fix, "somebody cannot be screened with what was told of them";
    /// No fact.
    AML_FACT = "APP_AML_FACT", Fix, "something told to the monitoring is no fact";
    /// Told of somebody.
    AML_TOLD = "APP_AML_TOLD", Fix, "what is told of somebody for their file of due diligence is not what it must be";
    /// Input of the case team.
    AML_INPUT = "APP_AML_INPUT", Fix, "a text, a span of days, or a file for a report is not what it must be";
    /// Sealed.
    AML_SEALED = "APP_AML_SEALED", Operator, "a record of the case team does not open: it was changed, or its key is another";
    /// Held.
    AML_HELD = "APP_AML_HELD", Decide, "somebody in the payment is held by the sanctions screening; nothing was sent";
    /// May not receive.
    DILIGENCE_STOPPED = "APP_DILIGENCE_STOPPED", Decide, "a seller in the payment may not receive, by the due diligence about him; nothing was sent";
    /// Webhook address.
    WEBHOOK_URL = "APP_WEBHOOK_URL", Fix, "a webhook address cannot be called: https, and not into a private network";
    /// Webhooks.
    WEBHOOK_TOO_MANY = "APP_WEBHOOK_TOO_MANY", Fix, "there are as many webhook endpoints as are kept";
    /// Not for a person to say.
    NOT_BY_HAND = "APP_NOT_BY_HAND", Decide, "a person cannot decide this about an operation of this kind or state";
    /// A record that must be there.
    RECORD_MISSING = "APP_RECORD_MISSING", Operator, "a record that must be there is not";
}
