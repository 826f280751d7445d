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
    ACCOUNT_TAKEN = "LEDGER_ACCOUNT_TAKEN", Fix, "an account of this id exists with another currency, chart code, owner, entity, side or parent";
    /// Unknown account in a change.
    ACCOUNT_MISSING = "LEDGER_ACCOUNT_MISSING", Fix, "an account change or a condition names an account that does not exist";
    /// Closing with money on it.
    ACCOUNT_NOT_AT_REST = "LEDGER_ACCOUNT_NOT_AT_REST", Decide, "an account can be closed only at zero with nothing reserved";
    /// Unknown parent.
    PARENT_MISSING = "LEDGER_PARENT_MISSING", Fix, "an account is opened under one that does not exist";
    /// Too many or no length.
    VELOCITY_MALFORMED = "LEDGER_VELOCITY_MALFORMED", Fix, "velocity limits are at most 8 an account, with windows of at least a second";
    /// Imported too early.
    TIME_NOT_AFTER_LAST = "LEDGER_TIME_NOT_AFTER_LAST", Fix, "history is imported in order: the moment must lie after the last entry";
    /// Imported too late.
    TIME_IN_FUTURE = "LEDGER_TIME_IN_FUTURE", Fix, "history cannot be imported at a moment that has not come";
    /// Changed meanwhile.
    VERSION_MISMATCH = "LEDGER_VERSION_MISMATCH", Decide, "an account that a condition names has another version: read it again and decide again";
    /// Not as asserted.
    CONDITION_FAILED = "LEDGER_CONDITION_FAILED", Decide, "a condition of the journal on a balance does not hold";
    /// Zero or less.
    AMOUNT_NOT_POSITIVE = "LEDGER_AMOUNT_NOT_POSITIVE", Fix, "the amount of a transfer must be positive";
    /// To itself.
    SAME_ACCOUNT = "LEDGER_SAME_ACCOUNT", Fix, "debit and credit of a transfer are the same account";
    /// Reserved ids.
    ID_RESERVED = "LEDGER_ID_RESERVED", Fix, "a transfer id with one of its two highest bits set: those are the ledger's own, for expiries and reversals";
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
    /// Back-dated too far.
    PERIOD_CLOSED = "LEDGER_PERIOD_CLOSED", Decide, "the transfer is effective on a day up to which the books of the entity are closed";
    /// Nothing to take back.
    ORIGINAL_MISSING = "LEDGER_ORIGINAL_MISSING", Decide, "the transfer to be taken back does not exist or is not a posted one";
    /// Another reversal.
    REVERSAL_MISMATCH = "LEDGER_REVERSAL_MISMATCH", Fix, "accounts or amount of a reversal do not follow from the original";
    /// Another id of a reversal.
    REVERSAL_ID_MISMATCH = "LEDGER_REVERSAL_ID_MISMATCH", Fix, "the id of a reversal does not follow from the original's, or the original is itself an expiry or a reversal";
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
    /// Nothing there.
    NOTHING_AVAILABLE = "LEDGER_NOTHING_AVAILABLE", Decide, "nothing is there to be moved by a transfer of up to an amount";
    /// Too large a sum.
    OVERFLOW = "LEDGER_OVERFLOW", Decide, "a sum of an account would exceed the range of amounts (2^63 - 1 minor units)";
    /// Below the floor.
    FLOOR_BREACHED = "LEDGER_FLOOR_BREACHED", Decide, "the account would fall below its floor, reservations counted";
    /// Above the ceiling.
    CEILING_BREACHED = "LEDGER_CEILING_BREACHED", Decide, "the account would rise above its ceiling, reservations counted";
    /// Too fast.
    VELOCITY_EXCEEDED = "LEDGER_VELOCITY_EXCEEDED", Decide, "the account would take more within a window of time than it may";
    /// Bad metadata.
    METADATA_MALFORMED = "LEDGER_METADATA_MALFORMED", Fix, "metadata is at most 16 pairs of short texts";
    /// Bad owner text.
    OWNER_MALFORMED = "LEDGER_OWNER_MALFORMED", Fix, "an owner is at most 64 printable ASCII characters without spaces";
    /// Not now.
    UNAVAILABLE = "LEDGER_UNAVAILABLE", Retry, "the ledger cannot be reached or written now; nothing was recorded";
    /// Not known.
    UNKNOWN = "LEDGER_UNKNOWN", Inquire, "the journal may or may not be recorded: look its transfers up";
}
