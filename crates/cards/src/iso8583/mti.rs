//! The message type indicator.

use crate::CardsError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The message type indicator: four digits for version, class, function and origin (ISO 8583:1987).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Mti(u16);

impl Mti {
    /// 0100: asks to authorize.
    pub const AUTHORIZATION_REQUEST: Self = Self(100);
    /// 0120: tells of an authorization that was approved in the host's place.
    pub const AUTHORIZATION_ADVICE: Self = Self(120);
    /// 0121: the repeat of a 0120.
    pub const AUTHORIZATION_ADVICE_REPEAT: Self = Self(121);
    /// 0200: asks to authorize and book at once; here it carries refunds.
    pub const FINANCIAL_REQUEST: Self = Self(200);
    /// 0201: the repeat of a 0200.
    pub const FINANCIAL_REPEAT: Self = Self(201);
    /// 0220: tells of a completion (capture).
    pub const FINANCIAL_ADVICE: Self = Self(220);
    /// 0221: the repeat of a 0220.
    pub const FINANCIAL_ADVICE_REPEAT: Self = Self(221);
    /// 0400: asks to reverse: a void.
    pub const REVERSAL_REQUEST: Self = Self(400);
    /// 0401: the repeat of a 0400.
    pub const REVERSAL_REPEAT: Self = Self(401);
    /// 0420: tells of a reversal.
    pub const REVERSAL_ADVICE: Self = Self(420);
    /// 0421: the repeat of a 0420.
    pub const REVERSAL_ADVICE_REPEAT: Self = Self(421);
    /// 0800: network management: sign-on, sign-off, echo.
    pub const NETWORK_REQUEST: Self = Self(800);

    /// From four ASCII digits.
    ///
    /// # Errors
    /// [`CardsError::MtiMalformed`] when they are not four digits.
    pub fn from_digits(digits: &[u8]) -> Result<Self, CardsError> {
        if digits.len() != 4 || !digits.iter().all(u8::is_ascii_digit) {
            return Err(CardsError::MtiMalformed);
        }
        Ok(Self(digits.iter().fold(0, |n, d| n * 10 + u16::from(d - b'0'))))
    }

    /// The four ASCII digits.
    pub fn digits(self) -> [u8; 4] {
        let d = |unit: u16| b'0' + (self.0 / unit % 10) as u8;
        [d(1000), d(100), d(10), d(1)]
    }

    /// The number: 100 for 0100.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Whether the last digit says that this was sent before: 0221, 0421.
    pub const fn is_repeat(self) -> bool {
        !self.0.is_multiple_of(2)
    }

    /// Whether this asks for an answer: an even function digit (requests 0, advices 2, network management 0).
    pub const fn is_request(self) -> bool {
        (self.0 / 10).is_multiple_of(2)
    }

    /// The type of the answer: 0110 to 0100 and 0101, 0430 to 0420 and 0421.
    pub const fn answer(self) -> Self {
        if self.is_request() { Self(self.0 / 10 * 10 + 10) } else { Self(self.0 / 10 * 10) }
    }

    /// The same message sent for the first time: 0420 for 0421.
    pub const fn first(self) -> Self {
        Self(self.0 & !1)
    }
}

impl fmt::Display for Mti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl TryFrom<u16> for Mti {
    type Error = CardsError;
    fn try_from(number: u16) -> Result<Self, CardsError> {
        if number <= 9999 { Ok(Self(number)) } else { Err(CardsError::MtiMalformed) }
    }
}

impl From<Mti> for u16 {
    fn from(mti: Mti) -> Self {
        mti.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_follow_the_function_digit() {
        for (request, answer) in
            [(100, 110), (101, 110), (200, 210), (220, 230), (221, 230), (421, 430), (800, 810)]
        {
            assert_eq!(Mti(request).answer(), Mti(answer));
            assert!(Mti(request).is_request() && !Mti(answer).is_request());
        }
        assert_eq!(Mti(421).first(), Mti(420));
    }

    #[test]
    fn four_digits_and_nothing_else() {
        assert_eq!(Mti::from_digits(b"0100").unwrap().digits(), *b"0100");
        assert_eq!(Mti::from_digits(b"9999").unwrap().to_string(), "9999");
        for bad in [&b"010"[..], b"01000", b"01a0", b""] {
            assert_eq!(Mti::from_digits(bad), Err(CardsError::MtiMalformed));
        }
    }
}
