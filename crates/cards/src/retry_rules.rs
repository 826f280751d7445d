//! Whether a declined payment may be tried again.

use crate::{Network, ResponseCode};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

/// Whether a declined request may be sent again, as a new one with references of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAdvice {
    /// Never with this card: the schemes fine for it.
    Never,
    /// Only with other card data: the number, the expiry date or the security code is wrong or has changed.
    NewData,
    /// Not before so long has passed.
    After(Duration),
    /// At any time.
    AnyTime,
}

/// How often a network lets the same payment be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RetryLimit {
    /// So many tries, the first included.
    pub tries: u32,
    /// Within so long.
    pub within: Duration,
}

/// What networks allow and what issuers' advice codes mean: `data/retry-rules.toml`.
#[derive(Debug)]
pub struct RetryRules {
    networks: HashMap<Network, NetworkRule>,
    issuer: HashMap<[u8; 2], RetryAdvice>,
}

#[derive(Debug)]
struct NetworkRule {
    never: Vec<ResponseCode>,
    new_data: Vec<ResponseCode>,
    limit: RetryLimit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    network: Vec<NetworkEntry>,
    issuer: Vec<IssuerEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkEntry {
    id: Network,
    never: Vec<ResponseCode>,
    new_data: Vec<ResponseCode>,
    tries: u32,
    days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerEntry {
    code: String,
    advice: Option<RetryAdvice>,
    hours: Option<u32>,
}

static PUBLISHED: LazyLock<RetryRules> = LazyLock::new(|| {
    RetryRules::from_toml(include_str!("../data/retry-rules.toml"))
        .expect("the built-in rules are valid: a test loads them")
});

impl RetryRules {
    /// The built-in rules.
    pub fn published() -> &'static Self {
        &PUBLISHED
    }

    fn from_toml(text: &str) -> Option<Self> {
        let file: File = toml::from_str(text).ok()?;
        let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 3600);
        let rule = |NetworkEntry { id, never, new_data, tries, days }| {
            let limit = RetryLimit { tries, within: hours(1) * 24 * days };
            (id, NetworkRule { never, new_data, limit })
        };
        let issuer = |IssuerEntry { code, advice, hours: after }: IssuerEntry| {
            let advice = match (advice, after) {
                (Some(advice), None) => advice,
                (None, Some(after)) => RetryAdvice::After(hours(after)),
                _ => return None,
            };
            Some((code.as_bytes().try_into().ok()?, advice))
        };
        Some(Self {
            networks: file.network.into_iter().map(rule).collect(),
            issuer: file.issuer.into_iter().map(issuer).collect::<Option<_>>()?,
        })
    }

    /// What is known about trying again after this answer; `None` for an approval, and where nobody says anything.
    pub fn advice(
        &self,
        network: Option<Network>,
        response: &ResponseCode,
        issuer: Option<[u8; 2]>,
    ) -> Option<RetryAdvice> {
        if response.is_approval() {
            return None;
        }
        let issuer = issuer.and_then(|code| self.issuer.get(&code).copied());
        let network = network.and_then(|network| self.networks.get(&network)).map(|rule| {
            if rule.never.contains(response) {
                RetryAdvice::Never
            } else if rule.new_data.contains(response) {
                RetryAdvice::NewData
            } else {
                RetryAdvice::AnyTime
            }
        });
        if network == Some(RetryAdvice::Never) { network } else { issuer.or(network) }
    }

    /// How often a network lets the same payment be tried, if it says so.
    pub fn limit(&self, network: Network) -> Option<RetryLimit> {
        self.networks.get(&network).map(|rule| rule.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(network: Option<Network>, code: &str, issuer: Option<&[u8; 2]>) -> Option<RetryAdvice> {
        RetryRules::published().advice(network, &ResponseCode::from_wire(code), issuer.copied())
    }

    #[test]
    fn networks_and_issuers_say_whether_to_try_again() {
        use RetryAdvice::{After, AnyTime, Never, NewData};
        let hours = |hours: u64| After(Duration::from_secs(3600 * hours));
        let (visa, mastercard) = (Some(Network::Visa), Some(Network::Mastercard));
        assert_eq!(advice(visa, "43", None), Some(Never));
        assert_eq!(advice(visa, "R1", None), Some(Never));
        assert_eq!(advice(visa, "54", None), Some(NewData));
        assert_eq!(advice(visa, "51", None), Some(AnyTime));
        assert_eq!(advice(visa, "00", None), None);
        assert_eq!(advice(mastercard, "51", None), None);
        assert_eq!(advice(mastercard, "51", Some(b"25")), Some(hours(24)));
        assert_eq!(advice(mastercard, "05", Some(b"21")), Some(Never));
        assert_eq!(advice(mastercard, "05", Some(b"99")), None);
        assert_eq!(advice(mastercard, "54", Some(b"01")), Some(NewData));
        assert_eq!(advice(None, "05", Some(b"30")), Some(hours(240)));
        assert_eq!(advice(visa, "43", Some(b"02")), Some(Never), "the network's never stands");
        assert_eq!(advice(visa, "51", Some(b"24")), Some(hours(1)), "the issuer knows better");
    }

    #[test]
    fn limits_and_rules_of_no_sense() {
        let thirty_days = Duration::from_secs(30 * 86_400);
        let limit = RetryLimit { tries: 15, within: thirty_days };
        assert_eq!(RetryRules::published().limit(Network::Visa), Some(limit));
        assert_eq!(RetryRules::published().limit(Network::Amex), None);
        for rule in ["code = '01'", "code = '01'\nadvice = 'never'\nhours = 1", "code = '1'\nhours = 1"] {
            let text = format!("network = []\n[[issuer]]\n{rule}");
            assert!(RetryRules::from_toml(&text).is_none(), "{rule}");
        }
    }
}
