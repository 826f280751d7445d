//! An endpoint as it is kept.

use crate::records::record_of;
use pmts_kernel::{EventId, Timestamp, typed_id};
use pmts_store::Record;
use serde::{Deserialize, Serialize};

typed_id! {
    /// A webhook endpoint.
    pub struct EndpointId("we");
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// About which event.
    pub event: EventId,
    /// The status of the answer; `None`: there was none.
    pub status: Option<u16>,
    /// What was wrong, if anything was.
    pub fault: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl Attempt {
    /// Whether it was taken: any 2xx.
    pub fn taken(&self) -> bool {
        self.fault.is_none() && self.status.is_some_and(|s| (200..300).contains(&s))
    }
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Where it is.
    pub url: String,
    /// Which events it wants, by our names or the API's; `*`: all.
    pub events: Vec<String>,
    /// Whether it is called.
    pub enabled: bool,
    /// A sentence of the caller.
    #[serde(default)]
    pub description: String,
    /// When it was made.
    pub created: Timestamp,
    /// The number of its secret.
    pub secret: u32,
    /// The number of the secret before, and until when it signs, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<(u32, Timestamp)>,
    /// The position in the outbox up to which everything was told.
    pub position: u64,
    /// How often the next event was tried.
    pub tries: u32,
    /// Not before this moment.
    pub next: Timestamp,
    /// Since when nothing was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Timestamp>,
    /// The latest calls, the latest last, at most [`Endpoint::RECENT`].
    pub recent: Vec<Attempt>,
}

record_of! {
    /// An endpoint.
    EndpointRecord(Endpoint), "webhook_endpoint", |e| e.id.raw(), vec![]
}

impl Endpoint {
    /// How many calls are kept.
    pub const RECENT: usize = 20;
    /// After so many seconds without a call that was taken it is disabled: three days.
    pub const GIVE_UP_SECS: i64 = 3 * 86_400;
    /// How long a secret signs on after there is a new one, in seconds: a day.
    pub const OVERLAP_SECS: i64 = 86_400;

    /// Whether it wants events of this kind, `ours` and `theirs` being its names.
    pub fn wants(&self, ours: &str, theirs: &str) -> bool {
        self.events.iter().any(|e| e == "*" || e == ours || e == theirs)
    }

    /// The numbers of the secrets that sign now.
    pub fn signing(&self, now: Timestamp) -> Vec<u32> {
        let before = self.before.filter(|(_, until)| now < *until).map(|(number, _)| number);
        [self.secret].into_iter().chain(before).collect()
    }

    /// Takes what came of a call about the event at `position`. `jitter`: 0 to 255, spreads the retries. `true`: it was disabled for it.
    pub fn took(&mut self, attempt: Attempt, position: u64, jitter: u8) -> bool {
        let (at, taken) = (attempt.at, attempt.taken());
        if self.recent.len() >= Self::RECENT {
            self.recent.remove(0);
        }
        self.recent.push(attempt);
        if taken {
            (self.position, self.tries, self.next, self.failing) = (position, 0, at, None);
            return false;
        }
        let since = *self.failing.get_or_insert(at);
        let pause = (5_i64 << self.tries.min(10)).min(3_600);
        let spread = pause * i64::from(jitter) / 1_024;
        (self.tries, self.next) = (self.tries.saturating_add(1), at.saturating_add_secs(pause + spread));
        let over = at >= since.saturating_add_secs(Self::GIVE_UP_SECS);
        self.enabled &= !over;
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint {
            id: EndpointId::from_raw(1 << 8),
            url: "https://shop.example/hook".into(),
            events: vec!["payment_intent.succeeded".into(), "risk.decided".into()],
            enabled: true,
            description: String::new(),
            created: Timestamp::from_micros(0),
            secret: 1,
            before: None,
            position: 0,
            tries: 0,
            next: Timestamp::from_micros(0),
            failing: None,
            recent: vec![],
        }
    }

    fn call(secs: i64, status: Option<u16>) -> Attempt {
        let at = Timestamp::from_micros(secs * 1_000_000);
        Attempt { at, event: EventId::from_raw(1 << 8), status, fault: None, took_ms: 3 }
    }

    #[test]
    fn retries_are_spread_until_three_days_are_over_and_nothing_is_left_out() {
        let mut e = endpoint();
        let (mut now, mut calls) = (0, 0);
        while !e.took(call(now, Some(500)), 1, 0) {
            assert_eq!(e.position, 0);
            now = e.next.as_secs();
            calls += 1;
        }
        assert!(!e.enabled);
        assert!((80..90).contains(&calls), "{calls} calls");
        assert_eq!(e.recent.len(), Endpoint::RECENT);
        e.enabled = true;
        assert!(!e.took(call(now + 10, Some(204)), 1, 0));
        assert_eq!((e.position, e.tries, e.failing), (1, 0, None));
        e.took(call(now + 11, None), 2, 255);
        assert_eq!(e.next.as_secs(), now + 11 + 6, "5 s and a quarter of it at most");
    }

    #[test]
    fn it_is_told_what_it_wants_by_either_name_and_signed_with_both_secrets_for_a_day() {
        let mut e = endpoint();
        assert!(
            e.wants("payment.captured", "payment_intent.succeeded")
                && e.wants("risk.decided", "risk.decided")
        );
        assert!(!e.wants("payment.declined", "payment_intent.payment_failed"));
        e.events = vec!["*".into()];
        assert!(e.wants("anything", "anything"));
        (e.secret, e.before) = (2, Some((1, Timestamp::from_micros(9))));
        assert_eq!(e.signing(Timestamp::from_micros(8)), [2, 1]);
        assert_eq!(e.signing(Timestamp::from_micros(9)), [2]);
    }
}
