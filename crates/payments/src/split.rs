//! Who gets which part of a payment.

use crate::intent::{is_default, reference_type};
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

/// One payee's part, with what was captured and what went back of it. The ledger holds the money; this says whose part a
/// capture or refund was of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Kept", try_from = "Kept")]
pub struct Split {
    /// Who.
    pub payee: Payee,
    /// The part, from 1 minor unit.
    pub gross: Money,
    /// What the marketplace keeps of it; zero for its own part.
    pub commission: Money,
    /// Captured of it so far, up to `gross`.
    pub captured: Money,
    /// Commission kept of what is captured.
    pub commission_kept: Money,
    /// Refunds accepted of it so far, up to what is captured.
    pub refunded: Money,
    /// Commission given back with them, up to what was kept.
    pub commission_returned: Money,
}

impl Split {
    /// A part of which nothing is captured.
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
        Ok(Self {
            payee,
            gross,
            commission,
            captured: zero,
            commission_kept: zero,
            refunded: zero,
            commission_returned: zero,
        })
    }

    /// What is not captured yet.
    pub fn uncaptured(&self) -> Money {
        self.with(self.gross.minor() - self.captured.minor())
    }

    /// What can still be refunded.
    pub fn refundable(&self) -> Money {
        self.with(self.captured.minor() - self.refunded.minor())
    }

    /// Takes a capture of this part; gives the commission that is kept of it: in proportion to all captures so far, rounded
    /// down, and all of it once all is captured.
    pub(crate) fn capture(&mut self, amount: Money) -> Result<Money, PaymentsError> {
        let left = self.uncaptured();
        self.fits(amount, left, |payee, asked, left| PaymentsError::CaptureExceeds { payee, asked, left })?;
        self.captured = self.captured.checked_add(amount)?;
        let due = share(self.commission, self.captured, self.gross);
        // A part that grew between two captures may have moved the proportion by a rounding: nothing is given back then.
        let more = self.with((due - self.commission_kept.minor()).max(0));
        self.commission_kept = self.commission_kept.checked_add(more)?;
        Ok(more)
    }

    /// Takes a refund of this part; gives the commission that goes back with it: in proportion to all refunds so far,
    /// rounded down, so that a part refunded whole gives back its whole commission, in however many refunds.
    pub(crate) fn refund(&mut self, amount: Money) -> Result<Money, PaymentsError> {
        let left = self.refundable();
        self.fits(amount, left, |payee, asked, left| PaymentsError::RefundExceeds { payee, asked, left })?;
        self.refunded = self.refunded.checked_add(amount)?;
        let due = share(self.commission_kept, self.refunded, self.captured);
        // A capture between two refunds may have moved the proportion by a rounding: nothing is taken back then.
        let back = self.with((due - self.commission_returned.minor()).max(0));
        self.commission_returned = self.commission_returned.checked_add(back)?;
        Ok(back)
    }

    /// Makes the part larger; the commission keeps its proportion, rounded down.
    pub(crate) fn grow(&mut self, by: Money) -> Result<(), PaymentsError> {
        let gross = self.gross.checked_add(by)?;
        self.commission = self.with(share(self.commission, gross, self.gross));
        self.gross = gross;
        Ok(())
    }

    fn with(&self, minor: i64) -> Money {
        Money::new(minor, self.gross.currency())
    }

    fn fits(
        &self,
        amount: Money,
        left: Money,
        exceeds: fn(String, Money, Money) -> PaymentsError,
    ) -> Result<(), PaymentsError> {
        if !amount.is_positive() {
            return Err(PaymentsError::AmountNotPositive(amount));
        }
        if amount.currency() != left.currency() || amount.minor() > left.minor() {
            return Err(exceeds(self.payee.to_string(), amount, left));
        }
        Ok(())
    }
}

/// How a split is kept: short, since every payment carries its splits through all of its steps.
#[derive(Serialize, Deserialize)]
struct Kept {
    payee: Payee,
    gross: Money,
    #[serde(default, skip_serializing_if = "is_default")]
    commission: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    captured: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    commission_kept: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    refunded: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    commission_returned: i64,
}

impl From<Split> for Kept {
    fn from(split: Split) -> Self {
        Self {
            payee: split.payee,
            gross: split.gross,
            commission: split.commission.minor(),
            captured: split.captured.minor(),
            commission_kept: split.commission_kept.minor(),
            refunded: split.refunded.minor(),
            commission_returned: split.commission_returned.minor(),
        }
    }
}

impl TryFrom<Kept> for Split {
    type Error = PaymentsError;

    fn try_from(kept: Kept) -> Result<Self, PaymentsError> {
        let money = |minor| Money::new(minor, kept.gross.currency());
        let mut split = Self::new(kept.payee, kept.gross, money(kept.commission))?;
        (split.captured, split.refunded) = (money(kept.captured), money(kept.refunded));
        split.commission_kept = money(kept.commission_kept);
        split.commission_returned = money(kept.commission_returned);
        Ok(split)
    }
}

/// `of * part / whole`, rounded down; 0 of a whole of 0. `part` may exceed `whole` only where the result is known to fit.
fn share(of: Money, part: Money, whole: Money) -> i64 {
    if whole.is_zero() {
        return 0;
    }
    let share = i128::from(of.minor()) * i128::from(part.minor()) / i128::from(whole.minor());
    i64::try_from(share).expect("a commission is at most its gross, and so is its share of any other gross")
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
        fn captures_and_refunds_in_parts_keep_and_give_back_the_whole_commission(
            gross in 1i64..1_000_000, percent in 0i64..=100,
            steps in prop::collection::vec((any::<bool>(), 1i64..1_000_000), 0..12),
            growth in prop::collection::vec(1i64..1_000, 0..4),
        ) {
            let mut split = Split::new(Payee::Platform, gbp(gross), gbp(gross * percent / 100)).unwrap();
            let (mut kept, mut back) = (0, 0);
            let end = [(true, i64::MAX), (false, i64::MAX)];
            let mut growth = growth.into_iter();
            for (capture, amount) in steps.into_iter().chain(end) {
                if amount < i64::MAX && let Some(by) = growth.next() { split.grow(gbp(by)).unwrap(); }
                let amount = amount.min(if capture { split.uncaptured() } else { split.refundable() }.minor());
                if amount == 0 { continue; }
                let commission = if capture { split.capture(gbp(amount)) } else { split.refund(gbp(amount)) }.unwrap().minor();
                prop_assert!(commission >= 0, "commission never flows the wrong way");
                if capture { kept += commission; } else { back += commission; }
                prop_assert!(back <= kept, "never more is given back than was kept");
            }
            prop_assert_eq!((kept, back), (split.commission.minor(), split.commission.minor()));
            prop_assert!(split.capture(gbp(1)).is_err() && split.refund(gbp(1)).is_err());
        }

        #[test]
        fn a_grown_part_keeps_its_proportion(gross in 1i64..1_000_000, percent in 0i64..=100, by in 1i64..1_000_000) {
            let mut split = Split::new(Payee::Platform, gbp(gross), gbp(gross * percent / 100)).unwrap();
            split.grow(gbp(by)).unwrap();
            prop_assert_eq!(split.gross, gbp(gross + by));
            prop_assert!(split.commission.minor() <= split.gross.minor());
            prop_assert!(i128::from(split.commission.minor()) * i128::from(gross) <= i128::from(gross * percent / 100) * i128::from(gross + by));
        }
    }
}
