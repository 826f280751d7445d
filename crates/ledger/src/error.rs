//! The errors of the crate and their codes.

use crate::RefusedTransfer;
use pmts_kernel::{CodeInfo, Coded};

/// Why the ledger did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A rule refused the journal; nothing of it is recorded.
    #[error("the journal is refused")]
    Refused(#[source] RefusedTransfer),
    /// The ledger cannot be reached or written now; nothing of the journal is recorded.
    #[error("the ledger is not available: {0}")]
    Unavailable(String),
    /// The journal may or may not be recorded: look its transfers up before doing anything else.
    #[error("the outcome is not known: {0}")]
    Unknown(String),
}

impl Coded for LedgerError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Refused(r) => r.code(),
            Self::Unavailable(_) => &codes::UNAVAILABLE,
            Self::Unknown(_) => &codes::UNKNOWN,
        }
    }
}

pmts_kernel::error_codes! {
    /// Opening with other content.
    ACCOUNT_TAKEN = "LEDGER_ACCOUNT_TAKEN", Fix, "an account of this id exists with another currency, chart code, owner, entity or side";
    /// Unknown account in a change.
    ACCOUNT_MISSING = "LEDGER_ACCOUNT_MISSING", Fix, "an account change names an account that does not exist";
    /// Closing with money on it.
    ACCOUNT_NOT_AT_REST = "LEDGER_ACCOUNT_NOT_AT_REST", Decide, "an account can be closed only at zero with nothing reserved";
    /// Zero or less.
    AMOUNT_NOT_POSITIVE = "LEDGER_AMOUNT_NOT_POSITIVE", Fix, "the amount of a transfer must be positive";
    /// To itself.
    SAME_ACCOUNT = "LEDGER_SAME_ACCOUNT", Fix, "debit and credit of a transfer are the same account";
    /// Reserved ids.
    ID_RESERVED = "LEDGER_ID_RESERVED", Fix, "a transfer id with its highest bit set: those are the ledger's own, for expiries";
    /// Twice in one journal.
    DUPLICATE_IN_JOURNAL = "LEDGER_DUPLICATE_IN_JOURNAL", Fix, "a journal names the same transfer id twice";
    /// Burnt id.
    ID_REFUSED = "LEDGER_ID_REFUSED", Decide, "the transfer id was refused before and stays refused: decide again under a new id";
    /// Other content under the id.
    ID_TAKEN = "LEDGER_ID_TAKEN", Fix, "the transfer id is recorded with other content, or along with ids that are new";
    /// No debit account.
    DEBIT_MISSING = "LEDGER_DEBIT_MISSING", Decide, "the debit account does not exist";
    /// No credit account.
    CREDIT_MISSING = "LEDGER_CREDIT_MISSING", Decide, "the credit account does not exist";
    /// Wrong currency.
    CURRENCY_MISMATCH = "LEDGER_CURRENCY_MISMATCH", Fix, "an account has another currency than the transfer";
    /// Closed.
    ACCOUNT_CLOSED = "LEDGER_ACCOUNT_CLOSED", Decide, "an account of the transfer is closed";
    /// No reservation.
    RESERVATION_MISSING = "LEDGER_RESERVATION_MISSING", Decide, "the reservation does not exist";
    /// Used up.
    RESERVATION_RESOLVED = "LEDGER_RESERVATION_RESOLVED", Decide, "the reservation was posted or voided, or has expired";
    /// Different content.
    RESERVATION_MISMATCH = "LEDGER_RESERVATION_MISMATCH", Fix, "accounts or currency differ from the reservation's, or the amount of a void does";
    /// Too much.
    RESERVATION_EXCEEDED = "LEDGER_RESERVATION_EXCEEDED", Fix, "the amount exceeds what was reserved";
    /// Expires too early.
    EXPIRY_PAST = "LEDGER_EXPIRY_PAST", Fix, "the reservation would expire at or before the moment it is made";
    /// Too large a sum.
    OVERFLOW = "LEDGER_OVERFLOW", Decide, "a sum of an account would exceed the range of amounts (2^63 - 1 minor units)";
    /// Below the floor.
    FLOOR_BREACHED = "LEDGER_FLOOR_BREACHED", Decide, "the account would fall below its floor, reservations counted";
    /// Above the ceiling.
    CEILING_BREACHED = "LEDGER_CEILING_BREACHED", Decide, "the account would rise above its ceiling, reservations counted";
    /// Bad owner text.
    OWNER_MALFORMED = "LEDGER_OWNER_MALFORMED", Fix, "an owner is at most 64 printable ASCII characters without spaces";
    /// Not now.
    UNAVAILABLE = "LEDGER_UNAVAILABLE", Retry, "the ledger cannot be reached or written now; nothing was recorded";
    /// Not known.
    UNKNOWN = "LEDGER_UNKNOWN", Inquire, "the journal may or may not be recorded: look its transfers up";
}
