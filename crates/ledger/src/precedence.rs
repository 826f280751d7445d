//! The documented order in which rules are judged, as a list for programs and pages.

use crate::{AccountId, Refusal, TransferId};
use pmts_kernel::{CodeInfo, Coded, Timestamp};

/// What is judged, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The moment of an import.
    Moment,
    /// Account changes that open something or set limits, in order.
    Opening,
    /// Conditions, in order.
    Conditions,
    /// Content and ids of all transfers, before any is applied.
    Content,
    /// Each transfer against the books as those before it left them.
    Books,
    /// Account changes that close something, in order.
    Closing,
}

impl Step {
    /// What is judged, in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Moment => "the moment of an import",
            Self::Opening => "account changes that open something or set limits",
            Self::Conditions => "conditions",
            Self::Content => "content and ids of all transfers",
            Self::Books => "each transfer against the books",
            Self::Closing => "account changes that close something",
        }
    }
}

/// A rule in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The step at which it is judged.
    pub step: Step,
    /// Code and meaning.
    pub code: &'static CodeInfo,
    /// Whether a transfer refused by it leaves its id refused for ever.
    pub marks_id: bool,
}

/// All rules in the order in which they are judged.
pub fn precedence() -> Vec<Rule> {
    use Refusal::*;
    let (a, t) = (AccountId::from_raw(0), TransferId::from_raw(0));
    let at = |step, refusals: Vec<Refusal>| {
        refusals.into_iter().map(move |r| Rule { step, code: r.code(), marks_id: r.marks_id() })
    };
    let moment = vec![TimeNotAfterLast { last: Timestamp::default() }, TimeInFuture];
    let opening = vec![AccountTaken(a), AccountMissing(a), VelocityMalformed, ParentMissing(a)];
    let conditions = vec![
        AccountMissing(a),
        VersionMismatch { account: a, expected: 0, found: 0 },
        ConditionFailed { account: a, found: 0 },
    ];
    let content = vec![
        AmountNotPositive,
        SameAccount,
        IdReserved,
        ReversalIdMismatch(t),
        DuplicateInJournal,
        IdRefused(String::new()),
        IdTaken,
    ];
    let books = vec![
        DebitMissing(a),
        CreditMissing(a),
        CurrencyMismatch(a),
        AccountClosed(a),
        PeriodClosed { entity: 0, through: 0 },
        OriginalMissing(t),
        ReversalMismatch(t),
        ReservationMissing(t),
        ReservationResolved(t),
        ReservationMismatch(t),
        ReservationExceeded { reserved: 0 },
        ExpiryPast,
        NothingAvailable(a),
        Overflow(a),
        FloorBreached { account: a, available: 0, floor: 0 },
        CeilingBreached { account: a, expected: 0, ceiling: 0 },
        VelocityExceeded { account: a, window_secs: 0, minor: 0, count: 0 },
    ];
    let steps = [
        (Step::Moment, moment),
        (Step::Opening, opening),
        (Step::Conditions, conditions),
        (Step::Content, content),
        (Step::Books, books),
        (Step::Closing, vec![AccountNotAtRest(a)]),
    ];
    steps.into_iter().flat_map(|(step, refusals)| at(step, refusals)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[test]
    fn every_rule_has_its_place() {
        let no_refusals = ["METADATA_MALFORMED", "OWNER_MALFORMED", "UNAVAILABLE", "UNKNOWN"];
        let listed = precedence();
        for code in codes::ALL {
            let is_rule = !no_refusals.iter().any(|n| code.code == format!("LEDGER_{n}"));
            assert_eq!(listed.iter().any(|r| r.code.code == code.code), is_rule, "{}", code.code);
        }
        assert!(listed.is_sorted_by_key(|r| r.step));
    }
}
