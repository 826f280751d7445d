//! A rate between two currencies as an exact fraction of two published numbers.

use crate::FxError;
use chrono::NaiveDate;
use pmts_money::{Currency, Decimal, Money, Rounding};
use serde::{Deserialize, Serialize};

/// `per` units of `quote` are worth `of` units of `base`. Kept as the two numbers that were published, since their quotient
/// mostly has no end: 0.8719 GBP for 1.1721 USD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairRate {
    /// The currency that is paid.
    pub base: Currency,
    /// The currency that is bought.
    pub quote: Currency,
    /// Units of `quote`, above zero.
    pub per: Decimal,
    /// Units of `base`, above zero.
    pub of: Decimal,
    /// The day the rate was asked for.
    pub asked: NaiveDate,
    /// The day it was published: earlier than `asked` on weekends and holidays.
    pub published: NaiveDate,
}

impl PairRate {
    /// An amount of `base` in `quote`, rounded once. The product is exact before.
    ///
    /// # Errors
    /// [`FxError::Mismatch`] for an amount of another currency, [`FxError::Money`].
    pub fn convert(&self, amount: Money, rounding: Rounding) -> Result<Money, FxError> {
        if amount.currency() != self.base {
            return Err(FxError::Mismatch(amount.currency(), self.base));
        }
        if self.base == self.quote {
            return Ok(amount);
        }
        Ok(amount.exchanged(self.quote, self.per, self.of, rounding)?)
    }

    /// The rate in the other direction.
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self { base: self.quote, quote: self.base, per: self.of, of: self.per, ..self }
    }

    /// The rate for people and records: units of `quote` for one of `base`, to at most 12 digits after the point, rounded
    /// down. Amounts are never computed from it.
    pub fn shown(&self) -> Decimal {
        let quotient = self.per.checked_div(self.of).unwrap_or_default();
        quotient.trunc_with_scale(12).normalize()
    }
}

/// Basis points that are kept of a conversion: 0 to 9,999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Margin(u16);

impl Margin {
    /// So many basis points.
    ///
    /// # Errors
    /// [`FxError::Margin`].
    pub fn bps(bps: i64) -> Result<Self, FxError> {
        u16::try_from(bps).ok().filter(|b| *b < 10_000).map(Self).ok_or(FxError::Margin(bps))
    }

    /// The number of basis points.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The rate that is left for the customer: lower by the margin, exactly.
    ///
    /// # Errors
    /// [`FxError::Invalid`] if the rate has too many digits.
    pub fn applied(self, rate: PairRate) -> Result<PairRate, FxError> {
        let invalid = FxError::Invalid("the rate has too many digits");
        let left = Decimal::from(10_000 - u32::from(self.0));
        let per = exact_product(rate.per, left).ok_or(invalid.clone())?;
        let of = exact_product(rate.of, Decimal::from(10_000)).ok_or(invalid)?;
        Ok(PairRate { per, of, ..rate })
    }
}

/// A product that is not rounded; `None` if it has more digits than can be kept.
fn exact_product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let mantissa = a.mantissa().checked_mul(b.mantissa())?;
    Decimal::try_from_i128_with_scale(mantissa, a.scale() + b.scale()).ok()
}

/// Margins by pair: a rule for the pair, or else the general one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Margins {
    general: Margin,
    pairs: Vec<(Currency, Currency, Margin)>,
}

impl Margins {
    /// This margin for every pair without one of its own.
    pub const fn new(general: Margin) -> Self {
        Self { general, pairs: Vec::new() }
    }

    /// A margin for a pair in this direction; replaces an earlier one.
    #[must_use]
    pub fn with(mut self, base: Currency, quote: Currency, margin: Margin) -> Self {
        self.pairs.retain(|(b, q, _)| (*b, *q) != (base, quote));
        self.pairs.push((base, quote, margin));
        self
    }

    /// The margin of a pair. None between a currency and itself.
    pub fn of(&self, base: Currency, quote: Currency) -> Margin {
        if base == quote {
            return Margin::default();
        }
        self.pairs.iter().find(|(b, q, _)| (*b, *q) == (base, quote)).map_or(self.general, |(.., m)| *m)
    }
}
