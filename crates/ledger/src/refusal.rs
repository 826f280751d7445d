//! Why a journal was refused.

use crate::error::codes;
use crate::{AccountId, TransferId};
use pmts_kernel::{CodeInfo, Coded};
use serde::{Deserialize, Serialize};

/// The first rule a journal broke. Account changes are judged first, then transfers in order; for one transfer the rules
/// are judged in the order of this list. Amounts are in minor units of the account's currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Refusal {
    /// An account of this id exists with another currency, chart code, owner, entity or side.
    #[error("account {0} exists with other content")]
    AccountTaken(AccountId),
    /// An account change names an account that does not exist.
    #[error("account {0} does not exist")]
    AccountMissing(AccountId),
    /// An account can be closed only at zero with nothing reserved.
    #[error("account {0} is not at rest")]
    AccountNotAtRest(AccountId),
    /// The amount is zero or negative.
    #[error("the amount must be positive")]
    AmountNotPositive,
    /// Debit and credit are the same account.
    #[error("debit and credit are the same account")]
    SameAccount,
    /// The id has its highest bit set: those are the ledger's own, for expiries.
    #[error("ids with the highest bit set are the ledger's own")]
    IdReserved,
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
}

impl Refusal {
    /// Whether the refusal depends on the state of the books, so that the same transfer could pass at another time. Only
    /// then is its id marked as refused: a late repeat can never succeed by surprise.
    pub fn marks_id(&self) -> bool {
        use Refusal::*;
        matches!(
            self,
            DebitMissing(_)
                | CreditMissing(_)
                | AccountClosed(_)
                | ReservationMissing(_)
                | ReservationResolved(_)
                | ExpiryPast
                | Overflow(_)
                | FloorBreached { .. }
                | CeilingBreached { .. }
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
            ReservationMissing(_) => &codes::RESERVATION_MISSING,
            ReservationResolved(_) => &codes::RESERVATION_RESOLVED,
            ReservationMismatch(_) => &codes::RESERVATION_MISMATCH,
            ReservationExceeded { .. } => &codes::RESERVATION_EXCEEDED,
            ExpiryPast => &codes::EXPIRY_PAST,
            Overflow(_) => &codes::OVERFLOW,
            FloorBreached { .. } => &codes::FLOOR_BREACHED,
            CeilingBreached { .. } => &codes::CEILING_BREACHED,
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

impl Coded for RefusedTransfer {
    fn code(&self) -> &'static CodeInfo {
        self.reason.code()
    }
}
