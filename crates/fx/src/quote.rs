//! Quotes: a rate locked for a while, honoured once.

use crate::{FxError, Margin, Margins, PairRate, RateSource};
use chrono::NaiveDate;
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Decimal, Money, Rounding};

/// Which amount of a conversion is given; the other one follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// What the customer pays. What they get is rounded down.
    Pays(Money),
    /// What the customer gets. What they pay is rounded up.
    Gets(Money),
}

/// A quote. It carries what its amounts came from, so that they can be computed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// What the customer pays.
    pub pays: Money,
    /// What the customer gets: never more than what is paid is worth at the reference rate.
    pub gets: Money,
    /// What is kept, in the currency the customer gets: worth of `pays` at the reference rate, rounded down, less `gets`.
    pub margin_amount: Money,
    /// The reference rate, without margin.
    pub reference: PairRate,
    /// The margin that was applied to it.
    pub margin: Margin,
    /// When it was made.
    pub made: Timestamp,
    /// The first moment at which it is no longer honoured.
    pub expires: Timestamp,
}

/// What became of a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage<'a> {
    /// Nothing yet.
    Open,
    /// It was used for this: an opaque reference.
    By(&'a str),
}

/// A decision to honour a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honour {
    /// For the first time: book it.
    Now,
    /// It was booked for the same reference before: nothing is to be done.
    Before,
}

impl Quote {
    /// Makes a quote by the rate of the day.
    ///
    /// # Errors
    /// Those of the source; [`FxError::TooSmall`] if an amount is not above zero; [`FxError::Invalid`] for an expiry that is
    /// not after the moment it is made; [`FxError::Money`].
    pub fn make(
        source: &(impl RateSource + ?Sized),
        margins: &Margins,
        fixed: Fixed,
        other: Currency,
        on: NaiveDate,
        (made, expires): (Timestamp, Timestamp),
    ) -> Result<Self, FxError> {
        if expires <= made {
            return Err(FxError::Invalid("a quote expires after it is made"));
        }
        let (base, quote) = match fixed {
            Fixed::Pays(pays) => (pays.currency(), other),
            Fixed::Gets(gets) => (other, gets.currency()),
        };
        let reference = source.rate(base, quote, on)?;
        let margin = margins.of(base, quote);
        let rate = margin.applied(reference)?;
        let (pays, gets) = match fixed {
            Fixed::Pays(pays) => (pays, rate.convert(pays, Rounding::Down)?),
            Fixed::Gets(gets) => (rate.inverse().convert(gets, Rounding::Up)?, gets),
        };
        if !pays.is_positive() || !gets.is_positive() {
            return Err(FxError::TooSmall);
        }
        let margin_amount = reference.convert(pays, Rounding::Down)?.checked_sub(gets)?;
        Ok(Self { pays, gets, margin_amount, reference, margin, made, expires })
    }

    /// The rate the customer gets, for people: units got for one paid.
    ///
    /// # Errors
    /// As [`Margin::applied`].
    pub fn shown_rate(&self) -> Result<Decimal, FxError> {
        Ok(self.margin.applied(self.reference)?.shown())
    }

    /// Whether the quote is honoured for `reference` now. Whoever books it stores `Usage::By(reference)` in the same commit.
    ///
    /// # Errors
    /// [`FxError::Used`] if it was used for another reference, [`FxError::Expired`].
    pub fn honour(&self, usage: Usage<'_>, reference: &str, now: Timestamp) -> Result<Honour, FxError> {
        match usage {
            Usage::By(earlier) if earlier == reference => Ok(Honour::Before),
            Usage::By(_) => Err(FxError::Used),
            Usage::Open if now >= self.expires => Err(FxError::Expired),
            Usage::Open => Ok(Honour::Now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RateTable;
    use proptest::prelude::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 2).unwrap()
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn usd() -> Currency {
        Currency::from_code("USD").unwrap()
    }

    fn table(rates: &[(Currency, Decimal)]) -> RateTable {
        let mut table = RateTable::new(Currency::EUR);
        for (currency, rate) in rates {
            table.set(*currency, day(), *rate).unwrap();
        }
        table
    }

    fn example() -> RateTable {
        table(&[(usd(), Decimal::new(11_721, 4)), (Currency::GBP, Decimal::new(8_719, 4))])
    }

    #[test]
    fn a_quote_says_where_its_amounts_come_from() {
        let margins = Margins::new(Margin::bps(50).unwrap());
        let pays = Money::new(10_000, usd());
        let times = (at(0), at(60_000_000));
        let quote =
            Quote::make(&example(), &margins, Fixed::Pays(pays), Currency::GBP, day(), times).unwrap();
        // 74.387850866 at the reference rate, 74.0159 less 50 basis points.
        assert_eq!((quote.gets.minor(), quote.margin_amount.minor()), (7_401, 37));
        assert_eq!(quote.shown_rate().unwrap().to_string(), "0.740159116116");
        let back = Quote::make(&example(), &margins, Fixed::Gets(quote.gets), usd(), day(), times).unwrap();
        assert_eq!(back.pays.minor(), 10_000);
        assert_eq!(
            Quote::make(&example(), &margins, Fixed::Pays(Money::new(1, usd())), Currency::GBP, day(), times),
            Err(FxError::TooSmall)
        );
    }

    #[test]
    fn a_quote_is_honoured_once_and_in_time() {
        let margins = Margins::default();
        let pays = Fixed::Pays(Money::new(10_000, usd()));
        let quote = Quote::make(&example(), &margins, pays, Currency::GBP, day(), (at(0), at(10))).unwrap();
        assert_eq!(quote.honour(Usage::Open, "a", at(9)), Ok(Honour::Now));
        assert_eq!(quote.honour(Usage::Open, "a", at(10)), Err(FxError::Expired));
        assert_eq!(quote.honour(Usage::By("a"), "a", at(99)), Ok(Honour::Before));
        assert_eq!(quote.honour(Usage::By("a"), "b", at(9)), Err(FxError::Used));
        assert!(Quote::make(&example(), &margins, pays, Currency::GBP, day(), (at(5), at(5))).is_err());
    }

    proptest! {
        #[test]
        fn there_and_back_never_gains(minor in 1i64..1 << 50, a in 1i64..1 << 30, b in 1i64..1 << 30, bps in 0i64..500) {
            let rates = table(&[(usd(), Decimal::new(a, 4)), (Currency::JPY, Decimal::new(b, 4))]);
            let margins = Margins::new(Margin::bps(bps).unwrap());
            let times = (at(0), at(1));
            let pays = Money::new(minor, usd());
            let there = Quote::make(&rates, &margins, Fixed::Pays(pays), Currency::JPY, day(), times);
            if let Ok(there) = there {
                prop_assert!(!there.margin_amount.is_negative());
                if let Ok(back) = Quote::make(&rates, &margins, Fixed::Pays(there.gets), usd(), day(), times) {
                    prop_assert!(back.gets.minor() <= minor);
                }
                if let Ok(same) = Quote::make(&rates, &margins, Fixed::Gets(there.gets), usd(), day(), times) {
                    prop_assert!(same.pays.minor() <= minor);
                }
            }
        }
    }
}
