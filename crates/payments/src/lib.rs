//! Payments decided: what a purchase, its capture and its refunds may do next, and what happened to the money.
//!
//! A payment has three axes. The [`Intent`] is what customer and merchant see. Each [`Operation`] (authorize, increment,
//! capture, void, release, refund) is one effect in the outside world with a state of its own, unknown among them. The
//! money itself (held, captured, refunded) is read from the ledger as a [`MoneyView`] and never stored here.
//!
//! The functions in [`decide`] are pure: they take what is known, and give the next records and [`Fact`]s. Whoever calls
//! them commits both together, does the effect through a [`Gateway`], and commits the outcome. The transition tables are
//! data ([`INTENT_TRANSITIONS`], [`HOLD_TRANSITIONS`], [`REPEATABLE_TRANSITIONS`]).
//!
//! ```
//! use pmts_kernel::Timestamp;
//! use pmts_money::{Currency, Money};
//! use pmts_payments::*;
//!
//! let gbp = |minor| Money::new(minor, Currency::from_code("GBP").unwrap());
//! let splits = vec![Split::new(Payee::seller("22").unwrap(), gbp(10_00), gbp(1_00)).unwrap()];
//! let mut new = NewPayment::of_splits(splits).unwrap();
//! new.method = Some(MethodRef::new("tok_x", "4242", "3012"));
//! let now = Timestamp::from_micros(0);
//! let intent = decide::create(new, PaymentId::from_raw(1 << 8), now).unwrap();
//! let birth = Birth { id: OperationId::from_raw(2 << 8), reference: GatewayReference("keys".into()), now, trace: None };
//! let step = decide::begin_authorization(intent, false, birth).unwrap();
//! assert_eq!(step.intent.state, IntentState::Authorizing);
//! let approved = GatewayOutcome::Approved { approval_code: Some("A1".into()), amount: None, checks: Checks::default() };
//! let reversal = || GatewayReference("reversal".into());
//! let step = decide::authorization_answered(step.intent, step.operations[0].clone(), &approved, now, reversal).unwrap();
//! assert_eq!(step.intent.state, IntentState::Authorized);
//! assert!(matches!(step.facts[0].event, MoneyEvent::Authorized));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod challenger;
pub mod decide;
mod error;
mod fact;
mod gateway;
mod intent;
mod money_view;
mod operation;
mod risk;
mod split;
mod transitions;

pub use challenger::{ChallengeOutcome, ChallengeRequest, Challenger, ChallengerFault};
pub use decide::{Birth, CaptureRequest, Changes, Ending, NewPayment, RefundRequest, Step};
pub use error::{PaymentsError, codes};
pub use fact::{CapturedPart, Fact, MoneyEvent, RefundedPart};
pub use gateway::{
    BillingAddress, CardDetails, Check, Checks, DeclineCode, Gateway, GatewayOutcome, GatewayReference,
    Retry, Sale,
};
pub use intent::{
    CancelReason, CaptureMethod, CustomerRef, Decline, Details, Intent, IntentState, MethodRef, OrderRef,
    PaymentId,
};
pub use money_view::MoneyView;
pub use operation::{Operation, OperationId, OperationKind, OperationState, Part};
pub use risk::{Challenge, ChallengeId, ChallengeState, ReviewId, Risk};
pub use split::{Payee, SellerRef, Split};
pub use transitions::{
    HOLD_TRANSITIONS, INTENT_TRANSITIONS, IntentEvent, OperationEvent, REPEATABLE_TRANSITIONS, next_intent,
    next_operation,
};
