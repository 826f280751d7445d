//! A part of a reservation posted, the rest still held.

use super::nth_id;
use crate::error::codes;
use crate::{Transfer, TransferCode, TransferId, TransferKind};
use pmts_kernel::{CodeInfo, Coded};
use pmts_money::Money;

/// Posts a part of a reservation and holds the rest under a new id, in one journal, so that at no moment the rest is free.
/// The new reservation is as the old one: expiry, code, reference, day, metadata.
///
/// To velocity limits the rest is a reservation like any other: it counts again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartPost {
    /// What is posted.
    pub post: Transfer,
    /// What is still held, to be posted or voided in its turn. `None`: all was posted.
    pub rest: Option<Transfer>,
}

/// The part cannot be posted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartPostError {
    /// The transfer is no reservation.
    #[error("{0} is no reservation")]
    NotReserved(TransferId),
    /// The amount is zero, negative, of another currency, or more than was reserved.
    #[error("{amount} cannot be a part of {reserved}")]
    NoPart {
        /// What was asked for.
        amount: Money,
        /// What is reserved.
        reserved: Money,
    },
    /// The tag of the base id is the last one, and two are needed.
    #[error("the tag of the base id leaves no room for two transfers")]
    NoId,
}

impl Coded for PartPostError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::NotReserved(_) => &codes::PART_POST_NOT_RESERVED,
            Self::NoPart { .. } => &codes::PART_POST_NO_PART,
            Self::NoId => &codes::PART_POST_NO_ID,
        }
    }
}

impl PartPost {
    /// Posts `amount` of `held`.
    ///
    /// # Errors
    /// [`PartPostError`].
    pub fn new(
        base: TransferId,
        held: &Transfer,
        amount: Money,
        code: TransferCode,
    ) -> Result<Self, PartPostError> {
        if !matches!(held.kind, TransferKind::Reserve { .. }) {
            return Err(PartPostError::NotReserved(held.id));
        }
        let reserved = held.amount;
        let rest = reserved.checked_sub(amount).ok().filter(|rest| amount.minor() > 0 && rest.minor() >= 0);
        let Some(rest) = rest else { return Err(PartPostError::NoPart { amount, reserved }) };
        let id = |n| nth_id(base, n).ok_or(PartPostError::NoId);
        let post = Transfer::post_reserved(id(0)?, held, amount, code).with_metadata(held.metadata.clone());
        let rest = if rest.minor() == 0 {
            None
        } else {
            Some(Transfer { id: id(1)?, amount: rest, ..held.clone() })
        };
        Ok(Self { post, rest })
    }

    /// Its transfers, of one journal.
    pub fn transfers(&self) -> Vec<Transfer> {
        std::iter::once(&self.post).chain(&self.rest).cloned().collect()
    }
}
