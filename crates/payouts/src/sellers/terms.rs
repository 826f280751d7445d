//! When a seller's money is released and paid, and how much of it.

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// On which days a seller is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Every day.
    Daily,
    /// Every week on this day.
    Weekly(Weekday),
    /// Every 14 days, this day among them.
    Fortnightly(NaiveDate),
    /// Only when the seller asks.
    OnRequest,
}

impl Schedule {
    /// Whether this is one of its days.
    pub fn is_due(self, day: NaiveDate) -> bool {
        match self {
            Self::Daily => true,
            Self::Weekly(weekday) => day.weekday() == weekday,
            Self::Fortnightly(anchor) => (day - anchor).num_days().rem_euclid(14) == 0,
            Self::OnRequest => false,
        }
    }
}

/// The terms of a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Days from delivery to the release of the money.
    pub hold_days: u16,
    /// On which days it is paid.
    pub schedule: Schedule,
    /// Less than that is not paid, in minor units of the currency.
    pub minimum_minor: i64,
    /// What is kept back of a release, in basis points: 0 to 10,000.
    pub reserve_bps: u16,
    /// Days from a release to that of its reserve.
    pub reserve_days: u16,
}

impl Default for Terms {
    /// Seven days after delivery, every 14 days from Monday 2026-01-05 on, no minimum, no reserve.
    fn default() -> Self {
        let schedule = Schedule::Fortnightly(NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default());
        Self { hold_days: 7, schedule, minimum_minor: 0, reserve_bps: 0, reserve_days: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_schedule() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let due = |schedule: Schedule| (1..=30).filter(|d| schedule.is_due(day(*d))).collect::<Vec<_>>();
        assert_eq!(due(Schedule::Daily).len(), 30);
        assert_eq!(due(Schedule::Weekly(Weekday::Fri)), [6, 13, 20, 27]);
        assert_eq!(due(Schedule::Fortnightly(day(23))), [9, 23]);
        let earlier = NaiveDate::from_ymd_opt(2027, 1, 4).unwrap();
        assert_eq!(due(Schedule::Fortnightly(earlier)), [9, 23], "an anchor to come counts back");
        assert!(due(Schedule::OnRequest).is_empty());
    }
}
