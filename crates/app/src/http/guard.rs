//! Rate limits: by key, and by address for what a card tester would do.

use super::HttpError;
use pmts_identity::ApiKeyId;
use pmts_kernel::Timestamp;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How much is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Requests a second with one key; a second's worth may come at once.
    pub per_key: u32,
    /// Requests a second from one address without a key that is taken, or with a publishable key.
    pub per_address: u32,
    /// Cards handed in and confirmations a minute from one address with publishable keys.
    pub cards_per_address: u32,
}

impl Default for Rates {
    /// 5,000 a second by key, 50 by address, 30 cards a minute.
    fn default() -> Self {
        Self { per_key: 5_000, per_address: 50, cards_per_address: 30 }
    }
}

/// Most keys or addresses that are counted; beyond them the idlest are forgotten.
const COUNTED_MAX: usize = 65_536;

/// Counts by key: each has a moment at which all that was let through would have been due at the steady rate (the generic
/// cell rate algorithm). Whole microseconds.
struct Limiter<K> {
    /// Between two at the steady rate.
    step: i64,
    /// How far ahead the moment may be: what may come at once.
    ahead: i64,
    due: Mutex<HashMap<K, i64>>,
}

impl<K: Hash + Eq> Limiter<K> {
    fn new(count: u32, per_micros: i64) -> Self {
        Self { step: (per_micros / i64::from(count.max(1))).max(1), ahead: per_micros, due: Mutex::default() }
    }

    fn take(&self, key: K, now: Timestamp) -> Result<(), HttpError> {
        let now = now.as_micros();
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.len() >= COUNTED_MAX && !due.contains_key(&key) {
            due.retain(|_, at| *at > now);
            if due.len() >= COUNTED_MAX {
                due.clear();
            }
        }
        let at = due.entry(key).or_insert(now);
        let next = (*at).max(now).saturating_add(self.step);
        let over = next - now - self.ahead;
        if over > 0 {
            let wait = Duration::from_micros(over.unsigned_abs());
            return Err(HttpError::RateLimited { wait });
        }
        *at = next;
        Ok(())
    }
}

/// All limits.
pub(crate) struct Guard {
    keys: Limiter<ApiKeyId>,
    addresses: Limiter<IpAddr>,
    cards: Limiter<IpAddr>,
}

impl Guard {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            keys: Limiter::new(rates.per_key, 1_000_000),
            addresses: Limiter::new(rates.per_address, 1_000_000),
            cards: Limiter::new(rates.cards_per_address, 60_000_000),
        }
    }

    /// A request with this key.
    pub(crate) fn key(&self, key: ApiKeyId, now: Timestamp) -> Result<(), HttpError> {
        self.keys.take(key, now)
    }

    /// A request from this address that is not known to come from a shop.
    pub(crate) fn address(&self, from: IpAddr, now: Timestamp) -> Result<(), HttpError> {
        self.addresses.take(network(from), now)
    }

    /// A card from this address.
    pub(crate) fn card(&self, from: IpAddr, now: Timestamp) -> Result<(), HttpError> {
        self.cards.take(network(from), now)
    }
}

/// Whoever has one IPv6 address has 2^64 of them: they are counted together.
fn network(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V4(_) => from,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.into(),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(1_000_000_000 + micros)
    }

    #[test]
    fn a_burst_passes_then_the_steady_rate() {
        let limiter = Limiter::new(10, 1_000_000);
        assert_eq!((0..20).filter(|_| limiter.take(1, at(0)).is_ok()).count(), 10);
        assert!(limiter.take(2, at(0)).is_ok(), "each has its own");
        let Err(HttpError::RateLimited { wait }) = limiter.take(1, at(0)) else { panic!("over the limit") };
        assert_eq!(wait, Duration::from_millis(100));
        assert!(limiter.take(1, at(99_999)).is_err() && limiter.take(1, at(100_000)).is_ok());
        assert_eq!(
            (0..20).filter(|_| limiter.take(1, at(10_000_000)).is_ok()).count(),
            10,
            "rest is not saved up"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = Limiter::new(1, 1_000_000);
        for n in 0..COUNTED_MAX + 10 {
            assert!(limiter.take(n, at(0)).is_ok());
        }
        assert!(limiter.due.lock().unwrap().len() <= COUNTED_MAX);
    }

    #[test]
    fn addresses_of_one_subscriber_count_together() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
