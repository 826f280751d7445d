//! Accounts: what they are, and the changes a journal may make to them.

use crate::error::codes;
use crate::{Balance, Velocity};
use pmts_kernel::{CodeInfo, Coded, typed_id};
use pmts_money::Currency;
use serde::{Deserialize, Serialize};

typed_id! {
    /// A ledger account.
    pub struct AccountId("acct");
}

/// A line of the chart of accounts, by number. What the numbers mean is the user's [`crate::Chart`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChartCode(pub u16);

/// The legal entity whose books the account belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct EntityCode(pub u16);

/// Whom the account is kept for, opaque to the ledger: `seller:22`, `pay_...`. At most 64 printable ASCII characters,
/// may be empty. Never personal data: it is kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(try_from = "String", into = "String")]
pub struct Owner(String);

/// The text cannot be an owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an owner is at most 64 printable ASCII characters without spaces")]
pub struct OwnerError;

impl Coded for OwnerError {
    fn code(&self) -> &'static CodeInfo {
        &codes::OWNER_MALFORMED
    }
}

impl Owner {
    /// Reads an owner.
    ///
    /// # Errors
    /// [`OwnerError`] when too long or with other characters.
    pub fn try_new(text: impl Into<String>) -> Result<Self, OwnerError> {
        let text = text.into();
        if text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(OwnerError)
        }
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Owner {
    type Error = OwnerError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::try_new(text)
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        owner.0
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The side on which an account's balance normally stands: debit for assets and expenses, credit for liabilities,
/// equity and income.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Grows by debits.
    Debit,
    /// Grows by credits.
    Credit,
}

/// An account. Limits are in minor units of its currency, on the net balance in the direction of its normal side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Unique for ever.
    pub id: AccountId,
    /// Every transfer of this account is in this currency.
    pub currency: Currency,
    /// Line of the chart of accounts.
    pub chart: ChartCode,
    /// Whom it is kept for.
    pub owner: Owner,
    /// Whose books it is in.
    pub entity: EntityCode,
    /// Normal side.
    pub side: Side,
    /// The net balance less all that is reserved against it never falls below this. `None`: no lower limit.
    pub floor: Option<i64>,
    /// The net balance plus all that is reserved towards it never rises above this. `None`: no upper limit.
    pub ceiling: Option<i64>,
    /// How fast money may move on it; at most [`Velocity::MOST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub velocity: Vec<Velocity>,
    /// The account above it, into whose rolled-up balance it counts. Opened before it; never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<AccountId>,
    /// A closed account takes no transfer.
    pub closed: bool,
}

impl Account {
    /// An open account without owner and limits.
    pub fn new(id: AccountId, currency: Currency, chart: ChartCode, side: Side) -> Self {
        Self {
            id,
            currency,
            chart,
            owner: Owner::default(),
            entity: EntityCode::default(),
            side,
            floor: None,
            ceiling: None,
            velocity: Vec::new(),
            parent: None,
            closed: false,
        }
    }

    /// The same account with a floor, in minor units.
    pub fn with_floor(mut self, floor: i64) -> Self {
        self.floor = Some(floor);
        self
    }

    /// The same account with a ceiling, in minor units.
    pub fn with_ceiling(mut self, ceiling: i64) -> Self {
        self.ceiling = Some(ceiling);
        self
    }

    /// The same account with one more limit on how fast money may move.
    pub fn with_velocity(mut self, limit: Velocity) -> Self {
        self.velocity.push(limit);
        self
    }

    /// The same account under another.
    pub fn under(mut self, parent: AccountId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// The same account kept for `owner`.
    pub fn with_owner(mut self, owner: Owner) -> Self {
        self.owner = owner;
        self
    }

    /// What was fixed when it was opened: everything but limits, velocity and `closed`, which change later.
    pub(crate) fn same_opening(&self, other: &Self) -> bool {
        self.id == other.id
            && self.currency == other.currency
            && self.chart == other.chart
            && self.owner == other.owner
            && self.entity == other.entity
            && self.side == other.side
            && self.parent == other.parent
    }
}

/// A change to the list of accounts, part of a journal. What opens something is done before the transfers, what closes
/// something after them: [`AccountChange::Close`], and [`AccountChange::SetPeriod`] when it closes more days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountChange {
    /// Opens an account. Opening one that exists with the same currency, chart code, owner, entity, side and parent changes
    /// nothing: its limits and whether it is closed stay as they are.
    Open(Account),
    /// Sets both limits. A limit that the balance already breaks is allowed: it refuses what would make it worse.
    SetLimits {
        /// Which account.
        id: AccountId,
        /// New floor, minor units.
        floor: Option<i64>,
        /// New ceiling, minor units.
        ceiling: Option<i64>,
    },
    /// Sets how fast money may move on an account: all its limits of this kind.
    SetVelocity {
        /// Which account.
        id: AccountId,
        /// The new limits; at most [`Velocity::MOST`].
        velocity: Vec<Velocity>,
    },
    /// Closes the books of a legal entity up to a day, or opens them again: a transfer effective on that day or before, on
    /// an account of the entity, is refused.
    SetPeriod {
        /// Whose books.
        entity: EntityCode,
        /// The last closed day, in days since 1970-01-01; `None`: all days are open.
        closed_through: Option<i32>,
    },
    /// Closes an account whose net balance is zero and on which nothing is reserved once the transfers of the journal are
    /// applied.
    Close(AccountId),
    /// Opens a closed account again.
    Reopen(AccountId),
}

/// An account with its balance: all the machine needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    /// The account.
    pub account: Account,
    /// Its number: 1, 2, 3 ... in order of opening. Short, for indexes.
    pub number: u64,
    /// Its four sums.
    pub balance: Balance,
    /// How many transfers have touched it.
    pub version: u64,
}

impl AccountState {
    /// Net posted balance in minor units, in the direction of the normal side.
    pub fn net_minor(&self) -> i64 {
        self.balance.net(self.account.side)
    }

    /// What may still be taken, in minor units: net less what is reserved against it. The floor is not subtracted.
    pub fn available_minor(&self) -> i64 {
        self.balance.available(self.account.side)
    }
}
