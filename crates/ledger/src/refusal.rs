//! Why a journal was refused.

use crate::error::codes;
use crate::transfer::OWN_IDS;
use crate::{AccountId, TransferId};
use pmts_kernel::{CodeInfo, Coded, Timestamp};
use serde::{Deserialize, Serialize};

/// The first rule a journal broke. The order in which rules are judged is the order of this list, in six steps: the moment
/// of an import; account changes that open something; conditions; content and ids of all transfers; each transfer against
/// the books, in order; account changes that close something. Within a step things are judged in their order in the
/// journal, each by all rules of the step; a rule about both accounts of a transfer is judged for the debit account first.
/// [`crate::precedence`] is the same list for programs. Amounts are in minor units of the account's currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Refusal {
    /// History is imported at a moment that is not after the last entry.
    #[error("the moment is not after the last entry, which is of {} microseconds", last.as_micros())]
    TimeNotAfterLast {
        /// Time of the last entry.
        last: Timestamp,
    },
    /// History is imported at a moment that has not come yet.
    #[error("the moment lies in the future")]
    TimeInFuture,
    /// An account of this id exists with another currency, chart code, owner, entity, side or parent.
    #[error("account {0} exists with other content")]
    AccountTaken(AccountId),
    /// An account change or a condition names an account that does not exist.
    #[error("account {0} does not exist")]
    AccountMissing(AccountId),
    /// More velocity limits than an account may have, or a window of no length.
    #[error("velocity limits are at most 8, with windows of at least a second")]
    VelocityMalformed,
    /// An account is opened under one that does not exist.
    #[error("parent account {0} does not exist")]
    ParentMissing(AccountId),
    /// A condition names an account that has another version.
    #[error("account {account} has version {found}, not {expected}")]
    VersionMismatch {
        /// Which account.
        account: AccountId,
        /// The version the condition names.
        expected: u64,
        /// Its version.
        found: u64,
    },
    /// A condition on a balance does not hold.
    #[error("account {account} stands at {found}: the condition does not hold")]
    ConditionFailed {
        /// Which account.
        account: AccountId,
        /// What was found, in minor units.
        found: i64,
    },
    /// The amount is zero or negative.
    #[error("the amount must be positive")]
    AmountNotPositive,
    /// Debit and credit are the same account.
    #[error("debit and credit are the same account")]
    SameAccount,
    /// The id has one of its two highest bits set: those are the ledger's own, for expiries and reversals.
    #[error("ids with one of the two highest bits set are the ledger's own")]
    IdReserved,
    /// The id of a reversal does not follow from the original's, or the original is itself an expiry or a reversal.
    #[error("the id does not follow from transfer {0}, or that cannot be taken back")]
    ReversalIdMismatch(TransferId),
    /// The journal names an id twice.
    #[error("the id is in the journal twice")]
    DuplicateInJournal,
    /// The id was refused before and stays refused.
    #[error("the id was refused before: {0}")]
    IdRefused(String),
    /// The id is recorded with other content, or along with ids that are new.
    #[error("the id is taken by another transfer or journal")]
    IdTaken,
    /// The debit account does not exist.
    #[error("debit account {0} does not exist")]
    DebitMissing(AccountId),
    /// The credit account does not exist.
    #[error("credit account {0} does not exist")]
    CreditMissing(AccountId),
    /// An account has another currency than the amount.
    #[error("account {0} has another currency")]
    CurrencyMismatch(AccountId),
    /// An account is closed.
    #[error("account {0} is closed")]
    AccountClosed(AccountId),
    /// The transfer is effective in a closed period.
    #[error("the books of entity {entity} are closed through day {through}")]
    PeriodClosed {
        /// Number of the entity.
        entity: u16,
        /// The last closed day, in days since 1970-01-01.
        through: i32,
    },
    /// The transfer to be taken back does not exist or is not a posted one.
    #[error("there is no posted transfer {0} to take back")]
    OriginalMissing(TransferId),
    /// Accounts or amount of a reversal are not those that follow from the original.
    #[error("the reversal does not match transfer {0}")]
    ReversalMismatch(TransferId),
    /// The reservation does not exist.
    #[error("reservation {0} does not exist")]
    ReservationMissing(TransferId),
    /// The reservation was posted, voided or has expired.
    #[error("reservation {0} is resolved")]
    ReservationResolved(TransferId),
    /// Accounts or currency differ from the reservation's, or a void's amount does.
    #[error("the transfer does not match reservation {0}")]
    ReservationMismatch(TransferId),
    /// More than was reserved.
    #[error("the amount exceeds the {reserved} reserved")]
    ReservationExceeded {
        /// What was reserved.
        reserved: i64,
    },
    /// A reservation would expire at or before the moment it is made.
    #[error("the reservation would already be expired")]
    ExpiryPast,
    /// Nothing is there to be moved.
    #[error("nothing is available on account {0}")]
    NothingAvailable(AccountId),
    /// A sum of account would exceed the range of amounts.
    #[error("a sum of account {0} would overflow")]
    Overflow(AccountId),
    /// The account would fall below its floor.
    #[error("account {account} would fall below its floor of {floor}: {available} is available")]
    FloorBreached {
        /// Which account.
        account: AccountId,
        /// What is available before the transfer, the floor not subtracted.
        available: i64,
        /// The floor.
        floor: i64,
    },
    /// The account would rise above its ceiling.
    #[error("account {account} would rise above its ceiling of {ceiling}: {expected} is expected")]
    CeilingBreached {
        /// Which account.
        account: AccountId,
        /// Balance and reservations towards it before the transfer.
        expected: i64,
        /// The ceiling.
        ceiling: i64,
    },
    /// The account would take more within a window than it may.
    #[error(
        "account {account} took {minor} in {count} transfers within {window_secs} seconds: one more is too much"
    )]
    VelocityExceeded {
        /// Which account.
        account: AccountId,
        /// Length of the window.
        window_secs: u32,
        /// What the window holds, in minor units.
        minor: i64,
        /// How many transfers it holds.
        count: u64,
    },
    /// An account can be closed only at zero with nothing reserved.
    #[error("account {0} is not at rest")]
    AccountNotAtRest(AccountId),
}

impl Refusal {
    /// Whether the refusal depends on the state of the books, so that the same transfer could pass at another time. Only
    /// then is its id marked as refused: a late repeat can never succeed by surprise. Of a reversal no id is marked; see
    /// [`RefusedTransfer::marked_id`].
    pub fn marks_id(&self) -> bool {
        use Refusal::*;
        matches!(
            self,
            DebitMissing(_)
                | CreditMissing(_)
                | AccountClosed(_)
                | PeriodClosed { .. }
                | ReservationMissing(_)
                | ReservationResolved(_)
                | ExpiryPast
                | NothingAvailable(_)
                | Overflow(_)
                | FloorBreached { .. }
                | CeilingBreached { .. }
                | VelocityExceeded { .. }
        )
    }
}

impl Coded for Refusal {
    fn code(&self) -> &'static CodeInfo {
        use Refusal::*;
        match self {
            AccountTaken(_) => &codes::ACCOUNT_TAKEN,
            AccountMissing(_) => &codes::ACCOUNT_MISSING,
            AccountNotAtRest(_) => &codes::ACCOUNT_NOT_AT_REST,
            ParentMissing(_) => &codes::PARENT_MISSING,
            VelocityMalformed => &codes::VELOCITY_MALFORMED,
            TimeNotAfterLast { .. } => &codes::TIME_NOT_AFTER_LAST,
            TimeInFuture => &codes::TIME_IN_FUTURE,
            VersionMismatch { .. } => &codes::VERSION_MISMATCH,
            ConditionFailed { .. } => &codes::CONDITION_FAILED,
            AmountNotPositive => &codes::AMOUNT_NOT_POSITIVE,
            SameAccount => &codes::SAME_ACCOUNT,
            IdReserved => &codes::ID_RESERVED,
            DuplicateInJournal => &codes::DUPLICATE_IN_JOURNAL,
            IdRefused(_) => &codes::ID_REFUSED,
            IdTaken => &codes::ID_TAKEN,
            DebitMissing(_) => &codes::DEBIT_MISSING,
            CreditMissing(_) => &codes::CREDIT_MISSING,
            CurrencyMismatch(_) => &codes::CURRENCY_MISMATCH,
            AccountClosed(_) => &codes::ACCOUNT_CLOSED,
            PeriodClosed { .. } => &codes::PERIOD_CLOSED,
            OriginalMissing(_) => &codes::ORIGINAL_MISSING,
            ReversalMismatch(_) => &codes::REVERSAL_MISMATCH,
            ReversalIdMismatch(_) => &codes::REVERSAL_ID_MISMATCH,
            ReservationMissing(_) => &codes::RESERVATION_MISSING,
            ReservationResolved(_) => &codes::RESERVATION_RESOLVED,
            ReservationMismatch(_) => &codes::RESERVATION_MISMATCH,
            ReservationExceeded { .. } => &codes::RESERVATION_EXCEEDED,
            ExpiryPast => &codes::EXPIRY_PAST,
            NothingAvailable(_) => &codes::NOTHING_AVAILABLE,
            Overflow(_) => &codes::OVERFLOW,
            FloorBreached { .. } => &codes::FLOOR_BREACHED,
            CeilingBreached { .. } => &codes::CEILING_BREACHED,
            VelocityExceeded { .. } => &codes::VELOCITY_EXCEEDED,
        }
    }
}

/// A refusal and the transfer that met it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{}{reason}", transfer.map(|t| format!("{t}: ")).unwrap_or_default())]
pub struct RefusedTransfer {
    /// The first transfer of the journal that broke a rule; `None` when an account change did.
    pub transfer: Option<TransferId>,
    /// The rule.
    pub reason: Refusal,
}

impl RefusedTransfer {
    /// The id that stays refused from now on. None if nothing about the books could make the same request pass later, if it
    /// was not a transfer that was refused, or if it was a reversal: whose id follows from the original, so that one could
    /// not decide again under another.
    pub fn marked_id(&self) -> Option<TransferId> {
        self.transfer.filter(|id| self.reason.marks_id() && id.raw() < OWN_IDS)
    }
}

impl Coded for RefusedTransfer {
    fn code(&self) -> &'static CodeInfo {
        self.reason.code()
    }
}
