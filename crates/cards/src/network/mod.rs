//! Card networks and the number ranges they issue from.

mod data;
mod ranges;

use pmts_sensitive::Pan;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A card network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Network {
    /// Visa.
    Visa,
    /// Mastercard.
    Mastercard,
    /// American Express.
    Amex,
    /// Discover.
    Discover,
    /// Diners Club.
    Diners,
    /// JCB.
    Jcb,
    /// UnionPay.
    UnionPay,
    /// Maestro.
    Maestro,
    /// RuPay (India).
    RuPay,
    /// Elo (Brazil).
    Elo,
    /// Mir (Russia).
    Mir,
    /// Hipercard (Brazil).
    Hipercard,
    /// Hiper (Brazil).
    Hiper,
    /// Troy (Turkey).
    Troy,
    /// Verve (Nigeria).
    Verve,
    /// Naranja (Argentina).
    Naranja,
}

/// The printed security code of a network's cards.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityCode {
    /// What the network calls it: `CVV`, `CVC`, `CID`.
    pub name: String,
    /// How many digits it has: 3 or 4.
    pub digits: u8,
}

impl Network {
    /// All networks, in the order of the data file.
    pub const ALL: [Self; 16] = [
        Self::Visa,
        Self::Mastercard,
        Self::Amex,
        Self::Discover,
        Self::Diners,
        Self::Jcb,
        Self::UnionPay,
        Self::Maestro,
        Self::RuPay,
        Self::Elo,
        Self::Mir,
        Self::Hipercard,
        Self::Hiper,
        Self::Troy,
        Self::Verve,
        Self::Naranja,
    ];

    /// The network that issued the card, by the first eight digits; `None` if no known range has them. The length of
    /// the number is not looked at: compare it with [`Network::lengths`].
    pub fn of(pan: &Pan) -> Option<Self> {
        Self::of_digits(pan.expose())
    }

    /// As [`Network::of`], for the first eight digits or more; `None` also if there are fewer or other characters.
    ///
    /// ```
    /// use pmts_cards::Network;
    /// assert_eq!(Network::of_digits("60748199"), Some(Network::RuPay));
    /// assert_eq!(Network::of_digits("60110009"), Some(Network::Discover));
    /// assert_eq!(Network::of_digits("99999999"), None);
    /// ```
    pub fn of_digits(digits: &str) -> Option<Self> {
        let head = digits.as_bytes().first_chunk::<8>()?;
        let number =
            head.iter().try_fold(0_u32, |n, d| d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0')))?;
        data::networks().ranges.find(number)
    }

    /// The short name: `visa`, `amex`, `rupay`; the same as in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Visa => "visa",
            Self::Mastercard => "mastercard",
            Self::Amex => "amex",
            Self::Discover => "discover",
            Self::Diners => "diners",
            Self::Jcb => "jcb",
            Self::UnionPay => "unionpay",
            Self::Maestro => "maestro",
            Self::RuPay => "rupay",
            Self::Elo => "elo",
            Self::Mir => "mir",
            Self::Hipercard => "hipercard",
            Self::Hiper => "hiper",
            Self::Troy => "troy",
            Self::Verve => "verve",
            Self::Naranja => "naranja",
        }
    }

    /// The name as people write it: `American Express`.
    pub fn name(self) -> &'static str {
        &data::networks().details[self as usize].name
    }

    /// How many digits its card numbers may have, ascending.
    pub fn lengths(self) -> &'static [u8] {
        &data::networks().details[self as usize].lengths
    }

    /// Its security code.
    pub fn security_code(self) -> &'static SecurityCode {
        &data::networks().details[self as usize].code
    }

    /// The ranges it issues from, each the first and the last value of a prefix with that many digits (1 to 8). Ranges
    /// of different networks may overlap; [`Network::of`] decides.
    pub fn ranges(self) -> impl Iterator<Item = (u32, u32, u8)> {
        data::networks().details[self as usize].ranges.iter().map(|r| (r.first, r.last, r.digits))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(digits: &str, network: Option<Network>) {
        assert_eq!(Network::of_digits(digits), network, "{digits}");
    }

    #[test]
    fn the_longest_prefix_holds() {
        check("60110000", Some(Network::Discover));
        check("60628200", Some(Network::Hipercard));
        check("60628300", Some(Network::RuPay));
        check("81000000", Some(Network::UnionPay));
        check("81710000", Some(Network::UnionPay));
        check("81720000", Some(Network::RuPay));
        check("82000000", Some(Network::RuPay));
        check("50850000", Some(Network::RuPay));
        check("50677900", Some(Network::Maestro));
        check("65210000", Some(Network::RuPay));
        check("65230000", Some(Network::Discover));
        check("65003100", Some(Network::Elo));
        check("65083700", Some(Network::Troy));
        check("35600000", Some(Network::Jcb));
        check("40291800", Some(Network::Naranja));
        check("61000000", Some(Network::Maestro));
        check("22210000", Some(Network::Mastercard));
        check("27209999", Some(Network::Mastercard));
        check("27210000", None);
    }

    #[test]
    fn fewer_than_eight_digits_or_other_characters_are_no_network() {
        for bad in ["", "4", "4111111", "4111 111", "411111x1", "\u{661}\u{661}\u{661}\u{661}"] {
            check(bad, None);
        }
    }

    #[test]
    fn names_in_json_are_the_ids() {
        for network in Network::ALL {
            assert_eq!(serde_json::to_string(&network).unwrap(), format!("\"{}\"", network.id()));
            assert!(!network.lengths().is_empty() && network.ranges().count() > 0);
        }
        assert_eq!((Network::Amex.security_code().digits, Network::Amex.name()), (4, "American Express"));
    }
}
