//! What can go wrong with rates, quotes and deals.

use chrono::NaiveDate;
use pmts_kernel::{CodeInfo, Coded};
use pmts_money::{Currency, MoneyError};

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FxError {
    /// A file of rates has another form.
    #[error("line {line}: {why}")]
    Malformed {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// The source never had a rate of this currency on or before the day.
    #[error("there is no rate of {currency} on or before {on}")]
    NoRate {
        /// The currency.
        currency: Currency,
        /// The day asked for.
        on: NaiveDate,
    },
    /// The last rate is too old.
    #[error("the last rates of {base} and {quote} before {on} are of {published}: too old")]
    Stale {
        /// The currency paid.
        base: Currency,
        /// The currency bought.
        quote: Currency,
        /// The day asked for.
        on: NaiveDate,
        /// The day of the last rates.
        published: NaiveDate,
    },
    /// Two amounts or rates are of currencies that do not belong together.
    #[error("{0} and {1} do not fit the rate")]
    Mismatch(Currency, Currency),
    /// A margin that cannot be.
    #[error("a margin is 0 to 9,999 basis points, not {0}")]
    Margin(i64),
    /// The quote's time is over.
    #[error("the quote is expired")]
    Expired,
    /// The quote was used for something else.
    #[error("the quote was used already")]
    Used,
    /// The amount that comes out is nothing, or below zero.
    #[error("the amount is too small to be exchanged")]
    TooSmall,
    /// A rate or policy value is not above zero, or not in its range.
    #[error("{0}")]
    Invalid(&'static str),
    /// An amount does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

pmts_kernel::error_codes! {
    /// Rate file.
    RATES_MALFORMED = "FX_RATES_MALFORMED", Fix, "a file of exchange rates has another form";
    /// No rate.
    NO_RATE = "FX_NO_RATE", Fix, "the source has no rate of the currency on or before the day";
    /// Old rate.
    STALE_RATE = "FX_STALE_RATE", Operator, "the last rate is older than allowed";
    /// Currencies.
    CURRENCY_MISMATCH = "FX_CURRENCY_MISMATCH", Fix, "the amounts are of other currencies than the rate";
    /// Margin.
    MARGIN_INVALID = "FX_MARGIN_INVALID", Fix, "a margin is 0 to 9,999 basis points";
    /// Expired.
    QUOTE_EXPIRED = "FX_QUOTE_EXPIRED", Decide, "the quote is expired: ask for a new one";
    /// Used.
    QUOTE_USED = "FX_QUOTE_USED", Decide, "the quote was used for something else already";
    /// Too small.
    AMOUNT_TOO_SMALL = "FX_AMOUNT_TOO_SMALL", Fix, "the amount is worth less than the smallest unit of the other currency";
    /// Values.
    VALUE_INVALID = "FX_VALUE_INVALID", Fix, "a rate or a value of a policy is not in its range";
}

impl Coded for FxError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Malformed { .. } => &codes::RATES_MALFORMED,
            Self::NoRate { .. } => &codes::NO_RATE,
            Self::Stale { .. } => &codes::STALE_RATE,
            Self::Mismatch(..) => &codes::CURRENCY_MISMATCH,
            Self::Margin(_) => &codes::MARGIN_INVALID,
            Self::Expired => &codes::QUOTE_EXPIRED,
            Self::Used => &codes::QUOTE_USED,
            Self::TooSmall => &codes::AMOUNT_TOO_SMALL,
            Self::Invalid(_) => &codes::VALUE_INVALID,
            Self::Money(e) => e.code(),
        }
    }
}
