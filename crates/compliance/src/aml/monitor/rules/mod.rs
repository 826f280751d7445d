//! The rules: one for each typology. A rule with its parameters is what a scenario is made of.
//!
//! Money is in minor units of the currency of the scenarios, shares are in percent.

mod accounts;
mod cash;
mod fans;
mod market;
mod paths;

use super::history::{History, PartyNo, Seen};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a rule found.
#[derive(Debug)]
pub(super) struct Finding {
    /// Whom it is about.
    pub(super) subject: PartyNo,
    /// Who takes part, besides the subject.
    pub(super) others: Vec<PartyNo>,
    pub(super) movements: Vec<Arc<str>>,
    pub(super) figures: Vec<(&'static str, i64)>,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident),* $(,)? })*) => {
        $(
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub(super) struct $name { $(pub(super) $field: i64),* }
        )*

        /// A rule with its parameters.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* #[doc = ""] #[doc = "Parameters:"] $(#[doc = concat!("- `", stringify!($field), "`: ")] $(#[$field_doc])*)* $name { $($(#[$field_doc])* $field: i64),* },)*
        }

        impl Rule {
            /// All parameters, with their names.
            pub fn parameters(&self) -> Vec<(&'static str, i64)> {
                match self {
                    $(Self::$name { $($field),* } => vec![$((stringify!($field), *$field)),*],)*
                }
            }

            pub(super) fn find(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
                match self {
                    $(Self::$name { $($field),* } => {
                        let rule = $name { $($field: *$field),* };
                        rule.look(history, seen, found);
                    })*
                }
            }
        }
    };
}

rules! {
    /// Currency in pieces below the threshold of a report: several in one day, or several just below it within days.
    Structuring {
        /// What must be reported.
        threshold,
        /// From which share of it on a piece is just below it.
        band_pct,
        /// How many such pieces.
        count,
        /// Within so many days.
        days,
        /// A piece of less does not count.
        piece_min,
        /// Where a business day begins, in minutes east of UTC.
        offset_minutes,
    }
    /// Several people pay in currency below the threshold; they share a device or an account, or pass it on to one person.
    Smurfing {
        /// What must be reported.
        threshold,
        /// How many people.
        people,
        /// Within so many hours.
        hours,
        /// A piece of less does not count.
        piece_min,
    }
    /// What came in goes out again at once.
    RapidInOut {
        /// Within so many hours.
        hours,
        /// So much of it.
        out_pct,
        /// At least so much came in.
        total_min,
    }
    /// Many pay one, most of them for the first time.
    FanIn {
        /// How many.
        count,
        /// Within so many hours.
        hours,
        /// How many of them have not paid before.
        new_pct,
        /// Nothing is told until so many days after the first movement of all: before, everybody is new.
        warm_days,
        /// Together.
        total_min,
    }
    /// One pays many, most of them for the first time.
    FanOut {
        /// How many.
        count,
        /// Within so many hours.
        hours,
        /// How many of them were not paid before.
        new_pct,
        /// Nothing is told until so many days after the first movement of all: before, everybody is new.
        warm_days,
        /// Together.
        total_min,
    }
    /// One pays many, who all pay one and the same.
    ScatterGather {
        /// How many stand between them.
        count,
        /// Within so many hours.
        hours,
        /// Together, at the end.
        total_min,
        /// Each passes on at least so much of what it got.
        pass_pct,
    }
    /// Many pay one, who pays many others.
    GatherScatter {
        /// How many on each side.
        count,
        /// Within so many hours.
        hours,
        /// At least so much of what came in goes out.
        out_pct,
        /// Together, coming in.
        total_min,
    }
    /// Two layers with several between: each of the first pays several of the second, who all pay on.
    Layers {
        /// How many in each layer.
        count,
        /// Within so many hours.
        hours,
        /// Together, at the end.
        total_min,
    }
    /// Money comes back to where it started from, over others.
    Cycle {
        /// Over at least so many payments.
        hops_min,
        /// And at most.
        hops_max,
        /// Within so many hours.
        hours,
        /// A payment is at least so much of the one before.
        keep_pct,
        /// The last payment is at least so much.
        value_min,
    }
    /// Money passes through several hands, each of which keeps a little and passes it on soon.
    MuleChain {
        /// Over so many payments.
        hops,
        /// Passed on within so many hours.
        hours,
        /// A payment is at least so much of the one before.
        keep_pct,
        /// The last payment is at least so much.
        value_min,
    }
    /// An account that had rested moves much.
    Dormant {
        /// It rested for so many days.
        rest_days,
        /// Within so many hours of its awakening.
        hours,
        /// So much, in and out together.
        total_min,
    }
    /// Money to or from countries of high risk.
    Corridor {
        /// How often.
        count,
        /// Within so many days.
        days,
        /// Together.
        total_min,
    }
    /// Round amounts, one after another.
    RoundAmounts {
        /// Multiples of this.
        multiple,
        /// How often.
        count,
        /// Within so many days.
        days,
        /// So much of all that moved then was round.
        share_pct,
        /// Together.
        total_min,
    }
    /// Far more comes in than the customer said.
    ProfileBreach {
        /// So many times as much, in percent: 400 is four times.
        times_pct,
        /// Within so many days; what was declared for a month is taken for as many.
        days,
        /// At least so much.
        total_min,
    }
    /// A new account moves much at once.
    NewAccountBurst {
        /// An account is new for so many days.
        new_days,
        /// How often.
        count,
        /// Within so many hours.
        hours,
        /// In and out together.
        total_min,
    }
    /// A seller gives money back to the same buyer again and again.
    RefundAbuse {
        /// How often.
        count,
        /// Within so many days.
        days,
        /// At least so much of what that buyer bought.
        refund_pct,
        /// Together.
        total_min,
    }
    /// A seller's buyers use the seller's own device, card or bank account.
    Collusion {
        /// How often they bought.
        count,
        /// Within so many days.
        days,
        /// Together.
        total_min,
    }
    /// Buyers who belong together charge back.
    ChargebackRing {
        /// How many buyers.
        count,
        /// Within so many days.
        days,
        /// Together.
        total_min,
    }
    /// A new account to be paid out to, and at once far more than usual goes there.
    PayoutChange {
        /// Within so many hours of the change.
        hours,
        /// So many times what usually goes out, in percent.
        times_pct,
        /// At least so much.
        total_min,
    }
    /// Payments to one beneficiary just below what the travel rule begins with.
    TravelRule {
        /// What the travel rule begins with.
        threshold,
        /// From which share of it on an amount is just below it.
        band_pct,
        /// How many.
        count,
        /// Within so many days.
        days,
    }
}

impl Rule {
    /// Whether what it finds is one thing with many who take part: who was told of as one of them is not told of again as another.
    /// Otherwise only the subject is quiet: those it paid may well do something of their own.
    pub(super) fn quiets_all(&self) -> bool {
        matches!(
            self,
            Self::Cycle { .. }
                | Self::MuleChain { .. }
                | Self::Layers { .. }
                | Self::ScatterGather { .. }
                | Self::Smurfing { .. }
                | Self::ChargebackRing { .. }
        )
    }
}

/// What each rule does with a movement: it adds what it finds.
trait Look {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>);
}

/// A share in percent of a number.
fn percent(value: i64, pct: i64) -> i64 {
    i64::try_from(i128::from(value) * i128::from(pct) / 100).unwrap_or(i64::MAX)
}

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
