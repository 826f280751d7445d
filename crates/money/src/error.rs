//! What can go wrong with money. Texts that came from outside are not repeated in errors.

use crate::{Currency, Money};
use pmts_kernel::{CodeInfo, Coded};
use rust_decimal::Decimal;
use std::fmt;

/// The other side of an operation that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// There was none: negation.
    None,
    /// Another amount.
    Money(Money),
    /// A whole number: a count, or an increment in minor units.
    Int(i64),
    /// A factor.
    Decimal(Decimal),
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("nothing"),
            Self::Money(money) => money.fmt(f),
            Self::Int(int) => int.fmt(f),
            Self::Decimal(decimal) => decimal.fmt(f),
        }
    }
}

/// An error of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Not three capital letters.
    #[error("a currency code is three capital letters")]
    CurrencyMalformed,
    /// Three capital letters, but no currency that is known here.
    #[error("no currency has the code {}", letters(.code))]
    CurrencyUnknown {
        /// The three letters, ASCII.
        code: [u8; 3],
    },
    /// No currency has this numeric code.
    #[error("no currency has the numeric code {numeric:03}")]
    CurrencyNumericUnknown {
        /// The numeric code.
        numeric: u16,
    },
    /// The code stands for a metal, a test or no currency: it has no minor unit.
    #[error("{} has no minor unit and cannot be an amount", letters(.code))]
    CurrencyWithoutDigits {
        /// The three letters, ASCII.
        code: [u8; 3],
    },
    /// The currency is not in use any more; old records may carry it, new payments not.
    #[error("{currency} was withdrawn (legal tender until {until})")]
    CurrencyWithdrawn {
        /// The currency.
        currency: Currency,
        /// Its last day as legal tender, `YYYY-MM-DD`.
        until: &'static str,
    },
    /// Two amounts of different currencies.
    #[error("{left} and {right} are of different currencies")]
    CurrencyMismatch {
        /// The first amount; in a sum, zero of the currency asked for.
        left: Money,
        /// The second amount.
        right: Money,
    },
    /// The result does not fit an `i64` of minor units.
    #[error("{operation} of {left} and {right} is out of range")]
    Overflow {
        /// `sum`, `difference`, `negation`, `product`, `rounding`.
        operation: &'static str,
        /// The first operand.
        left: Money,
        /// The second operand.
        right: Operand,
    },
    /// A sum of many amounts does not fit an `i64` of minor units.
    #[error("the sum of {minor} minor units of {currency} is out of range")]
    SumOverflow {
        /// The sum so far, in minor units.
        minor: i128,
        /// Its currency.
        currency: Currency,
    },
    /// The text is not a decimal number in the form asked for.
    #[error("an amount is digits, with a point and more digits if the currency has them")]
    AmountMalformed,
    /// More digits after the point than the currency has.
    #[error("{currency} has {} digits after the point, the amount has more", .currency.digits())]
    AmountTooPrecise {
        /// The currency.
        currency: Currency,
    },
    /// The amount does not fit an `i64` of minor units.
    #[error("the amount is out of range for {currency}")]
    AmountOutOfRange {
        /// The currency.
        currency: Currency,
    },
    /// The text is not a rate, or has more than 28 digits (26 after the point for a percentage).
    #[error("a rate is a decimal number of at most 28 digits, without exponent")]
    RateMalformed,
    /// Nothing to split by: no weight, or only zeros.
    #[error("an amount needs a positive weight to be split by")]
    NoWeights,
    /// A ratio below zero.
    #[error("an amount cannot be split by the negative ratio {ratio}")]
    NegativeRatio {
        /// The ratio.
        ratio: Decimal,
    },
    /// The ratios need more than 28 digits on a common scale.
    #[error("the ratios together have too many digits")]
    RatiosTooFine,
    /// A cash increment is at least one minor unit.
    #[error("cash is rounded to a positive increment, not to {increment_minor}")]
    IncrementNotPositive {
        /// The increment, in minor units.
        increment_minor: i64,
    },
}

/// The letters of a code; only capital letters are ever stored.
fn letters(code: &[u8; 3]) -> String {
    code.iter().copied().map(char::from).collect()
}

pmts_kernel::error_codes! {
    /// Shape of a currency code.
    CURRENCY_MALFORMED = "MONEY_CURRENCY_MALFORMED", Fix, "a currency code is three capital letters";
    /// Not in ISO 4217 as known here.
    CURRENCY_UNKNOWN = "MONEY_CURRENCY_UNKNOWN", Fix, "no currency has this code";
    /// Metals, tests, no currency.
    CURRENCY_WITHOUT_DIGITS = "MONEY_CURRENCY_WITHOUT_DIGITS", Fix, "the code has no minor unit in ISO 4217 and cannot be an amount";
    /// Not for new payments.
    CURRENCY_WITHDRAWN = "MONEY_CURRENCY_WITHDRAWN", Fix, "the currency was withdrawn and is not taken for new payments";
    /// Different currencies.
    CURRENCY_MISMATCH = "MONEY_CURRENCY_MISMATCH", Fix, "amounts of different currencies cannot be added or compared";
    /// Range.
    OVERFLOW = "MONEY_OVERFLOW", Fix, "the result does not fit 64 bits of minor units";
    /// Shape of an amount in text.
    AMOUNT_MALFORMED = "MONEY_AMOUNT_MALFORMED", Fix, "the text is not a decimal amount";
    /// Digits of an amount.
    AMOUNT_TOO_PRECISE = "MONEY_AMOUNT_TOO_PRECISE", Fix, "the amount has more digits after the point than the currency";
    /// Range of an amount in text or decimal.
    AMOUNT_OUT_OF_RANGE = "MONEY_AMOUNT_OUT_OF_RANGE", Fix, "the amount does not fit 64 bits of minor units";
    /// Shape of a rate.
    RATE_MALFORMED = "MONEY_RATE_MALFORMED", Fix, "a rate is a decimal number of at most 28 digits, without exponent";
    /// Weights of a split.
    WEIGHTS_UNUSABLE = "MONEY_WEIGHTS_UNUSABLE", Fix, "an amount is split by weights of which none is negative, one is positive, and which have at most 28 digits together";
    /// Step of cash.
    INCREMENT_NOT_POSITIVE = "MONEY_INCREMENT_NOT_POSITIVE", Fix, "cash is rounded to a positive number of minor units";
}

impl Coded for MoneyError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::CurrencyMalformed => &codes::CURRENCY_MALFORMED,
            Self::CurrencyUnknown { .. } | Self::CurrencyNumericUnknown { .. } => &codes::CURRENCY_UNKNOWN,
            Self::CurrencyWithoutDigits { .. } => &codes::CURRENCY_WITHOUT_DIGITS,
            Self::CurrencyWithdrawn { .. } => &codes::CURRENCY_WITHDRAWN,
            Self::CurrencyMismatch { .. } => &codes::CURRENCY_MISMATCH,
            Self::Overflow { .. } | Self::SumOverflow { .. } => &codes::OVERFLOW,
            Self::AmountMalformed => &codes::AMOUNT_MALFORMED,
            Self::AmountTooPrecise { .. } => &codes::AMOUNT_TOO_PRECISE,
            Self::AmountOutOfRange { .. } => &codes::AMOUNT_OUT_OF_RANGE,
            Self::RateMalformed => &codes::RATE_MALFORMED,
            Self::NoWeights | Self::NegativeRatio { .. } | Self::RatiosTooFine => &codes::WEIGHTS_UNUSABLE,
            Self::IncrementNotPositive { .. } => &codes::INCREMENT_NOT_POSITIVE,
        }
    }
}
