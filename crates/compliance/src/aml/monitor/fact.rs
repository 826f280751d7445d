//! What the monitoring is told.

use crate::aml::party::Country;
use pmts_kernel::Timestamp;
use pmts_money::Money;
use serde::{Deserialize, Serialize};

/// What sort of movement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Currency paid in: `from` is the branch, machine or agent, `to` the customer.
    CashIn,
    /// Currency paid out: `from` is the customer, `to` the branch, machine or agent.
    CashOut,
    /// From an account elsewhere to a customer.
    Deposit,
    /// From a customer to an account elsewhere; payouts of sellers, too.
    Withdrawal,
    /// From customer to customer.
    Transfer,
    /// From a buyer to a seller.
    Purchase,
    /// From a seller back to a buyer.
    Refund,
    /// From a seller back to a buyer, whom the card's bank believed.
    Chargeback,
}

impl MovementKind {
    /// Whether `from` is one of our customers.
    pub(super) fn payer_is_ours(self) -> bool {
        !matches!(self, Self::CashIn | Self::Deposit)
    }

    /// Whether `to` is one of our customers.
    pub(super) fn payee_is_ours(self) -> bool {
        !matches!(self, Self::CashOut | Self::Withdrawal)
    }
}

/// Money that has moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Its id: told twice, it counts once.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What sort.
    pub kind: MovementKind,
    /// Who paid: an id, not a name.
    pub from: String,
    /// Who was paid: an id, not a name.
    pub to: String,
    /// How much. More than nothing.
    pub amount: Money,
    /// Its worth in minor units of the currency that thresholds are in. May be left out if `amount` is in that currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_minor: Option<i64>,
    /// Where the payer's account is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_country: Option<Country>,
    /// Where the payee's account is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_country: Option<Country>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// Money moved.
    Moved(Movement),
    /// A customer's account was opened, or what is expected of it was declared anew.
    Opened {
        /// Whose.
        party: String,
        /// When it was opened.
        at: Timestamp,
        /// What the customer said would come in within a month, in minor units of the currency that thresholds are in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        monthly_minor: Option<i64>,
    },
    /// A customer uses something that others may use, too: a device, a card, a bank account, an address.
    Linked {
        /// Who.
        party: String,
        /// What: a token, never the number itself.
        token: String,
        /// When it was seen.
        at: Timestamp,
    },
    /// The account that a customer is paid out to is another one.
    PayoutAccountChanged {
        /// Whose.
        party: String,
        /// When.
        at: Timestamp,
    },
}

impl Fact {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Moved(movement) => movement.at,
            Self::Opened { at, .. } | Self::Linked { at, .. } | Self::PayoutAccountChanged { at, .. } => *at,
        }
    }
}
