//! Currency by person and business day.

use pmts_kernel::Timestamp;
use std::collections::BTreeMap;

/// What one person pays in, or is paid out, in currency on a business day without a report: 10,000 dollars, in cents (31 CFR 1010.311).
const REPORTED_ABOVE: i64 = 1_000_000;

/// Currency that was paid in or out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashPaid {
    /// Its id.
    pub id: String,
    /// By or to whom, or for whom: if it is known, all that is done for one person counts together (31 CFR 1010.313).
    pub person: String,
    /// When.
    pub at: Timestamp,
    /// How much, in cents.
    pub cents: i64,
    /// Whether it was paid out.
    pub out: bool,
}

/// A person's currency of a business day that has to be reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashDay {
    /// Whose.
    pub person: String,
    /// The business day, in days since 1970-01-01.
    pub day: i64,
    /// Paid in, in cents.
    pub in_cents: i64,
    /// Paid out, in cents.
    pub out_cents: i64,
    /// What it was, by ids.
    pub paid: Vec<String>,
}

/// The business day of a time: weekend and holidays belong to the next one.
fn business_day(at: Timestamp, offset_minutes: i64, closed: &dyn Fn(i64) -> bool) -> i64 {
    let mut day = (at.as_secs() + offset_minutes * 60).div_euclid(86_400);
    // 1970-01-01 was a Thursday. No stretch of closed days is longer than this.
    for _ in 0..30 {
        if (day + 3).rem_euclid(7) < 5 && !closed(day) {
            break;
        }
        day += 1;
    }
    day
}

/// The persons and business days that have to be reported: more than 10,000 dollars in, or more than 10,000 out; in and out are not added
/// up with each other. `offset_minutes` is where the day begins, in minutes east of UTC, `closed` tells holidays, by days since 1970-01-01.
pub fn cash_days(paid: &[CashPaid], offset_minutes: i64, closed: &dyn Fn(i64) -> bool) -> Vec<CashDay> {
    let mut days: BTreeMap<(i64, &str), CashDay> = BTreeMap::new();
    for one in paid {
        let day = business_day(one.at, offset_minutes, closed);
        let sum = days.entry((day, one.person.as_str())).or_insert_with(|| CashDay {
            person: one.person.clone(),
            day,
            in_cents: 0,
            out_cents: 0,
            paid: Vec::new(),
        });
        let side = if one.out { &mut sum.out_cents } else { &mut sum.in_cents };
        *side = side.saturating_add(one.cents);
        sum.paid.push(one.id.clone());
    }
    days.into_values().filter(|d| d.in_cents > REPORTED_ABOVE || d.out_cents > REPORTED_ABOVE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_business_day_is_added_up_and_a_weekend_belongs_to_monday() {
        let paid = |id: &str, person: &str, day: i64, hour: i64, cents: i64, out: bool| CashPaid {
            id: id.to_owned(),
            person: person.to_owned(),
            at: Timestamp::from_micros((day * 86_400 + hour * 3_600) * 1_000_000),
            cents,
            out,
        };
        // 20,605 is Monday, 2026-06-01.
        let monday = 20_605;
        let all = [
            paid("a", "p", monday, 15, 600_000, false),
            paid("b", "p", monday, 20, 400_001, false),
            paid("c", "q", monday, 15, 600_000, false),
            paid("d", "q", monday, 15, 600_000, true),
            paid("e", "r", monday + 5, 15, 600_000, true),
            paid("f", "r", monday + 7, 15, 600_000, true),
            // After midnight UTC it is still Monday in New York.
            paid("g", "s", monday, 15, 600_000, false),
            paid("h", "s", monday + 1, 2, 600_000, false),
            paid("i", "t", monday, 15, 1_000_000, false),
        ];
        let days = cash_days(&all, -300, &|_| false);
        let shown: Vec<_> = days.iter().map(|d| (d.person.as_str(), d.day - monday, d.paid.len())).collect();
        assert_eq!(shown, [("p", 0, 2), ("s", 0, 2), ("r", 7, 2)]);
        assert_eq!((days[0].in_cents, days[0].out_cents), (1_000_001, 0));
        let holiday = cash_days(&all, -300, &|day| day == monday);
        assert_eq!(holiday[0].day, monday + 1);
    }
}
