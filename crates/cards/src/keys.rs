//! The references that identify a message to the host.

use crate::CardsError;
use crate::iso8583::Mti;
use pmts_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// What identifies a message on the wire. Stored with the operation before the message is sent, so that a repeat, and a
/// reversal that refers to it, carry the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireKeys {
    /// Field 11, systems trace audit number: 1 to 999,999, not used twice within a day with the same `transmitted_at`
    /// second on the same link.
    pub stan: u32,
    /// Fields 7, 12 and 13, to the second, all in GMT: a shop on the internet has no local time.
    pub transmitted_at: Timestamp,
    /// Field 37, retrieval reference number: 12 letters or digits. A capture and a reversal carry that of their
    /// authorization ([`WireKeys::following`]), a refund one of its own.
    pub rrn: String,
    /// The id of the request that caused the message, for our logs; never on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// Fields 11 and 7: what an answer is matched by. In ISO 8583 both come back unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey {
    /// Field 11.
    pub stan: u32,
    /// Field 7 as a number: MMDDhhmmss. It has no year.
    pub transmitted: u32,
}

/// The message that a later one refers to (field 90).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalData {
    /// Its type, as first sent: 0100 of an authorization, 0220 of a capture.
    pub mti: Mti,
    /// Its keys.
    pub keys: WireKeys,
    /// Its field 32, the acquirer: 1 to 11 digits.
    pub acquirer: String,
}

impl WireKeys {
    /// The keys of a message about the same sale: the same retrieval reference number, own trace number and time.
    pub fn following(&self, stan: u32, transmitted_at: Timestamp) -> Self {
        Self { stan, transmitted_at, rrn: self.rrn.clone(), trace: self.trace.clone() }
    }

    /// What an answer will be matched by.
    ///
    /// # Errors
    /// [`CardsError::RequestValue`] when the trace number is outside 1 to 999,999 or the time outside the years 0 to
    /// 9999.
    pub fn message_key(&self) -> Result<MessageKey, CardsError> {
        use chrono::{Datelike, Timelike};
        if !(1..=999_999).contains(&self.stan) {
            return Err(CardsError::RequestValue { what: "trace number is 1 to 999999" });
        }
        let time = chrono::DateTime::from_timestamp(self.transmitted_at.as_secs(), 0)
            .filter(|t| (0..=9999).contains(&t.year()))
            .ok_or(CardsError::RequestValue { what: "time is within the years 0 to 9999" })?;
        let date = time.month() * 100 + time.day();
        Ok(MessageKey {
            stan: self.stan,
            transmitted: date * 1_000_000 + time.hour() * 10_000 + time.minute() * 100 + time.second(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(stan: u32, secs: i64) -> WireKeys {
        WireKeys {
            stan,
            transmitted_at: Timestamp::from_micros(secs * 1_000_000 + 999_999),
            rrn: "632614000001".to_owned(),
            trace: None,
        }
    }

    #[test]
    fn field_7_is_month_day_and_time_in_gmt() {
        let check = |secs, transmitted| {
            assert_eq!(keys(1, secs).message_key(), Ok(MessageKey { stan: 1, transmitted }))
        };
        check(0, 101_000_000);
        check(1_795_356_319, 1122140519);
        check(951_782_400, 229_000_000);
        check(4_102_444_799, 1231235959);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(keys(0, 0).message_key().is_err());
        assert!(keys(1_000_000, 0).message_key().is_err());
        let far = WireKeys { transmitted_at: Timestamp::MAX, ..keys(1, 0) };
        assert!(far.message_key().is_err());
    }

    #[test]
    fn stored_keys_are_read_back() {
        let original =
            OriginalData { mti: Mti::AUTHORIZATION_REQUEST, keys: keys(7, 5), acquirer: "400001".to_owned() };
        let json = serde_json::to_string(&original).unwrap();
        assert_eq!(serde_json::from_str::<OriginalData>(&json).unwrap(), original);
        assert!(!json.contains("trace"), "{json}");
    }
}
