//! The four sums of an account.

use crate::Side;
use serde::{Deserialize, Serialize};

/// Sums in minor units of the account's currency, each from 0 to `i64::MAX`. Posted sums only grow; reserved sums are
/// what stands open now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Hash)]
pub struct Balance {
    /// Sum of posted debits.
    pub debits_posted: i64,
    /// Sum of posted credits.
    pub credits_posted: i64,
    /// Sum of open debit reservations.
    pub debits_reserved: i64,
    /// Sum of open credit reservations.
    pub credits_reserved: i64,
}

impl Balance {
    /// Posted balance in the direction of `side`.
    pub const fn net(&self, side: Side) -> i64 {
        match side {
            Side::Debit => self.debits_posted - self.credits_posted,
            Side::Credit => self.credits_posted - self.debits_posted,
        }
    }

    /// Posted balance less open reservations against it: the lowest it can come to if all of those are posted. Can
    /// saturate at the ends of `i64`.
    pub const fn available(&self, side: Side) -> i64 {
        self.net(side).saturating_sub(match side {
            Side::Debit => self.credits_reserved,
            Side::Credit => self.debits_reserved,
        })
    }

    /// Posted balance plus open reservations towards it: the highest it can come to. Can saturate at the ends of `i64`.
    pub const fn expected(&self, side: Side) -> i64 {
        self.net(side).saturating_add(match side {
            Side::Debit => self.debits_reserved,
            Side::Credit => self.credits_reserved,
        })
    }

    /// Net zero and nothing reserved.
    pub const fn at_rest(&self) -> bool {
        self.debits_posted == self.credits_posted && self.debits_reserved == 0 && self.credits_reserved == 0
    }
}
