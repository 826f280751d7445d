//! Rates of many days, and the port by which they are asked for.

use crate::{FxError, PairRate};
use chrono::{Days, NaiveDate};
use pmts_money::{Currency, Decimal};
use std::collections::BTreeMap;

/// Where rates come from.
///
/// # Contract
/// The same question has the same answer for ever once the day asked for is over; a rate published later for an earlier day
/// is another source. `published` is never after `asked`. The rate of a currency in itself is 1.
pub trait RateSource {
    /// The rate of the day, or of the last day before on which both currencies were quoted.
    ///
    /// # Errors
    /// [`FxError::NoRate`]; [`FxError::Stale`] if that day is too long ago.
    fn rate(&self, base: Currency, quote: Currency, on: NaiveDate) -> Result<PairRate, FxError>;
}

/// Rates against one currency, by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateTable {
    against: Currency,
    /// Units of a currency for one of `against`; by day, sorted, one a day. Values are above zero.
    rates: BTreeMap<Currency, Vec<(NaiveDate, Decimal)>>,
    max_age_days: u64,
}

impl RateTable {
    /// How many days a rate may be older than the day asked for, if nothing else is said: over the longest holidays.
    pub const MAX_AGE_DAYS: u64 = 7;

    /// A table without rates.
    pub const fn new(against: Currency) -> Self {
        Self { against, rates: BTreeMap::new(), max_age_days: Self::MAX_AGE_DAYS }
    }

    /// Lets rates be used for so many days.
    #[must_use]
    pub const fn with_max_age_days(mut self, days: u64) -> Self {
        self.max_age_days = days;
        self
    }

    /// The currency all rates are against.
    pub const fn against(&self) -> Currency {
        self.against
    }

    /// Sets the rate of a day; replaces an earlier one.
    ///
    /// # Errors
    /// [`FxError::Invalid`] for a rate that is not above zero or of the table's own currency.
    pub fn set(&mut self, currency: Currency, day: NaiveDate, rate: Decimal) -> Result<(), FxError> {
        if rate <= Decimal::ZERO || currency == self.against {
            return Err(FxError::Invalid(
                "a rate is above zero, and of another currency than the table's own",
            ));
        }
        let days = self.rates.entry(currency).or_default();
        match days.binary_search_by_key(&day, |(day, _)| *day) {
            Ok(at) => days[at].1 = rate,
            Err(at) => days.insert(at, (day, rate)),
        }
        Ok(())
    }

    /// Takes over all rates of another table against the same currency.
    ///
    /// # Errors
    /// [`FxError::Mismatch`].
    pub fn merge(&mut self, other: &Self) -> Result<(), FxError> {
        if self.against != other.against {
            return Err(FxError::Mismatch(self.against, other.against));
        }
        for (currency, days) in &other.rates {
            for (day, rate) in days {
                self.set(*currency, *day, *rate)?;
            }
        }
        Ok(())
    }

    /// Currencies with a rate on any day, in order.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.rates.keys().copied()
    }

    /// All days with a rate of a currency and the rates, in order.
    pub fn days(&self, currency: Currency) -> &[(NaiveDate, Decimal)] {
        self.rates.get(&currency).map_or(&[], Vec::as_slice)
    }

    /// The last day with any rate.
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.rates.values().filter_map(|days| days.last()).map(|(day, _)| *day).max()
    }

    /// The last rate on or before a day.
    fn last(&self, currency: Currency, on: NaiveDate) -> Result<(NaiveDate, Decimal), FxError> {
        let days = self.days(currency);
        let after = days.partition_point(|(day, _)| *day <= on);
        after.checked_sub(1).map(|at| days[at]).ok_or(FxError::NoRate { currency, on })
    }
}

impl RateSource for RateTable {
    fn rate(&self, base: Currency, quote: Currency, on: NaiveDate) -> Result<PairRate, FxError> {
        let one =
            |published| PairRate { base, quote, per: Decimal::ONE, of: Decimal::ONE, asked: on, published };
        if base == quote {
            return Ok(one(on));
        }
        // Both sides of the same day: go back until one day has both.
        let mut day = on;
        let (published, of, per) = loop {
            let (base_day, of) =
                if base == self.against { (day, Decimal::ONE) } else { self.last(base, day)? };
            let (quote_day, per) = if quote == self.against {
                (base_day, Decimal::ONE)
            } else {
                self.last(quote, base_day.min(day))?
            };
            if base == self.against || quote_day == base_day {
                break (quote_day, of, per);
            }
            day = quote_day;
        };
        let oldest = on.checked_sub_days(Days::new(self.max_age_days));
        if oldest.is_some_and(|oldest| published < oldest) {
            return Err(FxError::Stale { base, quote, on, published });
        }
        Ok(PairRate { per, of, ..one(published) })
    }
}
