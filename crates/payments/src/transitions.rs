//! What leads where: the transition tables, as data.

use crate::{IntentState, OperationKind, OperationState, PaymentsError};

/// What can happen to an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntentEvent {
    /// The payer is asked for a challenge.
    ChallengeAsked,
    /// The payer passed it.
    ChallengePassed,
    /// The payer did not pass it.
    ChallengeFailed,
    /// An authorization is sent.
    AuthorizationSent,
    /// The issuer approved it.
    AuthorizationApproved,
    /// It was declined, never sent, or taken back: no money is held.
    AuthorizationEnded,
    /// A higher hold is asked for.
    IncrementSent,
    /// It was given, refused, or taken back.
    IncrementEnded,
    /// A capture is sent.
    CaptureSent,
    /// The capture is done; more may follow.
    CaptureDone,
    /// The last capture is done.
    LastCaptureDone,
    /// The capture was refused; the hold stands.
    CaptureRefused,
    /// The rest of a partly captured hold is given up.
    RestGivenUp,
    /// The hold is being given up.
    VoidSent,
    /// It is.
    VoidDone,
    /// The issuer refused to give it up; the hold stands.
    VoidRefused,
    /// Given up while nothing is held.
    GivenUp,
}

impl IntentEvent {
    /// Every event.
    pub const ALL: [Self; 17] = [
        Self::ChallengeAsked,
        Self::ChallengePassed,
        Self::ChallengeFailed,
        Self::AuthorizationSent,
        Self::AuthorizationApproved,
        Self::AuthorizationEnded,
        Self::IncrementSent,
        Self::IncrementEnded,
        Self::CaptureSent,
        Self::CaptureDone,
        Self::LastCaptureDone,
        Self::CaptureRefused,
        Self::RestGivenUp,
        Self::VoidSent,
        Self::VoidDone,
        Self::VoidRefused,
        Self::GivenUp,
    ];
}

/// What can happen to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationEvent {
    /// The other side did it.
    Approved,
    /// The other side did less than was asked, which was not allowed.
    PartlyApproved,
    /// The other side refused.
    Declined,
    /// No answer that can be read.
    TimedOut,
    /// It surely never left us.
    NotSent,
    /// The reversal was confirmed.
    ReversalConfirmed,
}

impl OperationEvent {
    /// Every event.
    pub const ALL: [Self; 6] = [
        Self::Approved,
        Self::PartlyApproved,
        Self::Declined,
        Self::TimedOut,
        Self::NotSent,
        Self::ReversalConfirmed,
    ];
}

/// From, event, to.
pub const INTENT_TRANSITIONS: &[(IntentState, IntentEvent, IntentState)] = {
    use IntentEvent::*;
    use IntentState::*;
    &[
        (New, AuthorizationSent, Authorizing),
        (New, GivenUp, Canceled),
        (New, ChallengeAsked, ActionRequired),
        (ActionRequired, ChallengeAsked, ActionRequired),
        (ActionRequired, ChallengePassed, New),
        (ActionRequired, ChallengeFailed, Declined),
        (ActionRequired, AuthorizationSent, Authorizing),
        (ActionRequired, GivenUp, Canceled),
        (Authorizing, AuthorizationApproved, Authorized),
        (Authorizing, AuthorizationEnded, Declined),
        (Authorized, IncrementSent, Incrementing),
        (Authorized, CaptureSent, Capturing),
        (Authorized, RestGivenUp, Captured),
        (Authorized, VoidSent, Canceling),
        (Incrementing, IncrementEnded, Authorized),
        (Capturing, CaptureDone, Authorized),
        (Capturing, LastCaptureDone, Captured),
        (Capturing, CaptureRefused, Authorized),
        (Canceling, VoidDone, Canceled),
        (Canceling, VoidRefused, Authorized),
        (Declined, ChallengeAsked, ActionRequired),
        (Declined, AuthorizationSent, Authorizing),
        (Declined, GivenUp, Canceled),
    ]
};

/// Of authorizations and increments: from, event, to. After a timeout an authorization is taken back; a late approval does not revive it.
pub const HOLD_TRANSITIONS: &[(OperationState, OperationEvent, OperationState)] = {
    use OperationEvent::{Approved, PartlyApproved, ReversalConfirmed, TimedOut};
    use OperationState::*;
    &[
        (Pending, Approved, Succeeded),
        (Pending, PartlyApproved, Reversing),
        (Pending, OperationEvent::Declined, Declined),
        (Pending, TimedOut, Unknown),
        (Pending, OperationEvent::NotSent, NotSent),
        (Unknown, ReversalConfirmed, Reversed),
        (Reversing, ReversalConfirmed, Reversed),
    ]
};

/// Of captures, voids, releases and refunds: from, event, to. After a timeout they are repeated with the same reference until answered.
pub const REPEATABLE_TRANSITIONS: &[(OperationState, OperationEvent, OperationState)] = {
    use OperationEvent::{Approved, TimedOut};
    use OperationState::*;
    &[
        (Pending, Approved, Succeeded),
        (Pending, OperationEvent::Declined, Declined),
        (Pending, TimedOut, Unknown),
        (Pending, OperationEvent::NotSent, Pending),
        (Unknown, Approved, Succeeded),
        (Unknown, OperationEvent::Declined, Declined),
        (Unknown, TimedOut, Unknown),
        (Unknown, OperationEvent::NotSent, Unknown),
    ]
};

/// The state of an intent after an event.
///
/// # Errors
/// [`PaymentsError::IntentState`] if the table has no such line.
pub fn next_intent(state: IntentState, event: IntentEvent) -> Result<IntentState, PaymentsError> {
    let line = INTENT_TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (state, event));
    line.map(|(.., to)| *to).ok_or(PaymentsError::IntentState { state, event })
}

/// The state of an operation after an event.
///
/// # Errors
/// [`PaymentsError::OperationState`] if the table of its kind has no such line.
pub fn next_operation(
    kind: OperationKind,
    state: OperationState,
    event: OperationEvent,
) -> Result<OperationState, PaymentsError> {
    let table = match kind {
        kind if kind.holds() => HOLD_TRANSITIONS,
        _ => REPEATABLE_TRANSITIONS,
    };
    let line = table.iter().find(|(from, on, _)| (*from, *on) == (state, event));
    line.map(|(.., to)| *to).ok_or(PaymentsError::OperationState { kind, state, event })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_pair_is_decided_by_the_tables_alone() {
        for state in IntentState::ALL {
            for event in IntentEvent::ALL {
                let lines: Vec<_> =
                    INTENT_TRANSITIONS.iter().filter(|l| (l.0, l.1) == (state, event)).collect();
                assert!(lines.len() <= 1, "{state:?} {event:?} has two ends");
                assert_eq!(next_intent(state, event).ok(), lines.first().map(|l| l.2));
            }
        }
        for kind in OperationKind::ALL {
            let table = if kind.holds() { HOLD_TRANSITIONS } else { REPEATABLE_TRANSITIONS };
            for state in OperationState::ALL {
                for event in OperationEvent::ALL {
                    let lines: Vec<_> = table.iter().filter(|l| (l.0, l.1) == (state, event)).collect();
                    assert!(lines.len() <= 1, "{kind:?} {state:?} {event:?} has two ends");
                    assert_eq!(next_operation(kind, state, event).ok(), lines.first().map(|l| l.2));
                    assert!(!state.is_final() || lines.is_empty(), "{state:?} is final");
                }
            }
        }
    }

    #[test]
    fn every_state_is_reached_and_every_open_state_is_left() {
        let reached: HashSet<_> = INTENT_TRANSITIONS.iter().map(|l| l.2).chain([IntentState::New]).collect();
        assert_eq!(reached.len(), IntentState::ALL.len());
        let mut reached: HashSet<_> = HashSet::from([OperationState::Pending]);
        for table in [HOLD_TRANSITIONS, REPEATABLE_TRANSITIONS] {
            for (from, _, to) in table {
                reached.extend([*to]);
                assert!(
                    to.is_final() || table.iter().any(|l| l.0 == *to && l.2 != *to),
                    "{from:?} leads into the trap {to:?}"
                );
            }
        }
        assert_eq!(reached.len(), OperationState::ALL.len());
    }

    #[test]
    fn a_timeout_is_never_a_decline_and_a_late_approval_revives_nothing() {
        use OperationEvent::*;
        for kind in OperationKind::ALL {
            assert_eq!(next_operation(kind, OperationState::Pending, TimedOut), Ok(OperationState::Unknown));
        }
        for kind in [OperationKind::Authorize, OperationKind::Increment] {
            assert!(next_operation(kind, OperationState::Unknown, Approved).is_err());
            assert!(next_operation(kind, OperationState::Reversed, Approved).is_err());
        }
    }
}
