//! Why a text is not a card number or a card code. The text itself is never in the error.

use pmts_kernel::{CodeInfo, Coded};

/// A sensitive value could not be read. Says what is wrong, never what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SensitiveError {
    /// Not 12 to 19 characters. Wins over the two below.
    #[error("a card number has 12 to 19 digits")]
    PanLength,
    /// Something other than the digits 0 to 9. Spaces and dashes count. Wins over the one below.
    #[error("a card number has digits only")]
    PanNotDigits,
    /// The last digit does not fit the others: mistyped.
    #[error("the check digit of the card number is wrong")]
    PanCheckDigit,
    /// Not 3 or 4 digits.
    #[error("a card code has 3 or 4 digits")]
    CvvMalformed,
}

pmts_kernel::error_codes! {
    /// Length of a card number.
    PAN_LENGTH = "SENSITIVE_PAN_LENGTH", Fix, "a card number has 12 to 19 digits";
    /// Characters of a card number.
    PAN_NOT_DIGITS = "SENSITIVE_PAN_NOT_DIGITS", Fix, "a card number has digits only, without spaces or dashes";
    /// Check digit of a card number.
    PAN_CHECK_DIGIT = "SENSITIVE_PAN_CHECK_DIGIT", Fix, "the check digit of the card number is wrong: it was probably mistyped";
    /// Shape of a card code.
    CVV_MALFORMED = "SENSITIVE_CVV_MALFORMED", Fix, "a card verification code has 3 or 4 digits";
}

impl Coded for SensitiveError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::PanLength => &codes::PAN_LENGTH,
            Self::PanNotDigits => &codes::PAN_NOT_DIGITS,
            Self::PanCheckDigit => &codes::PAN_CHECK_DIGIT,
            Self::CvvMalformed => &codes::CVV_MALFORMED,
        }
    }
}
