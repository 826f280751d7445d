//! Who gets which part of a payment.

use crate::intent::reference_type;
use crate::{PaymentsError, error::reference};
use pmts_money::Money;
use serde::{Deserialize, Serialize};

reference_type! {
    /// A seller, in the marketplace's own numbering.
    SellerRef, "a seller reference", 32
}

/// Who gets a part.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payee {
    /// A seller.
    Seller(SellerRef),
    /// The marketplace itself: its own sales, postage.
    Platform,
}

impl Payee {
    /// A seller by reference.
    ///
    /// # Errors
    /// [`PaymentsError::Reference`]; [`PaymentsError::SellerReserved`] for the name that stands for the marketplace itself.
    pub fn seller(text: impl Into<String>) -> Result<Self, PaymentsError> {
        let seller = SellerRef::try_new(text)?;
        if seller.as_str() == Self::PLATFORM {
            Err(PaymentsError::SellerReserved)
        } else {
            Ok(Self::Seller(seller))
        }
    }

    /// What the marketplace itself is called where payees are listed by name.
    pub const PLATFORM: &'static str = "platform";
}

impl std::fmt::Display for Payee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seller(s) => write!(f, "{s}"),
            Self::Platform => f.write_str(Self::PLATFORM),
        }
    }
}

/// One payee's part, with what went back of it. The ledger holds the money; this says whose part a refund was of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Who.
    pub payee: Payee,
    /// The part, from 1 minor unit.
    pub gross: Money,
    /// What the marketplace keeps of it; zero for its own part.
    pub commission: Money,
    /// Refunds accepted of it so far, up to `gross`.
    pub refunded: Money,
    /// Commission given back with them, up to `commission`.
    pub commission_returned: Money,
}

impl Split {
    /// A part of which nothing went back.
    ///
    /// # Errors
    /// [`PaymentsError::AmountNotPositive`], [`PaymentsError::Commission`].
    pub fn new(payee: Payee, gross: Money, commission: Money) -> Result<Self, PaymentsError> {
        if !gross.is_positive() {
            return Err(PaymentsError::AmountNotPositive(gross));
        }
        if commission.currency() != gross.currency()
            || commission.is_negative()
            || commission.minor() > gross.minor()
        {
            return Err(PaymentsError::Commission { gross, commission });
        }
        let zero = Money::new(0, gross.currency());
        Ok(Self { payee, gross, commission, refunded: zero, commission_returned: zero })
    }

    /// What can still be refunded.
    pub fn left(&self) -> Money {
        Money::new(self.gross.minor() - self.refunded.minor(), self.gross.currency())
    }

    /// Takes a refund of this part; gives the commission that goes back with it: in proportion to all refunds so far,
    /// rounded down, so that a part refunded whole gives back its whole commission, in however many refunds.
    pub(crate) fn refund(&mut self, amount: Money) -> Result<Money, PaymentsError> {
        if !amount.is_positive() {
            return Err(PaymentsError::AmountNotPositive(amount));
        }
        let left = self.left();
        if amount.currency() != left.currency() || amount.minor() > left.minor() {
            return Err(PaymentsError::RefundExceeds { payee: self.payee.to_string(), asked: amount, left });
        }
        self.refunded = self.refunded.checked_add(amount)?;
        let share = i128::from(self.commission.minor()) * i128::from(self.refunded.minor())
            / i128::from(self.gross.minor());
        let share = i64::try_from(share).expect("a share of the commission is at most the commission");
        let back = Money::new(share - self.commission_returned.minor(), amount.currency());
        self.commission_returned = Money::new(share, amount.currency());
        Ok(back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_money::Currency;
    use proptest::prelude::*;

    fn gbp(minor: i64) -> Money {
        Money::new(minor, Currency::from_code("GBP").unwrap())
    }

    proptest! {
        #[test]
        fn refunds_in_parts_give_back_the_whole_commission(gross in 1i64..1_000_000, share in 0i64..=100, cuts in prop::collection::vec(1i64..1_000_000, 0..8)) {
            let mut split = Split::new(Payee::Platform, gbp(gross), gbp(gross * share / 100)).unwrap();
            let (mut back, mut refunded) = (0, 0);
            for cut in cuts.into_iter().chain([i64::MAX]) {
                let cut = cut.min(gross - refunded);
                if cut > 0 {
                    let commission = split.refund(gbp(cut)).unwrap().minor();
                    prop_assert!(commission >= 0 && commission <= cut, "the seller never pays more commission back than it is refunded");
                    (back, refunded) = (back + commission, refunded + cut);
                }
            }
            prop_assert_eq!((back, split.left().minor()), (split.commission.minor(), 0));
            prop_assert!(split.refund(gbp(1)).is_err());
        }
    }
}
