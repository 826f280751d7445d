//! Payments decided: what a purchase, its capture and its refunds may do next, and what happened to the money.
//!
//! A payment has three axes. The [`Intent`] is what customer and merchant see. Each [`Operation`] (authorize, capture,
//! refund) is one effect in the outside world with a state of its own, unknown among them. The money itself (held,
//! captured, refunded) is read from the ledger and never stored here.
//!
//! The functions in [`decide`] are pure: they take what is known, and give the next records and [`Fact`]s. Whoever calls
//! them commits both together, does the effect through a [`Gateway`], and commits the outcome. The transition tables are
//! data ([`INTENT_TRANSITIONS`], [`AUTHORIZATION_TRANSITIONS`], [`REPEATABLE_TRANSITIONS`]).
//!
//! ```
//! use pmts_kernel::Timestamp;
//! use pmts_money::{Currency, Money};
//! use pmts_payments::*;
//!
//! let gbp = |minor| Money::new(minor, Currency::from_code("GBP").unwrap());
//! let purchase = Purchase {
//!     order: OrderRef::try_new("536365").unwrap(),
//!     customer: None,
//!     method: MethodRef { token: "tok_x".into(), last_four: "4242".into(), expiry_yymm: "3012".into() },
//!     splits: vec![Split::new(Payee::seller("22").unwrap(), gbp(10_00), gbp(1_00)).unwrap()],
//! };
//! let step = decide::begin_purchase(purchase, Ids { payment: PaymentId::from_raw(1 << 8), operation: OperationId::from_raw(2 << 8) },
//!     GatewayReference("keys".into()), Timestamp::from_micros(0)).unwrap();
//! assert_eq!(step.intent.state, IntentState::Authorizing);
//! let approved = GatewayOutcome::Approved { approval_code: Some("A1".into()), amount: None };
//! let step = decide::authorization_answered(step.intent, step.operations[0].clone(), &approved, || GatewayReference("reversal".into())).unwrap();
//! assert_eq!(step.intent.state, IntentState::Authorized);
//! assert!(matches!(step.facts[0], Fact::Authorized { .. }));
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod decide;
mod error;
mod fact;
mod gateway;
mod intent;
mod operation;
mod split;
mod transitions;

pub use decide::{Ids, Purchase, RefundRequest, Step};
pub use error::{PaymentsError, codes};
pub use fact::{Fact, RefundedPart};
pub use gateway::{CardDetails, DeclineCode, Gateway, GatewayOutcome, GatewayReference};
pub use intent::{CustomerRef, Decline, Intent, IntentState, MethodRef, OrderRef, PaymentId};
pub use operation::{Operation, OperationId, OperationKind, OperationState};
pub use split::{Payee, SellerRef, Split};
pub use transitions::{
    AUTHORIZATION_TRANSITIONS, INTENT_TRANSITIONS, IntentEvent, OperationEvent, REPEATABLE_TRANSITIONS,
    next_intent, next_operation,
};
