//! Currency exchange through the house's positions.

use super::nth_id;
use crate::error::codes;
use crate::{AccountId, Metadata, MetadataError, Transfer, TransferCode, TransferId};
use pmts_kernel::{CodeInfo, Coded};
use pmts_money::{Currency, Decimal, Money, Rate, Rounding};

/// Money of one currency is sold for money of another. The books balance in each currency: what the customer sells goes
/// to the house's position in that currency, what the customer buys comes from the position in the other. Rate, rounding and
/// quote are kept with both transfers as metadata: `fx.rate`, `fx.rounding`, `fx.quote`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    sold: Money,
    bought: Money,
    rate: Rate,
    rounding: Rounding,
    metadata: Metadata,
    reference: u128,
}

/// The exchange cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Both currencies are the same.
    #[error("money is exchanged for another currency, not for {0}")]
    SameCurrency(Currency),
    /// The amount sold is zero or negative.
    #[error("the amount sold must be positive")]
    AmountNotPositive,
    /// The rate is zero or negative.
    #[error("the rate must be positive")]
    RateNotPositive,
    /// What is bought rounds to nothing.
    #[error("what is bought rounds to nothing")]
    NothingBought,
    /// The rate has too many digits, or the amount bought exceeds the range of amounts.
    #[error("rate or amount is out of range")]
    OutOfRange,
    /// The amounts agreed upon do not follow from the rate.
    #[error("{expected} follow from the rate, not {agreed}")]
    AmountsDiffer {
        /// What follows from the rate.
        expected: Money,
        /// What was agreed upon.
        agreed: Money,
    },
    /// The quote cannot be kept.
    #[error("the quote cannot be kept as metadata")]
    Quote(#[source] MetadataError),
    /// The tag of the base id is the last one: an exchange takes two.
    #[error("the tag of the base id leaves no room for two transfers")]
    NoId,
}

impl Coded for ExchangeError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::SameCurrency(_) => &codes::EXCHANGE_SAME_CURRENCY,
            Self::AmountNotPositive => &codes::EXCHANGE_AMOUNT_NOT_POSITIVE,
            Self::RateNotPositive => &codes::EXCHANGE_RATE_NOT_POSITIVE,
            Self::NothingBought => &codes::EXCHANGE_NOTHING_BOUGHT,
            Self::OutOfRange => &codes::EXCHANGE_OUT_OF_RANGE,
            Self::AmountsDiffer { .. } => &codes::EXCHANGE_AMOUNTS_DIFFER,
            Self::Quote(error) => error.code(),
            Self::NoId => &codes::EXCHANGE_NO_ID,
        }
    }
}

/// The four accounts of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeAccounts {
    /// Who sells: debited in the currency sold.
    pub seller: AccountId,
    /// The house's position in the currency sold: credited.
    pub position_sold: AccountId,
    /// The house's position in the currency bought: debited.
    pub position_bought: AccountId,
    /// Who gets what is bought: credited.
    pub buyer: AccountId,
}

impl Exchange {
    /// Sells `sold` for money in `into`. `rate` is how many units of `into` (pounds, not pence) one unit of the currency sold
    /// buys. The product is exact and rounded once, to minor units of `into`.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub fn new(sold: Money, rate: Rate, into: Currency, rounding: Rounding) -> Result<Self, ExchangeError> {
        if into == sold.currency() {
            return Err(ExchangeError::SameCurrency(into));
        }
        if sold.minor() <= 0 {
            return Err(ExchangeError::AmountNotPositive);
        }
        if rate.decimal() <= Decimal::ZERO {
            return Err(ExchangeError::RateNotPositive);
        }
        let factor = minor_for_minor(rate, sold.currency(), into).ok_or(ExchangeError::OutOfRange)?;
        let bought = Money::new(sold.minor(), into)
            .times_decimal(factor, rounding)
            .map_err(|_| ExchangeError::OutOfRange)?;
        if bought.minor() <= 0 {
            return Err(ExchangeError::NothingBought);
        }
        let kept = [("fx.rate", rate.to_string()), ("fx.rounding", format!("{rounding:?}"))];
        let metadata = Metadata::try_new(kept).map_err(ExchangeError::Quote)?;
        Ok(Self { sold, bought, rate, rounding, metadata, reference: 0 })
    }

    /// The same, checked against the amount that was agreed upon.
    ///
    /// # Errors
    /// [`ExchangeError::AmountsDiffer`] if the rate gives another.
    pub fn agreed(self, bought: Money) -> Result<Self, ExchangeError> {
        if bought == self.bought {
            Ok(self)
        } else {
            Err(ExchangeError::AmountsDiffer { expected: self.bought, agreed: bought })
        }
    }

    /// The same, under the quote it was promised by.
    ///
    /// # Errors
    /// [`ExchangeError::Quote`] if the text cannot be metadata.
    pub fn quoted(mut self, quote: impl Into<String>) -> Result<Self, ExchangeError> {
        self.metadata = self.metadata.with("fx.quote", quote).map_err(ExchangeError::Quote)?;
        Ok(self)
    }

    /// The same, belonging to `reference`.
    #[must_use]
    pub fn with_reference(mut self, reference: u128) -> Self {
        self.reference = reference;
        self
    }

    /// What is sold.
    pub const fn sold(&self) -> Money {
        self.sold
    }

    /// What is bought.
    pub const fn bought(&self) -> Money {
        self.bought
    }

    /// Its two transfers, of one journal.
    ///
    /// # Errors
    /// [`ExchangeError::NoId`].
    pub fn transfers(
        &self,
        base: TransferId,
        accounts: ExchangeAccounts,
        code: TransferCode,
    ) -> Result<Vec<Transfer>, ExchangeError> {
        let (first, second) = nth_id(base, 0).zip(nth_id(base, 1)).ok_or(ExchangeError::NoId)?;
        let ExchangeAccounts { seller, position_sold, position_bought, buyer } = accounts;
        let both = [
            Transfer::post(first, seller, position_sold, self.sold, code),
            Transfer::post(second, position_bought, buyer, self.bought, code),
        ];
        let kept = |t: Transfer| t.with_metadata(self.metadata.clone()).with_reference(self.reference);
        Ok(both.into_iter().map(kept).collect())
    }
}

/// The rate between minor units: shifted by the difference of the currencies' digits, exact or `None`.
fn minor_for_minor(rate: Rate, from: Currency, into: Currency) -> Option<Decimal> {
    let (mantissa, scale) = (rate.decimal().mantissa(), rate.decimal().scale());
    let shift = i32::from(into.digits()) - i32::from(from.digits());
    let fewer = scale.min(shift.max(0).unsigned_abs());
    let more = shift.min(0).unsigned_abs();
    let factor = 10i128.checked_pow(shift.max(0).unsigned_abs() - fewer)?;
    Decimal::try_from_i128_with_scale(mantissa.checked_mul(factor)?, scale - fewer + more).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(minor: i64, from: &str, rate: &str, into: &str) -> Result<Money, ExchangeError> {
        let currency = |code| Currency::from_code(code).unwrap();
        let sold = Money::new(minor, currency(from));
        Exchange::new(sold, Rate::parse(rate).unwrap(), currency(into), Rounding::HalfEven)
            .map(|e| e.bought())
    }

    #[test]
    fn digits_of_both_currencies_count() {
        let bought = |minor, from, rate, into| exchange(minor, from, rate, into).unwrap().to_string();
        assert_eq!(bought(10_000, "EUR", "0.8456", "GBP"), "84.56 GBP");
        assert_eq!(bought(10_000, "EUR", "163.257", "JPY"), "16326 JPY");
        assert_eq!(bought(16_326, "JPY", "0.0061253", "EUR"), "100.00 EUR");
        assert_eq!(bought(1_000, "KWD", "3.25", "USD"), "3.25 USD");
        assert_eq!(bought(3_25, "USD", "0.3076923", "KWD"), "1.000 KWD");
        assert_eq!(bought(7, "JPY", "0.002", "KWD"), "0.014 KWD");
    }

    #[test]
    fn what_cannot_be_exchanged() {
        assert_eq!(exchange(1, "EUR", "1", "EUR"), Err(ExchangeError::SameCurrency(Currency::EUR)));
        assert_eq!(exchange(0, "EUR", "1", "GBP"), Err(ExchangeError::AmountNotPositive));
        assert_eq!(exchange(1, "EUR", "0", "GBP"), Err(ExchangeError::RateNotPositive));
        assert_eq!(exchange(1, "EUR", "-1", "GBP"), Err(ExchangeError::RateNotPositive));
        assert_eq!(exchange(1, "EUR", "0.4", "GBP"), Err(ExchangeError::NothingBought));
        assert_eq!(exchange(i64::MAX, "EUR", "1.1", "GBP"), Err(ExchangeError::OutOfRange));
        assert_eq!(
            exchange(1, "KWD", "0.0000000000000000000000000001", "JPY"),
            Err(ExchangeError::OutOfRange),
            "no digit is lost in silence"
        );
    }

    #[test]
    fn what_was_agreed_must_follow() {
        let rate = Rate::parse("0.8456").unwrap();
        let made =
            Exchange::new(Money::new(10_000, Currency::EUR), rate, Currency::GBP, Rounding::Down).unwrap();
        let gbp = |minor| Money::new(minor, Currency::GBP);
        assert!(made.clone().agreed(gbp(84_56)).is_ok());
        assert_eq!(
            made.clone().agreed(gbp(84_57)),
            Err(ExchangeError::AmountsDiffer { expected: gbp(84_56), agreed: gbp(84_57) })
        );
        assert!(matches!(made.quoted("x".repeat(300)), Err(ExchangeError::Quote(_))));
    }
}
